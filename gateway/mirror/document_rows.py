"""Writing the rows of resources: their columns, their values and their texts, many at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.mirror.batches import batches
from gateway.mirror.bulk import execute_many
from gateway.mirror.catalogue import Home, ValueRow
from gateway.mirror.texts import Texts

#: How many resources, or values of theirs, are written at once: as many as memory need hold.
_MOST_RESOURCES = 1000
_MOST_VALUES = 10_000
#: What is written of a resource once.
_FIXED = frozenset({"key", "integration", "id", "created"})


class DocumentRows:
    """
    The rows of the resources of one type, in a transaction that writes.

    Of a resource that changed only those values are written that did, its text only if it did, and
    so too the columns that have indexes: these take longer to be changed than all that is compared.

    Args:
        connection: The transaction.
        home: Where the resources are kept.
    """

    def __init__(self, connection: Connection, home: Home) -> None:
        self._connection = connection
        self._table = home.resources
        self._resources = _of_resources(home.resources)
        self._of_values = _of_values(home.values)
        self._texts = Texts(connection, home.texts)
        self._has_texts = self._texts.exist()
        self._added: list[tuple[Any, ...]] = []
        self._changed: list[tuple[Any, ...]] = []
        self._values: dict[int, Sequence[ValueRow]] = {}
        self._old: set[int] = set()
        self._new_texts: dict[int, str] = {}
        self._count = 0

    def next_key(self) -> int:
        """Return a key that no resource has, and none that is larger."""
        largest = self._connection.scalar(select(func.max(self._table.c.key)))
        return (largest or 0) + 1

    def put(
        self, row: Mapping[str, Any], values: Sequence[ValueRow], text: str, *, is_new: bool
    ) -> None:
        """Write a resource, now or with the next ones."""
        key = row["key"]
        if key in self._values:
            # What comes next is compared with this.
            self.write()
        (self._added if is_new else self._changed).append(self._resources.read(row))
        self._values[key] = values
        self._new_texts[key] = text
        self._count += len(values)
        if not is_new:
            self._old.add(key)
        if len(self._values) >= _MOST_RESOURCES or self._count >= _MOST_VALUES:
            self.write()

    def write(self) -> None:
        """Write what was put."""
        names = self._resources.names
        execute_many(self._connection, self._resources.insert, names, self._added)
        self._update()
        self._write_values()
        if self._has_texts:
            self._write_texts()
        self._added.clear()
        self._changed.clear()
        self._values.clear()
        self._old.clear()
        self._new_texts.clear()
        self._count = 0

    def _update(self) -> None:
        resources = self._resources
        position = resources.names.index("key")
        kept = {
            row[0]: row[1:]
            for some in batches(sorted(self._old))
            for row in self._connection.execute(resources.indexed, {"keys": some}).all()
        }
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._changed:
            pairs = zip(resources.read_indexed(row), kept[row[position]], strict=True)
            differ = [new != old for new, old in pairs]
            alike[tuple(compress(resources.indexed_names, differ))].append(row)
        for names, rows in alike.items():
            statement = _update_of(self._table, names)
            execute_many(self._connection, statement, _new(resources.names), rows)

    def _write_values(self) -> None:
        kept = self._kept_values(self._old)
        gone: list[tuple[Any, ...]] = []
        added: list[tuple[Any, ...]] = []
        for key, values in self._values.items():
            before, after = kept.get(key, ()), values
            if before:
                same = set(before).intersection(values)
                gone += [(key, *row[:2]) for row in before if row not in same]
                after = [row for row in values if row not in same]
            added += [(key, *row) for row in after]
        statements = self._of_values
        execute_many(self._connection, statements.delete, ("key", "attribute", "position"), gone)
        execute_many(self._connection, statements.insert, ("key", *ValueRow._fields), added)

    def _kept_values(self, keys: Collection[int]) -> Mapping[int, list[tuple[Any, ...]]]:
        kept: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for some in batches(sorted(keys)):
            for key, *row in self._connection.execute(self._of_values.select, {"keys": some}).all():
                kept[key].append(tuple(row))
        return kept

    def _write_texts(self) -> None:
        kept = self._texts.of(self._old)
        changed = {k: text for k, text in self._new_texts.items() if kept.get(k) != text}
        self._texts.put(changed, replacing=kept)


@dataclass(frozen=True, slots=True)
class _Resources:
    """
    The statements that read and write resources.

    Attributes:
        names: The names of their columns.
        indexed_names: Those of columns that have indexes, and may change.
    """

    names: tuple[str, ...]
    indexed_names: tuple[str, ...]
    insert: Insert
    indexed: Select[Any]

    def read(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the values of a row in the order of the names."""
        values: tuple[Any, ...] = itemgetter(*self.names)(row)
        return values

    def read_indexed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the values of the columns that have indexes."""
        return tuple(row[self.names.index(name)] for name in self.indexed_names)


@dataclass(frozen=True, slots=True)
class _Values:
    """The statements that read and write the values of resources."""

    select: Select[Any]
    insert: Insert
    delete: Delete


@cache
def _of_resources(table: Table) -> _Resources:
    names = tuple(column.name for column in table.columns)
    indexed = {column.name for index in table.indexes for column in index.columns} - _FIXED
    return _Resources(
        names,
        tuple(sorted(indexed)),
        insert(table),
        select(table.c.key, *(table.c[name] for name in sorted(indexed))).where(
            table.c.key.in_(bindparam("keys", expanding=True))
        ),
    )


@cache
def _update_of(table: Table, indexed: tuple[str, ...]) -> Update:
    """Return what updates resources, of the columns that have indexes only those given."""
    unchanged = {*_FIXED, *_of_resources(table).indexed_names}.difference(indexed)
    names = tuple(column.name for column in table.columns if column.name not in unchanged)
    return (
        update(table)
        .where(table.c.key == bindparam("new_key"))
        .values(dict(zip(names, map(bindparam, _new(names)), strict=True)))
    )


def _new(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parameters of an update; those of the names of columns are SQLAlchemy's own."""
    return tuple(f"new_{name}" for name in names)


@cache
def _of_values(table: Table) -> _Values:
    those = [table.c[name] == bindparam(name) for name in ("key", "attribute", "position")]
    return _Values(
        select(table.c.key, *(table.c[name] for name in ValueRow._fields)).where(
            table.c.key.in_(bindparam("keys", expanding=True))
        ),
        insert(table),
        delete(table).where(*those),
    )
