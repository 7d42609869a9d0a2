"""Whether a resource satisfies a filter: the meaning of filters, in memory."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

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
from gateway.scim.path import Target
from gateway.scim.text import fold

Resource = Mapping[str, Any]

_OPERATIONS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQ: lambda actual, wanted: bool(actual == wanted),
    Operator.CO: lambda actual, wanted: wanted in actual,
    Operator.SW: lambda actual, wanted: bool(actual.startswith(wanted)),
    Operator.EW: lambda actual, wanted: bool(actual.endswith(wanted)),
    Operator.GT: lambda actual, wanted: bool(actual > wanted),
    Operator.GE: lambda actual, wanted: bool(actual >= wanted),
    Operator.LT: lambda actual, wanted: bool(actual < wanted),
    Operator.LE: lambda actual, wanted: bool(actual <= wanted),
}


def matches(node: Filter, resource: Resource) -> bool:
    """
    Tell whether *resource* satisfies a bound filter.

    Args:
        node: The filter, bound to the resource's type.
        resource: The resource as JSON, with absolute references and canonical instants.
    """
    return _holds(node, lambda target: _values(resource, target))


def _holds(node: Filter, read: Callable[[Target], Iterator[Any]]) -> bool:
    match node:
        case And(operands=operands):
            return all(_holds(operand, read) for operand in operands)
        case Or(operands=operands):
            return any(_holds(operand, read) for operand in operands)
        case Not(operand=operand):
            return not _holds(operand, read)
        case Present(target=target):
            return any(_is_present(value) for value in read(target))
        case Compare(target=target, operator=operator, value=wanted):
            compare = _OPERATIONS[operator]
            return any(
                compare(_comparable(value, target), wanted)
                for value in read(target)
                if _is_present(value)
            )
        case ElementMatch(target=target, condition=condition):
            return any(_holds(condition, partial(_part, value)) for value in read(target))


def _values(resource: Resource, target: Target) -> Iterator[Any]:
    holder = resource if target.extension is None else resource.get(target.extension, {})
    for value in _each(holder.get(target.attribute.name)):
        if target.sub_attribute is None:
            yield value
        else:
            yield from _part(value, target)


def _part(value: Resource, target: Target) -> Iterator[Any]:
    yield from _each(value.get(target.leaf.name))


def _each(held: Any) -> Iterator[Any]:
    return iter(held if isinstance(held, list) else [] if held is None else [held])


def _comparable(value: Any, target: Target) -> Any:
    if isinstance(value, float):
        # As JSON wrote it: binary fractions are never equal to what a filter says.
        return Decimal(repr(value))
    return fold(value) if isinstance(value, str) and not target.leaf.case_exact else value


def _is_present(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_is_present(part) for part in value.values())
    if isinstance(value, list):
        return any(_is_present(part) for part in value)
    return value is not None and value != ""
