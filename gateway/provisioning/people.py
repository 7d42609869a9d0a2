"""A user as it is asked to be changed: who it is, and what it may do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.directory.overlay import labels_in
from gateway.mirror.facts import Member
from gateway.mirror.mirror import Snapshot
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.pins import is_address
from gateway.provisioning.entitlements import Places
from gateway.provisioning.states import UserState
from gateway.scim.errors import InvalidValue
from gateway.scim.text import fold

Resource = Mapping[str, Any]

#: A header has an end.
_MOST_NAMED: Final = 10


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
        is_active: Whether it is not deactivated, be ``active`` shown or taken away.
        held_back: Everything that is held back from it: what was promised with an invitation, or
            taken when it was deactivated.
        held: The entitlements among that, on places that exist and on which it has no other.
        kept: The names of the attributes that are as clients said.
    """

    id: str
    record: UserRecord
    member: Member | None
    resource: dict[str, Any]
    plain: dict[str, Any]
    is_active: bool
    held_back: tuple[HeldBack, ...] = ()
    held: tuple[Mapping[str, Any], ...] = ()
    kept: frozenset[str] = frozenset()

    @property
    def working(self) -> dict[str, Any]:
        """The user with what is held back: requests take from that as if it were there."""
        if not self.held:
            return self.resource
        shown = self.resource.get("entitlements", [])
        return self.resource | {"entitlements": [*shown, *map(dict, self.held)]}

    def are_own_emails(self, resource: Resource) -> bool:
        """
        Return whether a client gave the e-mail addresses of *resource*, which this is to be.

        Those that were not given follow from where the invitation goes to.
        """
        return "emails" in self.kept or resource.get("emails") != self.plain.get("emails")

    @property
    def held_values(self) -> frozenset[str]:
        """The values of the entitlements that are held back."""
        return frozenset(each["value"] for each in self.held)

    @property
    def was_taken_from(self) -> bool:
        """Whether something is held back that is given back as soon as it is active again."""
        return any(each.is_taken for each in self.held_back)

    @property
    def name(self) -> str:
        """What people call the user."""
        return self.id if self.member is None else self.member.display_name


def held_notes(held: Sequence[str]) -> tuple[str, ...]:
    """Return what a client is to be told of what is *held* back, in words; of many only some."""
    return _named("held back until active again", held)


def waiting_notes(held: Sequence[str]) -> tuple[str, ...]:
    """Return the same of what is granted to who has not accepted an invitation yet."""
    return _named("granted when the invitation is accepted", held)


def _named(why: str, held: Sequence[str]) -> tuple[str, ...]:
    notes = [f"{why}: {each}" for each in held[:_MOST_NAMED]]
    if more := len(held) - len(notes):
        notes.append(f"{why}: {more} more")
    return tuple(notes)


def state_of(snapshot: Snapshot, member: Member) -> UserState:
    """Return what a member may do, as far as it is known."""
    facts = snapshot.facts
    in_groups = [m.group_id for m in facts.memberships(member_uuids=[member.uuid])]
    return UserState(
        name=member.display_name,
        groups={group.id: group.name for group in facts.groups(ids=in_groups)},
        permissions=Places(facts).held(member.uuid),
    )


def held_entitlements(
    snapshot: Snapshot, held_back: Iterable[HeldBack], resource: Resource
) -> tuple[Mapping[str, Any], ...]:
    """
    Return the entitlements that are held back, on places that exist and have no other.

    Each has what the client has called it, as one has that is shown.
    """
    places = Places(snapshot.facts)
    shown = {str(each.get("value")).rpartition(":")[0] for each in resource.get("entitlements", ())}
    values = (
        f"{held.object_type}:{held.object_id}:{held.permission}"
        for held in held_back
        if held.permission is not None
        and places.with_uuid(held.object_type, held.object_id) is not None
        and f"{held.object_type}:{held.object_id}" not in shown
    )
    overlay = snapshot.overlays.of("User", ids=[resource["id"]]).get(resource["id"], {})
    return tuple({"value": value, **labels_in(overlay).get(value, {})} for value in values)


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
