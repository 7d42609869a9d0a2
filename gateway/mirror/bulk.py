"""
Many rows by one statement, past SQLAlchemy: it takes longer over them than the database does.

The rows are handed to the driver as they are, so their values are of types that both drivers write
as the tables want them: texts, numbers, truth values, bytes, and None.
"""

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_POSITIONAL: dict[str, Dialect] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="qmark"),
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy has no types there
}


def execute_many(
    connection: Connection,
    statement: Insert | Update | Delete,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """
    Execute *statement* for each of *rows*.

    Args:
        connection: A transaction that writes.
        statement: One that is made once: it is compiled when it is first seen.
        names: The parameters that the values of a row are, in their order.
        rows: The values.
    """
    if not rows:
        return
    text, positions = _compiled(statement, names, connection.dialect.name)
    if positions != tuple(range(len(names))):
        in_order = itemgetter(*positions)
        rows = (
            [in_order(row) for row in rows]
            if len(positions) > 1
            else [(r[positions[0]],) for r in rows]
        )
    connection.exec_driver_sql(text, list(rows))


@cache
def _compiled(
    statement: Insert | Update | Delete, names: tuple[str, ...], dialect: str
) -> tuple[str, tuple[int, ...]]:
    keys = list(names) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=_POSITIONAL[dialect], column_keys=keys)
    order = compiled.positiontup or []
    return str(compiled), tuple(names.index(name) for name in order)
