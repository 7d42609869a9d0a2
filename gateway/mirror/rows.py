"""Replacing a whole collection of rows by writing only what differs, however many rows it has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

Row = Mapping[str, Any]
#: Told of each row that differs, as it was and as it is; None where there was, or is, none.
Changed = Callable[[Row | None, Row | None], None]

#: How many rows are compared at once, and written at once: as many as memory need hold.
_PAGE = 2000


def replace_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[Row],
    *,
    scope: Row,
    gone_at: str | None = None,
    changed: Changed = lambda _before, _after: None,
) -> None:
    """
    Make *rows* the rows of *table* within *scope*.

    Both are gone through in the order of their keys, side by side, so that no more than a page of
    them is in memory.

    Args:
        connection: A transaction that writes.
        table: Its primary key tells rows apart.
        rows: Every column but ``gone_at``, and those of *scope* at will, in the order of their
            keys; of two rows with the same key the later counts.
        scope: The columns that all of the rows share, such as the integration.
        gone_at: Marks rows that are no longer there, instead of deleting them, with the time.
        changed: Told of each row that is written.

    Raises:
        ValueError: *rows* are in another order.
    """
    statements = _statements(table, frozenset(scope))
    replacing = _Replacing(connection, statements, scope, gone_at, changed)
    wanted = _Wanted(statements, rows)
    for page, is_last in _pages(connection, statements, scope):
        for kept in page:
            key = statements.key(kept)
            while wanted.key is not None and wanted.key < key:
                replacing.put(None, wanted.take())
            replacing.put(kept, wanted.take() if wanted.key == key else None)
        while is_last and wanted.key is not None:
            replacing.put(None, wanted.take())
    replacing.write()


def row_of(fact: Any) -> dict[str, Any]:
    """Return the slots of a fact by their names; its values are shared, not copied."""
    names: tuple[str, ...] = fact.__slots__
    return {name: getattr(fact, name) for name in names}


@dataclass(frozen=True, slots=True)
class _Statements:
    """
    What replaces the rows of one table.

    Attributes:
        keys: The names of the columns that tell rows apart; the rows that are read begin so.
        names: Those of all columns that are not the scope's.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    first: Select[Any]
    next: Select[Any]
    insert: Insert
    update: Update
    delete: Delete

    def key(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return row[: len(self.keys)]

    @property
    def others(self) -> tuple[str, ...]:
        """The columns that are no part of the key."""
        return self.names[len(self.keys) :]


@cache
def _statements(table: Table, scope: frozenset[str]) -> _Statements:
    keys = tuple(column.name for column in table.primary_key if column.name not in scope)
    others = [c.name for c in table.columns if c.name not in scope and c.name not in keys]
    names = (*keys, *others)
    in_scope = [table.c[name] == bindparam(f"of_{name}") for name in sorted(scope)]
    same: list[ColumnElement[bool]] = [table.c[name] == bindparam(f"old_{name}") for name in keys]
    page = (
        select(*(table.c[name] for name in names))
        .where(*in_scope)
        # With the columns of the scope, as the index has them: else they would be sorted anew.
        .order_by(*table.primary_key)
        .limit(_PAGE)
    )
    after = tuple_(*(table.c[name] for name in keys)) > tuple_(
        *(bindparam(f"old_{name}", type_=table.c[name].type) for name in keys)
    )
    return _Statements(
        keys,
        names,
        page,
        page.where(after),
        insert(table),
        update(table)
        .where(*in_scope, *same)
        .values({name: bindparam(f"new_{name}") for name in others}),
        delete(table).where(*in_scope, *same),
    )


def _pages(
    connection: Connection, statements: _Statements, scope: Row
) -> Iterator[tuple[list[tuple[Any, ...]], bool]]:
    """Yield the rows there are, in the order of their keys, and whether they are the last."""
    of_scope = {f"of_{name}": value for name, value in scope.items()}
    # What is written in between has keys before those that are read next.
    page = [tuple(row) for row in connection.execute(statements.first, of_scope).all()]
    while len(page) == _PAGE:
        yield page, False
        old = {f"old_{name}": part for name, part in zip(statements.keys, page[-1], strict=False)}
        page = [tuple(row) for row in connection.execute(statements.next, of_scope | old).all()]
    yield page, True


class _Wanted:
    """The rows that are to be, one after the other; *key* is that of the next, None at the end."""

    def __init__(self, statements: _Statements, rows: Iterable[Row]) -> None:
        self._statements = statements
        self._rows = map(_reader(statements.names), rows)
        self._next: tuple[Any, ...] | None = next(self._rows, None)
        self.key = None if self._next is None else statements.key(self._next)

    def take(self) -> tuple[Any, ...]:
        taken, key = self._next, self.key
        if taken is None or key is None:
            raise LookupError("there are no more rows")
        while self.key == key:
            taken = self._next or taken
            self._next = next(self._rows, None)
            self.key = None if self._next is None else self._statements.key(self._next)
        if self.key is not None and self.key < key:
            raise ValueError(f"the rows are not in the order of {self._statements.keys}")
        return taken


def _reader(names: tuple[str, ...]) -> Callable[[Row], tuple[Any, ...]]:
    """Return what makes a tuple of a row; a column that it lacks is empty."""

    def read(row: Row) -> tuple[Any, ...]:
        return tuple([row.get(name) for name in names])

    return read


@dataclass(slots=True)
class _Replacing:
    """Collects what differs, and writes it."""

    connection: Connection
    statements: _Statements
    scope: Row
    gone_at: str | None
    changed: Changed
    added: list[Row] = field(default_factory=list)
    updated: list[Row] = field(default_factory=list)
    deleted: list[Row] = field(default_factory=list)

    def put(self, kept: tuple[Any, ...] | None, wanted: tuple[Any, ...] | None) -> None:
        """Make what was *kept* what is *wanted*."""
        if kept == wanted:
            return
        before = None if kept is None else self._row(kept)
        after = None if wanted is None else self._row(wanted)
        if after is None and before is not None and self.gone_at is not None:
            if before["gone_at"] is not None:
                return
            after = {**before, "gone_at": self.gone_at}
        if before is None and after is not None:
            self.added.append(after)
        elif before is not None and after is not None:
            self.updated.append(self._named(after, self.statements.others))
        elif before is not None:
            self.deleted.append(self._named(before, ()))
        self.changed(before, after)
        if len(self.added) + len(self.updated) + len(self.deleted) >= _PAGE:
            self.write()

    def write(self) -> None:
        """Write what was collected."""
        for statement, rows in (
            (self.statements.insert, self.added),
            (self.statements.update, self.updated),
            (self.statements.delete, self.deleted),
        ):
            if rows:
                self.connection.execute(statement, rows)
                rows.clear()

    def _row(self, values: tuple[Any, ...]) -> Row:
        return {**self.scope, **dict(zip(self.statements.names, values, strict=True))}

    def _named(self, row: Row, others: tuple[str, ...]) -> Row:
        of_scope = {f"of_{name}": value for name, value in self.scope.items()}
        old = {f"old_{name}": row[name] for name in self.statements.keys}
        return of_scope | old | {f"new_{name}": row[name] for name in others}
