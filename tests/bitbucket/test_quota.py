"""How many calls of a rolling hour are left, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bitbucket import resources
from gateway.bitbucket.quota import COUNTED_FOR, Heard, Standing, Urgency
from gateway.bitbucket.resources import Resource

INTERACTIVE, BACKGROUND = Urgency.INTERACTIVE, Urgency.BACKGROUND
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

standings = st.builds(
    Standing,
    spent=st.dictionaries(
        st.integers(-70, 0).map(lambda minutes: NOON + minutes * MINUTE), st.integers(0, 30)
    ),
    hourly_limit=st.integers(1, 60),
    is_near_limit=st.booleans(),
    blocked_until=st.none() | st.integers(-9, 99).map(lambda minutes: NOON + minutes * MINUTE),
)


@pytest.mark.parametrize(
    ("resource", "group"),
    [
        (resources.CURRENT_USER, "2.0"),
        (resources.MEMBERS, "2.0"),
        (resources.EFFECTIVE, "2.0"),
        (resources.PROJECT_USERS, "2.0"),
        (resources.REPOSITORIES, "repositories"),
        (resources.REPOSITORY_USERS, "repositories"),
        (resources.GROUPS, "1.0"),
        (resources.INVITATIONS, "1.0"),
    ],
    ids=lambda value: value.template if isinstance(value, Resource) else value,
)
def test_a_resource_is_in_the_group_that_its_path_begins_with(
    resource: Resource, group: str
) -> None:
    """Repositories have a budget of their own, and so has 1.0."""
    assert resource.group == group


@pytest.mark.parametrize(
    ("standing", "interactive", "background"),
    [
        (Standing(), 1000, 750),
        (Standing(is_near_limit=True), 1000, 500),
        (Standing(hourly_limit=10_000, spent={NOON: 100}), 9900, 7400),
        (Standing(hourly_limit=1), 1, 1),
        (Standing(spent={NOON: 751}), 249, 0),
        (Standing(spent={NOON: 1001}), 0, 0),
        (Standing(blocked_until=NOON + MINUTE), 0, 0),
        (Standing(blocked_until=NOON), 1000, 750),
    ],
)
def test_the_background_has_a_share(standing: Standing, interactive: int, background: int) -> None:
    """It is three quarters of the limit, half of it when that is near; who waits has all of it."""
    assert standing.left(INTERACTIVE, now=NOON) == interactive
    assert standing.left(BACKGROUND, now=NOON) == background


def test_a_call_counts_for_longer_than_an_hour() -> None:
    """The minute it was made in may have ended, and it may have been under way for another."""
    standing = Standing(hourly_limit=10, spent={NOON: 10})
    last_call_made = NOON + MINUTE
    last_moment_counted = last_call_made + HOUR + MINUTE - timedelta(microseconds=1)
    assert standing.left(INTERACTIVE, now=last_moment_counted) == 0
    assert standing.left(INTERACTIVE, now=last_moment_counted + timedelta(microseconds=1)) == 10


@given(standing=standings, calls=st.integers(1, 60), urgency=st.sampled_from(Urgency))
def test_calls_are_free_exactly_when_they_are_said_to_be(
    standing: Standing, calls: int, urgency: Urgency
) -> None:
    """Then all are left, and a moment sooner they are not."""
    calls = min(calls, standing.ceiling(urgency))
    free_at = standing.free_at(urgency, calls=calls, now=NOON)
    assert standing.left(urgency, now=free_at) >= calls
    sooner = free_at - timedelta(microseconds=1)
    assert free_at == NOON or standing.left(urgency, now=sooner) < calls


def test_more_calls_than_an_hour_has_take_hours() -> None:
    """Two thousand in the background are done in the third round of 750."""
    assert Standing().free_at(BACKGROUND, calls=750, now=NOON) == NOON
    assert Standing().free_at(BACKGROUND, calls=751, now=NOON) == NOON + COUNTED_FOR
    assert Standing().free_at(BACKGROUND, calls=2000, now=NOON) == NOON + 2 * COUNTED_FOR
    busy = Standing(spent={NOON - 10 * MINUTE: 500})
    assert busy.free_at(BACKGROUND, calls=2000, now=NOON) == NOON - 10 * MINUTE + 3 * COUNTED_FOR


@given(standing=standings, wanted=st.integers(1, 20), urgency=st.sampled_from(Urgency))
def test_a_reservation_leaves_something_to_others(
    standing: Standing, wanted: int, urgency: Urgency
) -> None:
    """It is a quarter of what is left at most, but for the last few calls, which go one by one."""
    left = standing.left(urgency, now=NOON)
    portion = standing.portion(urgency, wanted=wanted, now=NOON)
    assert (portion > 0) == (left > 0)
    assert portion <= wanted
    assert portion <= max(1, left / 4)


def test_a_block_never_ends_sooner_than_was_said() -> None:
    """Of two refusals the one that asks for more patience holds."""
    blocked = Standing().after(Heard(blocked_until=NOON + HOUR))
    assert blocked.after(Heard(blocked_until=NOON + MINUTE)) == blocked
    assert blocked.after(Heard(hourly_limit=5)).blocked_until == NOON + HOUR
