"""How old each collection is, and whether the last attempt to read it failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

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
    """

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Freshness:
    """
    What is known of a collection's last reading.

    Attributes:
        read_at: When the last complete reading began; None if there was none.
        calls: The Bitbucket calls it took.
        failed_at: When a later attempt failed; None if the last one succeeded.
        failure: Why it failed.
        retry_at: When Bitbucket wants to be asked again, if it said so.
        inferred: Of how many places the collection holds what was inferred.
    """

    read_at: datetime | None = None
    calls: int = 0
    failed_at: datetime | None = None
    failure: Failure | None = None
    retry_at: datetime | None = None
    inferred: int = 0


class FreshnessReader:
    """The records of one integration, in one transaction."""

    def __init__(self, connection: Connection, integration: str) -> None:
        self._connection = connection
        self._integration = integration

    def all(self) -> Mapping[str, Freshness]:
        """Return the records there are, by collection; what was never read has none."""
        rows = self._connection.execute(_ALL, {"mine": self._integration})
        return {
            row.collection: Freshness(
                read_at=from_text(row.read_at),
                calls=row.calls,
                failed_at=from_text(row.failed_at),
                failure=Failure(row.failure_kind, row.failure) if row.failed_at else None,
                retry_at=from_text(row.retry_at),
                inferred=row.inferred or 0,
            )
            for row in rows
        }


_ALL = select(FRESHNESS).where(FRESHNESS.c.integration == bindparam("mine"))


class FreshnessRecords(FreshnessReader):
    """The same, in a transaction that writes."""

    def record_read(
        self, collection: str, *, read_at: datetime | None, calls: int, inferred: int = 0
    ) -> None:
        """
        Note that *collection* was read to its end, which settles an earlier failure.

        Args:
            collection: Its name.
            read_at: When its oldest fact was read; None if not all of its parts were read yet.
            calls: The calls it took.
            inferred: Of how many places it holds what was inferred.
        """
        self._put(
            collection,
            read_at=read_at and instant(read_at),
            calls=calls,
            failed_at=None,
            failure_kind=None,
            failure=None,
            retry_at=None,
            inferred=inferred,
        )

    def record_failure(
        self,
        collection: str,
        failure: Failure,
        *,
        failed_at: datetime,
        retry_at: datetime | None = None,
    ) -> None:
        """Note that an attempt failed; what is known of the last complete reading stays."""
        self._put(
            collection,
            failed_at=instant(failed_at),
            failure_kind=failure.kind,
            failure=failure.sentence,
            retry_at=retry_at and instant(retry_at),
        )

    def _put(self, collection: str, **values: Any) -> None:
        mine = {"integration": self._integration, "collection": collection}
        updated = self._connection.execute(
            update(FRESHNESS)
            .where(*(FRESHNESS.c[name] == value for name, value in mine.items()))
            .values(values)
        )
        if not updated.rowcount:
            self._connection.execute(insert(FRESHNESS).values({"calls": 0} | mine | values))
