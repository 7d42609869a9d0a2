"""A number that every process sees grow with every change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gateway.mirror.mirror import Mirror


def test_the_number_grows_with_every_change(engine: Engine) -> None:
    """Of one integration alone, for every thread, and for others that have the file open."""
    here, there, other = Mirror(engine, "a"), Mirror(engine, "a"), Mirror(engine, "b")
    assert here.revision() == there.revision() == other.revision() == 0
    for expected in (1, 2, 3):
        with here.writing():
            pass
        with ThreadPoolExecutor(1) as another:
            assert another.submit(there.revision).result() == expected
        assert here.revision() == there.revision() == expected
    assert other.revision() == 0


def test_a_transaction_sees_the_number_of_its_own_state(engine: Engine) -> None:
    """While everybody else sees it grow, those included who look from within."""
    mirror = Mirror(engine, "a")
    with mirror.reading() as before:
        assert before.freshness.all() == {}
        with mirror.writing():
            pass
        assert mirror.revision() == 1
        assert before.revision == 0
    with mirror.reading() as after:
        assert after.revision == 1
    assert mirror.revision() == 1


def test_what_was_undone_does_not_count(engine: Engine) -> None:
    """An exception undoes the growth with the change."""
    mirror = Mirror(engine, "a")
    with pytest.raises(ZeroDivisionError), mirror.writing():
        raise ZeroDivisionError
    assert mirror.revision() == 0


def test_leases_do_not_count(engine: Engine, now: datetime) -> None:
    """No answer shows them, and they are renewed all the time."""
    mirror = Mirror(engine, "a")
    with mirror.leasing() as leases:
        leases.acquire(["x"], "me", now=now, lifetime=timedelta(seconds=9))
    assert mirror.revision() == 0
    with mirror.reading() as snapshot:
        assert snapshot.leases.held(now=now)["x"].holder == "me"
