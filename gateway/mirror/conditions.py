"""
Filters as SQL, with the meaning that :mod:`gateway.scim.filter.bound` gives them.

SQL's third truth value never shows: a comparison with nothing may be NULL, which selects no more
than false does, and ``Not`` asks whether its operand "is not true".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select, true

from gateway.mirror.catalogue import VALUE_COLUMNS, Home, list_path
from gateway.mirror.comparisons import OPERATIONS, Condition, Expression, satisfies_one
from gateway.scim.filter.bound import (
    And,
    Compare,
    ElementMatch,
    Filter,
    Not,
    Or,
    Present,
)
from gateway.scim.path import Target
from gateway.scim.schema import AttributeType, ResourceType

#: What is asked of a column.
Comparison = Callable[[Expression], Condition]

#: PostgreSQL makes a join of each list that is searched, unless it is asked whether that "is
#: true", and takes the longer to plan them the more there are: minutes for hundreds.
_MOST_JOINS = 4


class _Level(Protocol):
    """What the leaves of a filter are conditions on: a resource, or one value of a list."""

    def compare(self, target: Target, comparison: Comparison) -> Condition:
        """Return that a value of *target* satisfies *comparison*."""
        ...

    def present(self, target: Target) -> Condition:
        """Return that *target* has a value."""
        ...

    def element(self, target: Target, condition: Filter) -> Condition:
        """Return that one value of the list *target* satisfies *condition*."""
        ...


@dataclass(frozen=True, slots=True)
class ResourceLevel:
    """
    Conditions on the resources of one type, and their order.

    Attributes:
        home: Where they are kept.
        resource_type: Their type.
        base_url: What their references begin with.
        among: Selects the keys of all that the whole filter may match; None where that is not
            known before. Lists are searched for no others.
    """

    home: Home
    resource_type: ResourceType
    base_url: str
    among: Select[int] | None = None

    def compare(self, target: Target, comparison: Comparison) -> Condition:
        """Return that a value of *target* satisfies *comparison*."""
        if target.attribute.multi_valued:
            return self._any_value(target, comparison(self._values.column(target)))
        column = self._column(target)
        return false() if column is None else comparison(column)

    def present(self, target: Target) -> Condition:
        """Return that *target* has a value."""
        if target.attribute.multi_valued:
            return self._any_value(target, self._values.present(target))
        columns = (self._column(part) for part in parts_of(target))
        return or_(false(), *(column.is_not(None) for column in columns if column is not None))

    def element(self, target: Target, condition: Filter) -> Condition:
        """Return that one value of the list *target* satisfies *condition*."""
        return self._any_value(target, condition_of(condition, self._values))

    def sort_key(self, target: Target) -> Expression | None:
        """
        Return what *target* is sorted by; of a list, its primary value, else its first.

        None where no resource has a value.
        """
        if not target.attribute.multi_valued:
            return self._column(target)
        values = self.home.values
        return (
            select(self._values.column(target))
            .where(
                values.c.key == self.home.resources.c.key, values.c.attribute == list_path(target)
            )
            .order_by(func.coalesce(values.c.is_primary, false()).desc(), values.c.position)
            .limit(1)
            .scalar_subquery()
        )

    @property
    def _values(self) -> "_ValueLevel":
        return _ValueLevel(self.home, self.base_url)

    def _any_value(self, target: Target, condition: Condition) -> Condition:
        values = self.home.values
        # Not a correlated EXISTS: the value may be the quickest way to the resource.
        found = select(values.c.key).where(values.c.attribute == list_path(target), condition)
        if self.among is not None:
            found = found.where(values.c.key.in_(self.among))
        return self.home.resources.c.key.in_(found)

    def _column(self, target: Target) -> Expression | None:
        resources = self.home.resources
        if target.name == "meta.resourceType":
            # Beside a column, it is ordered by code point as the column is.
            return func.coalesce(literal(self.resource_type.name), resources.c.id)
        if target.name == "meta.location":
            return literal(f"{self.base_url}{self.resource_type.endpoint}/") + resources.c.id
        name = self.home.columns.get(target.name)
        return None if name is None else _absolute(resources.c[name], target, self.base_url)


@dataclass(frozen=True, slots=True)
class _ValueLevel:
    """Conditions on one value of a list: the targets are sub-attributes."""

    home: Home
    base_url: str

    def compare(self, target: Target, comparison: Comparison) -> Condition:
        return comparison(self.column(target))

    def present(self, target: Target) -> Condition:
        return or_(false(), *(self.column(part).is_not(None) for part in parts_of(target)))

    def element(self, target: Target, condition: Filter) -> Condition:
        raise TypeError(f"{target.name} stands inside of brackets with {condition}.")

    def column(self, target: Target) -> Expression:
        name = target.sub_attribute.name if target.sub_attribute else "value"
        return _absolute(self.home.values.c[VALUE_COLUMNS[name]], target, self.base_url)


def condition_of(node: Filter, level: _Level) -> Condition:
    """Return the condition that *node* is true."""
    match node:
        case And(operands=operands):
            return and_(*_conjuncts(operands, level))
        case Or(operands=operands):
            return or_(*_alternatives(operands, level))
        case Not(operand=operand):
            return condition_of(operand, level).is_not(true())
        case Compare(target=target, operator=operator, value=value):
            return level.compare(target, partial(OPERATIONS[operator], value))
        case Present(target=target):
            return level.present(target)
        case ElementMatch(target=target, condition=condition):
            return level.element(target, condition)


def _conjuncts(operands: Sequence[Filter], level: _Level) -> Iterator[Condition]:
    lists = 0
    for operand in _deepest_first(operands):
        condition = condition_of(operand, level)
        match operand:
            case Compare(target=target) | Present(target=target) if (
                not target.attribute.multi_valued
            ):
                yield condition
            case _:
                lists += 1
                yield condition if lists <= _MOST_JOINS else condition.is_(true())


def _alternatives(operands: Sequence[Filter], level: _Level) -> Iterator[Condition]:
    """Yield the conditions, the comparisons of one target as one: its list is searched once."""
    comparisons: dict[Target, list[Compare]] = {}
    others: list[Filter] = []
    for operand in operands:
        match operand:
            case Compare(target=target):
                comparisons.setdefault(target, []).append(operand)
            case _:
                others.append(operand)
    for other in _deepest_first(others):
        yield condition_of(other, level)
    for target, found in comparisons.items():
        yield level.compare(target, partial(satisfies_one, found))


def _deepest_first(operands: Sequence[Filter]) -> list[Filter]:
    # SQLite's parser holds a hundred symbols: what stands before a parenthesis takes room in it
    # until the parenthesis is closed, what stands after it does not.
    return sorted(operands, key=_depth, reverse=True)


def _depth(node: Filter) -> int:
    match node:
        case And(operands=operands) | Or(operands=operands):
            return 1 + max(map(_depth, operands))
        case Not(operand=operand) | ElementMatch(condition=operand):
            return 1 + _depth(operand)
        case _:
            return 0


def parts_of(target: Target) -> list[Target]:
    """Return the sub-attributes of a complex target, or a simple one itself."""
    if target.leaf.type is not AttributeType.COMPLEX:
        return [target]
    parts = (target.with_sub_attribute(part.name) for part in target.attribute.sub_attributes)
    return [part for part in parts if part is not None]


def _absolute(column: ColumnElement[Any], target: Target, base_url: str) -> Expression:
    if target.leaf.type is not AttributeType.REFERENCE:
        return column
    return case((func.substr(column, 1, 1) == "/", literal(base_url) + column), else_=column)
