"""
What the servers are asked: each question twice over.

*Again* is one address asked over and over, which any cache answers. *First* is thousands of
addresses that ask for as much, asked one after the other, which none does.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from itertools import chain, islice, product
from typing import Any
from urllib.parse import quote

from benchmarks.workload import Population

_PAGE = 100
#: How far the pages are that are asked for in the place of one.
_AROUND = 500
#: How long they are: a hundred, on average.
_LENGTHS = range(95, 106)
#: More than a run asks.
_MOST = 20_000
_LEAN = "userName,active,emails"
_NO = "&excludedAttributes=members"


class Column(StrEnum):
    """Whether a server is asked what it was not asked before, or the same again."""

    FIRST = "asked for the first time"
    AGAIN = "asked again"


@dataclass(frozen=True, slots=True)
class Target:
    """An address below the server's base, and the entity tag that is known of it."""

    path: str
    entity_tag: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question.

    Attributes:
        name: What it is called in tables.
        again: The address that is asked over and over.
        first: Addresses that ask for as much; none where there is but one address.
        status: What answers it.
        walks: Whether the answer's cursor leads to the next address.
    """

    name: str
    again: Target
    first: Sequence[Target] = field(repr=False, default=())
    status: int = HTTPStatus.OK
    walks: bool = False

    @property
    def key(self) -> str:
        """The name in addresses."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name)

    def targets(self, column: Column) -> Sequence[Target]:
        """Return the addresses of a column."""
        return self.first if column is Column.FIRST else (self.again,)


def questions(population: Population) -> list[Question]:
    """Return all questions, about those who are there."""
    users, groups = population.users, population.groups
    total = len(users)
    starts = dict.fromkeys((1, total // 2 + 1, max(1, total - _PAGE + 1)))
    asked = [
        _question("one user by id", (f"/Users/{user['id']}" for user in users)),
        _question("`userName eq`", _filters("/Users", "userName eq", _addresses(users))),
        _containing(users),
    ]
    for is_lean, start in product((False, True), starts):
        name = f"page of {_PAGE} at {start:,}" + (", three attributes" if is_lean else "")
        also = f"&attributes={_LEAN}" if is_lean else ""
        asked.append(pages(name, "/Users", start, total, also))
    groups_too = (
        (f"page of {_PAGE} groups", ""),
        (f"page of {_PAGE} groups, without members", _NO),
    )
    asked += [
        _question(
            f"cursor walk in pages of {_PAGE}",
            (f"/Users?count={count}&cursor=" for count in _LENGTHS),
            walks=True,
        ),
        *(pages(name, "/Groups", 1, len(groups), also) for name, also in groups_too),
        _question("`members.value eq`", _filters("/Groups", "members.value eq", _in(groups))),
        _question(
            "`entitlements.value eq`",
            _often(_filters("/Users", "entitlements.value eq", _held(users))),
        ),
        _unchanged(users),
        Question("ServiceProviderConfig", Target("/ServiceProviderConfig")),
    ]
    return asked


def grown(total: int, addresses: Sequence[str]) -> list[Question]:
    """Return the questions that are asked at every size."""
    starts = {f"first page of {_PAGE}": 1, "one in the middle": total // 2 + 1, "the last": total}
    return [
        *(pages(name, "/Users", start, total, "") for name, start in starts.items()),
        _question("`userName eq`", _often(_filters("/Users", "userName eq", addresses))),
    ]


def _question(name: str, paths: Iterable[str], *, walks: bool = False) -> Question:
    targets = _shuffled(Target(path) for path in paths)
    return Question(name, targets[0], targets[1:], walks=walks)


def pages(name: str, path: str, start: int, total: int, also: str) -> Question:
    """Return a question for a page, and for those around it that are as full."""
    last = max(1, total - _LENGTHS[-1] + 1)
    starts = range(max(1, start - _AROUND), min(last, start + _AROUND) + 1)
    around = (
        Target(f"{path}?startIndex={first}&count={count}{also}")
        for first, count in product(starts, _LENGTHS)
        if (first, count) != (start, _PAGE)
    )
    return Question(
        name, Target(f"{path}?startIndex={start}&count={_PAGE}{also}"), _shuffled(around)
    )


def _containing(users: Sequence[dict[str, Any]]) -> Question:
    """Return a question for the addresses with some text in them: one in a hundred."""
    addresses = [address.casefold() for user in users for address in _emails(user)]
    # An address ends in a number: its last two digits are those of one in a hundred.
    ends = Counter(a[at - 2 : at] for a in addresses if (at := a.find("@")) >= 0)
    most = max(ends.values(), default=0)
    full = sorted(end for end, count in ends.items() if count == most and end.isdigit())
    domain = "@" + addresses[0].partition("@")[2] if addresses else "@"
    texts = (
        (f"{end}{domain[:letters]}", count)
        for count, letters, end in product(range(_PAGE, _PAGE + 5), range(1, len(domain) + 1), full)
    )
    return _question(
        f"`emails.value co`, {most} of {len(users):,} match",
        (f"{_filter('/Users', 'emails.value co', text)}&count={count}" for text, count in texts),
    )


def _unchanged(users: Sequence[dict[str, Any]]) -> Question:
    targets = _shuffled(Target(f"/Users/{user['id']}", user["meta"]["version"]) for user in users)
    return Question(
        "one user by id, unchanged (304)",
        targets[0],
        targets[1:],
        status=HTTPStatus.NOT_MODIFIED,
    )


def _filters(path: str, comparison: str, values: Iterable[str]) -> Iterator[str]:
    return (_filter(path, comparison, value) for value in values)


def _often(paths: Iterable[str]) -> Iterator[str]:
    """Yield the same few questions again and again, each time at another address."""
    return (f"{path}&count={count}" for count, path in product(_LENGTHS, list(paths)))


def _filter(path: str, comparison: str, value: str) -> str:
    wanted = quote(f'{comparison} "{value}"', safe="")
    return f"{path}?filter={wanted}"


def _addresses(users: Sequence[dict[str, Any]]) -> Iterator[str]:
    return (user["userName"] for user in users if "@" in user["userName"])


def _emails(user: dict[str, Any]) -> Iterator[str]:
    return (email["value"] for email in user.get("emails", ()))


def _in(groups: Sequence[dict[str, Any]]) -> Iterable[str]:
    members = chain.from_iterable(group.get("members", ()) for group in groups)
    return dict.fromkeys(member["value"] for member in members)


def _held(users: Sequence[dict[str, Any]]) -> Iterable[str]:
    held = chain.from_iterable(user.get("entitlements", ()) for user in users)
    return dict.fromkeys(entitlement["value"] for entitlement in held)


def _shuffled(targets: Iterable[Target]) -> list[Target]:
    """Return some in an order that no cache is made for, the same in every run."""
    found = list(islice(targets, _MOST))
    random.Random(1).shuffle(found)
    return found
