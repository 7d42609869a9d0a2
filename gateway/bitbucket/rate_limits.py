"""What answers say of the budget of calls: ``X-RateLimit-*``, 429 and ``Retry-After``."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from gateway.bitbucket.answers import Answer
from gateway.bitbucket.quota import Heard, Quota, Standing

#: How long nothing is asked after a 429 that does not say: doubled each time, up to the longest.
_FIRST_BLOCK_SECONDS: Final = 60
_MOST_DOUBLINGS: Final = 6
#: In an hour every budget is new, whatever Bitbucket said.
_LONGEST_BLOCK_SECONDS: Final = 3600
#: Bitbucket's largest limit is 10,000: what is much longer is taken for a mistake.
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


class RateLimits:
    """What Bitbucket said lately, so that only what is new is told."""

    def __init__(self) -> None:
        self._known: dict[Quota, Standing] = {}
        #: How often in a row Bitbucket refused without saying until when.
        self._silent_refusals: dict[Quota, int] = {}

    def know(self, quota: Quota, standing: Standing) -> None:
        """Take note of what is known of *quota*."""
        self._known[quota] = standing

    def news(self, quota: Quota, answer: Answer, *, now: datetime) -> Heard | None:
        """Return what *answer* says of *quota* that was not known; None if that is nothing."""
        known = self._known.get(quota, Standing())
        limit, near, block = _limit(answer), _is_near(answer), self._block(quota, answer, now)
        news = Heard(
            hourly_limit=None if limit == known.hourly_limit else limit,
            is_near_limit=None if near == known.is_near_limit else near,
            blocked_until=block,
        )
        self._known[quota] = known.after(news)
        return None if self._known[quota] == known else news

    def _block(self, quota: Quota, answer: Answer, now: datetime) -> datetime | None:
        """Return until when nothing is to be asked after *answer*."""
        if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._silent_refusals.pop(quota, None)
            return None
        seconds = answer.retry_after_seconds
        if seconds is None:
            # What was under way when the first was refused is refused too: no reason to wait more.
            if self._known.get(quota, Standing()).is_blocked(now):
                return None
            before = self._silent_refusals.get(quota, 0)
            self._silent_refusals[quota] = before + 1
            seconds = _FIRST_BLOCK_SECONDS * 2 ** min(before, _MOST_DOUBLINGS)
        return now + timedelta(seconds=min(seconds, _LONGEST_BLOCK_SECONDS))


def _limit(answer: Answer) -> int | None:
    text = answer.headers.get("X-RateLimit-Limit", "").strip()
    return int(text) or None if _NUMBER.fullmatch(text) else None


def _is_near(answer: Answer) -> bool | None:
    return _FLAGS.get(answer.headers.get("X-RateLimit-NearLimit", "").strip().lower())
