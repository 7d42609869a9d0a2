"""Finding resources: one page of those that a query selects, and their number."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    Select,
    func,
    literal,
    select,
)

from gateway.mirror.catalogue import HOMES
from gateway.mirror.conditions import ResourceLevel, condition_of
from gateway.mirror.parts import Parts
from gateway.scim.filter.bound import And, Compare, Filter, Operator, Or
from gateway.scim.handler import Document, Query
from gateway.scim.path import AttributePath, resolve
from gateway.scim.projection import Projection
from gateway.scim.reference import absolute
from gateway.scim.schema import ResourceType
from gateway.scim.text import instant


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
        departed_since: When a resource may have gone at the earliest to be told of; None tells
            of none.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        resource_type: ResourceType,
        *,
        departed_since: datetime | None = None,
    ) -> None:
        self._departed_since = departed_since
        self._connection = connection
        self._integration = integration
        self._resource_type = resource_type
        self._home = HOMES[resource_type.name]
        self._parts = Parts(resource_type)

    def find(self, query: Query) -> tuple[int, Sequence[Document]]:
        """Return the number of resources that *query* selects, and its page of them."""
        selected = self._selected(query)
        total = self._connection.scalar(select(func.count()).select_from(selected.subquery())) or 0
        page = query.page
        if not page.count or page.start_index > total:
            return total, ()
        keys = self._connection.scalars(self._page(query)).all()
        return total, self._documents(keys, query)

    def get(self, resource_id: str, *, projection: Projection, base_url: str) -> Document | None:
        """
        Return the resource of that id, if there is one.

        Args:
            resource_id: The id.
            projection: What will be shown: a long list that is not need not be in the document.
            base_url: What references begin with.
        """
        table = self._home.resources
        row = self._connection.execute(
            select(table.c.version, *self._as_shown(projection)).where(
                *self._present(), table.c.id == resource_id
            )
        ).one_or_none()
        return None if row is None else self._document(row, base_url)

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
        page = query.page
        ordered = self._selected(query).order_by(*self._order(query))
        return ordered.offset(page.start_index - 1).limit(page.count)

    def _selected(self, query: Query) -> Select[int]:
        asks_for_changes = query.filter is not None and selects_changes(query.filter)
        conditions = self._present_or_departed() if asks_for_changes else self._present()
        if query.filter is not None:
            # At the front, as far as it can be from SQLite's limits on nesting.
            conditions.insert(0, condition_of(query.filter, self._level(query.base_url)))
        return select(self._home.resources.c.key).where(*conditions)

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

    def _level(self, base_url: str) -> ResourceLevel:
        return ResourceLevel(self._home, self._resource_type, base_url)

    def _documents(self, keys: Sequence[int], query: Query) -> Sequence[Document]:
        table = self._home.resources
        rows = self._connection.execute(
            select(table.c.version, *self._as_shown(query.projection), table.c.key).where(
                table.c.key.in_(keys)
            )
        )
        documents = {row.key: self._document(row, query.base_url) for row in rows}
        return [documents[key] for key in keys]

    def _as_shown(self, projection: Projection) -> tuple[ColumnElement[Any], ...]:
        """
        Return the columns that a document is made of.

        The document, its length if only its part before the long list is read, and what is
        returned on request if any of it is asked for.
        """
        table, long_list = self._home.resources, self._home.long_list
        is_all = self._parts.is_all_shown(projection)
        rest = literal(None, LargeBinary()) if is_all else table.c.on_request
        parts = (rest.label("rest"),)
        whole = table.c.document, literal(None, Integer()).label("lean_length"), *parts
        if long_list is None:
            return whole
        target = resolve(AttributePath.parse(long_list), self._resource_type)
        if target is None or projection.shows(target):
            return whole
        lean = func.substr(table.c.document, 1, table.c.lean_length, type_=LargeBinary())
        return func.coalesce(lean, table.c.document).label("document"), table.c.lean_length, *parts

    def _document(self, row: Any, base_url: str) -> Document:
        shown = row.document if row.lean_length is None else row.document + b"}"
        json = self._parts.join(shown, row.rest)
        return Document(row.version, absolute(json, base_url=base_url))


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
