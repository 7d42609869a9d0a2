"""Filters that only complete knowledge of e-mail addresses could answer for sure."""

from gateway.planner.pins import HOLD_ADDRESSES, ByAddress, pinned
from gateway.scim.filter.bound import (
    And,
    Compare,
    ElementMatch,
    Filter,
    Not,
    Operator,
    Or,
    Present,
)


def rests_on_unknown_addresses(node: Filter | None, address_attributes: frozenset[str]) -> bool:
    """
    Return whether an address that nobody asked for yet could change what *node* selects.

    Equality is sure, and so is its negation: the address is asked for. Every other clause is
    answered from those addresses that are known.

    Args:
        node: The filter.
        address_attributes: The attributes that are, or may be, e-mail addresses.
    """
    match node:
        case Compare(target=target, operator=operator):
            is_sure = operator is Operator.EQ and target.name in HOLD_ADDRESSES
            return target.attribute.name in address_attributes and not is_sure
        case Present(target=target):
            # Every user has a userName, whatever is known.
            return target.attribute.name in address_attributes - {"userName"}
        case ElementMatch(target=target, condition=condition):
            pins = pinned(condition) or frozenset()
            is_sure = any(isinstance(pin, ByAddress) for pin in pins)
            return target.attribute.name in address_attributes and not is_sure
        case And(operands=operands) | Or(operands=operands):
            return any(
                rests_on_unknown_addresses(operand, address_attributes) for operand in operands
            )
        case Not(operand=operand):
            return rests_on_unknown_addresses(operand, address_attributes)
    return False
