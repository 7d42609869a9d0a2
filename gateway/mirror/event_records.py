"""The events that were not delivered yet: written with the changes that they tell of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.mirror.batches import batches
from gateway.mirror.bulk import execute_many
from gateway.mirror.instants import from_text
from gateway.mirror.tables import EVENT_FEEDS, EVENTS
from gateway.scim.text import instant

_LOG = structlog.get_logger(__name__)

_MINE = EVENTS.c.integration == bindparam("mine")
_PENDING = (
    select(EVENTS)
    .where(_MINE, EVENTS.c.at >= bindparam("since"))
    .order_by(EVENTS.c.number)
    .limit(bindparam("most"))
)
_OLD = delete(EVENTS).where(_MINE, EVENTS.c.at < bindparam("before"))
_FEED = select(EVENT_FEEDS).where(EVENT_FEEDS.c.integration == bindparam("mine"))
_ADDED = ("integration", "jti", "txn", "at", "uri", "external_id", "payloads")
_ADD = insert(EVENTS)


@dataclass(frozen=True, slots=True)
class EventSet:
    """
    What is told by one token: the events of one resource in one change.

    Attributes:
        jti: The id of the token, the same each time it is sent.
        txn: What all tokens of one change share.
        at: When the change was seen.
        uri: The resource, as ``/Users/…``.
        external_id: Its ``externalId``, if it has one.
        payloads: The payloads of the events, by their URIs.
    """

    jti: str
    txn: str
    at: datetime
    uri: str
    external_id: str | None
    payloads: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeedState:
    """
    How far a feed is.

    Attributes:
        knows_grants: Whether it tells of what is granted, as that is known.
        failures: How often the delivery of its first event has failed by now.
        retry_at: When it is to be tried again; None for at once.
    """

    knows_grants: bool = False
    failures: int = 0
    retry_at: datetime | None = None


class EventReader:
    """The events of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def state(self) -> FeedState | None:
        """Return how far the feed is; None if it has not begun."""
        row = self._connection.execute(_FEED, {"mine": self._integration}).one_or_none()
        if row is None:
            return None
        return FeedState(row.knows_grants, row.failures, from_text(row.retry_at))

    def pending(self, most: int, *, since: datetime) -> Sequence[EventSet]:
        """Return the oldest events that were not acknowledged, of those since then."""
        named = {"mine": self._integration, "since": instant(since), "most": most}
        return [
            EventSet(
                row.jti,
                row.txn,
                from_text(row.at),
                row.uri,
                row.external_id,
                orjson.loads(row.payloads),
            )
            for row in self._connection.execute(_PENDING, named)
        ]

    def known(self, jtis: Collection[str]) -> set[str]:
        """Return which of those ids are of events that are to be delivered."""
        known: set[str] = set()
        # PostgreSQL takes no text with a null character, and no id has one.
        for some in batches(jti for jti in jtis if "\0" not in jti):
            named = select(EVENTS.c.jti).where(_MINE, EVENTS.c.jti.in_(some))
            known.update(self._connection.scalars(named, {"mine": self._integration}))
        return known


class EventRecords(EventReader):
    """The same, in a transaction that writes; such transactions exclude one another."""

    def begin(self, now: datetime, *, knows_grants: bool) -> None:
        """Let the feed begin, or go on: what changes from now on is told."""
        if self.state() is None:
            row = {
                "integration": self._integration,
                "began_at": instant(now),
                "knows_grants": knows_grants,
                "failures": 0,
            }
            self._connection.execute(insert(EVENT_FEEDS).values(row))
            _LOG.info("events.begun", grants=knows_grants)
        else:
            self._update(knows_grants=knows_grants)

    def add(self, events: Sequence[EventSet], *, lifetime: timedelta) -> None:
        """Put events at the end of the feed, and forget those that are older than *lifetime*."""
        if not events:
            return
        rows = [
            (
                self._integration,
                event.jti,
                event.txn,
                instant(event.at),
                event.uri,
                event.external_id,
                orjson.dumps(event.payloads),
            )
            for event in events
        ]
        execute_many(self._connection, _ADD, _ADDED, rows)
        self._drop(before=events[-1].at - lifetime)

    def acknowledge(self, jtis: Collection[str]) -> set[str]:
        """Forget the events with those ids, not to deliver them again; return which there were."""
        known = self.known(jtis)
        for some in batches(known):
            named = EVENTS.c.jti.in_(some)
            self._connection.execute(
                delete(EVENTS).where(_MINE, named), {"mine": self._integration}
            )
        return known

    def postpone(self, *, failures: int, retry_at: datetime | None) -> None:
        """Note how often the delivery of the first event failed, and when it is tried again."""
        self._update(failures=failures, retry_at=None if retry_at is None else instant(retry_at))

    def _update(self, **values: object) -> None:
        mine = EVENT_FEEDS.c.integration == self._integration
        self._connection.execute(update(EVENT_FEEDS).where(mine).values(values))

    def _drop(self, *, before: datetime) -> None:
        named = {"mine": self._integration, "before": instant(before)}
        dropped = self._connection.execute(_OLD, named).rowcount
        if dropped:
            _LOG.warning("events.dropped", count=dropped)
