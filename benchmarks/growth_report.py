"""What grows with the workspace, as Markdown and as a picture."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.growth_writing import Written
from benchmarks.report import figure, table
from benchmarks.workload import Size
from benchmarks.wrk import Load

_KIB = 1024

READING = """\
One connection asks, each time something that was not asked before; p50 · p95, in milliseconds. The
memory is that of the one worker: at rest, and what it took above that at most."""

WRITING = """\
What Bitbucket would tell is there already: this is the gateway's own work, to land it in the
database and to render users and groups. *Lists*: members, groups with their members, projects,
repositories and what groups are granted on them. *Grants*: what is told place by place. *Refresh*:
all lists and grants again, of which 1 % of the users, groups and repositories have changed. The
memory is what writing takes above all that was read."""


@dataclass(frozen=True, slots=True)
class Growth:
    """
    What was measured of a workspace of some size in a database.

    Attributes:
        loads: What questions took, by their names.
        resting_kib: The memory of the worker before it was asked anything.
        asked_kib: What it took above that, at most.
        database_bytes: The size of the database.
    """

    size: Size
    database: str
    written: Written
    loads: dict[str, Load]
    resting_kib: int
    asked_kib: int
    database_bytes: int


def report(introduction: str, found: Sequence[Growth], plot: str) -> str:
    """Return all tables; *plot* is the name of the picture."""
    parts = [
        "# What grows with the workspace",
        introduction,
        f"![Times over the number of users]({plot})",
        "## Answering",
        READING,
        table(_reading(found), texts=2),
        "## Writing the mirror",
        WRITING,
        table(_writing(found), texts=2),
    ]
    if failed := list(_failed(found)):
        parts.insert(-3, "\n".join(failed))
    return "\n\n".join(parts) + "\n"


def panels(found: Sequence[Growth]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Return what the picture shows: for each panel the lines, of users and values."""
    databases = list(dict.fromkeys(each.database for each in found))
    shown: dict[str, Callable[[Growth], float]] = {
        f"{name}, ms": partial(_p50, name=name) for name in found[0].loads
    }
    shown |= {
        "writing all, s": lambda growth: growth.written.full,
        "refresh of 1 %, s": lambda growth: growth.written.refresh,
    }
    return {
        title: {
            name: [(each.size.users, value(each)) for each in found if each.database == name]
            for name in databases
        }
        for title, value in shown.items()
    }


def _p50(growth: Growth, *, name: str) -> float:
    return growth.loads[name].p50_ms


def _reading(found: Sequence[Growth]) -> Iterator[list[str]]:
    yield ["workspace", "database", *found[0].loads, "at rest, MiB", "above it, MiB"]
    for each in found:
        yield [
            str(each.size),
            each.database,
            *(f"{figure(load.p50_ms)} · {figure(load.p95_ms)}" for load in each.loads.values()),
            _mib(each.resting_kib),
            _mib(each.asked_kib),
        ]


def _writing(found: Sequence[Growth]) -> Iterator[list[str]]:
    seconds = ("all, s", "of which lists", "grants", "addresses", "refresh, s")
    memory = ("memory of all, MiB", "of a refresh, MiB", "database, MiB")
    yield ["workspace", "database", *seconds, *memory]
    for each in found:
        written = each.written
        yield [
            str(each.size),
            each.database,
            *map(
                figure,
                (
                    written.full,
                    written.lists,
                    written.places,
                    written.addresses,
                    written.refresh,
                ),
            ),
            _mib(written.full_kib),
            _mib(written.refresh_kib),
            _mib(each.database_bytes / _KIB),
        ]


def _failed(found: Sequence[Growth]) -> Iterator[str]:
    for each in found:
        for name, load in each.loads.items():
            if load.failed:
                yield (
                    f"- {each.size.users:,} users, {each.database}, {name}: {load.failed:,} of "
                    f"{load.requests:,} answers are errors."
                )


def _mib(kib: float) -> str:
    return figure(kib / _KIB)
