"""What each query would cost, in words: pairs of a query and its explanation, as text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.planner.collections import Collection
from gateway.planner.explanation import to_json, to_text
from gateway.planner.inference import Candidate, choose
from gateway.planner.knowledge import Knowledge, Known, Sizes
from gateway.planner.needs import Needs, OneAddress, Whole, needs
from gateway.planner.plan import Plan, plan
from gateway.scim.messages import read_query
from gateway.scim.schema import load_registry
from gateway.web.caching import freshness_wanted

PAIRS = Path(__file__).with_name("explanations.txt")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=5)
#: How many there are of everything, and how many of it are asked place by place.
SIZES = Sizes(members=1000, projects=50, repositories=2000)
ASKED = {
    Collection.PROJECT_USER_GRANTS: 50,
    Collection.PROJECT_GROUP_GRANTS: 50,
    Collection.ADDRESSES: 180,
}
DENSE = choose(Candidate(str(n), f"acme/repository-{n}", 350) for n in range(2000))
SPARSE = choose(Candidate(str(n), f"acme/repository-{n}", 12) for n in range(2000))


@dataclass(frozen=True)
class Pair:
    """A query in some state of the mirror, and its explanation."""

    words: tuple[str, ...]
    url: str
    expected: str

    def __str__(self) -> str:
        return " ".join((*self.words, self.url))


def pairs() -> Iterator[Pair]:
    """Yield the pairs: a line with the state and the query, then the explanation indented."""
    for block in re.split(r"\n(?=> )", PAIRS.read_text(encoding="utf-8").strip()):
        head, _, body = block.removeprefix("> ").partition("\n")
        words, slash, rest = head.partition("/")
        yield Pair(tuple(words.split()), slash + rest, body.strip("\n") + "\n")


@pytest.mark.parametrize("pair", list(pairs()), ids=str)
def test_a_query_is_explained(pair: Pair) -> None:
    """Its explanation is the text beside it, word for word."""
    explained = explanation_of(pair.words, pair.url)

    assert to_text(explained) == pair.expected
    in_json = to_json(explained)
    assert in_json["totalCalls"] == explained.calls


def explanation_of(words: tuple[str, ...], url: str) -> Plan:
    """Return the plan of a query in a state of the mirror."""
    registry = load_registry()
    parts = urlsplit(url.replace("#", "%23"))
    parameters = dict(part.split("=", 1) for part in parts.query.split("&") if part)
    header = ", ".join(word for word in words if word not in STATES)
    wanted = freshness_wanted(header)
    query = read_query(
        {name: [value] for name, value in parameters.items()},
        registry.user if parts.path == "/Users" else registry.group,
        base_url="https://scim.example.com/scim/v2",
    )
    needed = needs(
        query.filter,
        sort=query.sort,
        projection=query.projection,
        address_attributes=frozenset({"userName", "emails"}),
    )
    age = wanted.greatest_age_seconds(LIFETIME.total_seconds())
    not_before = NOW - timedelta(seconds=min(age, 10**9))
    return plan(needed, knowledge(words, needed), not_before=not_before)


STATES: Mapping[str, timedelta | None] = {
    "cold": None,
    "young": timedelta(minutes=2),
    "old": timedelta(minutes=10),
    "small": None,
    "sparse": None,
    "poor": None,
    "failed": None,
}


def knowledge(words: tuple[str, ...], needed: Needs) -> Knowledge:
    """Return what is known in a state that some words describe."""
    age = next((STATES[word] for word in words if STATES.get(word) is not None), None)
    every = {*needed.fresh, *map(Whole, needed.known), *map(Whole, Collection)}
    known = {need: Known(None if age is None else NOW - age) for need in every}
    if age is None:
        known[Whole(Collection.ADDRESSES)] = Known(NOW)
        return Knowledge(now=NOW, needs=known)
    for collection, asked in ASKED.items():
        known[Whole(collection)] = replace(known[Whole(collection)], asked=asked)
    direct = Whole(Collection.REPOSITORY_USER_GRANTS)
    choice = SPARSE if "sparse" in words else DENSE
    known[direct] = replace(known[direct], choice=choice, inferred=1900 * ("sparse" in words))
    if "failed" in words:
        groups = Whole(Collection.GROUPS)
        known[groups] = replace(
            known[groups],
            paused_until=NOW + timedelta(seconds=20),
            failure="GET /1.0/groups/acme failed.",
        )
    return Knowledge(
        now=NOW,
        needs=known,
        sizes=replace(SIZES, members=40) if "small" in words else SIZES,
        left={"1.0": 900, "2.0": 150, "repositories": 900} if "poor" in words else {},
    )


def test_many_addresses_are_asked_for_in_one_call() -> None:
    """Ninety go into one list."""
    needed = Needs(frozenset(OneAddress(f"user{n}@acme.com") for n in range(91)))

    planned = plan(needed, Knowledge(now=NOW, needs={}), not_before=NOW)

    assert planned.calls == 2
