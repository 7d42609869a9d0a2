"""Keeping everything younger than an interval, with the calls that nobody else needs."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import structlog

from gateway.directory.confirmation import confirm
from gateway.directory.jobs import Leasing
from gateway.directory.synchronization import Synchronization

_LOG = structlog.get_logger(__name__)

#: The lease of the one process of a fleet that does it.
_LEASES = frozenset({"background refresh"})
_LEASE_LIFETIME = timedelta(seconds=60)
#: At what part of the interval facts are read anew, so that they never grow older than it.
_EARLY = 0.8


@dataclass(frozen=True, slots=True)
class BackgroundRefresher:
    """
    Reads in the background, on a thread of its own, in one process of a fleet at a time.

    Attributes:
        synchronization: Reads everything; its waits end when *stopping* is set.
        interval: How old facts may grow.
        stopping: Set when the process ends.
        look_seconds: How often it looks whether there is something to do.
    """

    synchronization: Synchronization
    interval: timedelta
    stopping: threading.Event = field(default_factory=threading.Event)
    look_seconds: float = 15.0

    def start(self) -> threading.Thread:
        """Begin, on a thread that does not keep the process from ending, and return it."""
        thread = threading.Thread(target=self._run, name="background-refresh", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        refresher = self.synchronization.refresher
        leasing = Leasing(refresher.mirror, str(uuid4()), refresher.now, _LEASE_LIFETIME)
        while not self.stopping.wait(self.look_seconds):
            try:
                if leasing.acquire(_LEASES):
                    with leasing.renewing(lambda: _LEASES):
                        self.refresh()
            except Exception:  # noqa: BLE001 - whatever it was, the next look may go well
                _LOG.exception("refresh.background_failed")

    def refresh(self) -> None:
        """Read what has grown old, and then ask for what was only inferred."""
        not_before = self.synchronization.refresher.now() - self.interval * _EARLY
        self.synchronization.run(not_before=not_before)
        confirm(self.synchronization, until=self.stopping.is_set)
