"""A lease is held by one at a time, and lost by who does not renew it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gateway.mirror.mirror import Mirror

LIFETIME = timedelta(seconds=15)
Acquire = Callable[..., frozenset[str]]


@pytest.fixture
def acquire(mirror: Mirror, now: datetime) -> Acquire:
    """Take leases for a holder, some seconds later."""

    def do(holder: str, *names: str, after: float = 0) -> frozenset[str]:
        with mirror.writing() as tx:
            moment = now + timedelta(seconds=after)
            return tx.leases.acquire(names, holder, now=moment, lifetime=LIFETIME)

    return do


def test_what_another_holds_is_not_given(acquire: Acquire) -> None:
    """What is free is given all the same."""
    assert acquire("one", "members", "groups") == {"members", "groups"}
    assert acquire("two", "groups", "projects") == {"projects"}


def test_a_lease_that_is_not_renewed_is_lost(acquire: Acquire) -> None:
    """Whoever asks after its end gets it; whoever renewed it in time keeps it."""
    acquire("one", "members", "groups")
    assert acquire("one", "groups", after=10) == {"groups"}

    assert acquire("two", "members", "groups", after=15) == {"members"}
    assert acquire("one", "members", after=16) == frozenset()


def test_a_lease_that_is_given_up_is_free(acquire: Acquire, mirror: Mirror, now: datetime) -> None:
    """Nobody gives up what another holds by now."""
    acquire("one", "members", "groups")
    acquire("two", "groups", after=20)
    with mirror.writing() as tx:
        tx.leases.release(["members", "groups"], "one")

    with mirror.reading() as snapshot:
        held = snapshot.leases.held(now=now + timedelta(seconds=21))
    assert {name: lease.holder for name, lease in held.items()} == {"groups": "two"}


def test_each_integration_has_its_own(acquire: Acquire, engine: Engine, now: datetime) -> None:
    """The same name in another workspace is another lease."""
    acquire("one", "members")
    with Mirror(engine, integration="other").writing() as tx:
        assert tx.leases.acquire(["members"], "two", now=now, lifetime=LIFETIME) == {"members"}


def test_of_many_at_once_one_gets_it(acquire: Acquire) -> None:
    """Whatever the order in which they come."""
    with ThreadPoolExecutor(8) as executor:
        taken = list(executor.map(lambda n: acquire(f"holder {n}", "members"), range(16)))

    assert sum(len(names) for names in taken) == 1


def test_what_nobody_else_has_had_is_renewed(
    acquire: Acquire, mirror: Mirror, now: datetime
) -> None:
    """Though it ended; what another had in between is lost, though it is free again."""
    acquire("one", "members", "groups", "projects")
    acquire("two", "groups", "projects", after=20)
    moment = now + timedelta(seconds=21)
    with mirror.writing() as tx:
        tx.leases.release(["groups"], "two")
        names = ["members", "groups", "projects", "repositories"]
        renewed = tx.leases.renew(names, "one", now=moment, lifetime=LIFETIME)
    assert renewed == {"members"}

    with mirror.reading() as snapshot:
        held = snapshot.leases.held(now=moment)
    assert {name: lease.holder for name, lease in held.items()} == {
        "members": "one",
        "projects": "two",
    }
    assert held["members"].expires_at == moment + LIFETIME
