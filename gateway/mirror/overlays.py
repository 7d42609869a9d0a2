"""What clients say of a resource and Bitbucket can't hold."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select

from gateway.mirror.fact_reader import in_lists
from gateway.mirror.tables import OVERLAYS
from gateway.mirror.touched import Touched

Attributes = Mapping[str, Any]


class OverlayReader:
    """The overlays of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def of(
        self, resource_type: str, *, ids: Collection[str] | None = None
    ) -> Mapping[str, Attributes]:
        """Return the overlays of resources of a type, those with *ids* only if given; by id."""
        query = select(OVERLAYS.c.id, OVERLAYS.c.attributes).where(
            OVERLAYS.c.integration == self._integration,
            OVERLAYS.c.resource_type == resource_type,
        )
        queries = (
            [query]
            if ids is None
            else [query.where(OVERLAYS.c.id.in_(some)) for some in in_lists(ids)]
        )
        return {
            row.id: orjson.loads(row.attributes)
            for each in queries
            for row in self._connection.execute(each)
        }


class OverlayStore(OverlayReader):
    """The same, in a transaction that writes; *touched* is told who looks otherwise now."""

    def __init__(self, connection: Connection, integration: str, touched: Touched) -> None:
        super().__init__(connection, integration)
        self._touched = touched

    def put(self, resource_type: str, resource_id: str, attributes: Attributes) -> None:
        """Make *attributes* the overlay of a resource; with none of them it has no overlay."""
        self._touched.resource(resource_type, resource_id)
        mine = {
            "integration": self._integration,
            "resource_type": resource_type,
            "id": resource_id,
        }
        self._connection.execute(
            delete(OVERLAYS).where(*(OVERLAYS.c[name] == value for name, value in mine.items()))
        )
        if attributes:
            row = mine | {"attributes": orjson.dumps(attributes)}
            self._connection.execute(insert(OVERLAYS).values(row))
