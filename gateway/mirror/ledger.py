"""The calls of Bitbucket that were made, by the minute, and what Bitbucket said of its limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, delete, insert, select, update

from gateway.mirror.instants import from_text
from gateway.mirror.tables import CALL_LIMITS, CALLS_SPENT
from gateway.scim.text import instant


@dataclass(frozen=True, slots=True)
class Counter:
    """
    What Bitbucket counts together.

    Attributes:
        credential: Whose calls: a name, never anything secret.
        resource_group: The name of a group of resources.
    """

    credential: str
    resource_group: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """
    What is known of a counter.

    Attributes:
        spent: The calls of each minute in which there were some, by its beginning.
        hourly_limit: The limit that Bitbucket named; None if it named none.
        is_near: Whether Bitbucket said that the limit is near.
        blocked_until: When Bitbucket wants to be asked again, if it refused.
    """

    spent: Mapping[datetime, int] = field(default_factory=dict)
    hourly_limit: int | None = None
    is_near: bool = False
    blocked_until: datetime | None = None


class LedgerReader:
    """The calls of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def record(self, counter: Counter, *, since: datetime) -> CallRecord:
        """Return what is known of *counter*, with the minutes that began after *since*."""
        minutes = self._connection.execute(
            select(CALLS_SPENT.c.minute, CALLS_SPENT.c.calls).where(
                *self._of(CALLS_SPENT, counter), CALLS_SPENT.c.minute > instant(since)
            )
        )
        spent = {from_text(minute): calls for minute, calls in minutes}
        limit = self._connection.execute(
            select(CALL_LIMITS).where(*self._of(CALL_LIMITS, counter))
        ).one_or_none()
        if limit is None:
            return CallRecord(spent)
        return CallRecord(spent, limit.hourly_limit, limit.is_near, from_text(limit.blocked_until))

    def _of(self, table: Table, counter: Counter) -> list[ColumnElement[bool]]:
        return [table.c[name] == value for name, value in self._key(counter).items()]

    def _key(self, counter: Counter) -> dict[str, str]:
        return {
            "integration": self._integration,
            "credential": counter.credential,
            "resource_group": counter.resource_group,
        }


class LedgerRecords(LedgerReader):
    """The same, in a transaction that writes."""

    def spend(self, counter: Counter, minute: datetime, *, calls: int) -> None:
        """Count *calls* as made in the minute that begins at *minute*."""
        own = [*self._of(CALLS_SPENT, counter), CALLS_SPENT.c.minute == instant(minute)]
        updated = self._connection.execute(
            update(CALLS_SPENT).where(*own).values(calls=CALLS_SPENT.c.calls + calls)
        )
        if not updated.rowcount:
            values = {"minute": instant(minute), "calls": calls}
            self._connection.execute(insert(CALLS_SPENT).values(self._key(counter) | values))

    def give_back(self, counter: Counter, minute: datetime, *, calls: int) -> None:
        """Count *calls* of that minute no longer; none of what is forgotten already."""
        left = CALLS_SPENT.c.calls - calls
        self._connection.execute(
            update(CALLS_SPENT)
            .where(*self._of(CALLS_SPENT, counter), CALLS_SPENT.c.minute == instant(minute))
            .values(calls=case((left > 0, left), else_=0))
        )

    def note(
        self,
        counter: Counter,
        *,
        hourly_limit: int | None = None,
        is_near: bool | None = None,
        blocked_until: datetime | None = None,
        heard_at: datetime,
    ) -> None:
        """
        Remember what Bitbucket said; where it said nothing, what is known stays.

        A block never ends sooner than was said before.
        """
        known = self.record(counter, since=heard_at)
        blocks = [block for block in (known.blocked_until, blocked_until) if block]
        values: dict[str, Any] = {
            "hourly_limit": known.hourly_limit if hourly_limit is None else hourly_limit,
            "is_near": known.is_near if is_near is None else is_near,
            "blocked_until": instant(max(blocks)) if blocks else None,
            "heard_at": instant(heard_at),
        }
        self._connection.execute(delete(CALL_LIMITS).where(*self._of(CALL_LIMITS, counter)))
        self._connection.execute(insert(CALL_LIMITS).values(self._key(counter) | values))

    def forget(self, *, before: datetime) -> None:
        """Forget the minutes that began before then, of every counter."""
        self._connection.execute(
            delete(CALLS_SPENT).where(
                CALLS_SPENT.c.integration == self._integration,
                CALLS_SPENT.c.minute < instant(before),
            )
        )
