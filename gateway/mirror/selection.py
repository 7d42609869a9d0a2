"""Finding resources: one page of those that a query selects, and their number."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Select, func, literal, null, select

from gateway.mirror.catalogue import HOMES
from gateway.mirror.conditions import ResourceLevel, condition_of
from gateway.mirror.look_ups import LookUp
from gateway.mirror.shown import Shown, shown_by
from gateway.mirror.texts import Texts, held_by_all
from gateway.scim.filter.bound import And, Compare, Filter, Operator, Or
from gateway.scim.handler import Document, Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.reference import served
from gateway.scim.schema import ResourceType
from gateway.scim.text import instant

#: Keeps what is worked out of one state of the mirror, by a name, for the next who ask.
Remember = Callable[[str, Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class JoinedPage:
    """
    A page of documents in a row.

    Attributes:
        total: The number of resources that are selected.
        count: That of those on the page.
        resources: Their documents, with commas between them.
        fingerprint: What is another whenever they are; shorter than they are.
    """

    total: int
    count: int = 0
    resources: bytes = b""
    fingerprint: bytes = b""


class Selection:
    """
    The resources of one type and integration, in one transaction.

    A query for changes alone, whose filter lets nothing pass that was not modified after some
    moment, also selects those that are gone, by their last word: so that who follows the changes
    learns of them. Every other query, and a look by id, selects what is there.

    Args:
        connection: The transaction.
        integration: Whose resources they are.
        resource_type: Their type.
        remember: Keeps what is worked out of this state.
        departed_since: When a resource may have gone at the earliest to be told of; None tells
            of none.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        resource_type: ResourceType,
        *,
        remember: Remember,
        departed_since: datetime | None = None,
    ) -> None:
        self._departed_since = departed_since
        self._connection = connection
        self._integration = integration
        self._resource_type = resource_type
        self._remember = remember
        self._home = HOMES[resource_type.name]

    def find(self, query: Query) -> tuple[int, Sequence[Document]]:
        """Return the number of resources that *query* selects, and its page of them."""
        shown = shown_by(query.projection)
        if query.filter is None and query.sort is None:
            total, span = self._span(query)
            rows = self._connection.execute(shown.between, span).all() if span else ()
            return total, [shown.document(row, query.base_url) for row in rows]
        total, keys = self._selected_keys(query)
        return total, self.documents(keys, query)

    def find_joined(self, query: Query) -> JoinedPage | None:
        """
        Return what :meth:`find` does with its documents in a row, and commas between them.

        Returns:
            None where documents can't be shown as they are kept, or in the order that they are.
        """
        shown = shown_by(query.projection)
        if not shown.is_ready or query.sort is not None:
            return None
        looked_up = None if query.filter is None else LookUp.of(query.filter)
        if query.filter is None:
            total, span = self._span(query)
            (found,) = shown.joined_between.rows(self._connection, **span) if span else (None,)
        elif looked_up is not None:
            joined = looked_up.joined(query.projection, query.base_url)
            (found,) = joined.rows(self._connection, **self._page_of(looked_up, query))
            total = self._total(query, found[0])
        else:
            total, keys = self._selected_keys(query)
            found = self._with_keys(shown, keys) if keys else None
        if not found or not found[0]:
            return JoinedPage(total)
        count, resources, *told = found
        resources = served(resources, base_url=query.base_url)
        return JoinedPage(total, count, resources, " ".join(told).encode())

    def _with_keys(self, shown: Shown, keys: Sequence[int]) -> tuple[Any, ...]:
        return tuple(self._connection.execute(shown.joined_with_keys, {"keys": keys}).one())

    def keys(self, query: Query) -> Sequence[int]:
        """Return the keys of all resources that *query* selects, in order."""
        if query.filter is None and query.sort is None:
            return self._all_keys()
        return array("q", self._connection.scalars(self._ordered(query)))

    def count(self, query: Query) -> int:
        """Return the number of all resources that *query* selects."""
        if query.filter is None:
            return len(self._all_keys())
        counted = select(func.count()).select_from(self._selected(query).subquery())
        return self._connection.scalar(counted) or 0

    def to_be_merged(self, query: Query, rank: int) -> Select[int, int, Any]:
        """
        Return what selects all resources that *query* does, to be put in order with others.

        Its columns are *rank*, the ``key`` of the resource, and what it is ``sorted_by``.
        """
        sort = query.sort
        key = None if sort is None else self._level(query.base_url).sort_key(sort.target)
        return self._selected(query).with_only_columns(
            literal(rank).label("rank"),
            self._home.resources.c.key.label("key"),
            (null() if key is None else key).label("sorted_by"),
        )

    def documents(self, keys: Sequence[int], query: Query) -> Sequence[Document]:
        """Return the resources with *keys*, in that order; one that went since is left out."""
        documents = self.documents_by_key(keys, query)
        return [documents[key] for key in keys if key in documents]

    def documents_by_key(self, keys: Sequence[int], query: Query) -> Mapping[int, Document]:
        """Return the resources with *keys*; one that went since is left out."""
        shown = shown_by(query.projection)
        statement = shown.with_keys
        if query.filter is None or not selects_changes(query.filter):
            statement = statement.where(self._home.resources.c.gone_at.is_(None))
        rows = self._connection.execute(statement, {"keys": list(keys)}).all() if keys else ()
        return {row.key: shown.document(row, query.base_url) for row in rows}

    def _selected_keys(self, query: Query) -> tuple[int, Sequence[int]]:
        keys = self._page_keys(query) if query.page.count else []
        return self._total(query, len(keys)), keys

    def _total(self, query: Query, shown: int) -> int:
        """Return the number of all resources, of which so many are *shown* on the page."""
        page = _by_index(query)
        if shown < page.count and (shown or page.start_index == 1):
            # What ends before the page is full ends with it.
            return page.start_index - 1 + shown
        return self.count(query)

    def _page_keys(self, query: Query) -> Sequence[int]:
        node = query.filter
        looked_up = None if node is None or query.sort is not None else LookUp.of(node)
        if looked_up is None:
            return self._connection.scalars(self._page(query)).all()
        statement = looked_up.keys(self._resource_type, query.base_url)
        return [
            key for (key,) in statement.rows(self._connection, **self._page_of(looked_up, query))
        ]

    def _page_of(self, looked_up: LookUp, query: Query) -> dict[str, Any]:
        """Return the parameters of what selects the page of a query that was taken apart."""
        page = _by_index(query)
        which = {"mine": self._integration, "count": page.count, "before": page.start_index - 1}
        return which | looked_up.values

    def _span(self, query: Query) -> tuple[int, dict[str, Any] | None]:
        """
        Return the number of all resources, and what selects a page of them; None of an empty one.

        By its keys, so that a late page costs what an early one does.
        """
        page, keys = _by_index(query), self._all_keys()
        chosen = keys[page.start_index - 1 : page.start_index - 1 + page.count]
        if not chosen:
            return len(keys), None
        return len(keys), {"mine": self._integration, "first": chosen[0], "last": chosen[-1]}

    def _all_keys(self) -> "array[int]":
        name = f"keys of {self._resource_type.name}"
        found: array[int] = self._remember(name, self._look_up_keys)
        return found

    def _look_up_keys(self) -> "array[int]":
        table = self._home.resources
        in_order = select(table.c.key).where(*self._present()).order_by(table.c.key)
        return array("q", self._connection.scalars(in_order))

    def get(self, resource_id: str, *, projection: Projection, base_url: str) -> Document | None:
        """
        Return the resource of that id, if there is one.

        Args:
            resource_id: The id.
            projection: What will be shown: a long list that is not need not be in the document.
            base_url: What references begin with.
        """
        shown = shown_by(projection)
        rows = shown.with_id.rows(self._connection, mine=self._integration, wanted=resource_id)
        return shown.document(rows[0], base_url) if rows else None

    def version(self, resource_id: str) -> str | None:
        """Return the version of the resource of that id, if there is one."""
        table = self._home.resources
        found: str | None = self._connection.scalar(
            select(table.c.version).where(*self._present(), table.c.id == resource_id)
        )
        return found

    def sql(self, query: Query) -> str:
        """Return the statement that selects the page of *query*, with its values, to be read."""
        # Under another style of parameters than the driver's a percent sign is not doubled.
        readable: Callable[..., Dialect] = type(self._connection.dialect)
        statement = self._page(query)
        return str(
            statement.compile(
                dialect=readable(paramstyle="named"), compile_kwargs={"literal_binds": True}
            )
        )

    def _page(self, query: Query) -> Select[int]:
        page = _by_index(query)
        return self._ordered(query).offset(page.start_index - 1).limit(page.count)

    def _ordered(self, query: Query) -> Select[int]:
        return self._selected(query).order_by(*self._order(query))

    def _selected(self, query: Query) -> Select[int]:
        asks_for_changes = query.filter is not None and selects_changes(query.filter)
        conditions = self._present_or_departed() if asks_for_changes else self._present()
        if query.filter is not None:
            level = self._level(query.base_url, among=self._candidates(query.filter))
            # At the front, as far as it can be from SQLite's limits on nesting.
            conditions.insert(0, condition_of(query.filter, level))
            if level.among is not None:
                conditions.append(self._home.resources.c.key.in_(level.among))
        return select(self._home.resources.c.key).where(*conditions)

    def _candidates(self, node: Filter) -> Select[int] | None:
        """Return what selects all that *node* may match, if the texts of those are known."""
        wanted = held_by_all(node, self._home.in_texts)
        texts = Texts(self._connection, self._home.texts)
        if not wanted or not self._remember(f"has {self._home.texts}", texts.exist):
            return None
        return texts.may_hold(wanted)

    def _present(self) -> list[ColumnElement[bool]]:
        table = self._home.resources
        return [table.c.integration == self._integration, table.c.gone_at.is_(None)]

    def _present_or_departed(self) -> list[ColumnElement[bool]]:
        table, departed = self._home.resources, self._home.departed
        if departed is None or self._departed_since is None:
            return self._present()
        column, word = departed
        is_departed = (table.c[column] == word) & (table.c.gone_at >= instant(self._departed_since))
        return [
            table.c.integration == self._integration,
            table.c.gone_at.is_(None) | is_departed,
        ]

    def _order(self, query: Query) -> Sequence[ColumnElement[Any]]:
        first_seen: ColumnElement[int] = self._home.resources.c.key
        if query.filter is not None:
            # Else a database may go through the index of this order, rather than find the few
            # resources by that of the filter and put them in order.
            first_seen += 0
        sort = query.sort
        key = None if sort is None else self._level(query.base_url).sort_key(sort.target)
        if sort is None or key is None:
            return [first_seen]
        # RFC 7644 §3.4.2.3: those without a value come last, descending first.
        in_order = key.desc().nulls_first() if sort.descending else key.asc().nulls_last()
        return [in_order, first_seen]

    def _level(self, base_url: str, among: Select[int] | None = None) -> ResourceLevel:
        return ResourceLevel(self._home, self._resource_type, base_url, among)


def _by_index(query: Query) -> IndexPage:
    """Return the page of a query; of one that begins a walk, its first."""
    page = query.page
    return page if isinstance(page, IndexPage) else IndexPage(1, page.count)


def selects_changes(node: Filter) -> bool:
    """Return whether *node* lets nothing pass that was not modified after some moment."""
    match node:
        case Compare(target=target, operator=Operator.GT | Operator.GE):
            return target.name == "meta.lastModified"
        case And(operands=operands):
            return any(map(selects_changes, operands))
        case Or(operands=operands):
            return all(map(selects_changes, operands))
    return False
