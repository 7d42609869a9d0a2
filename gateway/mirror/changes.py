"""Telling of changes of resources, in the transaction that makes them."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Table, bindparam, select

from gateway.mirror.batches import batches
from gateway.mirror.event_records import EventRecords, EventSet
from gateway.mirror.instants import from_text
from gateway.mirror.parts import Parts, Resource
from gateway.mirror.prepared import Prepared
from gateway.scim import events
from gateway.scim.events import Events
from gateway.scim.reference import from_stored

_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
#: What changes all the time, without anybody changing anything.
VOLATILE = frozenset({f"{_EXTENSION}:User:lastAccessed"})
#: What is granted.
GRANTED = frozenset({"entitlements", f"{_EXTENSION}:Group:entitlements"})
#: As many events are held before they are written.
_HELD = 1000


class Changes:
    """
    The changes of the resources of one type, as events.

    Args:
        connection: The transaction that makes the changes.
        table: Where the resources are kept.
        parts: How they are kept.
        endpoint: What their references begin with, as ``/Users``.
        records: Where the events go.
        txn: What all events of the transaction share.
        lifetime: How long events are kept.
        ignored: The attributes whose changes are not told of.
    """

    def __init__(
        self,
        connection: Connection,
        table: Table,
        parts: Parts,
        *,
        endpoint: str,
        records: EventRecords,
        txn: str,
        lifetime: timedelta,
        ignored: frozenset[str] = VOLATILE,
    ) -> None:
        self._connection = connection
        self._table = table
        self._parts = parts
        self._endpoint = endpoint
        self._records = records
        self._txn = txn
        self._lifetime = lifetime
        self._ignored = ignored
        self._held: list[EventSet] = []

    def appeared(self, resource: Resource, *, version: str, at: str) -> None:
        """Tell of a resource that was not there."""
        told = events.of_creation(resource, version=version)
        self._tell(resource["id"], resource.get("externalId"), told, at)

    def changed(self, key: int, resource: Resource, *, version: str, at: str) -> None:
        """Tell of a resource that is about to be written over the row with *key*."""
        document, on_request = _kept(self._table).rows(self._connection, key=key)[0]
        rest = None if on_request is None else from_stored(bytes(on_request))
        before = orjson.loads(self._parts.join(from_stored(bytes(document)), rest))
        # As it is read, so that both are made of the same types.
        after = orjson.loads(orjson.dumps(resource))
        told = events.of_change(before, after, version=version, ignored=self._ignored)
        if told:
            self._tell(resource["id"], resource.get("externalId"), told, at)

    def departing(self, keys: list[int], *, at: str) -> None:
        """Tell of the resources in rows with *keys* that they are gone."""
        table = self._table
        for some in batches(keys):
            named = select(table.c.id, table.c.external_id).where(table.c.key.in_(some))
            for resource_id, external_id in self._connection.execute(named.order_by(table.c.key)):
                self._tell(resource_id, external_id, events.of_deletion(), at)

    def write(self) -> None:
        """Write what was told."""
        self._records.add(self._held, lifetime=self._lifetime)
        self._held.clear()

    def _tell(self, resource_id: str, external_id: str | None, told: Events, at: str) -> None:
        seen_at: datetime = from_text(at)
        uri = f"{self._endpoint}/{resource_id}"
        self._held.append(EventSet(uuid4().hex, self._txn, seen_at, uri, external_id, told))
        if len(self._held) >= _HELD:
            self.write()


@cache
def _kept(table: Table) -> Prepared:
    columns: tuple[Any, ...] = (table.c.document, table.c.on_request)
    return Prepared(select(*columns).where(table.c.key == bindparam("key")))
