"""What answers say of the budget of calls."""

from datetime import UTC, datetime, timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.credentials import Kind
from gateway.bitbucket.quota import Heard, Quota, ResourceGroup
from gateway.bitbucket.rate_limits import RateLimits

QUOTA = Quota(Kind.API_TOKEN, ResourceGroup.V2)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def answer(status: int = 200, **headers: str) -> Answer:
    """Return an answer with these headers, their dashes written as underscores."""
    request = Request(
        method="GET", url="https://api.example/2.0/x", resource="/2.0/x", path="/2.0/x"
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(request, status, CaseInsensitiveDict(named), b"")


@pytest.mark.parametrize(
    ("heard", "news"),
    [
        (answer(), None),
        (answer(X_RateLimit_Limit="1000", X_RateLimit_NearLimit="false"), None),
        (answer(X_RateLimit_Limit="2500"), Heard(hourly_limit=2500)),
        (answer(x_ratelimit_nearlimit="True"), Heard(is_near_limit=True)),
        (answer(X_RateLimit_Limit="0"), None),
        (answer(X_RateLimit_Limit="-5", X_RateLimit_NearLimit="maybe"), None),
        (answer(X_RateLimit_Limit="9" * 30), None),
        (answer(X_RateLimit_Limit="1e3"), None),
        (answer(429, Retry_After="90"), Heard(blocked_until=NOON + timedelta(seconds=90))),
        (answer(429, Retry_After="9" * 30), Heard(blocked_until=NOON + HOUR)),
        (answer(429), Heard(blocked_until=NOON + MINUTE)),
        (answer(429, Retry_After="soon"), Heard(blocked_until=NOON + MINUTE)),
        (answer(503, Retry_After="90"), None),
    ],
)
def test_what_an_answer_says_of_the_budget(heard: Answer, news: Heard | None) -> None:
    """Only what is new is told, and what makes no sense is passed over."""
    assert RateLimits().news(QUOTA, heard, now=NOON) == news


def test_what_was_told_is_not_told_again() -> None:
    """Most answers say what the one before said."""
    limits = RateLimits()
    scaled = answer(X_RateLimit_Limit="2500", X_RateLimit_NearLimit="true")
    assert limits.news(QUOTA, scaled, now=NOON) == Heard(hourly_limit=2500, is_near_limit=True)
    assert limits.news(QUOTA, scaled, now=NOON) is None
    relaxed = answer(X_RateLimit_Limit="2500", X_RateLimit_NearLimit="false")
    assert limits.news(QUOTA, relaxed, now=NOON) == Heard(is_near_limit=False)


def test_who_is_refused_without_a_word_asks_less_and_less_often() -> None:
    """A minute is left, then two, up to an hour; any other answer begins anew."""
    limits = RateLimits()
    now = NOON
    pauses = []
    for _ in range(8):
        news = limits.news(QUOTA, answer(429), now=now)
        assert news is not None
        assert news.blocked_until is not None
        pauses.append((news.blocked_until - now) / MINUTE)
        now = news.blocked_until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    limits.news(QUOTA, answer(200), now=now)
    assert limits.news(QUOTA, answer(429), now=now) == Heard(blocked_until=now + MINUTE)


def test_calls_that_were_under_way_together_are_refused_as_one() -> None:
    """Eight refusals at once are no reason to wait eight times."""
    limits = RateLimits()
    news = [limits.news(QUOTA, answer(429), now=NOON) for _ in range(8)]
    assert news == [Heard(blocked_until=NOON + MINUTE), *[None] * 7]
