"""What clients asked to be changed, and what came of it: rows that are only ever added."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection, Select, delete, insert, select

from gateway.mirror.instants import from_text
from gateway.mirror.tables import JOURNAL, UNFINISHED
from gateway.scim.reference import absolute
from gateway.scim.text import instant

Data = Mapping[str, Any]


class Event(StrEnum):
    """What a row tells of a change."""

    #: Who asked for what, what was before, what it is to be, and the calls that takes.
    BEGAN = "began"
    #: Calls that turned out to be needed besides.
    PLANNED = "planned"
    #: A call is about to be sent.
    CALLED = "called"
    #: What came of a call.
    ANSWERED = "answered"
    #: It is as it was asked to be.
    DONE = "done"
    #: It was given up, and why; the same request again goes on with it.
    FAILED = "failed"
    #: An administrator looked at it, or another change went on with it.
    CLOSED = "closed"


#: The events after which nothing of a change is left to do.
_ENDS = frozenset({Event.DONE, Event.CLOSED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: an event of a change, with what there is to say of it."""

    number: int
    change_id: str
    event: Event
    at: datetime
    data: Data


@dataclass(frozen=True, slots=True)
class Change:
    """A change with all of its entries, in their order."""

    id: str
    entries: Sequence[Entry] = field(repr=False)

    @property
    def began(self) -> Entry:
        """The entry that says who asked for what."""
        return self.entries[0]

    @property
    def is_open(self) -> bool:
        """Whether something of it is left to do."""
        return not any(entry.event in _ENDS for entry in self.entries)

    @property
    def outcome(self) -> str:
        """How it ended: ``done``, ``failed``, ``closed``, or ``open`` if it did not."""
        last = self.entries[-1].event
        ended = (*_ENDS, Event.FAILED)
        return last.value if last in ended else "open"


class JournalReader:
    """The journal of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def changes(self, *, since: datetime | None = None) -> list[Change]:
        """Return the changes that have an entry since then, the oldest first."""
        query = self._query()
        if since is not None:
            touched = select(JOURNAL.c.change_id).where(
                JOURNAL.c.integration == self._integration, JOURNAL.c.at >= instant(since)
            )
            query = query.where(JOURNAL.c.change_id.in_(touched))
        return self._changes(query)

    def change(self, change_id: str) -> Change | None:
        """Return the change with that id."""
        found = self._changes(self._query().where(JOURNAL.c.change_id == change_id))
        return found[0] if found else None

    def open(self) -> list[Change]:
        """Return the changes of which something is left to do, the oldest first."""
        unfinished = select(UNFINISHED.c.change_id).where(
            UNFINISHED.c.integration == self._integration
        )
        return self._changes(self._query().where(JOURNAL.c.change_id.in_(unfinished)))

    def _query(self) -> Select[Any]:
        query = select(JOURNAL).where(JOURNAL.c.integration == self._integration)
        return query.order_by(JOURNAL.c.number)

    def _changes(self, query: Select[Any]) -> list[Change]:
        entries: dict[str, list[Entry]] = {}
        for entry in self._entries(query):
            entries.setdefault(entry.change_id, []).append(entry)
        return [Change(change_id, each) for change_id, each in entries.items()]

    def _entries(self, query: Select[Any]) -> Iterator[Entry]:
        for row in self._connection.execute(query):
            yield Entry(
                row.number,
                row.change_id,
                Event(row.event),
                from_text(row.at),
                orjson.loads(row.data),
            )


class Journal(JournalReader):
    """The same, in a transaction that writes."""

    def add(self, change_id: str, event: Event, *, at: datetime, data: Data) -> None:
        """Add an entry."""
        mine = {"integration": self._integration, "change_id": change_id}
        if event is Event.BEGAN:
            self._connection.execute(insert(UNFINISHED).values(mine))
        elif event in _ENDS:
            done = (UNFINISHED.c[name] == value for name, value in mine.items())
            self._connection.execute(delete(UNFINISHED).where(*done))
        self._connection.execute(
            insert(JOURNAL).values(
                integration=self._integration,
                change_id=change_id,
                event=event.value,
                at=instant(at),
                # References to our own resources are told as paths.
                data=absolute(orjson.dumps(data), base_url=""),
            )
        )
