"""When a failed call is tried again: urllib3's Retry counts and paces, one Patience per call."""

import math
from dataclasses import dataclass
from typing import Final

from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry
from urllib3.util.retry import RequestHistory

#: What passes by itself: the budget is spent, or Bitbucket's front door fails.
_PASSING: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    How often and how long a read is tried.

    Attributes:
        retries: The attempts after the first.
        backoff_seconds: The pause before the first retry; it doubles each time, and up to as
            much again is added at random.
        longest_wait_seconds: What all the pauses of one call may come to. Bitbucket may ask for
            most of an hour: whoever waits for an answer is better told so at once.
    """

    retries: int = 3
    backoff_seconds: float = 0.5
    longest_wait_seconds: float = 60

    def begin(self, *, is_repeatable: bool, together: "Pauses | None" = None) -> "Patience":
        """
        Return the patience for one call: none at all unless it is repeatable.

        Args:
            is_repeatable: Whether the same call twice is as once.
            together: What the pauses of this call and of others may come to; None for any time.
        """
        return Patience(self, is_repeatable=is_repeatable, together=together or Pauses(math.inf))


@dataclass(slots=True)
class Pauses:
    """
    The time that the pauses of several calls, one after the other, may come to.

    Attributes:
        left_seconds: What is left of it.
    """

    left_seconds: float


class Patience:
    """The patience left for one call."""

    def __init__(self, policy: RetryPolicy, *, is_repeatable: bool, together: Pauses) -> None:
        self._left_seconds = policy.longest_wait_seconds
        self._together = together
        self._retry = Retry(
            total=policy.retries if is_repeatable else 0,
            allowed_methods=None,
            status_forcelist=_PASSING,
            backoff_factor=policy.backoff_seconds / 2,
            backoff_jitter=policy.backoff_seconds,
            # urllib3 makes no pause before a first retry: this entry lets the first look second.
            history=(RequestHistory(None, None, None, None, None),),
        )

    def after_status(self, status: int, retry_after_seconds: float | None) -> float | None:
        """Return the seconds to wait before the next attempt; None to take the answer as it is."""
        if not self._retry.is_retry("GET", status):
            return None
        return self._next(retry_after_seconds)

    def after_break(self) -> float | None:
        """Return the seconds to wait after a broken connection; None to give up."""
        return self._next(None)

    def _next(self, wanted_seconds: float | None) -> float | None:
        try:
            self._retry = self._retry.increment()
        except MaxRetryError:
            return None
        pause = self._retry.get_backoff_time() if wanted_seconds is None else wanted_seconds
        if pause > min(self._left_seconds, self._together.left_seconds):
            return None
        self._left_seconds -= pause
        self._together.left_seconds -= pause
        return pause
