"""From what is to what is wanted: the fewest calls, in an order that never takes too early."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.directory.strength import STRENGTH
from gateway.provisioning.steps import (
    NEW_GROUP,
    AddMember,
    ChangeGroup,
    CreateGroup,
    DeleteGroup,
    Grant,
    Invite,
    Place,
    Plan,
    RemoveMember,
    Revoke,
    Step,
    Subject,
    Withdraw,
)

Permissions = Mapping[Place, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """
    All of a group that clients change.

    Attributes:
        name: Its name.
        members: The UUIDs of the members in it.
        invited: The addresses, by user id, of those who will be in it when they accept.
        permissions: What it is granted.
        permission: What it gives on every repository.
        auto_add: Whether new members join it by themselves; never changed here.
    """

    name: str
    members: frozenset[str] = frozenset()
    invited: Mapping[str, str] = field(default_factory=dict, repr=False)
    permissions: Permissions = field(default_factory=dict)
    permission: str | None = None
    auto_add: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """
    All that a member may do, as far as it is the member's own.

    Attributes:
        name: What people call the member.
        groups: The names of the groups the member is in, by id.
        permissions: What the member is granted directly.
    """

    name: str
    groups: Mapping[str, str] = field(default_factory=dict)
    permissions: Permissions = field(default_factory=dict)


def plan_group(group_id: str, before: GroupState | None, after: GroupState | None) -> Plan:
    """
    Return the calls by which a group becomes what is wanted.

    What is given comes before what is taken, so that nobody is without what both sides grant.

    Args:
        group_id: Its id; of no meaning if it is made.
        before: What it is; None if there is none.
        after: What it is to be; None if it is to be deleted.
    """
    return tuple(_of_group(group_id, before, after))


def _of_group(group_id: str, before: GroupState | None, after: GroupState | None) -> Iterator[Step]:
    if after is None:
        # A group of the same name that is made later may get the same slug.
        yield from _withdrawn(group_id, before)
        if before is not None:
            yield DeleteGroup(group_id, before.name)
        return
    if before is None:
        group_id, before = NEW_GROUP, GroupState(name=after.name)
        yield CreateGroup(after.name)
    was, permission = (before.name, before.permission), after.permission
    is_other = was != (after.name, permission)
    changed = [ChangeGroup(group_id, after.name, permission, before.auto_add, was)]
    takes = _strength(after.permission) < _strength(before.permission)
    if is_other and not takes:
        yield from changed
    subject = Subject("group", group_id, after.name)
    given, taken = _permissions(subject, before.permissions, after.permissions)
    for member in sorted(after.members - before.members):
        yield AddMember(group_id, after.name, member)
    for user_id in sorted(after.invited.keys() - before.invited.keys()):
        yield Invite(user_id, after.invited[user_id], group_id)
    yield from given
    for member in sorted(before.members - after.members):
        yield RemoveMember(group_id, after.name, member)
    yield from _withdrawn(group_id, before, after)
    yield from taken
    if is_other and takes:
        yield from changed


def _withdrawn(
    group_id: str, before: GroupState | None, after: GroupState | None = None
) -> Iterator[Step]:
    had, has = ({} if state is None else state.invited for state in (before, after))
    for user_id in sorted(had.keys() - has.keys()):
        yield Withdraw(user_id, had[user_id], group_id)


def _strength(permission: str | None) -> int:
    return 0 if permission is None else STRENGTH[permission]


def plan_user(member_uuid: str, before: UserState, after: UserState) -> Plan:
    """Return the calls by which a member may do what is wanted; see :func:`plan_group`."""
    return tuple(_of_user(member_uuid, before, after))


def _of_user(member_uuid: str, before: UserState, after: UserState) -> Iterator[Step]:
    subject = Subject("user", member_uuid, after.name)
    given, taken = _permissions(subject, before.permissions, after.permissions)
    for group_id in sorted(after.groups.keys() - before.groups.keys()):
        yield AddMember(group_id, after.groups[group_id], member_uuid)
    yield from given
    for group_id in sorted(before.groups.keys() - after.groups.keys()):
        yield RemoveMember(group_id, before.groups[group_id], member_uuid)
    yield from taken


def _permissions(
    subject: Subject, before: Permissions, after: Permissions
) -> tuple[list[Step], list[Step]]:
    given: list[Step] = [
        Grant(subject, place, permission)
        for place, permission in sorted(after.items())
        if before.get(place) != permission
    ]
    taken: list[Step] = [
        Revoke(subject, place, permission)
        for place, permission in sorted(before.items())
        if place not in after
    ]
    return given, taken
