"""Complex values, and what a PATCH says of their parts."""

from collections.abc import Mapping
from typing import Any

from gateway.scim.errors import Mutability
from gateway.scim.patch.operation import Op, Operation, needs_value
from gateway.scim.schema import Attribute
from gateway.scim.schema import Mutability as Kind
from gateway.scim.text import fold

Value = Mapping[str, Any]

#: Who is meant, and the address of the same.
_SAME = {"value": "$ref", "$ref": "value"}


def merged(kept: Value, operation: Operation) -> dict[str, Any]:
    """
    Return a complex value with the parts that an operation names; the others stay.

    A part that it replaces by null goes (RFC 7643 §2.5).

    Args:
        kept: The value.
        operation: What adds to it, or replaces parts of it.
    """
    attribute, named = operation.target.attribute, operation.value
    stale = {
        other
        for name, other in _SAME.items()
        if named.get(name) is not None and other not in named
        if not _is_equal(kept.get(name), named[name], attribute.sub_attribute(name))
    }
    if attribute.multi_valued:
        # It is what tells the value from the others.
        stale.discard("value")
    gone = {n for n, v in named.items() if v is None} if operation.op is Op.REPLACE else set()
    given = {name: value for name, value in named.items() if value is not None}
    return {name: value for name, value in {**kept, **given}.items() if name not in stale | gone}


def replaced(kept: Value, operation: Operation, *, keep: bool) -> dict[str, Any]:
    """
    Return what an operation on selected values makes of one.

    Args:
        kept: The value.
        operation: The operation, which names parts.
        keep: Whether the parts that it does not name stay.

    Raises:
        Mutability: It changes a part that stays as it is, or takes away one that each value has.
    """
    attribute = operation.target.attribute
    for part in attribute.sub_attributes:
        given = operation.value.get(part.name)
        is_gone = given is None and part.name in operation.value and operation.op is Op.REPLACE
        if (given is not None or is_gone) and part.name in kept:
            check_part(attribute, part, kept, given)
    if keep:
        return merged(kept, operation)
    return {name: value for name, value in operation.value.items() if value is not None}


def check_part(attribute: Attribute, part: Attribute, kept: Value, given: object) -> None:
    """
    Let a part of a value of a multi-valued attribute become *given*; None takes it away.

    Raises:
        Mutability: It stays as it is, or each value has it.
    """
    if part.mutability is Kind.IMMUTABLE and not _is_equal(kept.get(part.name), given, part):
        raise Mutability(f"{part.name} of a value can't be changed; replace the value.")
    if given is None and part.name == "value" and needs_value(attribute):
        raise Mutability(
            f"{part.name} can't be removed: each one of {attribute.name} has it; remove the "
            "whole one."
        )


def leaves_value_out(operation: Operation) -> bool:
    """
    Return whether what replaces a value has no ``value`` itself, where there is one.

    It is said of the value that is there: an address is hardly replaced by none.
    """
    attribute = operation.target.attribute
    return bool(attribute.sub_attribute("value")) and operation.value.get("value") is None


def contradicts(attribute: Attribute, one: Value, other: Value) -> bool:
    """Return whether two values have a part in common in which they differ."""
    return any(
        not _is_equal(one[name], other[name], attribute.sub_attribute(name))
        for name in one.keys() & other.keys()
    )


def _is_equal(kept: object, given: object, attribute: Attribute | None) -> bool:
    is_exact = attribute is not None and attribute.case_exact
    if isinstance(kept, str) and isinstance(given, str) and not is_exact:
        return fold(kept) == fold(given)
    return kept == given
