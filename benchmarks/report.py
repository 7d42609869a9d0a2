"""What was measured, as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.measuring import Cell, Row
from benchmarks.questions import Column
from benchmarks.servers import THREADS

OURS = "ours"
CEILING = "ceiling"
_KIB = 1024
_NONE = "\N{EN DASH}"

METHOD = f"""\
*First*: every request asks something else, which no cache can have; *again*: the same address is
asked over and over. Eight connections ask at a time, and the servers take turns. *Ceiling* is the
least Flask application, which returns ready bytes: as many as ours, with the same headers, under
the same gunicorn with {THREADS} threads to a worker. p50 and p95 are what a request takes with
eight under way, in milliseconds; a ratio is of the requests a second."""

PEERS = """\
The peers hold the same users and groups in memory, without the extension that is ours; scim2-server
is under the same gunicorn, with one worker. Each cell: requests a second · p50 · p95, in
milliseconds."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a server's processes, in KiB: filled and at rest, and at most."""

    resting_kib: int
    peak_kib: int


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured with so many workers, and the memory by the name of the server."""

    workers: int
    rows: Sequence[Row]
    memory: dict[str, Memory]

    @property
    def names(self) -> list[str]:
        """The servers."""
        return list(self.memory)

    @property
    def title(self) -> str:
        """How many workers there were."""
        return f"{self.workers} worker" + ("s" if self.workers > 1 else "")


def report(introduction: str, runs: Iterable[Run], plot: str) -> str:
    """Return all tables; *plot* is the name of the picture."""
    parts = ["# Speed, beside ready bytes and beside peers", introduction, METHOD]
    parts.append(f"![Requests a second by question]({plot})")
    for run in runs:
        parts += [f"## Beside ready bytes, {run.title}", table(_ours(run))]
        if set(run.names) - {OURS, CEILING}:
            parts += ["## Beside peers", PEERS, table(_beside(run))]
        parts += [f"## Memory, {run.title}", table(_memory(run))]
        notes = list(_notes(run))
        if notes:
            parts += ["Of these answers:", "\n".join(notes)]
    return "\n\n".join(parts) + "\n"


def _ours(run: Run) -> Iterator[list[str]]:
    measured = "{0}: requests/s, p50, p95, ceiling, ratio"
    columns = ", ".join(measured.format(each.name.lower()) for each in Column)
    yield ["question", "bytes", *columns.split(", "), "memory, MiB"]
    for name in dict.fromkeys(row.question.name for row in run.rows):
        found = {row.column: row.cells for row in run.rows if row.question.name == name}
        first = next(iter(found.values()))[OURS]
        cells = [text for column in Column for text in _judged(found.get(column))]
        last = list(found.values())[-1][OURS]
        yield [name, f"{first.size:,}", *cells, f"{last.resident_kib / _KIB:,.0f}"]


def _judged(cells: dict[str, Cell] | None) -> list[str]:
    load, limit = (cells[name].load if cells else None for name in (OURS, CEILING))
    if load is None or limit is None:
        return [_NONE] * 5
    return [
        f"{load.rate:,.0f}",
        f"{load.p50_ms:.1f}",
        f"{load.p95_ms:.1f}",
        f"{limit.rate:,.0f}",
        f"**{load.rate / limit.rate:.2f}**" if limit.rate else _NONE,
    ]


def _beside(run: Run) -> Iterator[list[str]]:
    yield ["question", "asked", *run.names]
    for row in run.rows:
        cells = [_cell(row.cells.get(name)) for name in run.names]
        yield [row.question.name, row.column.name.lower(), *cells]


def _cell(cell: Cell | None) -> str:
    if cell is None or cell.load is None:
        return _NONE
    load = cell.load
    if not load.requests:
        return "none in time"
    return f"{figure(load.rate)} · {figure(load.p50_ms)} · {figure(load.p95_ms)}"


def figure(number: float) -> str:
    """Return a number with as many digits as say something."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"  # noqa: PLR2004 - three digits


def _memory(run: Run) -> Iterator[list[str]]:
    yield ["server", "filled, MiB", "most, MiB"]
    for name, memory in run.memory.items():
        yield [name, f"{memory.resting_kib / _KIB:,.0f}", f"{memory.peak_kib / _KIB:,.0f}"]


def _notes(run: Run) -> Iterator[str]:
    for row in run.rows:
        if row.repetition > 1:
            yield (
                f"- {row.question.name}: each of {len(row.question.first):,} addresses was asked "
                f"{row.repetition:.1f} times, after all the others."
            )
        for name, cell in row.cells.items():
            where = f"- {row.question.name}, {row.column.value}: {name}"
            if cell.note:
                yield f"{where} {cell.note}."
            if cell.load is not None and cell.load.failed:
                yield f"{where} failed {cell.load.failed:,} of {cell.load.requests:,} times."


def table(rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """Return *rows* as a table, the first of them its head; the first *texts* hold no numbers."""
    head, *body = rows
    rule = ["---" if number < texts else "--:" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))
