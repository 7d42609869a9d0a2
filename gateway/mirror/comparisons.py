"""The comparisons of filters, on one column."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Integer, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.scim.filter.bound import Compare, Literal, Operator

Condition: TypeAlias = ColumnElement[bool]
Expression: TypeAlias = ColumnElement[Any]


class _Position(FunctionElement[int]):
    """Where the second text is in the first, counted from 1; 0 where it is not."""

    name = "position"
    type = Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _instr(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr{compiler.process(element.clause_expr, **options)}"


@compiles(_Position, "postgresql")
def _strpos(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos{compiler.process(element.clause_expr, **options)}"


# LIKE is not for texts from outside: it has wildcards, and SQLite's ignores letter case.


def _starts_with(text: str, column: Expression) -> Condition:
    start: ColumnElement[str] = func.substr(column, 1, len(text))
    return start == text


def _ends_with(text: str, column: Expression) -> Condition:
    # Where the column is the shorter, databases read a start before the first character
    # differently, but none of them can return a text of that length.
    end: ColumnElement[str] = func.substr(column, func.length(column) - len(text) + 1)
    return end == text


#: A column compared with a literal; NULL where the column is.
OPERATIONS: Mapping[Operator, Callable[[Literal, Expression], Condition]] = {
    Operator.EQ: lambda value, column: column == value,
    Operator.CO: lambda value, column: _Position(column, value) > 0,
    Operator.SW: lambda value, column: _starts_with(str(value), column),
    Operator.EW: lambda value, column: _ends_with(str(value), column),
    Operator.GT: lambda value, column: column > value,
    Operator.GE: lambda value, column: column >= value,
    Operator.LT: lambda value, column: column < value,
    Operator.LE: lambda value, column: column <= value,
}


def satisfies_one(comparisons: Sequence[Compare], column: Expression) -> Condition:
    """Return that *column* satisfies one of *comparisons*, whose targets it is not asked for."""
    equal = [c.value for c in comparisons if c.operator is Operator.EQ]
    others = [c for c in comparisons if c.operator is not Operator.EQ]
    return or_(
        *([column.in_(equal)] if equal else []),
        *(OPERATIONS[c.operator](c.value, column) for c in others),
    )
