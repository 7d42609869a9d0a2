"""A group as a request says that it is to be, and as it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from gateway.directory.groups import GROUP_EXTENSION
from gateway.mirror.facts import Group
from gateway.mirror.mirror import Snapshot
from gateway.planner.pins import Place as PlaceNamed
from gateway.provisioning.entitlements import Places, asked
from gateway.provisioning.spelling import spelled_values
from gateway.provisioning.states import GroupState
from gateway.scim.errors import InvalidValue
from gateway.scim.text import fold

Resource = Mapping[str, Any]

#: What a group may be permitted on every repository of the workspace.
_PERMISSIONS: Final = ("read", "write", "admin")


def name_of_group(resource: Resource) -> str:
    """
    Return the name that a group is to have.

    Raises:
        InvalidValue: It has none.
    """
    name = str(resource.get("displayName") or "").strip()
    if not name:
        raise InvalidValue("displayName is required.")
    return name


def workspace_permission(resource: Resource) -> str | None:
    """
    Return what a group is to be permitted on every repository; None for nothing.

    Raises:
        InvalidValue: That is no permission.
    """
    given = resource.get(GROUP_EXTENSION, {}).get("workspacePermission")
    if given is None:
        return None
    permission = str(given).lower()
    if permission not in _PERMISSIONS:
        raise InvalidValue(
            f"{given!r} is no workspacePermission; choose one of {', '.join(_PERMISSIONS)}, or "
            "remove it."
        )
    return permission


def entitlements_of(resource: Resource) -> list[dict[str, Any]]:
    """Return the entitlements of a group."""
    found: list[dict[str, Any]] = resource.get(GROUP_EXTENSION, {}).get("entitlements", [])
    return found


def canonical(resource: Resource, places: Places) -> dict[str, Any]:
    """
    Return *resource* with everything named as it is shown, so that what is left can be told.

    Raises:
        InvalidValue: Its name is missing, or its workspacePermission is none.
    """
    made = {**resource, "displayName": name_of_group(resource)}
    if "members" in resource:
        made["members"] = [
            {**each, "value": member_id(each.get("value"))} for each in resource["members"]
        ]
    extension = dict(resource.get(GROUP_EXTENSION, {}))
    if "workspacePermission" in extension:
        extension["workspacePermission"] = workspace_permission(resource)
    if "entitlements" in extension:
        extension["entitlements"] = spelled_values(extension["entitlements"], places)
    return made | ({GROUP_EXTENSION: extension} if extension else {})


@dataclass(frozen=True, slots=True)
class Given:
    """
    What earlier requests to make a group gave it, or perhaps did, as far as they came.

    Attributes:
        is_ours: Whether one of them has made it, as Bitbucket confirmed.
        members: The ids of the members.
        entitlements: The values, in lower case.
        permissions: What it was permitted on every repository.
    """

    is_ours: bool = False
    members: frozenset[str] = frozenset()
    entitlements: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()

    @classmethod
    def by(cls, requests: Iterable[tuple[Resource | None, Resource]]) -> Self:
        """Return what is given by requests, each told by what was and what was wanted."""
        is_ours, members, values, permissions = False, set[str](), set[str](), set[str]()
        for before, wanted in requests:
            is_ours |= before is None
            had = before or {}
            members |= _members_in(wanted) - _members_in(had)
            values |= _values_in(wanted) - _values_in(had)
            permission = workspace_permission(wanted)
            if permission is not None and permission != workspace_permission(had):
                permissions.add(permission)
        return cls(is_ours, frozenset(members), frozenset(values), frozenset(permissions))

    @property
    def attributes(self) -> frozenset[str]:
        """The names of the attributes that something was given of."""
        given = {
            "members": self.members,
            "entitlements": self.entitlements,
            "workspacePermission": self.permissions,
        }
        return frozenset(name for name, values in given.items() if values)


def adopted(current: Resource, wanted: Resource, given: Given) -> dict[str, Any]:
    """
    Return *current* with what is *wanted* besides, and without what was *given* and is not.

    Perhaps somebody else made the group, or has put more into it: that stays.
    """
    has = _members_in(wanted)
    kept = [
        each
        for each in current.get("members", ())
        if (member := member_id(each.get("value"))) in has or member not in given.members
    ]
    present = {member_id(each.get("value")) for each in kept}
    added = [e for e in wanted.get("members", ()) if member_id(e.get("value")) not in present]
    made = {**current, **wanted, "members": [*kept, *added]}
    extension = current.get(GROUP_EXTENSION, {}) | wanted.get(GROUP_EXTENSION, {})
    gone = given.entitlements - _values_in(wanted)
    extension["entitlements"] = [
        each
        for each in (*entitlements_of(current), *entitlements_of(wanted))
        if str(each.get("value")).lower() not in gone
    ]
    extension["workspacePermission"] = _adopted_permission(current, wanted, given)
    extension = {name: value for name, value in extension.items() if value not in (None, [])}
    bare = {name: value for name, value in made.items() if name != GROUP_EXTENSION}
    return bare | ({GROUP_EXTENSION: extension} if extension else {})


def _adopted_permission(current: Resource, wanted: Resource, given: Given) -> str | None:
    had, has = workspace_permission(current), workspace_permission(wanted)
    if had is None or had in given.permissions:
        return has
    return has if given.is_ours and has is not None else had


def _members_in(resource: Resource) -> set[str]:
    return {member_id(each.get("value")) for each in resource.get("members", ())}


def _values_in(resource: Resource) -> set[str]:
    return {str(each.get("value")).lower() for each in entitlements_of(resource)}


def member_id(value: object) -> str:
    """Return the id that a client means: in lower case, without what Bitbucket puts around it."""
    return str(value or "").strip().strip("{}").lower()


def places_changed(before: Resource, after: Resource) -> set[PlaceNamed]:
    """Return the places on which other entitlements are wanted."""
    changed = _values_in(before) ^ _values_in(after)
    return {each.place for each in asked({"value": value} for value in changed)}


def group_named(snapshot: Snapshot, name: str) -> Group | None:
    """Return the group of that name in any letter case, if there is one."""
    groups = snapshot.facts.groups()
    return next((group for group in groups if fold(group.name) == fold(name)), None)


def group_with_id(snapshot: Snapshot, group_id: str) -> Group:
    """Return the group of that id, which there is."""
    (group,) = snapshot.facts.groups(ids=[group_id])
    return group


def state_of_group(snapshot: Snapshot, group: Group) -> GroupState:
    """Return all of a group that clients change, as it is known."""
    facts = snapshot.facts
    invited = {
        held.user_id: record.email
        for held in snapshot.users.held_back()
        if held.object_id == group.id
        and (record := snapshot.users.with_ids([held.user_id]).get(held.user_id))
        and record.member_uuid is None
        # That its invitation has ended takes nobody out: a change of the group sends no other.
        and record.is_active
        and record.deleted_at is None
        and record.email is not None
    }
    return GroupState(
        name=group.name,
        members=frozenset(m.member_uuid for m in facts.memberships(group_ids=[group.id])),
        invited=invited,
        permissions=Places(facts).held(group.id),
        permission=group.permission,
        auto_add=group.auto_add,
    )


def held_back_from(snapshot: Snapshot, group_id: str) -> frozenset[str]:
    """Return the ids of the deactivated users who are to be in a group when active again."""
    held = [each for each in snapshot.users.held_back() if each.object_id == group_id]
    records = snapshot.users.with_ids({each.user_id for each in held})
    return frozenset(user_id for user_id, record in records.items() if not record.is_active)


def held_users(snapshot: Snapshot, group_id: str) -> frozenset[str]:
    """Return the ids of all who are held back from a group: invited, inactive, or on their way."""
    held = snapshot.users.held_back()
    return frozenset(each.user_id for each in held if each.object_id == group_id)
