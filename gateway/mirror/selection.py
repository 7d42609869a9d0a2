"""Finding resources: one page of those that a query selects, and their number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from gateway.mirror.catalogue import HOMES
from gateway.mirror.conditions import Conditions
from gateway.scim.handler import Document, Query
from gateway.scim.reference import absolute
from gateway.scim.schema import ResourceType
from gateway.scim.sort import Sort


class Selection:
    """The resources of one type and integration, in one transaction."""

    def __init__(
        self, connection: Connection, integration: str, resource_type: ResourceType
    ) -> None:
        self._connection = connection
        self._integration = integration
        self._resource_type = resource_type
        self._home = HOMES[resource_type.name]

    def find(self, query: Query) -> tuple[int, Sequence[Document]]:
        """Return the number of resources that *query* selects, and its page of them."""
        keys = self.keys(query)
        total = self._connection.scalar(select(func.count()).select_from(keys.subquery())) or 0
        page = query.page
        if not page.count or page.start_index > total:
            return total, ()
        ordered = keys.order_by(*self._order(query.sort, query.base_url))
        wanted = ordered.offset(page.start_index - 1).limit(page.count)
        found = list(self._connection.scalars(wanted))
        return total, self._documents(found, query.base_url)

    def get(self, resource_id: str, *, base_url: str) -> Document | None:
        """Return the resource of that id, if there is one."""
        table = self._home.resources
        keys = self._present().where(table.c.id == resource_id)
        documents = self._documents(list(self._connection.scalars(keys)), base_url)
        return documents[0] if documents else None

    def keys(self, query: Query) -> Select[int]:
        """Return the statement that selects what *query* does, before its order and page."""
        statement = self._present()
        if query.filter is not None:
            statement = statement.where(self._conditions(query.base_url).of(query.filter))
        return statement

    def _present(self) -> Select[int]:
        table = self._home.resources
        return select(table.c.key).where(
            table.c.integration == self._integration, table.c.gone_at.is_(None)
        )

    def _order(self, sort: Sort | None, base_url: str) -> Sequence[ColumnElement[Any]]:
        first_seen = self._home.resources.c.key
        if sort is None:
            return [first_seen]
        key = self._conditions(base_url).sort_key(sort.target)
        if sort.descending:
            # RFC 7644 §3.4.2.3: those without a value come first.
            return [key.is_not(None), key.desc(), first_seen]
        return [key.is_(None), key, first_seen]

    def _conditions(self, base_url: str) -> Conditions:
        return Conditions(self._home, self._resource_type, base_url)

    def _documents(self, keys: Sequence[int], base_url: str) -> Sequence[Document]:
        table = self._home.resources
        rows = self._connection.execute(
            select(table.c.key, table.c.version, table.c.document).where(table.c.key.in_(keys))
        )
        documents = {
            row.key: Document(row.version, absolute(row.document, base_url=base_url))
            for row in rows
        }
        return [documents[key] for key in keys]
