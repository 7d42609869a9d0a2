"""One process at a time, among those that were forked from one."""

from multiprocessing import get_context
from types import TracebackType

#: Nobody holds a turn that long, unless it was killed while it did.
_LONGEST_SECONDS = 1.0


class Turn:
    """
    A lock that the processes share which are forked after it was made, and their threads.

    Who was killed while it held the lock keeps the others waiting once, for a moment: then it
    passes on. What the lock guards must bear that its holder got but half-way.

    Args:
        longest_seconds: How long a holder may hold it before it is taken for dead.
    """

    def __init__(self, longest_seconds: float = _LONGEST_SECONDS) -> None:
        # Of the context that forks: the others start a process to clean up after it.
        self._lock = get_context("fork").Lock()
        self._longest_seconds = longest_seconds

    def __enter__(self) -> None:
        if not self._lock.acquire(block=False):
            self._lock.acquire(timeout=self._longest_seconds)

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._lock.release()
        except ValueError:
            # Its holder was not dead but slow, and has given it back already.
            return
