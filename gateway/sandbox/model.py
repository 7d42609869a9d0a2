"""What a workspace consists of: frozen values, in Bitbucket's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AccountType(StrEnum):
    """The ``type`` of an account."""

    USER = "user"
    APP_USER = "app_user"
    TEAM = "team"


class AccountStatus(StrEnum):
    """The ``account_status`` of an account; Bitbucket announces more values to come."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSED = "closed"


class WorkspaceRole(StrEnum):
    """What a membership says of its member."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    MEMBER = "member"


class Permission(StrEnum):
    """A permission on a repository or a project, or of a group on the whole workspace."""

    READ = "read"
    WRITE = "write"
    CREATE_REPO = "create-repo"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Where it stands: a higher permission contains every lower one."""
        return RANKS[self]

    @property
    def on_repositories(self) -> "Permission":
        """What a permission on a project means on the repositories it already holds."""
        return Permission.WRITE if self is Permission.CREATE_REPO else self


RANKS = {permission: rank for rank, permission in enumerate(Permission, start=1)}


@dataclass(frozen=True, slots=True)
class Account:
    """
    Somebody, or something, that can be given access.

    Attributes:
        uuid: With its braces.
        account_id: The Atlassian account id; apps have none.
        email: Known to Bitbucket, shown to nobody who does not know it already.
        kind: What an ``app_user`` is.
    """

    uuid: str
    display_name: str
    nickname: str
    account_id: str | None
    email: str | None
    created_on: datetime
    type: AccountType = AccountType.USER
    status: AccountStatus = AccountStatus.ACTIVE
    kind: str | None = None
    is_staff: bool = False
    has_2fa_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's place in the workspace."""

    account_uuid: str
    role: WorkspaceRole
    added_on: datetime
    last_accessed: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """
    A group of members.

    Attributes:
        uuid: Never on the wire: Bitbucket tells groups apart by their slugs.
        permission: Given on every repository of the workspace, if any.
        auto_add: Whether new members join it by themselves.
    """

    uuid: str
    slug: str
    name: str
    permission: Permission | None = None
    auto_add: bool = False
    email_forwarding_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A set of repositories under one key."""

    uuid: str
    key: str
    name: str
    is_private: bool
    created_on: datetime
    updated_on: datetime
    description: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; its slug may be quite unlike its name."""

    uuid: str
    slug: str
    name: str
    project_uuid: str
    is_private: bool
    created_on: datetime
    updated_on: datetime
    description: str = ""
    language: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """An explicit permission of one subject on one object."""

    subject: Account | Group
    target: Project | Repository
    permission: Permission


@dataclass(frozen=True, slots=True)
class Invitation:
    """
    Somebody invited by e-mail who has not accepted yet.

    Attributes:
        grants: What is granted on acceptance, by the UUID of the repository.
    """

    email: str
    group_slugs: tuple[str, ...]
    sent_on: datetime
    invited_by_uuid: str
    grants: Mapping[str, Permission] = field(default_factory=dict)
