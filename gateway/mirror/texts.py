"""
The texts of resources, so that what holds some text is found without a look at every one.

SQLite keeps them by each three characters in a row (FTS5's trigrams), and so does PostgreSQL
(pg_trgm). Both narrow a search down to resources that may match; the filter itself decides. Where
the database can do neither there are no such tables, and every resource is looked at.
"""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    column,
    delete,
    insert,
    inspect,
    literal,
    select,
    table,
)

from gateway.mirror.batches import batches
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Operator

#: What has fewer characters is not kept apart by the indexes.
_SHORTEST = 3
#: More trigrams narrow a search no further.
_MOST_TRIGRAMS = 16
#: The comparisons that no index of a column answers.
_SOUGHT = frozenset({Operator.CO, Operator.SW, Operator.EW})


class Texts:
    """
    The texts of the resources of one type.

    Args:
        connection: A transaction.
        name: The name of their table.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._table = table(name, column("rowid", Integer), column("text", Text))

    def exist(self) -> bool:
        """Return whether the database keeps them."""
        return inspect(self._connection).has_table(self._name)

    def of(self, keys: Collection[int]) -> Mapping[int, str]:
        """Return the texts of resources, by their keys."""
        held = self._table.c
        query = select(held.rowid, held.text).where(
            held.rowid.in_(bindparam("keys", expanding=True))
        )
        return {
            key: text
            for some in batches(sorted(keys))
            for key, text in self._connection.execute(query, {"keys": some})
        }

    def put(self, texts: Mapping[int, str], *, replacing: Collection[int]) -> None:
        """Write the texts of resources, by their keys; of those *replacing* there are some."""
        if texts:
            keys = [{"key": key} for key in texts if key in replacing]
            mine = self._table.c.rowid == bindparam("key")
            if keys:
                self._connection.execute(delete(self._table).where(mine), keys)
            rows = [{"rowid": key, "text": value} for key, value in texts.items()]
            self._connection.execute(insert(self._table), rows)

    def may_hold(self, wanted: Collection[str]) -> Select[int]:
        """Return what selects the keys of the resources whose texts may hold each of *wanted*."""
        held = self._table.c.text
        matched: ColumnElement[bool]
        if self._connection.dialect.name == "sqlite":
            matched = column(self._name).op("MATCH")(literal(_match(wanted)))
        else:
            matched = and_(*(held.contains(each, autoescape=True) for each in sorted(wanted)))
        return select(self._table.c.rowid).where(matched)


def held_by_all(node: Filter, kept: Collection[str]) -> frozenset[str]:
    """
    Return what the text of every resource holds that *node* selects.

    Args:
        node: A filter.
        kept: The paths whose values are in texts.

    Returns:
        Values that are long enough to be looked up; none where an index tells, or nothing does.
    """
    match node:
        case Compare(target=target, operator=operator, value=str(value)):
            is_kept = target.name in kept and operator in _SOUGHT
            return frozenset({value} if is_kept and len(value) >= _SHORTEST else ())
        case ElementMatch(condition=condition):
            return held_by_all(condition, kept)
        case And(operands=operands):
            return frozenset[str]().union(*(held_by_all(each, kept) for each in operands))
    return frozenset()


def _match(wanted: Collection[str]) -> str:
    """Return the query of FTS5 for the trigrams of all of *wanted*."""
    trigrams = dict.fromkeys(each for value in sorted(wanted) for each in _trigrams(value))
    chosen = list(trigrams)[:_MOST_TRIGRAMS]
    return " AND ".join(f'"{each.replace(chr(34), chr(34) * 2)}"' for each in chosen)


def _trigrams(value: str) -> Iterator[str]:
    for start in range(len(value) - _SHORTEST + 1):
        yield value[start : start + _SHORTEST]
