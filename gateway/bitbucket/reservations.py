"""The calls that one process has reserved, and how many it reserves next."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from gateway.bitbucket.quota import Quota, Reservation, Urgency

#: The most calls that are reserved at a time.
_LARGEST: Final = 20

#: Whose reservations a call may use up: somebody who waits takes what the background left, too.
_SOURCES: Final[Mapping[Urgency, tuple[Urgency, ...]]] = {
    Urgency.INTERACTIVE: (Urgency.INTERACTIVE, Urgency.BACKGROUND),
    Urgency.BACKGROUND: (Urgency.BACKGROUND,),
}


class Reservations:
    """What is reserved and not yet used up; its user sees to it that one thread at a time does."""

    def __init__(self) -> None:
        self._left: dict[tuple[Quota, Urgency], Reservation] = {}
        self._sizes: dict[tuple[Quota, Urgency], int] = {}

    def take(self, quota: Quota, urgency: Urgency, *, minute: datetime) -> bool:
        """Use up one call that was reserved in *minute*; return whether there was one."""
        for source in _SOURCES[urgency]:
            reserved = self._left.get((quota, source))
            if reserved is not None and reserved.minute == minute and reserved.calls:
                self._left[quota, source] = replace(reserved, calls=reserved.calls - 1)
                return True
        return False

    def next_size(self, quota: Quota, urgency: Urgency, *, minute: datetime) -> int:
        """
        Return how many calls to reserve next.

        It is one at first, and twice as many whenever they were used up within their minute: who
        is killed, or falls asleep, has wasted no more than it had used.
        """
        used_up = self._left.get((quota, urgency))
        if used_up is None or used_up.minute != minute:
            return 1
        return min(_LARGEST, 2 * self._sizes[quota, urgency])

    def add(self, reservation: Reservation, urgency: Urgency) -> None:
        """Keep *reservation* in the place of one that is used up."""
        self._left[reservation.quota, urgency] = reservation
        self._sizes[reservation.quota, urgency] = reservation.calls

    def drop(self, is_over: Callable[[Reservation], bool]) -> list[Reservation]:
        """Forget those that are over, and return those of them that hold calls."""
        over = [key for key, reservation in self._left.items() if is_over(reservation)]
        return [reservation for key in over if (reservation := self._left.pop(key)).calls]
