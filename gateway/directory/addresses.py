"""The e-mail addresses a filter asks for: Bitbucket tells an address to those who ask for it."""

from collections.abc import Iterator

from marshmallow import ValidationError, validate

from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Operator, Or
from gateway.scim.path import Target

_IS_ADDRESS = validate.Email()
_HOLDERS = frozenset({"userName", "emails.value"})


def addresses_in(node: Filter | None) -> frozenset[str]:
    """
    Return the addresses that *node* compares ``userName`` or ``emails.value`` with for equality.

    They are in lower case, wherever in the filter they stand: to know more than is needed of an
    address never makes an answer wrong.
    """
    return frozenset(_addresses(node))


def _addresses(node: Filter | None) -> Iterator[str]:
    match node:
        case Compare(target=target, operator=Operator.EQ, value=str(text)):
            if _holds_addresses(target) and _is_address(text):
                yield text
        case ElementMatch(condition=operand) | Not(operand=operand):
            yield from _addresses(operand)
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _addresses(operand)
        case _:
            return


def _holds_addresses(target: Target) -> bool:
    return target.name in _HOLDERS


def _is_address(text: str) -> bool:
    try:
        _IS_ADDRESS(text)
    except ValidationError:
        return False
    return True
