"""What goes wrong on purpose, on the wire as in the answer."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
import requests

from gateway.sandbox import Behaviour, Fault, FaultKind, Faults, World
from tests.sandbox.reader import Reader

WORKSPACE = "/2.0/workspaces/acme"


@pytest.fixture
def reader(serve: Callable[..., Reader], world: World) -> Reader:
    """A Bitbucket in which nothing is wrong yet."""
    return serve(world)


@pytest.fixture
def faults(reader: Reader) -> Faults:
    """What will go wrong there."""
    return reader.served.sandbox.faults


@pytest.mark.parametrize("status", [500, 503, 429])
def test_errors_have_a_body(reader: Reader, faults: Faults, status: int) -> None:
    """Once, unless more was planned."""
    faults.plan(str(status), retry_after_seconds=7)
    refused = reader.get(WORKSPACE)
    assert refused.status_code == status
    assert refused.headers["Retry-After"] == "7"
    assert refused.json()["type"] == "error"
    assert reader.get(WORKSPACE).ok


def test_errors_may_not_say_when_to_come_back(reader: Reader, faults: Faults) -> None:
    """``Retry-After`` comes only when planned."""
    faults.plan("429")
    assert "Retry-After" not in reader.get(WORKSPACE).headers


def test_a_page_for_people_in_the_place_of_json(reader: Reader, faults: Faults) -> None:
    """200, and HTML."""
    faults.plan("html")
    answer = reader.get(WORKSPACE)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_reset_is_a_reset(reader: Reader, faults: Faults) -> None:
    """The connection is torn down before any answer, and the next one works."""
    faults.plan("reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        reader.get(WORKSPACE)
    assert reader.get(WORKSPACE).ok


def test_a_truncated_answer_ends_early(reader: Reader, faults: Faults) -> None:
    """Less comes than ``Content-Length`` said."""
    faults.plan("truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        reader.get(WORKSPACE)
    assert reader.get(WORKSPACE).ok


def test_a_timeout_says_nothing(reader: Reader, faults: Faults) -> None:
    """The call is taken and never answered."""
    faults.plan("timeout")
    with pytest.raises(requests.ReadTimeout):
        reader.session.get(f"{reader.served.url}{WORKSPACE}", timeout=0.2)
    assert reader.get(WORKSPACE).ok


def test_who_waits_long_enough_is_dropped(reader: Reader, faults: Faults) -> None:
    """After ``stall_seconds`` the connection goes."""
    faults.stall_seconds = 0.05
    faults.plan("timeout")
    with pytest.raises(requests.ConnectionError):
        reader.get(WORKSPACE)


def test_a_plan_is_for_some_calls(reader: Reader, faults: Faults) -> None:
    """By path and method, after so many and so many times."""
    faults.plan("503", "/2.0/workspaces/*/members", method="GET", times=2, skip=1)
    assert reader.get(WORKSPACE).ok
    members = [reader.get(f"{WORKSPACE}/members").status_code for _ in range(5)]
    assert members == [200, 503, 503, 200, 200]
    assert faults.pending() == ()


def test_plans_come_true_in_order(reader: Reader, faults: Faults) -> None:
    """One after the other."""
    for kind in ("500", "503"):
        faults.plan(kind)
    assert [reader.get(WORKSPACE).status_code for _ in range(3)] == [500, 503, 200]


def test_failures_are_calls(reader: Reader, faults: Faults) -> None:
    """Bitbucket was called, whatever became of the answer."""
    faults.plan("reset")
    with pytest.raises(requests.ConnectionError):
        reader.get(WORKSPACE)
    assert reader.served.sandbox.calls.total == 1


def test_faults_are_planned_over_http(reader: Reader, faults: Faults) -> None:
    """Seen, and cleared."""
    url = f"{reader.served.url}/sandbox/faults"
    planned = {
        "kind": "503",
        "path": "/2.0/*",
        "method": "*",
        "times": 3,
        "skip": 0,
        "after": False,
    }
    assert requests.post(url, json=planned, timeout=10).status_code == 201
    assert requests.get(url, timeout=10).json() == {"planned": [planned]}
    assert faults.pending() == (Fault(FaultKind.UNAVAILABLE, "/2.0/*", times=3),)
    assert reader.get(WORKSPACE).status_code == 503
    assert requests.delete(url, timeout=10).status_code == 204
    assert reader.get(WORKSPACE).ok


@pytest.mark.parametrize(
    "asked",
    [None, [], {}, {"kind": "404"}, {"kind": "500", "times": -1}, {"kind": "500", "skip": "x"}],
)
def test_what_is_no_plan_is_refused(reader: Reader, asked: object) -> None:
    """400."""
    url = f"{reader.served.url}/sandbox/faults"
    assert requests.post(url, json=asked, timeout=10).status_code == 400


def test_chance_can_be_repeated() -> None:
    """The same seed fails the same calls, about as many as the rate says, in every way."""

    def drawn(seed: int) -> list[FaultKind | None]:
        faults = Faults(rate=0.3, seed=seed)
        fates = [faults.draw("GET", "/") for _ in range(2000)]
        return [fate.kind if fate else None for fate in fates]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    failed = [kind for kind in drawn(1) if kind]
    assert 500 < len(failed) < 700
    assert set(failed) == set(FaultKind)


def test_chance_can_be_called_off(serve: Callable[..., Reader], world: World) -> None:
    """``clear`` ends all trouble."""
    faults = Faults(rate=1, kinds=[FaultKind.UNAVAILABLE])
    reader = serve(world, faults=faults)
    assert reader.get(WORKSPACE).status_code == 503
    faults.clear()
    assert reader.get(WORKSPACE).ok


def test_answers_take_their_time(serve: Callable[..., Reader], world: World) -> None:
    """At least the latency asked for."""
    reader = serve(world, behaviour=Behaviour(latency_seconds=0.05))
    moments = [time.monotonic()]
    for _ in range(3):
        reader.get(WORKSPACE)
        moments.append(time.monotonic())
    assert all(after - before >= 0.05 for before, after in pairwise(moments))
