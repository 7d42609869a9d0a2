from datetime import datetime, timedelta

from sqlalchemy import Engine

from gateway.mirror.freshness import Failure, Freshness
from gateway.mirror.mirror import Mirror

FAILURE = Failure("unavailable", "Bitbucket answered 503.")


def test_what_was_never_read_has_no_record(mirror: Mirror) -> None:
    """An empty mirror knows of no reading."""
    with mirror.reading() as tx:
        assert tx.freshness.all() == {}


def test_a_reading_is_recorded(mirror: Mirror, now: datetime) -> None:
    """When it began, and what it took."""
    with mirror.writing() as tx:
        tx.freshness.record_read("members", read_at=now, calls=7)
    with mirror.reading() as tx:
        assert tx.freshness.all() == {"members": Freshness(read_at=now, calls=7)}


def test_a_failure_keeps_what_is_known_of_the_last_reading(mirror: Mirror, now: datetime) -> None:
    """The facts are as old as they were."""
    later = now + timedelta(hours=1)
    with mirror.writing() as tx:
        tx.freshness.record_read("members", read_at=now, calls=7)
        tx.freshness.record_failure("members", FAILURE, failed_at=later)
        assert tx.freshness.all()["members"] == Freshness(now, 7, later, FAILURE)


def test_a_first_attempt_may_fail(mirror: Mirror, now: datetime) -> None:
    """Then nothing was ever read."""
    with mirror.writing() as tx:
        tx.freshness.record_failure("groups", FAILURE, failed_at=now)
        assert tx.freshness.all() == {"groups": Freshness(failed_at=now, failure=FAILURE)}


def test_a_success_settles_a_failure(mirror: Mirror, now: datetime) -> None:
    """The failure is forgotten."""
    with mirror.writing() as tx:
        tx.freshness.record_failure("groups", FAILURE, failed_at=now)
        tx.freshness.record_read("groups", read_at=now, calls=1)
        assert tx.freshness.all() == {"groups": Freshness(now, 1)}


def test_records_belong_to_an_integration(engine: Engine, now: datetime) -> None:
    """The same collection of another is another."""
    with Mirror(engine, integration="acme").writing() as tx:
        tx.freshness.record_read("members", read_at=now, calls=7)
    with Mirror(engine, integration="other").reading() as tx:
        assert tx.freshness.all() == {}
