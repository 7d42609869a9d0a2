"""The calls of an hour, and how they are counted."""

from collections.abc import Callable

import pytest

from gateway.sandbox import DEMO, Behaviour, World
from tests.sandbox.reader import Reader

WORKSPACE = "/2.0/workspaces/acme"
REPOSITORIES = "/2.0/repositories/acme"


@pytest.fixture
def now() -> list[float]:
    """A clock that a test sets."""
    return [1000.0]


@pytest.fixture
def limited(serve: Callable[..., Reader], world: World, now: list[float]) -> Reader:
    """A Bitbucket that allows three calls an hour."""
    return serve(world, behaviour=Behaviour(hourly_limit=3), clock=lambda: now[0])


def spend(reader: Reader, path: str = WORKSPACE) -> list[int]:
    """The answers to four calls."""
    return [reader.get(path).status_code for _ in range(4)]


def test_the_budget_is_spent_call_by_call(limited: Reader) -> None:
    """Three are served, the fourth is refused and told when to come back."""
    assert spend(limited) == [200, 200, 200, 429]
    refused = limited.get(WORKSPACE)
    assert refused.headers["Retry-After"] == "3600"
    assert refused.json()["type"] == "error"


def test_the_hour_rolls(limited: Reader, now: list[float]) -> None:
    """A call is given back an hour after it was made, and not all at once."""
    assert limited.get(WORKSPACE).ok
    now[0] += 1800
    assert [limited.get(WORKSPACE).status_code for _ in range(3)] == [200, 200, 429]
    assert limited.get(WORKSPACE).headers["Retry-After"] == "1800"
    now[0] += 1800
    assert [limited.get(WORKSPACE).status_code for _ in range(2)] == [200, 429]


def test_a_refusal_may_not_say_when(serve: Callable[..., Reader], world: World) -> None:
    """429 without ``Retry-After``."""
    reader = serve(world, behaviour=Behaviour(hourly_limit=0, retry_after=False))
    refused = reader.get(WORKSPACE)
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers


def test_resource_groups_have_budgets_of_their_own(limited: Reader) -> None:
    """What is spent on workspaces is not spent on repositories, nor on 1.0."""
    assert spend(limited) == [200, 200, 200, 429]
    assert limited.get(REPOSITORIES).ok
    assert limited.get("/1.0/groups/acme").ok
    assert limited.get(f"{WORKSPACE}/members").status_code == 429


def test_credentials_have_budgets_of_their_own(limited: Reader) -> None:
    """What one spends is not taken from another."""
    assert spend(limited) == [200, 200, 200, 429]
    limited.credential = DEMO.access_token
    assert limited.get(WORKSPACE).ok


def test_who_is_refused_spends_nothing(limited: Reader) -> None:
    """401 is before the budget."""
    limited.credential = None
    assert spend(limited) == [401, 401, 401, 401]
    limited.credential = DEMO.api_token
    assert limited.get(WORKSPACE).ok


def test_repositories_say_how_much_is_left(serve: Callable[..., Reader], world: World) -> None:
    """Scaled resources have headers, which warn under a fifth; others have none."""
    reader = serve(world, behaviour=Behaviour(hourly_limit=10))
    answers = [reader.get(REPOSITORIES) for _ in range(10)]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"10"}
    assert {answer.headers["X-RateLimit-Resource"] for answer in answers} == {"/2.0/repositories"}
    near = [answer.headers["X-RateLimit-NearLimit"] for answer in answers]
    assert near == ["false"] * 8 + ["true"] * 2
    assert "X-RateLimit-Limit" not in reader.get(WORKSPACE).headers


@pytest.mark.parametrize(("seats", "limit"), [(100, 1000), (130, 1300), (1500, 10_000)])
def test_the_budget_for_repositories_grows_with_the_seats(
    serve: Callable[..., Reader], world: World, seats: int, limit: int
) -> None:
    """Ten more for each seat over a hundred, ten thousand at most."""
    for number in range(seats - len(world.memberships)):
        world.add_member(f"Person {number}")
    reader = serve(world, behaviour=Behaviour())
    assert reader.get(REPOSITORIES).headers["X-RateLimit-Limit"] == str(limit)


def test_the_budget_may_not_grow(serve: Callable[..., Reader], world: World) -> None:
    """Workspaces that do not pay have one limit for everything, and no headers."""
    reader = serve(world, behaviour=Behaviour(hourly_limit=3, scaled_limits=False))
    assert spend(reader, REPOSITORIES) == [200, 200, 200, 429]
    assert "X-RateLimit-Limit" not in reader.get(REPOSITORIES).headers


def test_limits_may_change_at_any_time(limited: Reader) -> None:
    """And be forgotten, in process."""
    budget = limited.served.sandbox.budget
    assert spend(limited) == [200, 200, 200, 429]
    budget.hourly_limit = 4
    assert limited.get(WORKSPACE).ok
    budget.reset()
    assert limited.get(WORKSPACE).ok
    budget.hourly_limit = None
    assert spend(limited) == [200, 200, 200, 200]


def test_calls_are_counted_by_resource(limited: Reader) -> None:
    """In process and over HTTP; asking for the count is no call."""
    calls = limited.served.sandbox.calls
    spend(limited)
    limited.get("/2.0/workspaces/acme/members/557058:nobody")
    limited.get("/nowhere")
    expected = {
        "GET /2.0/workspaces/{workspace}": 4,
        "GET /2.0/workspaces/{workspace}/members/{member}": 1,
        "GET unknown": 1,
    }
    assert calls.by_resource == expected
    assert calls.total == 6
    limited.credential = None
    assert limited.read("/sandbox/calls") == {"total": 6, "by_resource": expected, "writes": []}
    url = f"{limited.served.url}/sandbox/calls"
    assert limited.session.delete(url, timeout=10).status_code == 204
    assert limited.read("/sandbox/calls") == {"total": 0, "by_resource": {}, "writes": []}
