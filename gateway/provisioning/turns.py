"""Whose turn it is to change what."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gateway.directory.jobs import Leasing
from gateway.mirror.leases import LeaseRecords
from gateway.scim.errors import Unavailable

_POLL_SECONDS: Final = 0.05
_RETRY_SECONDS: Final = 5


class TurnLost(Unavailable):
    """Somebody else has been given the turn, and may have changed what a change rests on."""

    def __init__(self) -> None:
        super().__init__(
            "The database kept this request waiting for so long that another one was given its "
            "turn to change the same.",
            retry_after_seconds=_RETRY_SECONDS,
        )


@dataclass(slots=True)
class Turns:
    """
    What one request has the turn of.

    Attributes:
        leasing: Keeps others from having the same.
        longest_wait_seconds: How long it waits for them.
    """

    leasing: Leasing
    longest_wait_seconds: float
    _held: frozenset[str] = frozenset()

    @contextmanager
    def of(self, *names: str) -> Iterator[None]:
        """
        Wait until nobody else changes what *names* stand for, and have the turn in the block.

        A turn can be lost all the same: whoever relies on it keeps it, in the same transaction.

        Raises:
            Unavailable: Somebody else takes too long.
        """
        wanted = frozenset(f"write {name}" for name in names) - self._held
        if not wanted:
            yield
            return
        before = self._held
        try:
            self._take(wanted)
            self._held = before | wanted
            with self.leasing.renewing(lambda: wanted):
                yield
        finally:
            self._held = before
            self.leasing.release(wanted)

    def keep(self, leases: LeaseRecords) -> None:
        """
        Have all turns for longer, in a transaction in which nobody else can take one.

        Raises:
            TurnLost: Somebody else has had one of them meanwhile.
        """
        if self._held and self.leasing.renew(self._held, leases) != self._held:
            raise TurnLost

    def _take(self, wanted: frozenset[str]) -> None:
        deadline = time.monotonic() + self.longest_wait_seconds
        while self.leasing.acquire(wanted) != wanted:
            # All or none, so that two that want the same never wait for one another.
            self.leasing.release(wanted)
            if time.monotonic() > deadline:
                raise Unavailable(
                    "Another request is changing the same resource. Nothing was changed; send "
                    "it again.",
                    retry_after_seconds=_RETRY_SECONDS,
                )
            time.sleep(_POLL_SECONDS)
