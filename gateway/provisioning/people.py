"""A user as it is asked to be changed: who it is, and what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.mirror.facts import Member
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import UserRecord
from gateway.planner.pins import is_address
from gateway.provisioning.entitlements import Places
from gateway.provisioning.states import UserState
from gateway.scim.errors import InvalidValue
from gateway.scim.text import fold

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """
    Somebody whom clients see as a user.

    Attributes:
        id: The id of the resource.
        record: What the gateway itself knows; a new one if there was none.
        member: The member of the workspace; None as long as an invitation was not accepted.
        resource: The user as clients see it.
        plain: The user as Bitbucket has it.
        version: Its version.
        held: The values of the entitlements that are held back from it, as it is inactive.
    """

    id: str
    record: UserRecord
    member: Member | None
    resource: dict[str, Any]
    plain: dict[str, Any]
    version: str
    held: tuple[str, ...] = ()

    @property
    def working(self) -> dict[str, Any]:
        """The user with what is held back: requests take from that as if it were there."""
        if not self.held:
            return self.resource
        shown = self.resource.get("entitlements", [])
        return self.resource | {"entitlements": [*shown, *({"value": v} for v in self.held)]}

    @property
    def is_active(self) -> bool:
        """Whether the user is not deactivated; one that lacks the attribute is not."""
        return self.resource.get("active") is not False

    @property
    def name(self) -> str:
        """What people call the user."""
        return self.id if self.member is None else self.member.display_name


def state_of(snapshot: Snapshot, member: Member) -> UserState:
    """Return what a member may do, as far as it is known."""
    facts = snapshot.facts
    in_groups = [m.group_id for m in facts.memberships(member_uuids=[member.uuid])]
    return UserState(
        name=member.display_name,
        groups={group.id: group.name for group in facts.groups(ids=in_groups)},
        permissions=Places(facts).held(member.uuid),
    )


def held_back_values(snapshot: Snapshot, user_id: str, resource: Resource) -> tuple[str, ...]:
    """Return the entitlements that are held back, on places that exist and have no other."""
    places = Places(snapshot.facts)
    shown = {str(each.get("value")).rpartition(":")[0] for each in resource.get("entitlements", ())}
    return tuple(
        f"{held.object_type}:{held.object_id}:{held.permission}"
        for held in snapshot.users.held_back([user_id])
        if held.permission is not None
        and places.with_uuid(held.object_type, held.object_id) is not None
        and f"{held.object_type}:{held.object_id}" not in shown
    )


def name_of(attributes: Resource) -> str:
    """
    Return the user name.

    Raises:
        InvalidValue: There is none.
    """
    name = str(attributes.get("userName") or "").strip()
    if not name:
        raise InvalidValue("userName is required.")
    return name


def address_of(attributes: Resource) -> str:
    """
    Return where an invitation goes to, in lower case.

    A user name may look like an address and be no mailbox, as a user principal name is: so the
    e-mail addresses come first, the primary one before the others.

    Raises:
        InvalidValue: There is no e-mail address.
    """
    name = name_of(attributes)
    emails = attributes.get("emails", ())
    primary = [each for each in emails if each.get("primary") is True]
    given = [str(each.get("value", "")) for each in (*primary, *emails)]
    for text in map(fold, (*given, name)):
        if is_address(text):
            return text
    raise InvalidValue(
        "A person is invited by e-mail: give an address in emails, or as the userName."
    )
