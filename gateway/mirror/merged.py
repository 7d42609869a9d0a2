"""Resources of several types in one order, which an attribute of theirs gives them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, Connection, literal_column, union_all

from gateway.mirror.selection import Selection
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage


class Ranked(NamedTuple):
    """
    A resource, among those of several types.

    Attributes:
        rank: Which of the selections it is of, counted from 0.
        key: Its key there.
    """

    rank: int
    key: int


class Merged:
    """
    What several selections hold, sorted as one list, in one transaction.

    Where the attribute that sorts is the same, the earlier selection comes first, and within it
    who was seen first. All that lack a value come last, descending first (RFC 7644 §3.4.2.3).

    Args:
        connection: The transaction.
        parts: The selections, each with the query that selects and sorts; one that lacks the
            attribute sorts by nothing.
    """

    def __init__(self, connection: Connection, parts: Sequence[tuple[Selection, Query]]) -> None:
        self._connection = connection
        self._parts = parts

    def page(self, page: IndexPage) -> tuple[int, Sequence[Ranked]]:
        """Return the number of all resources, and those of a page, in order."""
        found = self._ranked(self._ordered().offset(page.start_index - 1).limit(page.count))
        if len(found) < page.count and (found or page.start_index == 1):
            # What ends before the page is full ends with it.
            return page.start_index - 1 + len(found), found
        return sum(selection.count(query) for selection, query in self._parts), found

    def all(self) -> Sequence[Ranked]:
        """Return all resources, in order."""
        return self._ranked(self._ordered())

    def _ranked(self, statement: CompoundSelect[int, int, Any]) -> Sequence[Ranked]:
        return [Ranked(rank, key) for rank, key, _ in self._connection.execute(statement)]

    def _ordered(self) -> CompoundSelect[int, int, Any]:
        each = (
            selection.to_be_merged(query, rank)
            for rank, (selection, query) in enumerate(self._parts)
        )
        # By their names, as the columns of a union are: not in a subquery, so that a database may
        # go through an index of each part.
        value: ColumnElement[Any] = literal_column("sorted_by")
        descends = any(query.sort is not None and query.sort.descending for _, query in self._parts)
        in_order = value.desc().nulls_first() if descends else value.asc().nulls_last()
        return union_all(*each).order_by(in_order, literal_column("rank"), literal_column("key"))
