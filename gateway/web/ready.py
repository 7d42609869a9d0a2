"""Answers that are given again as they are, as long as what they rest on is the same."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

from cachetools import LRUCache

from gateway.scim.freshness import Provenance
from gateway.web.answers import provenance_headers

#: How many bytes of answers a process keeps.
_MOST_BYTES = 32 << 20
#: An answer that takes more than one of so many parts of all of that is not kept: it would push
#: out too many others.
_LARGEST_PART = 4
#: What an answer takes besides its body, roughly.
_BYTES_BESIDES = 2_000

_NO_BODY = (None, "", "0")

Key: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """
    An answer, apart from what changes by the second.

    Attributes:
        body: Its body; empty where there is no such resource.
        provenance: How it was come by; None of what the service says of itself, which is never old.
        headers: The headers that are its own, with its ETag if it has one.
        endpoint: The rule of addresses that it answers to, as the log names it.
        is_once: Whether it is for one request alone: a walk that begins there may have ended.
    """

    body: bytes
    provenance: Provenance | None
    headers: Mapping[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    is_once: bool = False

    @property
    def entity_tag(self) -> str | None:
        """Its ETag; None of a page that nobody could have had before."""
        return self.headers.get("ETag")


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

    def headers(self) -> dict[str, str]:
        """Return its headers, but for those that say what a body is."""
        made = self.made
        if made.provenance is None:
            return {**made.headers}
        told = provenance_headers(made.provenance, older_seconds=self.older_seconds)
        told.update(made.headers)
        return told


@dataclass(frozen=True, slots=True)
class _Kept:
    """
    An answer, the revision it is of, what tells the revision of now, and when it was made.

    Attributes:
        size: How many bytes it takes, with the key it is kept by.
    """

    size: int
    made: Made
    revision: int
    current: Callable[[], int | None]
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
        self._kept: LRUCache[Key, _Kept] = LRUCache(most_bytes, getsizeof=lambda kept: kept.size)
        self._most_each = most_bytes // _LARGEST_PART
        self._lock = Lock()
        self._clock = clock

    def given(self, key: Key) -> Given | None:
        """Return what was answered to the request of *key*, if it still is the answer."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or kept.current() != kept.revision:
            return None
        provenance = kept.made.provenance
        if provenance is None:
            return Given(kept.made)
        older = int(self._clock() - kept.at)
        return Given(kept.made, older) if older <= provenance.ttl_seconds else None

    def answer(
        self, key: Key | None, revision: Callable[[], int | None], make: Callable[[], Made]
    ) -> Given:
        """
        Return the answer to the request of *key*: a kept one, or else what *make* returns.

        Args:
            key: See :func:`key_of`; None neither takes nor keeps one.
            revision: Returns what changes with everything that an answer rests on; None where
                that can't be told.
            make: Answers anew; its errors are raised.
        """
        given = None if key is None else self.given(key)
        if key is None or given is not None:
            return given or Given(make())
        return Given(self.anew(key, revision, make))

    def anew(self, key: Key, revision: Callable[[], int | None], make: Callable[[], Made]) -> Made:
        """Return what *make* does, and keep it; see :meth:`answer`."""
        # Before the answer is made: what changes meanwhile makes it one of yesterday.
        current, at = revision(), self._clock()
        made = make()
        if current is not None and not made.is_once and _is_for_others(made.provenance):
            size = len(made.body) + sum(len(part or "") for part in key) + _BYTES_BESIDES
            if size <= self._most_each:
                with self._lock:
                    self._kept[key] = _Kept(size, made, current, revision, at)
        return made


def key_of(environ: Mapping[str, Any], token: str | None) -> Key | None:
    """
    Return all of a request that its answer depends on.

    Returns:
        None if it says how old that may be, or has a body, which is for the framework to read.

    Args:
        environ: The request, as WSGI has it.
        token: The name of the token that opened the door; None where it is open to everyone.
    """
    if "HTTP_CACHE_CONTROL" in environ or _has_body(environ):
        return None
    names = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
    # A cursor is of use to nobody but who was given it.
    return (token, *map(environ.get, names))


def _has_body(environ: Mapping[str, Any]) -> bool:
    return environ.get("CONTENT_LENGTH") not in _NO_BODY or "HTTP_TRANSFER_ENCODING" in environ


def _is_for_others(provenance: Provenance | None) -> bool:
    """Tell whether the next who asks is answered the same: what was read for it was read."""
    if provenance is None:
        return True
    return not provenance.calls and not provenance.detail and provenance.ttl_seconds > 0
