"""Facts of a workspace. UUIDs are in lower case and without braces."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

#: What can be granted on each type of place, the weakest first: each includes those before it.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "project": ("read", "write", "create-repo", "admin"),
    "repository": ("read", "write", "admin"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """
    A member of the workspace.

    Attributes:
        account_id: The Atlassian account id; an app's account has none.
        account_type: ``user``, ``app_user`` or ``team``.
        is_active: Whether the account is.
        permission: The role: ``owner``, ``collaborator`` or ``member``; unknown of members who
            were looked up singly, as are added_on and last_accessed.
        added_on: When the account joined, if Bitbucket tells; so too last_accessed.
    """

    uuid: str
    account_id: str | None
    display_name: str
    nickname: str | None
    account_type: str
    is_active: bool
    html_url: str | None
    avatar_url: str | None
    permission: str | None = None
    added_on: datetime | None = None
    last_accessed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """
    What Bitbucket said of an e-mail address.

    Attributes:
        text: The address as it was asked for, in lower case.
        member_uuid: The member who has it; None where no member has.
        asked_at: When it was asked.
    """

    text: str
    member_uuid: str | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """
    A group as it was read, before it has an id.

    Attributes:
        permission: What it gives on every repository: ``read``, ``write``, ``admin`` or nothing.
        members: The display names of those in it, by UUID.
    """

    slug: str
    name: str
    permission: str | None
    auto_add: bool
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """A group with the id it keeps for ever; see :class:`ReadGroup`."""

    id: str
    slug: str
    name: str
    permission: str | None
    auto_add: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """That an account is in a group; its display name is the one the group lists it by."""

    group_id: str
    member_uuid: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; its key is its name in addresses."""

    uuid: str
    key: str
    name: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; its full name is the workspace's slug and its own."""

    uuid: str
    slug: str
    full_name: str
    name: str
    project_uuid: str | None
    is_private: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """
    A permission that a subject holds on an object.

    Attributes:
        subject_type: ``user`` or ``group``.
        subject_id: The user's UUID, or the group's id.
        object_type: ``repository`` or ``project``.
        permission: ``read``, ``write``, ``create-repo`` or ``admin``.
        origin: ``explicit`` where Bitbucket says that it was granted so; ``inferred`` where
            nothing else explains the right that the subject has.
    """

    subject_type: str
    subject_id: str
    object_type: str
    object_uuid: str
    permission: str
    origin: str = "explicit"


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """
    When it was last read who is granted something on a place.

    Attributes:
        object_uuid: The project or repository.
        read_at: When.
        is_inferred: Whether it was inferred from the rights that users have.
        told_at: Where it was inferred: when the place itself told it last; None if it never did.
    """

    object_uuid: str
    read_at: datetime
    is_inferred: bool
    told_at: datetime | None = None

    @property
    def last_told_at(self) -> datetime | None:
        """When the place itself told it last; None if it never did."""
        return self.told_at if self.is_inferred else self.read_at


@dataclass(frozen=True, slots=True)
class PlaceReadings:
    """
    How old the grants on all places of a type are, together.

    Attributes:
        oldest: When the one was read that was read first; None if one never was, or there are
            no places.
        listed: How many places there are.
        read: How many of them were read.
        inferred: How many of them were inferred.
        never_told: How many of these never told it themselves.
    """

    oldest: datetime | None
    listed: int
    read: int
    inferred: int
    never_told: int
