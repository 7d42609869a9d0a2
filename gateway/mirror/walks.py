"""Walks through lists, page by page: what was selected when they began."""

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.mirror.tables import SEALS, WALKS
from gateway.scim.text import instant

_MINE = WALKS.c.integration == bindparam("mine")
_WALK = select(WALKS.c.resource_keys).where(
    _MINE, WALKS.c.id == bindparam("walk"), WALKS.c.began_at >= bindparam("since")
)
_LATEST = select(WALKS.c.id).where(_MINE).order_by(WALKS.c.began_at.desc(), WALKS.c.id)


class WalkReader:
    """The walks of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def keys(self, walk: UUID, *, since: datetime) -> Sequence[int] | None:
        """Return what *walk* goes through; None if it was given up, or began before *since*."""
        named = {"mine": self._integration, "walk": walk.hex, "since": instant(since)}
        packed: bytes | None = self._connection.scalar(_WALK, named)
        return None if packed is None else array("q", packed)

    def seal(self) -> bytes:
        """Return the key of cursors' seals: the same for every process, and for ever."""
        key: bytes = self._connection.scalars(select(SEALS.c.key)).one()
        return key


class WalkStore(WalkReader):
    """The same, in a transaction that writes."""

    def begin(
        self, walk: UUID, keys: Sequence[int], *, now: datetime, lifetime: timedelta, most: int
    ) -> None:
        """
        Keep a new walk, and give up those that are too old, or too many.

        Args:
            walk: What it is called.
            keys: The keys of the resources, in order.
            now: The time.
            lifetime: How long a walk is kept.
            most: How many are kept.
        """
        mine = {"mine": self._integration}
        latest = self._connection.scalars(_LATEST, mine).all()
        old = WALKS.c.began_at < instant(now - lifetime)
        many = WALKS.c.id.in_(latest[most - 1 :])
        self._connection.execute(delete(WALKS).where(_MINE, old | many), mine)
        row = {
            "integration": self._integration,
            "id": walk.hex,
            "began_at": instant(now),
            "resource_keys": array("q", keys).tobytes(),
        }
        self._connection.execute(insert(WALKS).values(row))
