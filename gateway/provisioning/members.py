"""Who is wanted in a group, by what Bitbucket can do with them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from gateway.mirror.user_records import UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress, OneMember
from gateway.planner.pins import is_uuid
from gateway.provisioning.entitlements import texts_in
from gateway.provisioning.group_states import member_id
from gateway.provisioning.people import held_notes
from gateway.provisioning.session import Session
from gateway.scim.errors import InvalidValue
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Operator, Or
from gateway.scim.filter.match import matches
from gateway.scim.patch.operation import Op, Operation, Patch
from gateway.scim.reference import relative

Resource = Mapping[str, Any]

#: As many members are looked up one by one; of more the whole list is read.
_MOST_LOOKED_UP: Final = 20


@dataclass(frozen=True, slots=True)
class WantedMembers:
    """
    Who is wanted in a group, by what Bitbucket can do with them.

    Attributes:
        members: The UUIDs of members.
        invited: The addresses, by user id, of those who have not accepted yet.
        held_back: The ids of users who were deactivated: they are given it when active again.
    """

    members: frozenset[str]
    invited: Mapping[str, str]
    held_back: frozenset[str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a client is to be told of those who are not put in now, a sentence each."""
        return held_notes([f"user {each}" for each in sorted(self.held_back)])


@dataclass(frozen=True, slots=True)
class Leavers:
    """
    Who is wanted in a group no longer, even if only held back from it.

    Attributes:
        is_everybody: Whether that is everybody who is not wanted expressly.
        named: The ids of those who are taken out by name.
        selectors: What selects those who are taken out, as the members of the group are stored.
    """

    is_everybody: bool = False
    named: frozenset[str] = frozenset()
    selectors: tuple[ElementMatch, ...] = ()

    @classmethod
    def of(cls, patch: Patch) -> "Leavers":
        """Return whom *patch* takes out of ``members``."""
        named: set[str] = set()
        selectors: list[ElementMatch] = []
        is_everybody = False
        for operation in patch:
            if operation.target.attribute.name != "members":
                continue
            if operation.selector is None and (
                operation.op is Op.REPLACE or (operation.op is Op.REMOVE and not operation.value)
            ):
                is_everybody = True
            elif operation.selector is None and operation.op is Op.REMOVE:
                named |= set(texts_in(operation.value))
            elif operation.selector is not None and operation.value is None:
                selectors.append(operation.selector)
        return cls(is_everybody, frozenset(map(str.lower, named)), tuple(selectors))

    def among(self, held_back: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
        """Return those of *held_back* that leave, and are not *wanted*."""
        return frozenset(each for each in held_back if self._is_among(each)) - wanted

    def perhaps(self, held: frozenset[str]) -> frozenset[str]:
        """
        Return who perhaps leaves, of those named and those who are *held* back.

        Who is being deactivated, or let back in, may be in the group or not at this moment.
        """
        mentioned = {text.lower() for each in self.selectors for text in texts_in(each)}
        return self.named | mentioned | self.among(held, frozenset())

    def _is_among(self, user_id: str) -> bool:
        member = {"value": user_id, "type": "User", "$ref": relative(f"/Users/{user_id}")}
        return (
            self.is_everybody
            or user_id in self.named
            or any(matches(each, {"members": [member]}) for each in self.selectors)
        )


def members_of(
    session: Session, wanted: Resource, current: Resource = MappingProxyType({})
) -> WantedMembers:
    """
    Return who is wanted, by what can be done with them.

    Args:
        session: Looks up who is not known.
        wanted: The group as it is to be.
        current: The group as it is: whoever is in it may stay, even if deleted here.

    Raises:
        InvalidValue: Somebody is no user.
    """
    ids = ids_of(wanted)
    with session.mirror.reading() as snapshot:
        both = snapshot.users.with_ids(ids | ids_of(current)).values()
        invited = [record for record in both if record.invited_at is not None]
    if invited:
        # Who has accepted by now is put in or taken out, and not invited again.
        session.know(Needs(frozenset(OneAddress(r.email) for r in invited if r.email)))
    with session.mirror.reading() as snapshot:
        tied = snapshot.users.of_members(ids)
        # Who has just accepted was in it by the account as well, and is taken out by either name.
        leaving = ids_of(current) - ids
        ids -= {uuid for uuid, record in tied.items() if record.id in leaving}
        records = dict(snapshot.users.with_ids(ids))
        own = tied.keys() & ids
        known = {member.uuid for member in snapshot.facts.members(uuids=ids)}
    unknown = ids - known - records.keys()
    if strange := sorted(each for each in unknown if not is_uuid(each)):
        raise _nobody(strange)
    if unknown:
        one_by_one = Needs(frozenset(map(OneMember, unknown)))
        many = len(unknown) > _MOST_LOOKED_UP
        session.know(Needs.whole(Collection.MEMBERS) if many else one_by_one)
        with session.mirror.reading() as snapshot:
            known |= {member.uuid for member in snapshot.facts.members(uuids=unknown)}
    # A member who has another id is no user by its UUID.
    missing = {each for each in ids - records.keys() if each not in known}
    missing |= own - records.keys()
    missing |= {record.id for record in records.values() if record.deleted_at}
    missing -= ids_of(current)
    if missing:
        raise _nobody(sorted(missing))
    return _sorted_out(ids, records)


def with_ids(patch: Patch, *, base_url: str) -> Patch:
    """
    Return *patch* with members told by their ids alone, however a client writes these.

    Args:
        patch: The operations.
        base_url: What the references begin with that clients were told.
    """
    return tuple(
        _with_ids(operation, f"{base_url}/")
        if operation.target.attribute.name == "members"
        else operation
        for operation in patch
    )


def _with_ids(operation: Operation, base: str) -> Operation:
    value, selector, part = operation.value, operation.selector, operation.target.sub_attribute
    if part is not None:
        value = _as_stored(part.name, value, base)
    elif isinstance(value, dict):
        value = {name: _as_stored(name, each, base) for name, each in value.items()}
    elif isinstance(value, list):
        value = [
            {**each, "value": member_id(each["value"])} if each.get("value") else each
            for each in value
        ]
    if selector is not None:
        selector = replace(selector, condition=_selecting(selector.condition, base))
    return replace(operation, value=value, selector=selector)


def _as_stored(part: str, value: Any, base: str) -> Any:
    if not isinstance(value, str):
        return value
    return {"value": member_id(value), "$ref": _stored(value, base)}.get(part, value)


def _selecting(condition: Filter, base: str) -> Filter:
    match condition:
        case And(operands=operands) | Or(operands=operands):
            return replace(condition, operands=tuple(_selecting(each, base) for each in operands))
        case Not(operand=operand):
            return Not(_selecting(operand, base))
        case Compare(target=target, operator=Operator.EQ, value=str() as text):
            part = "" if target.sub_attribute is None else target.sub_attribute.name
            return replace(condition, value=_as_stored(part, text, base))
    return condition


def _stored(reference: str, base: str) -> str:
    """Return a reference as it is stored, whether or not a client wrote it in full."""
    path = reference.removeprefix(base).removeprefix("/")
    return reference if ":" in path else relative(f"/{path}")


def ids_of(resource: Resource) -> set[str]:
    """Return the ids of the members of a group."""
    return {member_id(each.get("value")) for each in resource.get("members", ())}


def _sorted_out(ids: set[str], records: Mapping[str, UserRecord]) -> WantedMembers:
    members = ids - records.keys()
    invited: dict[str, str] = {}
    held_back: set[str] = set()
    for record in records.values():
        if record.deleted_at and record.member_uuid is not None:
            members.add(record.member_uuid)
        elif not record.is_active:
            held_back.add(record.id)
        elif record.member_uuid is not None:
            members.add(record.member_uuid)
        else:
            invited[record.id] = record.email or ""
    return WantedMembers(frozenset(members), invited, frozenset(held_back))


def _nobody(ids: list[str]) -> InvalidValue:
    return InvalidValue(f"No user has the id {', '.join(ids[:10])}; members are given by id.")
