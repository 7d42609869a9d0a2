"""How many calls something took."""

from threading import Lock


class CallCounter:
    """
    Counts HTTP attempts, retries and token requests among them.

    It may be handed to any number of threads that work on the same thing.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0

    @property
    def count(self) -> int:
        """The attempts so far."""
        return self._count

    def add(self) -> None:
        """Count one attempt."""
        with self._lock:
            self._count += 1
