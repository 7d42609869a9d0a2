"""Replacing a whole collection of rows by writing only what differs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, insert, select, update

Row = Mapping[str, Any]


def replace_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[Row],
    *,
    scope: Row,
    gone_at: str | None = None,
) -> None:
    """
    Make *rows* the rows of *table* within *scope*.

    Args:
        connection: A transaction that writes.
        table: Its primary key tells rows apart.
        rows: Every column but ``gone_at``, and those of *scope* at will; of two rows with the
            same key the later counts.
        scope: The columns that all of the rows share, such as the integration.
        gone_at: Marks rows that are no longer there, instead of deleting them, with the time.
    """
    keys = [column.name for column in table.primary_key if column.name not in scope]
    names = [column.name for column in table.columns if column.name not in scope]
    in_scope = [table.c[name] == value for name, value in scope.items()]
    kept = {
        tuple(row[key] for key in keys): dict(row)
        for row in connection.execute(
            select(*(table.c[name] for name in names)).where(*in_scope)
        ).mappings()
    }
    wanted = {
        tuple(row[key] for key in keys): {name: row.get(name) for name in names} for row in rows
    }

    added = [{**scope, **row} for key, row in wanted.items() if key not in kept]
    changed = [row for key, row in wanted.items() if key in kept and kept[key] != row]
    gone = [kept[key] for key in kept if key not in wanted]
    if gone_at is not None:
        changed += [{**row, "gone_at": gone_at} for row in gone if row["gone_at"] is None]
        gone = []

    key_columns = [table.c[key] for key in keys]
    if added:
        connection.execute(insert(table), added)
    if changed:
        others = [name for name in names if name not in keys]
        statement = update(table).where(*in_scope, *_same(key_columns))
        statement = statement.values({name: bindparam(f"new_{name}") for name in others})
        connection.execute(statement, [_named(row, keys, others) for row in changed])
    if gone:
        statement_of_deletion = delete(table).where(*in_scope, *_same(key_columns))
        connection.execute(statement_of_deletion, [_named(row, keys, []) for row in gone])


def _same(columns: Sequence[Column[Any]]) -> list[Any]:
    return [column == bindparam(f"old_{column.name}") for column in columns]


def _named(row: Row, keys: Sequence[str], others: Sequence[str]) -> dict[str, Any]:
    old = {f"old_{name}": row[name] for name in keys}
    return old | {f"new_{name}": row[name] for name in others}
