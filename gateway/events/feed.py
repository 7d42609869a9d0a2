"""Polling for events (RFC 8936)."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from gateway.events.refusals import OF_THE_SET_UP, code_of
from gateway.events.tokens import Signer
from gateway.mirror.event_records import EventSet
from gateway.mirror.mirror import Mirror
from gateway.scim.errors import Unsupported
from gateway.scim.polling import Poll, Polled

_LOG = structlog.get_logger(__name__)

#: The most tokens in one answer.
MOST: Final = 100
#: As many codes are shown in one line of the log: a receiver makes them up.
_MOST_CODES = 10
#: How often a poll that waits looks whether something changed.
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Feed:
    """
    Answers those who poll, until they acknowledge what they were told.

    Attributes:
        mirror: Where the events are.
        signer: Signs them.
        lifetime: How old an event may grow.
        now: The time, with its zone.
        wait: Waits for some seconds; returns whether the process is to end.
        is_pushed: Whether the events are pushed, and not to be had by polling.
        longest_wait_seconds: How long a poll waits for an event, unless it does not want to.
    """

    mirror: Mirror
    signer: Signer
    lifetime: timedelta
    now: Callable[[], datetime]
    wait: Callable[[float], bool]
    is_pushed: bool = False
    longest_wait_seconds: float = 5
    # A poll that waits keeps a thread from serving others: one at a time may.
    _waiting: threading.Lock = field(default_factory=threading.Lock)

    def poll(self, poll: Poll) -> Polled:
        """
        Answer a request for events.

        Raises:
            Unsupported: They are pushed.
        """
        if self.is_pushed:
            raise Unsupported(
                "Events are pushed to the receiver that is configured here; there are none to poll."
            )
        self._settle(poll)
        most = MOST if poll.most is None else min(poll.most, MOST)
        found = self._pending(most + 1)
        if not found and most and not poll.at_once:
            found = self._awaited(most + 1)
        return Polled({e.jti: self.signer.sign(e) for e in found[:most]}, len(found) > most)

    def keys(self) -> Mapping[str, object]:
        """Return the public keys, as a JWK Set (RFC 7517 §5)."""
        return self.signer.keys()

    def _settle(self, poll: Poll) -> None:
        """Forget what the receiver is done with; what can be mended between us is told again."""
        kept = {jti for jti, code in poll.refused.items() if code in OF_THE_SET_UP}
        done = {*poll.taken, *poll.refused} - kept
        if done:
            with self.mirror.delivering() as records:
                gone = records.acknowledge(done)
            if refused := gone & poll.refused.keys():
                _LOG.error("events.refused", codes=_codes(poll, refused))
        if kept:
            with self.mirror.reading() as snapshot:
                there = snapshot.events.known(kept)
            if there:
                _LOG.warning("events.not_taken", codes=_codes(poll, there))

    def _pending(self, most: int) -> Sequence[EventSet]:
        with self.mirror.reading() as snapshot:
            return snapshot.events.pending(most, since=self.now() - self.lifetime)

    def _awaited(self, most: int) -> Sequence[EventSet]:
        if not self._waiting.acquire(blocking=False):
            return ()
        try:
            looked_at = None
            for _ in range(round(self.longest_wait_seconds / _LOOK_SECONDS)):
                # Before the look: what is written meanwhile is another revision.
                revision = self.mirror.revision()
                if revision != looked_at:
                    looked_at = revision
                    if found := self._pending(most):
                        return found
                if self.wait(_LOOK_SECONDS):
                    break
            return ()
        finally:
            self._waiting.release()


def _codes(poll: Poll, jtis: Collection[str]) -> dict[str, int]:
    """Return for how many of those events the receiver gave which reason, the most frequent."""
    return dict(Counter(code_of(poll.refused[jti]) for jti in jtis).most_common(_MOST_CODES))
