"""The calls that change a workspace, as values: each does the same twice as once."""

from dataclasses import dataclass
from typing import TypeAlias

#: Stands for the id of a group that is about to be made.
NEW_GROUP = ""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """
    What a permission is on.

    Attributes:
        object_type: ``project`` or ``repository``.
        uuid: Its UUID.
        name: What addresses call it: a project's key, a repository's slug.
    """

    object_type: str
    uuid: str
    name: str

    def __str__(self) -> str:
        return f"{self.object_type} {self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """
    Who holds a permission.

    Attributes:
        subject_type: ``user`` or ``group``.
        id: The UUID of a member, or the id of a group.
        name: What people call it.
    """

    subject_type: str
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.subject_type} {self.name}"


@dataclass(frozen=True, slots=True)
class CreateGroup:
    """Make a group."""

    name: str

    def __str__(self) -> str:
        return f"create the group {self.name}"


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """
    Give a group another name, or another permission on every repository of the workspace.

    Attributes:
        group_id: Its id.
        name: Its name.
        permission: Its permission; None for none.
        auto_add: Whether new members join it by themselves; that always stays as it is.
        before: The name and the permission it has had.
    """

    group_id: str
    name: str
    permission: str | None
    auto_add: bool
    before: tuple[str, str | None]

    def __str__(self) -> str:
        name, permission = self.before
        changes = []
        if self.name != name:
            changes.append(f"rename the group to {self.name}")
        if self.permission != permission:
            given = self.permission or "no permission"
            changes.append(f"give the group {self.name} {given} on every repository")
        return " and ".join(changes)


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """Delete a group."""

    group_id: str
    name: str

    def __str__(self) -> str:
        return f"delete the group {self.name}"


@dataclass(frozen=True, slots=True)
class AddMember:
    """Put a member of the workspace into a group."""

    group_id: str
    group_name: str
    member_uuid: str

    def __str__(self) -> str:
        return f"add {self.member_uuid} to the group {self.group_name}"


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a member out of a group."""

    group_id: str
    group_name: str
    member_uuid: str

    def __str__(self) -> str:
        return f"remove {self.member_uuid} from the group {self.group_name}"


@dataclass(frozen=True, slots=True)
class Grant:
    """Make a permission what a subject is explicitly granted on a place."""

    subject: Subject
    place: Place
    permission: str

    def __str__(self) -> str:
        return f"grant {self.permission} on {self.place} to {self.subject}"


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take away what a subject was explicitly granted on a place."""

    subject: Subject
    place: Place
    permission: str

    def __str__(self) -> str:
        return f"revoke {self.permission} on {self.place} from {self.subject}"


@dataclass(frozen=True, slots=True)
class Invite:
    """
    Invite a person to the workspace, and into a group if there is one.

    Attributes:
        user_id: The id of the user.
        email: The address.
        group_id: The group.
        leaves: The group whose invitation was withdrawn just before, if that was the last, and
            this is into none.
    """

    user_id: str
    email: str
    group_id: str | None = None
    leaves: str | None = None

    def __str__(self) -> str:
        return f"invite user {self.user_id}"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """
    Withdraw an invitation, or only that into one group.

    Attributes:
        user_id: The id of the user.
        email: The address.
        group_id: The group.
        stays: Whether the person is in the group all the same until a call that follows is made.
    """

    user_id: str
    email: str
    group_id: str | None = None
    stays: bool = False

    def __str__(self) -> str:
        return f"withdraw the invitation of user {self.user_id}"


Step: TypeAlias = (
    CreateGroup
    | ChangeGroup
    | DeleteGroup
    | AddMember
    | RemoveMember
    | Grant
    | Revoke
    | Invite
    | Withdraw
)

Plan: TypeAlias = tuple[Step, ...]
