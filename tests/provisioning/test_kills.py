"""Kill -9 between any two calls of a plan: the journal says how far it came, and finishes it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from gateway.mirror.engine import migrate, open_database
from gateway.mirror.journal import Event
from gateway.provisioning.resumption import resume
from gateway.sandbox import Behaviour, Serving, create_app, serving
from gateway.scim.handler import Author
from tests.provisioning import twenty, victim
from tests.provisioning.office import Office, opened, resource


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with its tables, of each kind."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    return url


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A simulated Bitbucket that takes its time."""
    behaviour = Behaviour(hourly_limit=None, latency_seconds=0.01)
    with serving(create_app(twenty.world(), behaviour=behaviour)) as served:
        yield served


@pytest.fixture
def survivor(bitbucket: Serving, database_url: str) -> Iterator[Office]:
    """An office with the same database, that is not killed."""
    with opened(bitbucket, database_url, lease=timedelta(seconds=0.5)) as made:
        yield made


@contextmanager
def victims(bitbucket: Serving, database_url: str) -> Iterator[Callable[[bytes], int]]:
    """Return what begins a change in another process, and returns the process's id."""
    slug = bitbucket.sandbox.world.slug
    program = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", victim.__name__, bitbucket.url, database_url, slug],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert program.stdin is not None
    assert program.stdout is not None

    def begin(line: bytes) -> int:
        program.stdin.write(line + b"\n")  # type: ignore[union-attr]  # it is a pipe
        program.stdin.flush()  # type: ignore[union-attr]  # so too
        return int(program.stdout.readline())  # type: ignore[union-attr]  # so too

    try:
        yield begin
    finally:
        program.stdin.close()
        program.wait(10)
        program.stdout.close()


def test_a_change_that_is_killed_is_finished(
    bitbucket: Serving, database_url: str, survivor: Office
) -> None:
    """By the journal, or by the same request; and what was before is what comes back."""
    group_id = survivor.group_id(twenty.GROUP)
    operations = twenty.operations(survivor.world)
    undo = twenty.undoing(survivor.world)
    calls = bitbucket.sandbox.calls
    with victims(bitbucket, database_url) as begin:
        for position in range(twenty.STEPS):
            calls.reset()
            child = begin(orjson.dumps([group_id, operations]))
            _wait_for(survivor, calls=position)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            assert not twenty.is_done(survivor.world) or position >= twenty.STEPS - 2

            if position % 2:
                finished = list(
                    resume(
                        survivor.provisioner,
                        {"Group": survivor.groups, "User": survivor.users},
                        author=Author(token="administrator", request_id="resume"),
                    )
                )
                assert not any(resumed.reason for resumed in finished)
            else:
                again = resource(survivor.patch_group(group_id, *operations))
                assert again["id"] == group_id

            assert twenty.is_done(survivor.world)
            with survivor.mirror.reading() as snapshot:
                assert not snapshot.journal.open()
            survivor.patch_group(group_id, *undo)
            assert not twenty.is_done(survivor.world)
    killed = [c for c in survivor.changes() if c.entries[-1].event is Event.CLOSED]
    assert killed
    assert all(change.began.data["plan"] for change in killed)


def _wait_for(office: Office, *, calls: int) -> None:
    deadline = time.monotonic() + 20
    while len(office.writes) < calls:
        assert time.monotonic() < deadline
        time.sleep(0.001)
