"""Who may call, with what, and with which scopes."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from gateway.sandbox.errors import unauthorized

ACCESS_TOKEN_SECONDS = 7200

CLASSIC_READ_SCOPES = frozenset(
    {"account", "repository", "repository:admin", "project", "project:admin"}
)
API_TOKEN_READ_SCOPES = frozenset(
    {
        "read:user:bitbucket",
        "read:workspace:bitbucket",
        "read:repository:bitbucket",
        "admin:repository:bitbucket",
        "read:project:bitbucket",
        "admin:project:bitbucket",
        "admin:workspace:bitbucket",
    }
)
API_TOKEN_SCOPES = API_TOKEN_READ_SCOPES | {
    "write:permission:bitbucket",
    "delete:permission:bitbucket",
}


class CallerKind(StrEnum):
    """What kind of credential a call came with; some resources take only some kinds."""

    WORKSPACE_ACCESS_TOKEN = "workspace access token"  # noqa: S105 - a kind, not a token
    API_TOKEN = "API token"  # noqa: S105 - a kind, not a token
    OAUTH_CONSUMER = "OAuth consumer"


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who makes a call.

    Attributes:
        identity: Names the credential, and is no secret.
        account_email: Whose rights it has; None for the workspace's own.
    """

    kind: CallerKind
    identity: str
    scopes: frozenset[str]
    account_email: str | None = None


@dataclass(frozen=True, slots=True)
class WorkspaceAccessToken:
    """A token of the workspace itself, as ``Bearer``; classic scopes; refused by 1.0."""

    token: str = field(repr=False)
    scopes: Collection[str] = CLASSIC_READ_SCOPES


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of the account with this e-mail, as Basic ``email:token``; ``…:bitbucket`` scopes."""

    email: str
    token: str = field(repr=False)
    scopes: Collection[str] = API_TOKEN_SCOPES


@dataclass(frozen=True, slots=True)
class AppPassword:
    """A user name and an app password: once a credential, refused with 401 since 2026-07-28."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthConsumer:
    """A consumer of the workspace; its key and secret buy a bearer token for two hours."""

    key: str
    secret: str = field(repr=False)
    scopes: Collection[str] = CLASSIC_READ_SCOPES | {"account:write"}


Credential: TypeAlias = WorkspaceAccessToken | ApiToken | AppPassword | OAuthConsumer


@dataclass(frozen=True, slots=True)
class DemoCredentials:
    """One credential of each kind, obviously invented, with every scope that reading takes."""

    access_token: WorkspaceAccessToken
    api_token: ApiToken
    app_password: AppPassword
    oauth: OAuthConsumer

    def all(self) -> tuple[Credential, ...]:
        """All of them, as :func:`gateway.sandbox.create_app` wants them."""
        return (self.access_token, self.api_token, self.app_password, self.oauth)


def demo_credentials(workspace_slug: str = "acme") -> DemoCredentials:
    """The demonstration credentials of the owner that every generated world has."""
    return DemoCredentials(
        access_token=WorkspaceAccessToken("sandbox-workspace-access-token"),
        api_token=ApiToken(f"admin@{workspace_slug}.example", "sandbox-api-token"),
        app_password=AppPassword("admin", "sandbox-app-password"),
        oauth=OAuthConsumer("sandbox-oauth-key", "sandbox-oauth-secret"),
    )


DEMO = demo_credentials()


@dataclass(slots=True)
class Keyring:
    """The credentials the simulated Bitbucket knows; replace ``known`` to revoke or to add."""

    known: tuple[Credential, ...]
    clock: Callable[[], float]
    _issued: dict[str, tuple[OAuthConsumer, float]] = field(default_factory=dict, repr=False)

    def caller(self, authorization: str | None) -> Caller:
        """
        Tell who sent this ``Authorization`` header.

        Raises:
            Refusal: 401, for every reason there is.
        """
        scheme, _, parameter = (authorization or "").partition(" ")
        if scheme.lower() == "bearer":
            return self._bearer(parameter.strip())
        if scheme.lower() == "basic":
            return self._basic(parameter)
        raise unauthorized()

    def issue(self, authorization: str | None) -> tuple[str, OAuthConsumer]:
        """
        Sell a bearer token to the consumer whose key and secret these are.

        Raises:
            Refusal: 401 when they are nobody's.
        """
        scheme, _, parameter = (authorization or "").partition(" ")
        key, secret = _pair(parameter) if scheme.lower() == "basic" else ("", "")
        for credential in self.known:
            if isinstance(credential, OAuthConsumer) and _same(
                (credential.key, credential.secret), (key, secret)
            ):
                serial = f"{credential.key}:{len(self._issued)}"
                token = f"sandbox-bearer-{_fingerprint(serial)}"
                self._issued[token] = (credential, self.clock() + ACCESS_TOKEN_SECONDS)
                return token, credential
        raise unauthorized()

    def _bearer(self, token: str) -> Caller:
        for credential in self.known:
            if isinstance(credential, WorkspaceAccessToken) and _same(
                (credential.token,), (token,)
            ):
                return Caller(
                    CallerKind.WORKSPACE_ACCESS_TOKEN,
                    f"token {_fingerprint(token)}",
                    frozenset(credential.scopes),
                )
        consumer, expires_at = self._issued.get(token, (None, 0.0))
        if consumer is None or consumer not in self.known or expires_at <= self.clock():
            raise unauthorized()
        return Caller(CallerKind.OAUTH_CONSUMER, consumer.key, frozenset(consumer.scopes))

    def _basic(self, parameter: str) -> Caller:
        name, secret = _pair(parameter)
        for credential in self.known:
            if isinstance(credential, ApiToken) and _same(
                (credential.email.casefold(), credential.token), (name.casefold(), secret)
            ):
                return Caller(
                    CallerKind.API_TOKEN,
                    credential.email,
                    frozenset(credential.scopes),
                    account_email=credential.email,
                )
        raise unauthorized()


def _pair(parameter: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(parameter, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthorized() from None
    return name, secret


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _same(known: tuple[str, ...], offered: tuple[str, ...]) -> bool:
    return secrets.compare_digest("\0".join(known).encode(), "\0".join(offered).encode())
