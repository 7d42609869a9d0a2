"""
What Bitbucket knows, as values.

UUIDs are lower case and without the braces that Bitbucket writes around them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class WorkspaceRole(StrEnum):
    """What a member is in the workspace; Bitbucket is about to drop ``collaborator``."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    MEMBER = "member"


class Permission(StrEnum):
    """What may be done on a repository or project; ``create-repo`` exists on projects only."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    CREATE_REPO = "create-repo"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    An account: of a person, as a rule.

    Attributes:
        uuid: Its UUID.
        type: ``user``, ``app_user`` or ``team``.
        account_id: Its Atlassian account id; an app or a team may have none.
        display_name: Its name, chosen by its owner.
        nickname: Another name, chosen by its owner too and not unique.
        status: ``active``, where Bitbucket says so; other values may come.
        created_on: When it was made; left out of private profiles.
        html_url: Its page.
        avatar_url: Its picture.
        email: Its e-mail address, only where that was asked for by address.
    """

    uuid: str
    type: str
    display_name: str
    account_id: str | None = None
    nickname: str | None = None
    status: str | None = None
    created_on: datetime | None = None
    html_url: str | None = None
    avatar_url: str | None = None
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceMembership:
    """
    A member of the workspace.

    Attributes:
        user: Who.
        permission: As what.
        added_on: Since when; unknown if the workspace is administered at admin.atlassian.com.
        last_accessed: When last seen, to the day or so; unknown as ``added_on`` is.
    """

    user: Account
    permission: WorkspaceRole
    added_on: datetime | None = None
    last_accessed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace."""

    uuid: str
    slug: str
    name: str
    is_private: bool | None = None
    created_on: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    A group of the workspace (1.0).

    Attributes:
        slug: Its key, made from its name: lower case, ASCII, dashes for blanks.
        name: Its name.
        permission: What its members may do on every repository of the workspace; None if nothing.
        auto_add: Whether new members of the workspace are put into it.
        members: Who is in it.
    """

    slug: str
    name: str
    permission: Permission | None
    auto_add: bool
    members: tuple[Account, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project; its key is unique in the workspace and may be changed, its UUID may not."""

    uuid: str
    key: str
    name: str
    is_private: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """
    A repository.

    Attributes:
        uuid: Its UUID, which outlives renames.
        slug: Its key in the workspace.
        full_name: The slugs of workspace and repository, as in ``acme/api``.
        name: Its name.
        project_uuid: The UUID of the project it is in.
        project_key: That project's key.
        is_private: Whether only those see it who were granted it.
        updated_on: The last change in it, not of who may use it.
    """

    uuid: str
    slug: str
    full_name: str
    name: str
    project_uuid: str | None = None
    project_key: str | None = None
    is_private: bool | None = None
    updated_on: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryPermission:
    """What a user may do on a repository, whichever way it comes: the highest of all."""

    user_uuid: str
    repository_uuid: str
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGrant:
    """What a group was explicitly granted on the project or repository that was asked."""

    group_slug: str
    group_name: str
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGrant:
    """What a user was explicitly granted on the project or repository that was asked."""

    user: Account
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPrivilege:
    """What a group was explicitly granted on a repository (1.0)."""

    repository_full_name: str
    group_slug: str
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """
    An invitation to the workspace that was not accepted yet (1.0).

    Attributes:
        email: Where it was sent.
        group_slugs: The groups that whoever accepts it is put into.
    """

    email: str = field(repr=False)
    group_slugs: tuple[str, ...] = ()
