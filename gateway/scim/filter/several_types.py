"""
A filter over resources of several types, and what it comes to for each of them.

An attribute that a type lacks has no value there (RFC 7644 §3.4.2.1). What that decides is decided
here, once for the whole type: a filter that selects users alone asks nothing of groups.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.bind import bind_node
from gateway.scim.filter.bound import And, Filter, Not, Or
from gateway.scim.filter.match import matches
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
from gateway.scim.no_attribute import ignored, is_ignored
from gateway.scim.path import resolve
from gateway.scim.schema import ResourceType
from gateway.scim.together import none_of, together


def bind_filter_for_each(
    text: str, resource_types: Sequence[ResourceType], apart: Sequence[ResourceType] = ()
) -> Mapping[str, Filter | bool]:
    """
    Parse a filter and bind it to each of *resource_types*.

    Args:
        text: The filter, percent-decoded.
        resource_types: The types whose resources it selects.
        apart: Those that are served too, and are no part of it: who asks for them by name would
            take an empty answer for there being none.

    Returns:
        What it means for each type, by name: True where all resources match, False where none does.

    Raises:
        InvalidFilter: *text* is malformed, names an attribute that no type has, asks of one what
            it can't answer, or asks for a type that is *apart*; ``position`` is where.
    """
    node = parse_filter(text)
    for comparison in _asked_for(node):
        for each in apart:
            if _names(comparison, each):
                raise InvalidFilter(
                    f"Only {together(resource_types)} are listed together; ask {each.endpoint} "
                    "for what is listed there.",
                    position=comparison.position,
                )
    return {each.name: _Binder(each, resource_types).bind(node) for each in resource_types}


@dataclass(frozen=True, slots=True)
class _Binder:
    """
    Binds nodes to one type.

    Attributes:
        resource_type: The type.
        all_types: The types, of which one at least must have each attribute.
    """

    resource_type: ResourceType
    all_types: Sequence[ResourceType]

    def bind(self, node: Node) -> Filter | bool:
        match node:
            case Conjunction(operands=operands):
                # All are bound, whatever the first ones decide: each may be refused.
                return _joined(And, [self.bind(operand) for operand in operands])
            case Disjunction(operands=operands):
                return _joined(Or, [self.bind(operand) for operand in operands])
            case Negation(operand=operand):
                bound = self.bind(operand)
                return not bound if isinstance(bound, bool) else Not(bound)
            case Presence() | Comparison() | ValuePath():
                return self._leaf(node)

    def _leaf(self, node: Presence | Comparison | ValuePath) -> Filter | bool:
        having = [each for each in self.all_types if resolve(node.path, each) is not None]
        if not having:
            if any(is_ignored(node.path, each) for each in self.all_types):
                raise InvalidFilter(ignored(node.path, purpose="filter by"), position=node.position)
            raise InvalidFilter(
                f"{none_of(self.all_types)} have an attribute {node.path} to filter by.",
                position=node.position,
            )
        target = resolve(node.path, self.resource_type)
        if target is None:
            return matches(bind_node(node, having[0]), {})
        bound = bind_node(node, self.resource_type)
        if target.name == "meta.resourceType":
            return matches(bound, {"meta": {"resourceType": self.resource_type.name}})
        return bound


def _asked_for(node: Node) -> Iterator[Comparison]:
    """Yield the comparisons for equality that *node* selects by; what it leaves out is no wish."""
    match node:
        case Conjunction(operands=operands) | Disjunction(operands=operands):
            for operand in operands:
                yield from _asked_for(operand)
        case Comparison(operator="eq"):
            yield node


def _names(comparison: Comparison, resource_type: ResourceType) -> bool:
    """Return whether *comparison* is met by every resource of *resource_type*, and by its type."""
    target = resolve(comparison.path, resource_type)
    if target is None or target.name not in ("meta.resourceType", "schemas"):
        return False
    told = {
        "schemas": [resource_type.schema.id],
        "meta": {"resourceType": resource_type.name},
    }
    return matches(bind_node(comparison, resource_type), told)


def _joined(kind: type[And | Or], operands: Iterable[Filter | bool]) -> Filter | bool:
    """Return what *operands* come to together, without those that decide nothing."""
    decisive = kind is Or
    open_: list[Filter] = []
    for operand in operands:
        if isinstance(operand, bool):
            if operand is decisive:
                return decisive
        elif isinstance(operand, kind):
            open_ += operand.operands
        else:
            open_.append(operand)
    if not open_:
        return not decisive
    return open_[0] if len(open_) == 1 else kind(tuple(open_))
