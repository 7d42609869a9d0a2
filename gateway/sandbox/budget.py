"""How many calls are left: a rolling hour for each credential and each group of resources."""

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.sandbox.errors import too_many_requests

HOUR_SECONDS = 3600
SEATS_INCLUDED = 100
CALLS_FOR_EACH_SEAT_MORE = 10
SCALED_CEILING = 10_000
NEAR_LIMIT_SHARE = 0.2


@dataclass(slots=True)
class Budget:
    """
    What each credential has spent.

    Attributes:
        hourly_limit: Calls in a rolling hour; None for no limit. May be changed at any time.
        retry_after: Whether a refusal says when to come back.
    """

    hourly_limit: int | None
    clock: Callable[[], float]
    retry_after: bool = True
    _spent: dict[tuple[str, str], deque[float]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def spend(self, identity: str, group: str, *, seats: int | None) -> Mapping[str, str]:
        """
        Take one call from the budget of *identity* for *group*.

        Args:
            identity: Who calls.
            group: The resources that share one counter.
            seats: The workspace's seats where the limit grows with them, else None.

        Returns:
            The ``X-RateLimit-*`` headers of the answer, where the limit grows with the seats.

        Raises:
            Refusal: 429 when nothing is left.
        """
        if self.hourly_limit is None:
            return {}
        limit = self.hourly_limit if seats is None else _scaled(self.hourly_limit, seats)
        with self._lock:
            now = self.clock()
            spent = self._spent.setdefault((identity, group), deque())
            while spent and spent[0] <= now - HOUR_SECONDS:
                spent.popleft()
            if len(spent) >= limit:
                wait = math.ceil(spent[0] + HOUR_SECONDS - now) if spent else HOUR_SECONDS
                raise too_many_requests(max(1, wait) if self.retry_after else None)
            spent.append(now)
            left = limit - len(spent)
        if seats is None:
            return {}
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Resource": group,
            "X-RateLimit-NearLimit": "true" if left < limit * NEAR_LIMIT_SHARE else "false",
        }

    def reset(self) -> None:
        """Forget what was spent."""
        with self._lock:
            self._spent.clear()


def _scaled(limit: int, seats: int) -> int:
    more = CALLS_FOR_EACH_SEAT_MORE * max(0, seats - SEATS_INCLUDED)
    return max(limit, min(SCALED_CEILING, limit + more))
