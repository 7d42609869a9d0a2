"""How many requests were made within a minute, counted by all processes together."""

import time
from collections.abc import Callable, Iterable
from math import ceil, inf
from mmap import mmap
from typing import NamedTuple

from gateway.web.turns import Turn

_MINUTE_SECONDS = 60
#: A count is when its minute began, and the requests since.
_NUMBERS = 2
_NUMBER_BYTES = 8


class Allowance(NamedTuple):
    """
    What a caller may ask.

    Attributes:
        is_spent: Whether the request at hand is one too many.
        remaining: How many more may come before the minute is over.
        reset_seconds: In how many seconds that is, at least 1.
    """

    is_spent: bool
    remaining: int
    reset_seconds: int


class RequestCounter:
    """
    Counts the requests of each caller, and says which one is too many.

    A caller's minute begins with its first request. The processes that are forked after this was
    made count together; a clock that all of them read the same is needed, which that of
    :func:`time.monotonic` is on one machine.

    Args:
        limit: How many requests a minute may have.
        callers: The names of the callers. All who have none are one more, together.
        clock: The time in seconds, from any moment.
    """

    def __init__(
        self, limit: int, callers: Iterable[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = limit
        names = [None, *callers]
        self._places = {name: _NUMBERS * number for number, name in enumerate(names)}
        # Memory of no file, which forked processes share.
        memory = mmap(-1, _NUMBERS * _NUMBER_BYTES * len(names))
        self._numbers = memoryview(memory).cast("d")
        for place in self._places.values():
            self._numbers[place] = -inf
        self._turn = Turn()
        self._clock = clock

    def take(self, caller: str | None) -> Allowance:
        """Count a request of *caller*; of those who have no name for None."""
        began_at = self._places[caller]
        made_at = began_at + 1
        numbers = self._numbers
        with self._turn:
            now = self._clock()
            left_seconds = numbers[began_at] + _MINUTE_SECONDS - now
            if left_seconds <= 0:
                numbers[made_at], numbers[began_at] = 0, now
                left_seconds = _MINUTE_SECONDS
            made = int(numbers[made_at]) + 1
            if made > self.limit:
                return Allowance(is_spent=True, remaining=0, reset_seconds=ceil(left_seconds))
            numbers[made_at] = made
        return Allowance(
            is_spent=False, remaining=self.limit - made, reset_seconds=ceil(left_seconds)
        )
