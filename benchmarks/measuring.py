"""Measuring: servers take turns at every question, and medians are taken of the rounds."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from benchmarks import ceiling
from benchmarks.processes import family, resident_kib, wait_until_idle
from benchmarks.questions import Column, Question, Target
from benchmarks.servers import TOKEN, Server
from benchmarks.wrk import CONNECTIONS, Driver, Load

#: How many answers of a column are looked at beforehand.
_SAMPLES = 9
#: How long one is waited for that is slower than a round.
_LONGEST_ROUND_SECONDS = 60
_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Sample:
    """An answer as it was looked at before the measuring: its shape, and what it found."""

    shape: ceiling.Shape
    seconds: float
    total: int | None = None
    shown: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """
    What is known of a server's answer before it is measured.

    Attributes:
        size: Its bytes.
        seconds: How long a round must last at least.
        is_answer: Whether it is one, and can be measured.
        note: What is to be said of it.
    """

    size: int
    seconds: int
    is_answer: bool
    note: str


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What a server did with a question.

    Attributes:
        load: The medians of the rounds; None where it was not measured.
        size: The bytes of an answer.
        resident_kib: The memory of its processes afterwards.
        note: What is to be said of it: why it was not measured, or how its answer differs.
    """

    load: Load | None = None
    size: int = 0
    resident_kib: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """
    What came of a question in a column.

    Attributes:
        cells: By the name of the server.
        repetition: How often the first server was asked each address that is to be asked once:
            beyond one, it was asked some of them again, each after all the others.
    """

    question: Question
    column: Column
    cells: dict[str, Cell]
    repetition: float


@dataclass(slots=True)
class Measuring:
    """
    Measures.

    Attributes:
        driver: Drives the servers.
        rounds: How often each has its turn.
        seconds: How long a turn is.
        tell: Told of each row.
    """

    driver: Driver
    rounds: int
    seconds: int
    tell: Callable[[Row], None]
    _begin: dict[tuple[str, str, Column], int] = field(default_factory=dict)

    def row(self, servers: Sequence[Server], question: Question, column: Column) -> Row:
        """Let all *servers* answer a question, in turns; the first is what others are held to."""
        expected = ask(servers[0], question, column, question.targets(column)[0])
        looks = {server.name: look(server, question, column, expected) for server in servers}
        loads: dict[str, list[Load]] = {server.name: [] for server in servers}
        resident: dict[str, int] = {}
        for number in range(self.rounds):
            for server in servers:
                seconds = max(looks[server.name].seconds, self.seconds)
                is_slow = seconds > self.seconds
                if looks[server.name].is_answer and not (is_slow and number):
                    loads[server.name].append(self._drive(server, question, column, seconds))
                    resident[server.name] = resident_kib(family(server.pid))
        cells = {
            name: Cell(
                load=median_of(loads[name]) if loads[name] else None,
                size=looked.size,
                resident_kib=resident.get(name, 0),
                note=looked.note,
            )
            for name, looked in looks.items()
        }
        row = Row(question, column, cells, self._repetition(servers[0], question, column))
        self.tell(row)
        return row

    def _repetition(self, server: Server, question: Question, column: Column) -> float:
        """Return how often each address was asked that is to be asked once."""
        asked = self._begin.get((server.name, question.key, column), 0)
        is_once = column is Column.FIRST and not question.walks
        return asked / len(question.first) if is_once else 0.0

    def _drive(self, server: Server, question: Question, column: Column, seconds: int) -> Load:
        targets = question.targets(column)
        key = (server.name, question.key, column)
        # Each round goes on where the last one ended, so that nothing is asked twice.
        # The first target was asked already, when it was looked at.
        begin = self._begin.get(key, 1)
        load = self.driver.drive(
            server.origin,
            server.prefix(question, column),
            targets,
            seconds=seconds,
            begin=begin,
            walks=question.walks,
        )
        self._begin[key] = begin + load.requests + 2 * CONNECTIONS
        wait_until_idle(server.pid)
        return load


def ask(server: Server, question: Question, column: Column, target: Target) -> Sample:
    """Ask once, and look at the answer."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if target.entity_tag:
        headers["If-None-Match"] = target.entity_tag
    url = f"{server.origin}{server.prefix(question, column)}{target.path}"
    answer = requests.get(url, headers=headers, timeout=_TIMEOUT_SECONDS)
    shape = ceiling.Shape(answer.status_code, len(answer.content), list(answer.headers.items()))
    seconds = answer.elapsed.total_seconds()
    told: Any = answer.json() if server.base and answer.content else {}
    return Sample(shape, seconds, told.get("totalResults"), len(told.get("Resources", ())))


def shapes_of(server: Server, questions: Sequence[Question]) -> dict[str, ceiling.Shape]:
    """Return the shape of the answer of middling length to each question, by its prefix."""
    shapes: dict[str, ceiling.Shape] = {}
    for question in questions:
        for column in Column:
            targets = question.targets(column)
            # The last ones, of which a cache would hold nothing any more when they are asked.
            found = [ask(server, question, column, target).shape for target in targets[-_SAMPLES:]]
            if found:
                found.sort(key=lambda shape: shape.size)
                shapes[f"{column.name}-{question.key}"] = found[len(found) // 2]
    return shapes


def look(server: Server, question: Question, column: Column, expected: Sample) -> Look:
    """Return what is to be known of a server's answer before it is measured."""
    if question.walks and server.base and not pages_by_cursor(server):
        return Look(0, 0, is_answer=False, note="says that it does not page by cursor")
    sample = ask(server, question, column, question.targets(column)[0])
    # Enough for all connections to be answered twice, one after the other.
    seconds = min(math.ceil(2 * CONNECTIONS * sample.seconds), _LONGEST_ROUND_SECONDS)
    status, is_answer = sample.shape.status, sample.shape.status == question.status
    note = "" if is_answer else f"answers with {status}, not {question.status}"
    found, wanted = (sample.shown, sample.total), (expected.shown, expected.total)
    if is_answer and server.base and found != wanted:
        note = "shows {} of {}, not {} of {}".format(*found, *wanted)
    return Look(sample.shape.size, seconds, is_answer=is_answer, note=note)


def pages_by_cursor(server: Server) -> bool:
    """Tell whether a server says that it does (RFC 9865)."""
    url = f"{server.origin}{server.base}/ServiceProviderConfig"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    told = requests.get(url, headers=headers, timeout=_TIMEOUT_SECONDS).json()
    return bool(told.get("pagination", {}).get("cursor"))


def median_of(loads: Sequence[Load]) -> Load:
    """Return the medians of some rounds, one at least."""

    def middle(number: Callable[[Load], float]) -> float:
        return statistics.median(number(load) for load in loads)

    return Load(
        requests=sum(load.requests for load in loads),
        rate=middle(lambda load: load.rate),
        p50_ms=middle(lambda load: load.p50_ms),
        p95_ms=middle(lambda load: load.p95_ms),
        failed=sum(load.failed for load in loads),
    )
