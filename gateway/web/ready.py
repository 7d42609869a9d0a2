"""Answers that are given again as they are, as long as what they rest on is the same."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from cachetools import LRUCache
from flask import g, request

from gateway.scim.freshness import Provenance

#: How many bytes of answers a process keeps.
_MOST_BYTES = 32 << 20
#: What an answer takes besides its body, roughly.
_BYTES_BESIDES = 2_000

Key: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """
    An answer, apart from what changes by the second.

    Attributes:
        body: Its body.
        provenance: How it was come by.
        headers: The headers that are its own.
        version: The entity tag of the one resource in it; None of a list.
    """

    body: bytes
    provenance: Provenance
    headers: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """
    An answer as it is given now.

    Attributes:
        made: The answer as it was made.
        older_seconds: How long ago that was.
    """

    made: Made
    older_seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    made: Made
    revision: int
    at: float


class ReadyAnswers:
    """
    The answers of one process to what was asked lately.

    An answer is given again while its handler's revision is the one it was made at, and while it
    is young enough for who says nothing of its age: so never one that anything has changed of.

    Args:
        most_bytes: How many bytes of answers are kept.
        clock: The time in seconds, from any moment.
    """

    def __init__(
        self, most_bytes: int = _MOST_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept: LRUCache[Key, _Kept] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = Lock()
        self._clock = clock

    def answer(self, revision: Callable[[], int], make: Callable[[], Made]) -> Given:
        """
        Return the answer to the request at hand: a kept one, or else what *make* returns.

        Args:
            revision: Returns what changes with everything that an answer rests on.
            make: Answers anew; its errors are raised.
        """
        key = _key()
        if key is None:
            return Given(make())
        # Before the answer is made: what changes meanwhile makes it one of yesterday.
        current = revision()
        with self._lock:
            kept = self._kept.get(key)
        now = self._clock()
        if kept is not None and kept.revision == current:
            older = int(now - kept.at)
            if older <= kept.made.provenance.ttl_seconds:
                return Given(kept.made, older)
        made = make()
        if _is_for_others(made.provenance):
            with self._lock:
                self._kept[key] = _Kept(made, current, now)
        return Given(made)


def _key() -> Key | None:
    """Return all of the request that its answer depends on; None if it says how old that may be."""
    environ = request.environ
    if "HTTP_CACHE_CONTROL" in environ:
        return None
    names = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
    # A cursor is of use to nobody but who was given it.
    return (g.token, *(environ.get(name) for name in names))


def _is_for_others(provenance: Provenance) -> bool:
    """Tell whether the next who asks is answered the same: what was read for it was read."""
    return not provenance.calls and not provenance.detail and provenance.ttl_seconds > 0


def _size(kept: _Kept) -> int:
    return len(kept.made.body) + _BYTES_BESIDES
