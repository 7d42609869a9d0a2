"""
What a filter pins down: the few members, or the few places, that it can be about at all.

A pin is safe to read in the place of everything else: whatever is outside of it can't match.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Operator, Or

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
_HOLD_UUIDS = frozenset({"id", f"{_EXTENSION}:uuid"})
#: The attributes by whose values the holder of an address is found.
HOLD_ADDRESSES = frozenset({"userName", "emails.value"})
_ACCOUNT_ID = f"{_EXTENSION}:accountId"
#: Long and plain, as those are that Atlassian gives out; what is not is looked for in the list.
_ACCOUNT_ID_FORM = re.compile(r"[0-9A-Za-z:_-]{16,128}")
#: The same where it costs a call to ask: of old accounts digits, of others a number and a UUID.
_ACCOUNT = re.compile(r"[0-9a-f]{24}|[0-9a-z]+:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: As loose as can be: to ask of what can be no address costs a call, not to ask an answer.
_ADDRESS_FORM = re.compile(r"[^@]+@[^@]+")
_LONGEST_ADDRESS = 320
#: Roles that few have: the list of them is shorter than that of all members.
_RARE_ROLES = frozenset({"owner", "collaborator"})
_PLACE_IN_VALUE = re.compile(r"(repository|project):([0-9a-f-]{36}):", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class ById:
    """The member with this UUID or Atlassian account id."""

    key: str


@dataclass(frozen=True, slots=True, order=True)
class ByAddress:
    """The member who has this e-mail address, in lower case."""

    text: str


@dataclass(frozen=True, slots=True, order=True)
class ByRole:
    """The members with this role."""

    role: str


Pin: TypeAlias = ById | ByAddress | ByRole


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """
    A project or repository that a filter names.

    Attributes:
        object_type: ``project`` or ``repository``; empty where the name does not tell.
        name: Its UUID, or its key or full name in lower case; empty for all of the type.
    """

    object_type: str
    name: str


EVERYWHERE = Place("", "")


def pinned(node: Filter | None) -> frozenset[Pin] | None:
    """Return those outside of whom no user matches; None where that may be anybody."""
    match node:
        case Compare(operator=Operator.EQ, value=str(text)):
            return _pin(node.target.name, text)
        case ElementMatch(condition=condition):
            return pinned(condition)
        case And(operands=operands):
            found = [pins for pins in map(pinned, operands) if pins is not None]
            return min(found, key=_cost) if found else None
        case Or(operands=operands):
            each = [pinned(operand) for operand in operands]
            known = [pins for pins in each if pins is not None]
            return frozenset().union(*known) if len(known) == len(each) else None
    return None


def addresses_in(node: Filter | None) -> frozenset[str]:
    """
    Return the e-mail addresses that *node* compares with for equality, in lower case.

    Wherever in the filter they stand: Bitbucket tells an address to those who ask for it alone.
    """
    return frozenset(_addresses(node))


def places_in(node: Filter | None, attribute: str) -> frozenset[Place]:
    """
    Return the places that the clauses on *attribute*, entitlements, can be about.

    Nothing if no clause is on it; EVERYWHERE among them if one could be about any.
    """
    match node:
        case Compare(target=target) if _is_on(target.name, attribute):
            return frozenset({_place(node)})
        case ElementMatch(target=target, condition=condition) if target.name == attribute:
            return frozenset(_places_of_element(condition, attribute))
        case And(operands=operands) | Or(operands=operands):
            return frozenset().union(*(places_in(operand, attribute) for operand in operands))
        case Not(operand=operand):
            return places_in(operand, attribute)
        case None:
            return frozenset()
    return frozenset({EVERYWHERE}) if _is_on(node.target.name, attribute) else frozenset()


def _pin(name: str, text: str) -> frozenset[Pin] | None:
    if name in _HOLD_UUIDS:
        # What is no UUID is nobody's.
        return frozenset({ById(text)}) if is_uuid(text) else frozenset()
    if name == _ACCOUNT_ID and _ACCOUNT_ID_FORM.fullmatch(text):
        return frozenset({ById(text)})
    if name in HOLD_ADDRESSES and is_address(text):
        return frozenset({ByAddress(text)})
    if name == "roles.value" and text in _RARE_ROLES:
        return frozenset({ByRole(text)})
    return None


def _cost(pins: frozenset[Pin]) -> tuple[bool, int]:
    return any(isinstance(pin, ByRole) for pin in pins), len(pins)


def _addresses(node: Filter | None) -> Iterator[str]:
    match node:
        case Compare(target=target, operator=Operator.EQ, value=str(text)):
            if target.name in HOLD_ADDRESSES and is_address(text):
                yield text
        case ElementMatch(condition=operand) | Not(operand=operand):
            yield from _addresses(operand)
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _addresses(operand)
        case _:
            return


def _is_on(name: str, attribute: str) -> bool:
    return name == attribute or name.startswith(f"{attribute}.")


def _places_of_element(node: Filter, attribute: str) -> frozenset[Place]:
    match node:
        case And(operands=operands):
            # One and the same value satisfies all: the operand that narrows most is enough.
            each = [_places_of_element(operand, attribute) for operand in operands]
            return min(each, key=_breadth)
        case Not():
            return frozenset({EVERYWHERE})
    return places_in(node, attribute)


def _breadth(places: frozenset[Place]) -> tuple[bool, bool, int]:
    return EVERYWHERE in places, any(not place.name for place in places), len(places)


def _place(clause: Compare) -> Place:
    sub_attribute = clause.target.sub_attribute
    read = _READERS.get(("" if sub_attribute is None else sub_attribute.name, clause.operator))
    if read is None or not isinstance(clause.value, str):
        return EVERYWHERE
    return read(clause.value)


def _place_of_value(text: str) -> Place:
    match = _PLACE_IN_VALUE.match(text)
    return Place(match[1].lower(), match[2].lower()) if match else EVERYWHERE


def _place_of_start(text: str) -> Place:
    kind, colon, _ = text.lower().partition(":")
    is_kind = bool(colon) and kind in ("project", "repository")
    place = _place_of_value(text)
    return Place(kind, "") if place == EVERYWHERE and is_kind else place


#: What a client calls an entitlement says nothing of where it is.
_READERS: dict[tuple[str, Operator], Callable[[str], Place]] = {
    ("value", Operator.EQ): _place_of_value,
    ("value", Operator.SW): _place_of_start,
}


def is_uuid(text: str) -> bool:
    """Return whether *text* is a UUID as resources have them: lower case, with dashes."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def is_account(text: str) -> bool:
    """Return whether *text*, in lower case, could be an account's UUID or Atlassian account id."""
    return is_uuid(text) or bool(_ACCOUNT.fullmatch(text))


def is_address(text: str) -> bool:
    """Return whether *text* could be an e-mail address."""
    is_one_word = text.isprintable() and not {" ", '"', "\\", ","} & set(text)
    return is_one_word and len(text) <= _LONGEST_ADDRESS and bool(_ADDRESS_FORM.fullmatch(text))
