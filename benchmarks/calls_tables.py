"""What :mod:`benchmarks.calls` counts, and the tables made of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.sandbox import Shape, World, generate

PAGE = 100

#: The columns that hold no numbers.
TEXTS = frozenset({"shape", "resource", "question", "of which"})
READING_COLUMNS = (
    "users, groups, projects, repositories, shape, crawl, ours, share, seconds, "
    "calls of a poll after it, its seconds"
)
GRANT_COLUMNS = (
    "users, shape, rights on a repository, direct grants, told, inferred, not seen yet, wrong"
)
ANSWER_COLUMNS = "question, calls, of which, seconds, calls again, seconds again"

INTRODUCTION = """\
# Bitbucket calls, counted where they arrive

{date}, at `bitbucket-scim sandbox --hourly-limit=0`.

## Users, groups and explicit entitlements, read for the first time

*Crawl* is what a connector spends that reads one resource after the other in pages of 50:
`7 + 2⌈U/50⌉ + U + ⌈P/50⌉ + Σ(2⌈Rp/50⌉ + 2) + 2R`. *Ours* is `bitbucket-scim sync` with an empty
mirror. A poll is every page of users and groups, complete, within the maximum age."""

DIRECT_GRANTS = """\
What is known of direct grants on repositories by then. What is inferred is marked so. What is not
seen yet gives no more than groups, projects and roles give anyway; its repository tells it when it
is asked, which `serve` does as calls come free."""

WHY_DENSE_COSTS_MORE = """\
### Why a dense workspace costs more

A direct grant on a repository shows in two places. The repository tells it: {repositories:,}
calls for {repositories:,} repositories. Or it is the only explanation of an effective right, of
which a call lists 100: {rights:,} rights, {rights_pages:,} calls. That list can be narrowed to
repositories, users and permissions by naming them, but not to rights that no group explains, and
to leave out by name whom groups explain, an address is too short: it holds about a hundred users,
and they are others for the next repository. So each repository costs the lesser of one call and
its rights / 100. Here it has {rights_each:,} rights, and one call is the least: {repositories:,},
and {others:,} for everything else. Nothing is left to infer then."""

QUESTIONS = """\
## Questions to a gateway that knows nothing

{asked_of}. Each question is asked of a gateway with a mirror of its own, which is empty, and again
right after."""


def pages(entries: int, length: int = PAGE) -> int:
    """Return how many pages *entries* fill."""
    return -(-entries // length)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of what in a workspace."""

    users: int
    groups: int
    projects: int
    repositories: int

    @property
    def crawl(self) -> int:
        """
        The calls of a connector that crawls one workspace, resource by resource, once.

        Its pages hold 50, and its repositories are spread evenly over the projects.
        """
        of_projects = self.projects * (2 * pages(self.repositories // self.projects, 50) + 2)
        lists = 3 + 4 + 2 * pages(self.users, 50) + pages(self.projects, 50)
        return lists + self.users + of_projects + 2 * self.repositories

    def world(self, shape: Shape) -> World:
        """Return the workspace itself, as the simulated Bitbucket serves it."""
        return generate(
            users=self.users,
            groups=self.groups,
            projects=self.projects,
            repositories=self.repositories,
            shape=shape,
        )

    def options(self, shape: Shape) -> list[str]:
        """Return what makes ``sandbox`` serve it."""
        return [
            f"--users={self.users}",
            f"--groups={self.groups}",
            f"--projects={self.projects}",
            f"--repos={self.repositories}",
            f"--shape={shape}",
        ]


@dataclass(frozen=True, slots=True)
class Held:
    """
    What is known of direct grants on repositories, beside what is true.

    Attributes:
        true: How many there are.
        told: How many are known as Bitbucket tells them.
        inferred: How many are known as inferred.
        wrong: How many are known that there are not.
    """

    true: int
    told: int
    inferred: int
    wrong: int

    @property
    def hidden(self) -> int:
        """How many there are that are not known."""
        return self.true - (self.told + self.inferred - self.wrong)


@dataclass(frozen=True, slots=True)
class FullReading:
    """What a first reading of everything took and brought."""

    size: Size
    shape: Shape
    calls: Counter[str]
    seconds: float
    rights: int
    held: Held
    polling_calls: int
    polling_seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question took of a gateway that knew nothing, and again right after."""

    question: str
    calls: Counter[str]
    seconds: float
    calls_again: int
    seconds_again: float


def report(readings: list[FullReading], answers: list[Answered], *, asked_of: str) -> str:
    """
    Return all tables as Markdown.

    Args:
        readings: What first readings took.
        answers: What questions took.
        asked_of: What the questions were asked of, in words.
    """
    parts = [
        INTRODUCTION.format(date=datetime.now(UTC).date()),
        _table(READING_COLUMNS, map(_reading_row, readings)),
        DIRECT_GRANTS,
        _table(GRANT_COLUMNS, map(_grant_row, readings)),
        "Where the calls go:",
        _resources(readings),
        *(_why_dense_costs_more(r) for r in readings[:2] if r.shape is Shape.DENSE),
        QUESTIONS.format(asked_of=asked_of),
        _table(ANSWER_COLUMNS, map(_answer_row, answers)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(columns: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Make a table; names and sentences stand on the left, numbers on the right."""
    names = columns.split(", ")
    ruler = ["---" if name in TEXTS else "--:" for name in names]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, ruler, *rows))


def _reading_row(reading: FullReading) -> tuple[str, ...]:
    size, calls = reading.size, reading.calls.total()
    return (
        *(f"{n:,}" for n in (size.users, size.groups, size.projects, size.repositories)),
        reading.shape,
        f"{size.crawl:,}",
        f"**{calls:,}**",
        f"{calls / size.crawl:.1%}",
        f"{reading.seconds:.0f}",
        f"{reading.polling_calls}",
        f"{reading.polling_seconds:.1f}",
    )


def _grant_row(reading: FullReading) -> tuple[str, ...]:
    held = reading.held
    return (
        f"{reading.size.users:,}",
        reading.shape,
        f"{reading.rights / reading.size.repositories:.0f}",
        *(f"{n:,}" for n in (held.true, held.told, held.inferred, held.hidden, held.wrong)),
    )


def _resources(readings: list[FullReading]) -> str:
    total: Counter[str] = Counter()
    for reading in readings:
        total += reading.calls
    return _table(
        ", ".join(["resource", *(f"{r.size.users:,} {r.shape}" for r in readings)]),
        (
            (f"`{name}`", *(f"{reading.calls[name]:,}" for reading in readings))
            for name, _ in total.most_common()
        ),
    )


def _answer_row(answer: Answered) -> tuple[str, ...]:
    return (
        answer.question,
        f"**{answer.calls.total()}**",
        ", ".join(f"{n} `{name}`" for name, n in answer.calls.most_common()),
        f"{answer.seconds:.2f}",
        f"{answer.calls_again}",
        f"{answer.seconds_again:.2f}",
    )


def _why_dense_costs_more(reading: FullReading) -> str:
    repositories, rights = reading.size.repositories, reading.rights
    return WHY_DENSE_COSTS_MORE.format(
        repositories=repositories,
        rights=rights,
        rights_pages=pages(rights),
        rights_each=rights // repositories,
        others=reading.calls.total() - repositories,
    )
