"""What :mod:`benchmarks.calls` counts, and the tables made of it."""

import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.sandbox import Shape, World, generate

PAGE = 100
#: The users that an address has room to name: 78 characters each, once encoded, of 8 KB.
NAMES = 100

#: How often a question is asked again.
AGAIN = 5

#: The columns that hold no numbers.
TEXTS = frozenset({"shape", "resource", "question", "of which", "asked"})
READING_COLUMNS = (
    "users, groups, projects, repositories, shape, crawl, ours, share, seconds, "
    "calls of a poll after it, its seconds"
)
GRANT_COLUMNS = (
    "users, shape, rights on a repository, direct grants, told, inferred, not seen yet, wrong"
)
GROUP_COLUMNS = "asked, bytes, milliseconds"
ANSWER_COLUMNS = "question, calls, of which, seconds, calls again, seconds again"

INTRODUCTION = """\
{date}, at `bitbucket-scim sandbox --hourly-limit=0`. *Ours* is `bitbucket-scim sync` with an empty
mirror; a poll is every page of users and groups, complete, within the maximum age. *Crawl* is what
a connector spends that reads one resource after the other in pages of 50, of U users, P projects
and R repositories, Rp in each project:"""

CRAWL = "    7 + 2⌈U/50⌉ + U + ⌈P/50⌉ + Σ(2⌈Rp/50⌉ + 2) + 2R"

DIRECT_GRANTS = """\
What is known of direct grants on repositories by then. What is inferred is marked so. What is not
seen yet gives no more than groups, projects and roles give anyway; its repository tells it when it
is asked, which `serve` does as calls come free."""

WHY_DENSE_COSTS_MORE = """\
A direct grant on a repository shows in two places. The repository tells it, for a call of its own:
{repositories:,} calls. Or it is what explains an effective right, of which a call lists {page}:
{rights:,} rights, {rights_pages:,} calls. That list can be narrowed to repositories, permissions
and users that are named, not to rights that no group explains; and an address of 8 KB has room to
name about {names} users whom groups explain, so that they are left out. The lesser of one call and
(rights - {names}) / {page}, summed over all repositories, is {least:,}; everything else took
{others:,} calls. So no reader needs fewer than about {least_calls:,} calls, {least_share:.0%} of
the crawl, and we made {calls:,}. Nothing is left to infer then. Each repository lands when it was
read, so where the hourly budget is spent, reading goes on later where it stopped."""

QUESTIONS = """\
{asked_of}. Each question is asked of a gateway with a mirror of its own, which is empty, and
{again} times again right after; seconds again are the median of these."""

GROUPS = """\
Bitbucket tells groups with their members or not at all, so leaving members out saves no call. What
it saves is bytes. A page of {page} of {groups} groups, nothing fetched, at {users:,} users,
{shape}:"""


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
class GroupPage:
    """What a page of groups weighs, and takes when nothing is fetched."""

    asked: str
    size_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FullReading:
    """
    What a first reading of everything took and brought.

    Attributes:
        rights: The effective rights of all users on all repositories.
        least_calls: What direct grants on repositories cost at least, whoever reads them.
    """

    size: Size
    shape: Shape
    calls: Counter[str]
    seconds: float
    rights: int
    least_calls: float
    held: Held
    polling_calls: int
    polling_seconds: float
    groups: tuple[GroupPage, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """
    What a question took of a gateway that knew nothing, and again right after.

    Attributes:
        calls_again: All calls of all times it was asked again.
        seconds_again: Their median.
    """

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
    dense = [reading for reading in readings if reading.shape is Shape.DENSE]
    parts = [
        "# Bitbucket calls, counted where they arrive",
        _prose(INTRODUCTION, date=datetime.now(UTC).date()),
        CRAWL,
        "## Users, groups and explicit entitlements, read for the first time",
        _table(READING_COLUMNS, map(_reading_row, readings)),
        _prose(DIRECT_GRANTS),
        _table(GRANT_COLUMNS, map(_grant_row, readings)),
        "## Where the calls go",
        _resources(readings),
        "## Why a dense workspace costs more",
        *map(_why_dense_costs_more, dense[:1]),
        "## Questions to a gateway that knows nothing",
        _prose(QUESTIONS, asked_of=asked_of, again=AGAIN),
        _table(ANSWER_COLUMNS, map(_answer_row, answers)),
        "## Groups without their members",
        *_groups(readings[-1]),
    ]
    return "\n\n".join(parts) + "\n"


def _prose(text: str, **values: object) -> str:
    return textwrap.fill(text.format(**values), 100, break_long_words=False, break_on_hyphens=False)


def _table(columns: str, rows: Iterable[Sequence[str]]) -> str:
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
        f"{answer.seconds_again:.3f}",
    )


def _groups(reading: FullReading) -> tuple[str, str]:
    size = reading.size
    prose = _prose(
        GROUPS, page=PAGE, groups=size.groups, users=size.users, shape=reading.shape.value
    )
    rows = [(g.asked, f"{g.size_bytes:,}", f"{g.seconds * 1000:.1f}") for g in reading.groups]
    return prose, _table(GROUP_COLUMNS, rows)


def _why_dense_costs_more(reading: FullReading) -> str:
    calls, repositories = reading.calls.total(), reading.size.repositories
    least, others = math.ceil(reading.least_calls), calls - repositories
    return _prose(
        WHY_DENSE_COSTS_MORE,
        page=PAGE,
        names=NAMES,
        calls=calls,
        repositories=repositories,
        rights=reading.rights,
        rights_pages=pages(reading.rights),
        others=others,
        least=least,
        least_calls=least + others,
        least_share=(least + others) / reading.size.crawl,
    )
