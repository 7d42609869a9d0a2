"""
How fast answers are, beside ready bytes and beside peers.

Fills a mirror from a simulated workspace, serves it, and asks it, a ceiling and peers that hold the
same the same questions, in turns. Run with ``make bench``; the tables are written to
``benchmarks/results/speed.md``.
"""

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import requests

from benchmarks import servers, wrk
from benchmarks.measuring import Measuring, Row, pages_by_cursor, shapes_of
from benchmarks.plot import plot_rates
from benchmarks.processes import NotStarted, family, peak_kib, resident_kib
from benchmarks.questions import Column, Question, questions
from benchmarks.report import CEILING, OURS, Memory, Run, figure, report
from benchmarks.servers import Server
from benchmarks.workload import Population, Size, save_addresses

RESULTS = Path(__file__).parent / "results"
USERS = 10_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """What all runs share: the settings of the gateway, and what it then answers with."""

    folder: Path
    api_url: str
    database_url: str
    population: Population

    @property
    def saved(self) -> Path:
        """The file of the population."""
        return self.folder / "population.json"


@contextmanager
def prepared(size: Size, folder: Path) -> Iterator[Prepared]:
    """Serve a simulated Bitbucket and fill a mirror from it; the calls are counted from then on."""
    addresses = folder / "addresses.txt"
    save_addresses(size.world(), addresses)
    database_url = f"sqlite:///{folder / 'mirror.sqlite3'}"
    with servers.bitbucket(size) as api_url:
        environment = servers.settings(api_url, database_url)
        servers.fill({**environment, "GATEWAY_EMAILS_FILE": str(addresses)})
        # A gateway of its own, so that the one that is measured has answered nothing before.
        with servers.gateway(environment) as server:
            population = Population.read(f"{server.origin}{server.base}", servers.TOKEN)
        made = Prepared(folder, api_url, database_url, population)
        population.save(made.saved)
        requests.delete(f"{api_url}/sandbox/calls", timeout=60)
        yield made


def run(made: Prepared, asked: Sequence[Question], measuring: Measuring, *, workers: int) -> Run:
    """Measure with so many workers; the peers, which have one, only beside one."""
    environment = servers.settings(made.api_url, made.database_url, workers=workers)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.gateway(environment))
        if not pages_by_cursor(ours):
            print("Left out: the cursor walk, as our ServiceProviderConfig has no cursors.")
            asked = [question for question in asked if not question.walks]
        shapes = shapes_of(ours, asked)
        ceiling = servers.ready_bytes(shapes, made.folder, workers=workers)
        started = [ours, stack.enter_context(ceiling)]
        if workers == 1:
            started += _peers(made, stack)
        resting = {server.name: resident_kib(family(server.pid)) for server in started}
        rows = [
            measuring.row(started, question, column)
            for question in asked
            for column in Column
            if question.targets(column)
        ]
        memory = {
            server.name: Memory(resting[server.name], peak_kib(family(server.pid)))
            for server in started
        }
    return Run(workers, rows, memory)


def _peers(made: Prepared, stack: ExitStack) -> Iterator[Server]:
    for peer in servers.PEERS:
        try:
            yield stack.enter_context(peer(made.saved))
        except (servers.Unavailable, NotStarted) as error:
            print(f"Left out: {error}", file=sys.stderr)


def introduction(size: Size, options: argparse.Namespace, calls: int) -> str:
    """Return what was measured, with what, and when."""
    versions = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name.lower())}" for name in ("gunicorn", "Flask")),
        f"SQLite {sqlite3.sqlite_version}",
        wrk.version(),
        *servers.peer_versions(),
    ]
    made = f"{calls} calls" if calls != 1 else "one call"
    return (
        f"{datetime.now(UTC).date()}. {size}. {', '.join(versions)}; {os.cpu_count()} cores; "
        f"rounds of {options.seconds} s, medians of {options.rounds}. Answering took {made} to "
        "Bitbucket."
    )


def show(row: Row) -> None:
    """Print what came of a question."""
    print(f"{row.question.name}, {row.column.value}:", end="")
    limit = row.cells[CEILING].load
    for name, cell in row.cells.items():
        if cell.load is None:
            print(f"  {name} {cell.note};", end="")
            continue
        share = ""
        if name == OURS and limit is not None and limit.rate:
            share = f" ({cell.load.rate / limit.rate:.2f} of the ceiling)"
        print(
            f"  {name} {figure(cell.load.rate)}/s{share}, p50 {figure(cell.load.p50_ms)} ms, "
            f"p95 {figure(cell.load.p95_ms)} ms, {cell.resident_kib / 1024:.0f} MiB;",
            end="",
        )
    print(flush=True)


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=USERS)
    parser.add_argument("--rounds", type=int, default=5, help="how often each has its turn")
    parser.add_argument("--seconds", type=int, default=2, help="how long a turn is")
    parser.add_argument("--workers", default="1,2", help="the numbers of workers to measure with")
    parser.add_argument("--questions", default="", help="only those with this in their names")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder to write to")
    return parser.parse_args(arguments)


def main() -> None:
    """Fill, measure, and write the tables."""
    options = options_of()
    try:
        wrk.executable()
    except wrk.Missing as missing:
        sys.exit(str(missing))
    size = Size.of(options.users)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        driver = wrk.Driver(folder, servers.TOKEN)
        with prepared(size, folder) as made:
            asked = [each for each in questions(made.population) if options.questions in each.name]
            runs = []
            for workers in map(int, options.workers.split(",")):
                measuring = Measuring(driver, options.rounds, options.seconds, show)
                runs.append(run(made, asked, measuring, workers=workers))
            counted = requests.get(f"{made.api_url}/sandbox/calls", timeout=60).json()["total"]
    options.results.mkdir(parents=True, exist_ok=True)
    plot_rates(runs[0].rows, runs[0].names, options.results / "speed.svg")
    text = report(introduction(size, options, counted), runs, "speed.svg")
    (options.results / "speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
