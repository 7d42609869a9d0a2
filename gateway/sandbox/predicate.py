"""The ``q`` language: a tree to a question about one thing, and ``sort`` to an order."""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from gateway.sandbox.bbql import And, Comparison, In, Literal, Node, Or, moment
from gateway.sandbox.errors import bad_request
from gateway.sandbox.model import RANKS, Permission

T = TypeVar("T")
Predicate: TypeAlias = Callable[[T], bool]

Comparable: TypeAlias = str | int | float | bool | datetime | None


class Kind(Enum):
    """What the values of a field are, and with that what can be asked of it."""

    TEXT = ("=", "!=", "~", "!~", ">", "<", ">=", "<=")
    NUMBER = ("=", "!=", ">", "<", ">=", "<=")
    DATE = ("=", "!=", ">", "<", ">=", "<=", "date")
    BOOLEAN = ("=", "!=")
    PERMISSION = ("=", "!=", ">", "<", ">=", "<=", "permission")


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field that a list can be filtered and sorted by."""

    kind: Kind
    get: Callable[[T], Comparable]


Fields: TypeAlias = Mapping[str, Field[T]]

# Any, because both sides have the type of their field, which only the table of fields knows.
ORDERINGS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def predicate(node: Node, fields: Fields[T]) -> Predicate[T]:
    """
    Turn *node* into a question about one thing.

    ``null`` equals nothing but itself, is neither above nor below anything and contains nothing.

    Raises:
        Refusal: 400, for a field that is not in *fields*, or a value or operator that
            does not go with it.
    """
    if isinstance(node, And):
        parts = [predicate(part, fields) for part in node.parts]
        return lambda thing: all(part(thing) for part in parts)
    if isinstance(node, Or):
        parts = [predicate(part, fields) for part in node.parts]
        return lambda thing: any(part(thing) for part in parts)
    field = _field(node.field, fields)
    if isinstance(node, In):
        wanted = {_value(field.kind, value) for value in node.values}
        return lambda thing: _get(field, thing) in wanted
    return _comparison(node, field)


def fields_of(node: Node) -> set[str]:
    """The names of the fields that *node* asks about."""
    if isinstance(node, And | Or):
        return set().union(*(fields_of(part) for part in node.parts))
    return {node.field}


def ordered(things: Iterable[T], sort: str, fields: Fields[T]) -> list[T]:
    """
    Sort *things* by one field, backwards after a ``-``; nulls come last, equals keep their order.

    Raises:
        Refusal: 400, for a field that is not in *fields*.
    """
    field = _field(sort.removeprefix("-"), fields)
    with_value = [thing for thing in things if _get(field, thing) is not None]
    without = [thing for thing in things if _get(field, thing) is None]
    with_value.sort(key=lambda thing: _order(_get(field, thing)), reverse=sort.startswith("-"))
    return with_value + without


def _comparison(node: Comparison, field: Field[T]) -> Predicate[T]:
    if node.operator not in field.kind.value:
        raise bad_request("Invalid query", f"{node.operator} does not apply to {node.field}.")
    wanted = _value(field.kind, node.value)
    if node.operator == "=":
        return lambda thing: _get(field, thing) == wanted
    if node.operator == "!=":
        return lambda thing: _get(field, thing) != wanted
    if wanted is None:
        raise bad_request("Invalid query", f"{node.operator} does not apply to null.")
    if node.operator in ("~", "!~"):
        part = str(wanted).lower()
        negated = node.operator == "!~"
        return lambda thing: (part in str(_get(field, thing) or "").lower()) is not negated
    compare = ORDERINGS[node.operator]

    def holds(thing: T) -> bool:
        held = _get(field, thing)
        return held is not None and bool(compare(held, wanted))

    return holds


def _field(name: str, fields: Fields[T]) -> Field[T]:
    if name not in fields:
        raise bad_request("Invalid field", f"'{name}' cannot be used here.")
    return fields[name]


def _get(field: Field[T], thing: T) -> Comparable:
    held = field.get(thing)
    return RANKS[held] if isinstance(held, Permission) else held


def _order(value: Comparable) -> tuple[str, Comparable]:
    return ("", value.casefold()) if isinstance(value, str) else ("", value)


def _value(kind: Kind, value: Literal) -> Comparable:
    if value is None:
        return None
    if kind is Kind.DATE and isinstance(value, str):
        return moment(value)
    if kind is Kind.PERMISSION:
        return _rank(value)
    # bool is an int to Python, never to the language.
    if isinstance(value, bool) is not (kind is Kind.BOOLEAN) or not isinstance(value, TYPES[kind]):
        raise bad_request("Invalid query", "The value does not go with the field.")
    return value


def _rank(value: Literal) -> int:
    if not isinstance(value, str) or value not in RANKS:
        raise bad_request("Invalid query", f"'{value}' is no permission.")
    return RANKS[Permission(value)]


TYPES: Mapping[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.NUMBER: (int, float),
    Kind.DATE: datetime,
    Kind.BOOLEAN: bool,
}
