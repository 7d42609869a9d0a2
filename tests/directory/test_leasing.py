"""Leases are renewed as long as they are needed, and whoever loses one is told."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import exc
from structlog.testing import capture_logs

from gateway.directory.jobs import Leasing
from gateway.mirror.leases import LeaseRecords
from gateway.mirror.mirror import Mirror
from tests.directory.conftest import Stage

_NAMES = frozenset({"address ann@acme.example"})
_LIFETIME = timedelta(seconds=0.3)


@pytest.fixture
def leasing(stage: Stage) -> Leasing:
    """What keeps one lease that does not last long."""
    return Leasing(stage.mirror, "one", lambda: datetime.now(UTC), _LIFETIME)


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_renewed(leasing: Leasing, since: datetime) -> bool:
    """Tell whether the lease was renewed after a moment."""
    with leasing.mirror.reading() as snapshot:
        held = snapshot.leases.held(now=since)
    return any(lease.expires_at >= since + _LIFETIME for lease in held.values())


@pytest.mark.parametrize(
    "error", [exc.TimeoutError("QueuePool"), exc.OperationalError("", {}, OSError())]
)
def test_a_lease_outlives_a_database_that_is_away(
    leasing: Leasing, monkeypatch: pytest.MonkeyPatch, error: exc.SQLAlchemyError
) -> None:
    """It is renewed as soon as the database is back."""
    assert leasing.acquire(_NAMES)
    opened = Mirror.leasing
    failed: list[Mirror] = []

    def away(mirror: Mirror) -> AbstractContextManager[LeaseRecords]:
        if not failed:
            failed.append(mirror)
            raise error
        return opened(mirror)

    with monkeypatch.context() as patched, capture_logs() as logged:
        patched.setattr(Mirror, "leasing", away)
        with leasing.renewing(lambda: _NAMES):
            until(lambda: failed)
            before = leasing.now()
            until(lambda: is_renewed(leasing, before))
    assert [each["event"] for each in logged] == ["lease.not_renewed"]


def test_a_lease_that_is_lost_is_told_once_and_not_taken_again(leasing: Leasing) -> None:
    """The log names nobody, though the lease may."""
    assert leasing.acquire(_NAMES)
    later = leasing.now() + timedelta(minutes=1)
    with leasing.mirror.leasing() as leases:
        assert leases.acquire(_NAMES, "two", now=later, lifetime=_LIFETIME)
        leases.release(_NAMES, "two")
    with capture_logs() as logged, leasing.renewing(lambda: _NAMES):
        until(lambda: logged)
        time.sleep(_LIFETIME.total_seconds())
    assert [(each["event"], each["count"]) for each in logged] == [("lease.lost", 1)]
    assert "acme" not in str(logged)
    with leasing.mirror.reading() as snapshot:
        assert not snapshot.leases.held(now=leasing.now())
