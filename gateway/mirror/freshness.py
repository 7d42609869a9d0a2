"""How old each collection is, and whether the last attempt to read it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.mirror.instants import from_text
from gateway.mirror.tables import FRESHNESS
from gateway.scim.text import instant


@dataclass(frozen=True, slots=True)
class Failure:
    """
    Why an attempt to read failed.

    Attributes:
        kind: The reader's own name for the kind of failure.
        sentence: What to tell an administrator.
        failed_at: When it failed.
    """

    kind: str
    sentence: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """
    What is known of a collection's last reading.

    Attributes:
        read_at: When the last complete reading began; None if there was none.
        calls: The Bitbucket calls it took.
        failure: The failure of a later attempt; None if the last attempt succeeded.
    """

    read_at: datetime | None = None
    calls: int = 0
    failure: Failure | None = None


class FreshnessRecords:
    """The records of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def all(self) -> Mapping[str, Freshness]:
        """Return the records there are, by collection."""
        rows = self._connection.execute(
            select(FRESHNESS).where(FRESHNESS.c.integration == self._integration)
        )
        return {
            row.collection: Freshness(
                read_at=from_text(row.read_at),
                calls=row.calls or 0,
                failure=(
                    None
                    if row.failed_at is None
                    else Failure(row.failure_kind, row.failure, from_text(row.failed_at))
                ),
            )
            for row in rows
        }

    def record(self, collection: str, freshness: Freshness) -> None:
        """Make *freshness* the record of *collection*."""
        failure = freshness.failure
        key = {"integration": self._integration, "collection": collection}
        self._connection.execute(
            delete(FRESHNESS).where(*(FRESHNESS.c[name] == value for name, value in key.items()))
        )
        self._connection.execute(
            insert(FRESHNESS).values(
                **key,
                read_at=freshness.read_at and instant(freshness.read_at),
                calls=freshness.calls,
                failed_at=failure and instant(failure.failed_at),
                failure_kind=failure and failure.kind,
                failure=failure and failure.sentence,
            )
        )
