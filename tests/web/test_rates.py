"""How many requests a caller has made within its minute."""

from dataclasses import dataclass

import pytest

from gateway.web.rates import Allowance, RequestCounter


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """It stands still."""
    return Clock()


@pytest.fixture
def counter(clock: Clock) -> RequestCounter:
    """Three requests a minute for each of two."""
    return RequestCounter(3, ["ann", "bob"], clock)


def test_the_last_request_of_a_minute_is_allowed_and_the_next_is_not(
    counter: RequestCounter,
) -> None:
    """What remains is told with each."""
    taken = [counter.take("ann") for _ in range(5)]
    assert [each.is_spent for each in taken] == [False, False, False, True, True]
    assert [each.remaining for each in taken] == [2, 1, 0, 0, 0]


def test_a_minute_begins_with_the_first_request(counter: RequestCounter, clock: Clock) -> None:
    """And is sixty seconds long, whatever comes within; seconds are rounded up."""
    resets = []
    for clock.now in (1000, 1000.2, 1059.9, 1059.95):
        allowance = counter.take("ann")
        resets.append(allowance.reset_seconds)
    assert resets == [60, 60, 1, 1]
    assert allowance.is_spent

    clock.now = 1060
    assert counter.take("ann") == Allowance(is_spent=False, remaining=2, reset_seconds=60)


def test_waiting_as_long_as_one_is_told_is_long_enough(
    counter: RequestCounter, clock: Clock
) -> None:
    """The next request is allowed then."""
    for clock.now in (1000.7, 1001, 1002, 1003.3):
        refused = counter.take("ann")
    assert refused.is_spent
    clock.now += refused.reset_seconds
    assert not counter.take("ann").is_spent


def test_requests_that_are_too_many_are_not_held_against_their_caller(
    counter: RequestCounter, clock: Clock
) -> None:
    """Who goes on asking is let in when the minute is over, as who waits is."""
    for clock.now in range(1000, 1060):
        counter.take("ann")
    clock.now = 1060
    assert counter.take("ann").remaining == 2


def test_callers_are_counted_apart(counter: RequestCounter) -> None:
    """Those who have no name are one."""
    for _ in range(4):
        counter.take(None)
    counter.take("ann")
    left = [counter.take(each).remaining for each in ("ann", "bob", None)]
    assert left == [1, 2, 0]


def test_a_clock_may_begin_anywhere() -> None:
    """That of a machine that has just started is below a minute."""
    clock = Clock(0.5)
    counter = RequestCounter(1, ["ann"], clock)
    assert counter.take("ann") == Allowance(is_spent=False, remaining=0, reset_seconds=60)
