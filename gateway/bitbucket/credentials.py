"""The kinds of credential that Bitbucket knows, and what each can do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum, StrEnum, auto
from typing import ClassVar, TypeAlias


class Ability(Enum):
    """A part of Bitbucket that only some kinds of credential open."""

    READ_V2 = auto()
    #: Setting and taking away explicit permissions.
    WRITE_PERMISSIONS_V2 = auto()
    READ_V1 = auto()
    WRITE_V1 = auto()
    #: The Atlassian organisation that administers the workspace.
    ORGANIZATION = auto()


class Kind(StrEnum):
    """A kind of credential, by its name in sentences."""

    WORKSPACE_ACCESS_TOKEN = "workspace access token"  # noqa: S105 - a name, not a token
    API_TOKEN = "API token"  # noqa: S105 - a name, not a token
    OAUTH_CONSUMER = "OAuth consumer"
    APP_PASSWORD = "app password"  # noqa: S105 - a name, not a password
    ORGANIZATION_API_KEY = "organization API key"


#: Who is able, the preferred kind first. The hourly budget of an access token grows with the
#: seats of the workspace, so it goes first where it is accepted; app passwords have ended.
ABLE: Mapping[Ability, tuple[Kind, ...]] = {
    Ability.READ_V2: (
        Kind.WORKSPACE_ACCESS_TOKEN,
        Kind.API_TOKEN,
        Kind.OAUTH_CONSUMER,
        Kind.APP_PASSWORD,
    ),
    Ability.WRITE_PERMISSIONS_V2: (Kind.API_TOKEN, Kind.APP_PASSWORD),
    Ability.READ_V1: (Kind.API_TOKEN, Kind.OAUTH_CONSUMER, Kind.APP_PASSWORD),
    Ability.WRITE_V1: (Kind.OAUTH_CONSUMER, Kind.APP_PASSWORD),
    Ability.ORGANIZATION: (Kind.ORGANIZATION_API_KEY,),
}


class _Secret:
    """A value that never shows what it holds."""

    __slots__ = ()

    kind: ClassVar[Kind]

    def __repr__(self) -> str:
        return f"{type(self).__name__}('***')"

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value: str = getattr(self, field.name)
            # A line break in a header would be quoted in full by the error that refuses it.
            if not value or value != value.strip() or not value.isprintable():
                raise ValueError(
                    f"the {field.name} of the {self.kind} is empty, begins or ends with a blank, "
                    "or holds a control character"
                )


class _Bearer(_Secret):
    __slots__ = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(field_value.isascii() for field_value in self._values()):
            raise ValueError(f"the {self.kind} holds a character outside ASCII")

    def _values(self) -> list[str]:
        return [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]  # every subclass is a dataclass


@dataclass(frozen=True, slots=True, repr=False)
class WorkspaceAccessToken(_Bearer):
    """An access token of the workspace itself, on its Premium plan."""

    kind: ClassVar[Kind] = Kind.WORKSPACE_ACCESS_TOKEN

    token: str


@dataclass(frozen=True, slots=True, repr=False)
class ApiToken(_Secret):
    """An API token with scopes, and the e-mail address of the Atlassian account it belongs to."""

    kind: ClassVar[Kind] = Kind.API_TOKEN

    email: str
    token: str


@dataclass(frozen=True, slots=True, repr=False)
class AppPassword(_Secret):
    """An app password, which bitbucket.org refuses since 2026-07-28, and its account's name."""

    kind: ClassVar[Kind] = Kind.APP_PASSWORD

    username: str
    password: str


@dataclass(frozen=True, slots=True, repr=False)
class OAuthConsumer(_Secret):
    """A private OAuth consumer of the workspace, which acts by client credentials."""

    kind: ClassVar[Kind] = Kind.OAUTH_CONSUMER

    key: str
    secret: str


@dataclass(frozen=True, slots=True, repr=False)
class OrganizationApiKey(_Bearer):
    """A key of the Atlassian organisation; it opens nothing of Bitbucket's own API."""

    kind: ClassVar[Kind] = Kind.ORGANIZATION_API_KEY

    key: str


Credential: TypeAlias = (
    WorkspaceAccessToken | ApiToken | AppPassword | OAuthConsumer | OrganizationApiKey
)
