"""Kill -9 in the middle of a refresh: nothing partial, nothing lost, nobody waits for long."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.directory.directory import Directory
from gateway.directory.refresh import Refresher
from gateway.mirror.engine import migrate, open_database
from gateway.planner.needs import EVERYTHING
from gateway.sandbox import Behaviour, Serving, create_app, generate, serving
from gateway.scim.errors import NotStored
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.schema import load_registry
from tests.end_to_end import victim
from tests.end_to_end.test_faults_everywhere import change, truth

_KILLS = 25
_STORED = FreshnessWanted(only_if_cached=True)
_FRESH = FreshnessWanted(no_cache=True)


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A simulated Bitbucket whose answers are spread in time."""
    world = generate(users=30, groups=5, projects=3, repositories=15)
    behaviour = Behaviour(latency_seconds=0.003, largest_page=10)
    with serving(create_app(world, behaviour=behaviour)) as served:
        yield served


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with its tables, of each kind."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    return url


@contextmanager
def victims(api_url: str, database_url: str) -> Iterator[Any]:
    """Return what begins a refresh in another process, and returns the process's id."""
    program = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", victim.__name__, api_url, database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert program.stdin is not None
    assert program.stdout is not None

    def begin() -> int:
        print(file=program.stdin, flush=True)
        return int(program.stdout.readline())  # type: ignore[union-attr]  # it is a pipe

    try:
        yield begin
    finally:
        program.stdin.close()
        program.wait(10)
        program.stdout.close()


@pytest.fixture
def survivor(bitbucket: Serving, database_url: str) -> Iterator[Refresher]:
    """What reads the same workspace into the same database, and is not killed."""
    with victim.refreshing(bitbucket.url, database_url) as made:
        yield made


def test_a_refresh_that_is_killed_leaves_nothing_partial(
    bitbucket: Serving, database_url: str, survivor: Refresher
) -> None:
    """At random points: what is stored is whole, and another process takes over at once."""
    chance = random.Random(7)
    survivor.ensure(EVERYTHING, _FRESH)
    calls = bitbucket.sandbox.calls.total
    ids = group_ids(survivor)
    before = told(survivor, _STORED)
    with victims(bitbucket.url, database_url) as begin:
        for number in range(_KILLS):
            change(bitbucket.sandbox.world, number)
            kill_after(chance.randint(0, calls), begin, bitbucket)

            during = told(survivor, _STORED)
            asked_at = time.monotonic()
            after = told(survivor, _FRESH)

            assert time.monotonic() - asked_at < 10
            assert after.keys() == truth(bitbucket.sandbox.world)
            assert during.keys() in (before.keys(), after.keys())
            for user, held in during.items():
                old, new = before.get(user, frozenset()), after.get(user, frozenset())
                assert old & new <= held <= old | new
            assert group_ids(survivor) == ids
            before = after


def test_a_first_refresh_that_is_killed_answers_nothing(
    bitbucket: Serving, database_url: str, survivor: Refresher
) -> None:
    """Until another process has read the rest."""
    with victims(bitbucket.url, database_url) as begin:
        kill_after(20, begin, bitbucket)

    with suppress(NotStored):
        assert told(survivor, _STORED).keys() == truth(bitbucket.sandbox.world)
    assert told(survivor, _FRESH).keys() == truth(bitbucket.sandbox.world)


def kill_after(calls: int, begin: Any, bitbucket: Serving) -> None:
    """Begin a refresh, and kill it once it has made so many calls, or has ended."""
    bitbucket.sandbox.calls.reset()
    process = begin()
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        while bitbucket.sandbox.calls.total < calls and time.monotonic() < deadline:
            os.kill(process, 0)
            time.sleep(0.0005)
        os.kill(process, signal.SIGKILL)


def told(refresher: Refresher, freshness: FreshnessWanted) -> dict[str, frozenset[str]]:
    """Return who there is with which entitlements and groups, as answered."""
    registry = load_registry()
    directory = Directory(registry.user, refresher.mirror, refresher)
    query = Query(None, None, IndexPage(1, 1000), Projection(registry.user), "x", freshness)
    users = orjson.loads(directory.query(query).json)
    return {
        user["id"]: frozenset(
            value["value"] for name in ("entitlements", "groups") for value in user.get(name, ())
        )
        for user in users
    }


def group_ids(refresher: Refresher) -> dict[str, str]:
    """Return the ids of all groups, by slug."""
    with refresher.mirror.reading() as snapshot:
        return dict(snapshot.facts.group_ids())
