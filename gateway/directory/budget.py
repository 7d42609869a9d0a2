"""The ledger of calls that all processes of a fleet share, kept in the mirror's database."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from gateway.bitbucket.quota import (
    COUNTED_FOR,
    DEFAULT_HOURLY_LIMIT,
    Allotment,
    Heard,
    Quota,
    Reservation,
    Standing,
    Urgency,
    minute_of,
)
from gateway.mirror.engine import reading, writing
from gateway.mirror.ledger import Counter, LedgerReader, LedgerRecords

#: Longer than anything counts, for an administrator who wants to know what happened.
_KEPT_FOR: Final = timedelta(hours=2)


class SharedLedger:
    """
    A :class:`gateway.bitbucket.quota.Ledger` in the mirror's database.

    Every change is a transaction of its own, so no call of Bitbucket may be made in one.

    Args:
        engine: The database, brought up to date.
        integration: Whose calls they are.
        now: The time, with its zone.
        hourly_limit: The calls of an hour, until Bitbucket says otherwise.
    """

    def __init__(
        self,
        engine: Engine,
        integration: str,
        *,
        now: Callable[[], datetime],
        hourly_limit: int = DEFAULT_HOURLY_LIMIT,
    ) -> None:
        self._engine = engine
        self._integration = integration
        self._now = now
        self._hourly_limit = hourly_limit

    def reserve(
        self, quota: Quota, urgency: Urgency, *, wanted: int, unspent: Iterable[Reservation] = ()
    ) -> Allotment:
        """See :meth:`gateway.bitbucket.quota.Ledger.reserve`."""
        with writing(self._engine) as connection:
            records = LedgerRecords(connection, self._integration)
            # Other writers may have kept this one waiting: what counts is when the calls begin.
            now = self._now()
            minute = minute_of(now)
            _give_back(records, unspent)
            records.forget(before=now - _KEPT_FOR)
            calls = self._standing(records, quota, now).portion(urgency, wanted=wanted, now=now)
            if calls:
                records.spend(_counter(quota), minute, calls=calls)
            return Allotment(
                Reservation(quota, minute, calls), self._standing(records, quota, now), now
            )

    def give_back(self, unspent: Iterable[Reservation]) -> None:
        """See :meth:`gateway.bitbucket.quota.Ledger.give_back`."""
        with writing(self._engine) as connection:
            _give_back(LedgerRecords(connection, self._integration), unspent)

    def hear(self, quota: Quota, heard: Heard, *, unspent: Iterable[Reservation] = ()) -> None:
        """See :meth:`gateway.bitbucket.quota.Ledger.hear`."""
        with writing(self._engine) as connection:
            records = LedgerRecords(connection, self._integration)
            _give_back(records, unspent)
            records.note(
                _counter(quota),
                hourly_limit=heard.hourly_limit,
                is_near=heard.is_near_limit,
                blocked_until=heard.blocked_until,
                heard_at=self._now(),
            )

    def standings(self, quotas: Iterable[Quota]) -> Mapping[Quota, Standing]:
        """See :meth:`gateway.bitbucket.quota.Ledger.standings`."""
        now = self._now()
        with reading(self._engine) as connection:
            records = LedgerReader(connection, self._integration)
            return {quota: self._standing(records, quota, now) for quota in quotas}

    def _standing(self, records: LedgerReader, quota: Quota, now: datetime) -> Standing:
        record = records.record(_counter(quota), since=now - COUNTED_FOR)
        return Standing(
            spent=record.spent,
            hourly_limit=record.hourly_limit or self._hourly_limit,
            is_near_limit=record.is_near,
            blocked_until=record.blocked_until,
        )


def _give_back(records: LedgerRecords, unspent: Iterable[Reservation]) -> None:
    for reservation in unspent:
        records.give_back(_counter(reservation.quota), reservation.minute, calls=reservation.calls)


def _counter(quota: Quota) -> Counter:
    return Counter(quota.credential, quota.group)
