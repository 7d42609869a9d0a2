"""
Filters as SQL, with the meaning that :mod:`gateway.scim.filter.bound` gives them.

SQL's third truth value never shows: a comparison with nothing may be NULL, which selects no more
than false does, and ``Not`` asks whether its operand "is not true".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer

from gateway.mirror.catalogue import UNASSIGNED, VALUE_COLUMNS, Home
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
from gateway.scim.path import Target
from gateway.scim.schema import AttributeType, ResourceType

Condition = ColumnElement[bool]
Expression = ColumnElement[Any]


class _Position(GenericFunction[int]):
    """Where a text is in another, counted from 1; 0 where it is not."""

    type = Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _instr(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr{compiler.process(element.clause_expr, **options)}"


@compiles(_Position, "postgresql")
def _strpos(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos{compiler.process(element.clause_expr, **options)}"


def _starts_with(column: Expression, text: str) -> Condition:
    return func.substr(column, 1, len(text)) == text


def _ends_with(column: Expression, text: str) -> Condition:
    size = len(text)
    tail = func.substr(column, func.length(column) - size + 1)
    return and_(func.length(column) >= size, tail == text)


_OPERATIONS: Mapping[Operator, Callable[[Expression, Any], Condition]] = {
    Operator.EQ: lambda column, value: column == value,
    Operator.CO: lambda column, value: _Position(column, value) > 0,
    Operator.SW: _starts_with,
    Operator.EW: _ends_with,
    Operator.GT: lambda column, value: column > value,
    Operator.GE: lambda column, value: column >= value,
    Operator.LT: lambda column, value: column < value,
    Operator.LE: lambda column, value: column <= value,
}


@dataclass(frozen=True)
class Conditions:
    """
    Makes conditions on the resources of one type.

    Attributes:
        home: Where they are kept.
        resource_type: Their type.
        base_url: What their references begin with.
    """

    home: Home
    resource_type: ResourceType
    base_url: str

    def of(self, node: Filter) -> Condition:
        """Return the condition that *node* is true of a resource."""
        match node:
            case And(operands=operands):
                return and_(*(self.of(operand) for operand in operands))
            case Or(operands=operands):
                return or_(*self._alternatives(operands, self.of))
            case Not(operand=operand):
                return self.of(operand).is_not(true())
            case ElementMatch(target=target, condition=condition):
                return self._any_value(_list(target), self._of_value(condition))
            case Compare(target=target, operator=operator, value=value):
                operation = _OPERATIONS[operator]
                return self._compare(target, lambda column: operation(column, value))
            case Present(target=target):
                return self._present(target)

    def sort_key(self, target: Target) -> Expression:
        """Return what *target* is sorted by; of a list, the primary value, else the first."""
        if not target.attribute.multi_valued:
            return self._column(target)
        values = self.home.values
        return (
            select(self._value_column(target))
            .where(values.c.key == self.home.resources.c.key, values.c.attribute == _list(target))
            .order_by(func.coalesce(values.c.is_primary, false()).desc(), values.c.position)
            .limit(1)
            .scalar_subquery()
        )

    def _compare(self, target: Target, compare: Callable[[Expression], Condition]) -> Condition:
        if target.attribute.multi_valued:
            return self._any_value(_list(target), compare(self._value_column(target)))
        return compare(self._column(target))

    def _present(self, target: Target) -> Condition:
        if target.attribute.multi_valued:
            if target.sub_attribute is None:
                return self._any_value(_list(target), true())
            return self._any_value(_list(target), self._value_column(target).is_not(None))
        if target.leaf.type is AttributeType.COMPLEX:
            parts = (target.with_sub_attribute(s.name) for s in target.attribute.sub_attributes)
            return or_(*(self._column(part).is_not(None) for part in parts if part))
        return self._column(target).is_not(None)

    def _any_value(self, path: str, condition: Condition) -> Condition:
        values = self.home.values
        return self.home.resources.c.key.in_(
            select(values.c.key).where(values.c.attribute == path, condition)
        )

    def _of_value(self, node: Filter) -> Condition:
        """Return the condition that *node* is true of one value of a list."""
        match node:
            case And(operands=operands):
                return and_(*(self._of_value(operand) for operand in operands))
            case Or(operands=operands):
                return or_(*self._alternatives(operands, self._of_value))
            case Not(operand=operand):
                return self._of_value(operand).is_not(true())
            case Compare(target=target, operator=operator, value=value):
                return _OPERATIONS[operator](self._value_column(target), value)
            case Present(target=target):
                return self._value_column(target).is_not(None)
            case ElementMatch(target=target):
                raise TypeError(f"A value path inside a value path: {target.name}")

    def _alternatives(
        self, operands: tuple[Filter, ...], of: Callable[[Filter], Condition]
    ) -> Iterator[Condition]:
        """Yield the conditions, those that want one target equal to several values as one."""
        equal: dict[Target, list[Literal]] = {}
        for operand in operands:
            match operand:
                case Compare(target=target, operator=Operator.EQ, value=value):
                    equal.setdefault(target, []).append(value)
                case _:
                    yield of(operand)
        for target, literals in equal.items():
            if of == self._of_value:
                yield self._value_column(target).in_(literals)
            else:
                yield self._compare(target, partial(_is_among, literals))

    def _column(self, target: Target) -> Expression:
        name = target.name
        if name == "meta.resourceType":
            return literal(self.resource_type.name)
        if name == "meta.location":
            prefix = literal(f"{self.base_url}{self.resource_type.endpoint}/")
            return prefix + self.home.resources.c.id
        if target.extension in UNASSIGNED:
            return literal(None)
        return self.home.resources.c[self.home.columns[name]]

    def _value_column(self, target: Target) -> Expression:
        name = target.sub_attribute.name if target.sub_attribute else "value"
        column = self.home.values.c[VALUE_COLUMNS[name]]
        return literal(self.base_url) + column if name == "$ref" else column


def _is_among(literals: Sequence[Literal], column: Expression) -> Condition:
    return column.in_(literals)


def _list(target: Target) -> str:
    return Target(target.extension, target.attribute).name
