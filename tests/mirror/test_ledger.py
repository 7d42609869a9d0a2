from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gateway.mirror.engine import reading, writing
from gateway.mirror.ledger import CallRecord, Counter, LedgerReader, LedgerRecords

MEMBERS = Counter("API token", "2.0")
REPOSITORIES = Counter("API token", "repositories")
OTHER_CREDENTIAL = Counter("OAuth consumer", "2.0")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@contextmanager
def ledger(engine: Engine, integration: str = "acme") -> Iterator[LedgerRecords]:
    """Open the ledger of an integration to be written."""
    with writing(engine) as connection:
        yield LedgerRecords(connection, integration)


def record(engine: Engine, counter: Counter, *, since: datetime) -> CallRecord:
    """Return what is known of a counter of the integration ``acme``."""
    with reading(engine) as connection:
        return LedgerReader(connection, "acme").record(counter, since=since)


def test_nothing_is_known_of_what_was_never_called(engine: Engine, now: datetime) -> None:
    """No calls, no limit, no block."""
    assert record(engine, MEMBERS, since=now) == CallRecord({}, None, False, None)


def test_calls_are_added_up_by_the_minute(engine: Engine, now: datetime) -> None:
    """Two in one, one in the next."""
    with ledger(engine) as records:
        records.spend(MEMBERS, now, calls=20)
        records.spend(MEMBERS, now, calls=1)
        records.spend(MEMBERS, now + MINUTE, calls=3)
    assert record(engine, MEMBERS, since=now - HOUR).spent == {now: 21, now + MINUTE: 3}


def test_only_minutes_after_the_moment_are_told(engine: Engine, now: datetime) -> None:
    """One that began just then is not among them."""
    with ledger(engine) as records:
        for minutes in range(3):
            records.spend(MEMBERS, now + minutes * MINUTE, calls=1)
    assert list(record(engine, MEMBERS, since=now + MINUTE).spent) == [now + 2 * MINUTE]


def test_counters_are_apart(engine: Engine, now: datetime) -> None:
    """Another group, another credential and another integration have counters of their own."""
    with ledger(engine) as records:
        records.spend(MEMBERS, now, calls=1)
        records.spend(REPOSITORIES, now, calls=2)
        records.spend(OTHER_CREDENTIAL, now, calls=3)
        records.note(REPOSITORIES, hourly_limit=5, heard_at=now)
    with ledger(engine, "other") as records:
        records.spend(MEMBERS, now, calls=4)
        records.note(MEMBERS, hourly_limit=6, heard_at=now)
    since = now - HOUR
    assert record(engine, MEMBERS, since=since) == CallRecord({now: 1})
    assert record(engine, REPOSITORIES, since=since) == CallRecord({now: 2}, hourly_limit=5)
    assert record(engine, OTHER_CREDENTIAL, since=since) == CallRecord({now: 3})


def test_calls_can_be_given_back(engine: Engine, now: datetime) -> None:
    """They are counted no longer, and never less than none are."""
    with ledger(engine) as records:
        records.spend(MEMBERS, now, calls=20)
        records.spend(MEMBERS, now + MINUTE, calls=20)
        records.give_back(MEMBERS, now, calls=15)
        records.give_back(MEMBERS, now + MINUTE, calls=25)
        records.give_back(MEMBERS, now + HOUR, calls=1)
    assert record(engine, MEMBERS, since=now - HOUR).spent == {now: 5, now + MINUTE: 0}


def test_what_bitbucket_said_is_remembered(engine: Engine, now: datetime) -> None:
    """Each part stays until there is another word on it."""
    with ledger(engine) as records:
        records.note(MEMBERS, hourly_limit=2000, is_near=True, heard_at=now)
        records.note(MEMBERS, blocked_until=now + HOUR, heard_at=now)
    assert record(engine, MEMBERS, since=now) == CallRecord({}, 2000, True, now + HOUR)
    with ledger(engine) as records:
        records.note(MEMBERS, is_near=False, heard_at=now + MINUTE)
    assert record(engine, MEMBERS, since=now) == CallRecord({}, 2000, False, now + HOUR)


@pytest.mark.parametrize(("said", "until"), [(1, 10), (10, 10), (20, 20)])
def test_a_block_never_ends_sooner(engine: Engine, now: datetime, said: int, until: int) -> None:
    """It may end later."""
    with ledger(engine) as records:
        records.note(MEMBERS, blocked_until=now + 10 * MINUTE, heard_at=now)
        records.note(MEMBERS, blocked_until=now + said * MINUTE, heard_at=now)
    assert record(engine, MEMBERS, since=now).blocked_until == now + until * MINUTE


def test_old_minutes_are_forgotten(engine: Engine, now: datetime) -> None:
    """Those of every counter, but of this integration alone."""
    for integration in ("acme", "other"):
        with ledger(engine, integration) as records:
            records.spend(MEMBERS, now, calls=1)
            records.spend(REPOSITORIES, now, calls=1)
            records.spend(MEMBERS, now + MINUTE, calls=1)
    with ledger(engine) as records:
        records.forget(before=now + MINUTE)
        since = now - HOUR
        assert list(records.record(MEMBERS, since=since).spent) == [now + MINUTE]
        assert records.record(REPOSITORIES, since=since).spent == {}
    with ledger(engine, "other") as records:
        assert len(records.record(MEMBERS, since=since).spent) == 2


def test_of_many_writers_none_counts_past_another(engine: Engine, now: datetime) -> None:
    """Who looks before it counts sees all that was counted."""

    def spend_below_a_hundred(_: int) -> None:
        with ledger(engine) as records:
            if sum(records.record(MEMBERS, since=now - HOUR).spent.values()) <= 95:
                records.spend(MEMBERS, now, calls=5)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(spend_below_a_hundred, range(60)))
    assert record(engine, MEMBERS, since=now - HOUR).spent == {now: 100}
