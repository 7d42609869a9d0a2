"""Pushing events to a receiver, one after the other, from one process of a fleet."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from gateway.directory.jobs import Leasing
from gateway.events.receiver import Delivery, Outcome, Receiver
from gateway.events.tokens import Signer
from gateway.mirror.event_records import EventSet, FeedState
from gateway.mirror.mirror import Mirror

_LOG = structlog.get_logger(__name__)

#: The lease of the one process of a fleet that pushes.
_LEASES = frozenset({"event push"})
_LEASE_LIFETIME = timedelta(seconds=60)
#: As many events are looked up at once.
_AT_ONCE = 50
#: The pauses before an event is sent again grow from one to the other, each twice the last.
_SHORTEST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
_LONGEST_ASKED_FOR = timedelta(hours=1)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Pusher:
    """
    Pushes on a thread of its own; what was not taken stays in the database, and is sent again.

    Attributes:
        mirror: Where the events are.
        signer: Signs them.
        receiver: Where they go.
        lifetime: How old an event may grow.
        now: The time, with its zone.
        stopping: Set when the process ends.
        look_seconds: How often it looks whether there is something to send.
    """

    mirror: Mirror
    signer: Signer
    receiver: Receiver
    lifetime: timedelta
    now: Callable[[], datetime]
    stopping: threading.Event = field(default_factory=threading.Event)
    look_seconds: float = 1.0

    def start(self) -> threading.Thread:
        """Begin, on a thread that does not keep the process from ending, and return it."""
        thread = threading.Thread(target=self._run, name="event-push", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        leasing = Leasing(self.mirror, str(uuid4()), self.now, _LEASE_LIFETIME)
        while not self.stopping.wait(self.look_seconds):
            try:
                if self._next() and leasing.acquire(_LEASES):
                    with leasing.renewing(lambda: _LEASES):
                        self.push()
                    leasing.release(_LEASES)
            except Exception:  # noqa: BLE001 - whatever it was, the next look may go well
                _LOG.exception("events.push_failed")

    def push(self) -> None:
        """Send what is to be sent, the oldest first, until one is not taken."""
        while not self.stopping.is_set():
            events = self._next()
            if not events:
                return
            for event in events:
                if self.stopping.is_set() or not self._send(event):
                    return

    def _next(self) -> list[EventSet]:
        """Return what is to be sent now."""
        now = self.now()
        with self.mirror.reading() as snapshot:
            events = snapshot.events.pending(_AT_ONCE, since=now - self.lifetime)
            if not events:
                return []
            state = snapshot.events.state() or FeedState()
        # What is put off for longer than ever is of before the clock was put back.
        is_put_off = state.retry_at is not None and now < state.retry_at <= now + _LONGEST_ASKED_FOR
        return [] if is_put_off else list(events)

    def _send(self, event: EventSet) -> bool:
        """Send one event, and return whether it is done with."""
        delivery = self.receiver.send(self.signer.sign(event))
        is_done = delivery.outcome is not Outcome.LATER
        with self.mirror.delivering() as records:
            state = records.state() or FeedState()
            if is_done:
                records.acknowledge([event.jti])
            if not is_done:
                pause = _pause(state.failures, delivery)
                records.postpone(failures=state.failures + 1, retry_at=self.now() + pause)
            elif state.failures:
                records.postpone(failures=0, retry_at=None)
        if delivery.outcome is Outcome.REFUSED:
            _LOG.error("events.refused", jti=event.jti, code=delivery.reason)
        elif not is_done:
            _LOG.warning("events.not_taken", jti=event.jti, reason=delivery.reason)
        return is_done


def _pause(failures: int, delivery: Delivery) -> timedelta:
    """Return how long to wait after an event was not taken once more."""
    grown = _SHORTEST_PAUSE * (1 << min(failures, _MOST_DOUBLINGS))
    asked_for = timedelta(seconds=delivery.retry_after_seconds)
    return max(min(grown, _LONGEST_PAUSE), min(asked_for, _LONGEST_ASKED_FOR))
