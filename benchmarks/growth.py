"""
What grows with the workspace: the time of an answer, of writing the mirror, memory and disk.

Writes mirrors of several sizes, in SQLite and in PostgreSQL, and asks a gateway to each. Run with
``make bench-growth``; the tables are written to ``benchmarks/results/growth.md``.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import requests
from sqlalchemy import text

from benchmarks import servers, wrk
from benchmarks.growth_report import Growth, panels, report
from benchmarks.growth_writing import Written
from benchmarks.measuring import median_of
from benchmarks.plot import plot_growth
from benchmarks.processes import ROOT, children, peak_kib, resident_kib
from benchmarks.questions import Column, Question, grown
from benchmarks.report import figure
from benchmarks.servers import Server
from benchmarks.workload import Size
from gateway.mirror.engine import open_database
from gateway.scim.text import fold
from tests import postgresql

RESULTS = Path(__file__).parent / "results"
#: Nothing listens there: what is asked of Bitbucket after all fails.
_NOWHERE = "http://127.0.0.1:9"


class Database(Protocol):
    """A kind of database."""

    @property
    def name(self) -> str:
        """What it is called, with its version."""

    @property
    def url(self) -> str:
        """The address of an empty one."""

    def size_bytes(self) -> int:
        """Return how much disk it takes."""


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A file."""

    path: Path
    name: str = f"SQLite {sqlite3.sqlite_version}"

    @property
    def url(self) -> str:
        """Its address."""
        return f"sqlite:///{self.path}"

    def size_bytes(self) -> int:
        """Return the bytes of the file and of those beside it."""
        return sum(each.stat().st_size for each in self.path.parent.glob(f"{self.path.name}*"))


@dataclass(frozen=True, slots=True)
class Postgresql:
    """A database of a server."""

    url: str
    name: str

    def size_bytes(self) -> int:
        """Return the bytes that the server says it takes."""
        return int(_told(self.url, "SELECT pg_database_size(current_database())"))


def empty_sqlite(folder: Path) -> Iterator[Database]:
    """Yield an empty database, which ends with its folder."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Sqlite(Path(name) / "mirror.sqlite3")


def empty_postgresql(cluster: postgresql.Cluster) -> Iterator[Database]:
    """Yield an empty database of a server, and drop it afterwards."""
    with cluster.database() as url:
        version = _told(url, "SHOW server_version").split()[0]
        yield Postgresql(url, f"PostgreSQL {version}")


@contextmanager
def kinds(folder: Path) -> Iterator[list[Callable[[], AbstractContextManager[Database]]]]:
    """Yield what opens an empty database, for each kind that is installed."""
    sqlite = partial(contextmanager(empty_sqlite), folder)
    if postgresql.server_binaries() is None:
        print("Left out: PostgreSQL, whose server is not installed.", file=sys.stderr)
        yield [sqlite]
        return
    # With its settings as they come: it answers for what it has written.
    with postgresql.serving({}) as cluster:
        yield [sqlite, partial(contextmanager(empty_postgresql), cluster)]


def measure(size: Size, database: Database, options: argparse.Namespace, folder: Path) -> Growth:
    """Fill a database, and ask a gateway to it."""
    environment = servers.settings(_NOWHERE, database.url)
    written = write(size, environment)
    addresses = [fold(a.email) for a in size.world().accounts.values() if a.email]
    driver = wrk.Driver(folder, servers.TOKEN, connections=1)
    with servers.gateway(environment) as server:
        workers = children(server.pid)
        requests.get(f"{server.origin}{server.base}/ServiceProviderConfig", timeout=60)
        resting = resident_kib(workers)
        loads = {
            question.name: load(driver, server, question, options)
            for question in grown(size.users, addresses)
        }
        asked = peak_kib(workers) - resting
    return Growth(size, database.name, written, loads, resting, asked, database.size_bytes())


def write(size: Size, environment: dict[str, str]) -> Written:
    """Fill a database, in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "benchmarks.growth_writing", f"--users={size.users}"],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Written(**json.loads(done.stdout))


def load(
    driver: wrk.Driver, server: Server, question: Question, options: argparse.Namespace
) -> wrk.Load:
    """Return the medians of some rounds in which nothing is asked twice."""
    prefix = server.prefix(question, Column.FIRST)
    target = f"{server.origin}{prefix}{question.again.path}"
    answer = requests.get(target, headers={"Authorization": f"Bearer {servers.TOKEN}"}, timeout=300)
    answer.raise_for_status()
    loads: list[wrk.Load] = []
    begin = 0
    for _ in range(options.rounds):
        loads.append(
            driver.drive(
                server.origin, prefix, question.first, seconds=options.seconds, begin=begin
            )
        )
        begin += loads[-1].requests + 1
    return median_of(loads)


def show(growth: Growth) -> None:
    """Print what was measured."""
    written = growth.written
    print(
        f"{growth.size}, {growth.database}: written in {figure(written.full)} s, refreshed in "
        f"{figure(written.refresh)} s, {growth.database_bytes / 2**20:.0f} MiB;",
        "; ".join(f"{name} {figure(each.p50_ms)} ms" for name, each in growth.loads.items()),
        flush=True,
    )


def introduction(options: argparse.Namespace) -> str:
    """Return with what was measured, and when."""
    return (
        f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {wrk.version()}, "
        f"{os.cpu_count()} cores; rounds of {options.seconds} s, medians of {options.rounds}; one "
        f"worker of {servers.THREADS} threads."
    )


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", default="1000,10000,100000", help="the sizes")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked")
    parser.add_argument("--seconds", type=int, default=2, help="for how long")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder to write to")
    return parser.parse_args(arguments)


def main() -> None:
    """Write, ask, and write the tables."""
    options = options_of()
    try:
        wrk.executable()
    except wrk.Missing as missing:
        sys.exit(str(missing))
    found: list[Growth] = []
    with tempfile.TemporaryDirectory() as name, kinds(Path(name)) as opening:
        for users in map(int, options.users.split(",")):
            for empty in opening:
                with empty() as database:
                    found.append(measure(Size.of(users), database, options, Path(name)))
                show(found[-1])
                # At once: the largest take long.
                save(found, options)
    print((options.results / "growth.md").read_text(encoding="utf-8"))


def save(found: Sequence[Growth], options: argparse.Namespace) -> None:
    """Write the tables and the picture."""
    options.results.mkdir(parents=True, exist_ok=True)
    plot_growth(panels(found), options.results / "growth.svg")
    written = report(introduction(options), found, "growth.svg")
    (options.results / "growth.md").write_text(written, encoding="utf-8")


def _told(url: str, statement: str) -> str:
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text(statement)))
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
