"""From syntax to meaning: paths are resolved, literals read as their attribute's type."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.bound import (
    And,
    Compare,
    ElementMatch,
    Filter,
    Literal,
    Not,
    Operator,
    Or,
    Present,
)
from gateway.scim.filter.parse import parse_filter
from gateway.scim.filter.syntax import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Node,
    Presence,
    ValuePath,
)
from gateway.scim.no_attribute import no_attribute, no_part
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.schema import AttributeType, ResourceType
from gateway.scim.text import fold, read_instant

_ORDERINGS = frozenset({"gt", "ge", "lt", "le"})
_PARTIAL = frozenset({"co", "sw", "ew"})
_UNORDERED = frozenset({AttributeType.BOOLEAN, AttributeType.BINARY})
_TEXTUAL = frozenset({AttributeType.STRING, AttributeType.REFERENCE, AttributeType.DATE_TIME})

Resolve = Callable[[AttributePath], Target | None]


def bind_filter(text: str, resource_type: ResourceType) -> Filter:
    """
    Parse a filter and bind it to the attributes of *resource_type*.

    Args:
        text: The filter, percent-decoded.
        resource_type: The type whose resources it selects.

    Returns:
        What it means: see :mod:`gateway.scim.filter.bound`.

    Raises:
        InvalidFilter: *text* is malformed, names no attribute of the type, or asks of one what
            it can't answer; ``position`` is where.

    RFC 7644 §3.4.2.2.
    """
    return bind_node(parse_filter(text), resource_type)


def bind_node(node: Node, resource_type: ResourceType) -> Filter:
    """Bind a filter that was parsed, or a part of it; see :func:`bind_filter`."""
    return _Binder(
        lambda path: resolve(path, resource_type),
        lambda path: no_attribute(path, resource_type, purpose="filter by"),
    ).bind(node)


@dataclass(frozen=True, slots=True)
class _Binder:
    """
    Binds the nodes of one level.

    Attributes:
        resolve: Returns what a path names on this level.
        refusal: Returns what to say of one that names nothing.
    """

    resolve: Resolve
    refusal: Callable[[AttributePath], str]

    def bind(self, node: Node) -> Filter:
        match node:
            case Conjunction(operands=operands):
                return And(tuple(self._flat(And, operands)))
            case Disjunction(operands=operands):
                return Or(tuple(self._flat(Or, operands)))
            case Negation(operand=operand):
                return Not(self.bind(operand))
            case Presence(path=path, position=position):
                return Present(self._target(path, position))
            case Comparison():
                return self._comparison(node)
            case ValuePath():
                return self._value_path(node)

    def _flat(self, kind: type[And | Or], operands: tuple[Node, ...]) -> Iterator[Filter]:
        for operand in operands:
            bound = self.bind(operand)
            if isinstance(bound, kind):
                yield from bound.operands
            else:
                yield bound

    def _comparison(self, node: Comparison) -> Filter:
        target = self._target(node.path, node.position).compared()
        if target is None:
            raise InvalidFilter(
                f"{node.path} has parts; compare one of them.", position=node.position
            )
        if node.literal is None:
            return _compared_with_null(target, node)
        _check_operator(target, node)
        value = _literal(target, node)
        if node.operator == "ne":
            return Not(Compare(target, Operator.EQ, value))
        return Compare(target, Operator(node.operator), value)

    def _value_path(self, node: ValuePath) -> Filter:
        target = self._target(node.path, node.position)
        if not target.attribute.multi_valued or target.leaf.type is not AttributeType.COMPLEX:
            raise InvalidFilter(
                f"{node.path} has no values with parts that brackets could select from.",
                position=node.position,
            )

        def sub_attribute(path: AttributePath) -> Target | None:
            if path.urn is not None or path.sub_name is not None:
                return None
            return target.with_sub_attribute(path.name)

        def refusal(path: AttributePath) -> str:
            return no_part(path, target.attribute, of=str(node.path))

        inner = _Binder(sub_attribute, refusal)
        return ElementMatch(target, inner.bind(node.condition))

    def _target(self, path: AttributePath, position: int) -> Target:
        target = self.resolve(path)
        if target is None:
            raise InvalidFilter(self.refusal(path), position=position)
        if not target.is_searchable:
            raise InvalidFilter(
                f"{path} can't be filtered by; it is shown where attributes names it.",
                position=position,
            )
        return target


def _compared_with_null(target: Target, node: Comparison) -> Filter:
    # RFC 7643 §2.5: null is the same as unassigned.
    match node.operator:
        case "eq":
            return Not(Present(target))
        case "ne":
            return Present(target)
    raise InvalidFilter(
        f"null is compared with eq and ne only, not with {node.operator}.",
        position=node.operator_position,
    )


def _check_operator(target: Target, node: Comparison) -> None:
    leaf = target.leaf
    if node.operator in _ORDERINGS and leaf.type in _UNORDERED:
        raise InvalidFilter(
            f"{node.path} is {leaf.type.value}, which has no order; use eq or ne.",
            position=node.operator_position,
        )
    if node.operator in _PARTIAL and leaf.type not in _TEXTUAL:
        raise InvalidFilter(
            f"{node.path} is {leaf.type.value}, not text; use another operator than "
            f"{node.operator}.",
            position=node.operator_position,
        )


def _literal(target: Target, node: Comparison) -> Literal:
    leaf = target.leaf
    if leaf.type is AttributeType.DATE_TIME and node.operator not in _PARTIAL:
        return _instant(node)
    accepted, expected = _LITERALS[leaf.type]
    value = node.literal
    if value is None or type(value) not in accepted:
        raise InvalidFilter(
            f"{node.path} is compared with {expected}.", position=node.literal_position
        )
    return fold(value) if isinstance(value, str) and not leaf.case_exact else value


def _instant(node: Comparison) -> str:
    try:
        return read_instant(node.literal if isinstance(node.literal, str) else "")
    except ValueError:
        raise InvalidFilter(
            f"{node.path} is compared with a date and time with its zone, "
            'as "2026-11-23T08:30:00Z".',
            position=node.literal_position,
        ) from None


_STRINGS = (frozenset[type]({str}), "a string in double quotes")
_LITERALS: Mapping[AttributeType, tuple[frozenset[type[Any]], str]] = {
    AttributeType.STRING: _STRINGS,
    AttributeType.REFERENCE: _STRINGS,
    AttributeType.BINARY: _STRINGS,
    AttributeType.DATE_TIME: _STRINGS,
    AttributeType.BOOLEAN: (frozenset({bool}), "true or false, without quotes"),
    AttributeType.INTEGER: (frozenset({int}), "a whole number"),
    AttributeType.DECIMAL: (frozenset({int, Decimal}), "a number"),
}
