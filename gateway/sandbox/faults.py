"""What goes wrong on purpose: by plan or by chance."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase


class FaultKind(StrEnum):
    """A way for an answer to fail."""

    INTERNAL_ERROR = "500"
    UNAVAILABLE = "503"
    TOO_MANY_REQUESTS = "429"
    TIMEOUT = "timeout"
    RESET = "reset"
    TRUNCATED = "truncated"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A failure of the next calls of some resources.

    Attributes:
        path: The decoded path, with ``*`` for anything.
        method: The method, or ``*``.
        times: How many calls fail.
        skip: How many are served before.
        retry_after_seconds: Sent as ``Retry-After`` with 429 and 503.
        after: Whether the call is carried out, and only its answer fails.
    """

    kind: FaultKind
    path: str = "*"
    method: str = "*"
    times: int = 1
    skip: int = 0
    retry_after_seconds: int | None = None
    after: bool = False


@dataclass(slots=True)
class Faults:
    """
    The failures to come.

    Attributes:
        rate: The share of calls that fail by chance, 0 to 1; reproducible by *seed*.
        kinds: What happens to them.
        stall_seconds: How long a call that times out is kept waiting before it is dropped.
    """

    rate: float = 0.0
    kinds: Sequence[FaultKind] = tuple(FaultKind)
    seed: int = 0
    stall_seconds: float = 30.0
    _planned: list[Fault] = field(default_factory=list, repr=False)
    _chance: random.Random = field(init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _released: threading.Event = field(default_factory=threading.Event, repr=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - the same seed fails the same calls

    def plan(
        self,
        kind: FaultKind | str,
        path: str = "*",
        *,
        method: str = "*",
        times: int = 1,
        skip: int = 0,
        retry_after_seconds: int | None = None,
        after: bool = False,
    ) -> Fault:
        """Let the next *times* calls of *path* fail, after *skip* that do not."""
        fault = Fault(FaultKind(kind), path, method, times, skip, retry_after_seconds, after)
        with self._lock:
            self._planned.append(fault)
        return fault

    def clear(self) -> None:
        """Let nothing fail any more, neither by plan nor by chance."""
        with self._lock:
            self._planned.clear()
            self.rate = 0.0

    def draw(self, method: str, path: str) -> Fault | None:
        """What this call fails with, if it does; a plan comes before chance."""
        with self._lock:
            return self._drawn_by_plan(method, path) or self._drawn_by_chance()

    def stall(self) -> None:
        """Keep a call waiting."""
        self._released.wait(self.stall_seconds)

    def hold(self) -> None:
        """Keep those who time out waiting from now on: the server is starting."""
        self._released.clear()

    def release(self) -> None:
        """Let go of everybody who waits, now and later: the server is closing."""
        self._released.set()

    def pending(self) -> tuple[Fault, ...]:
        """The plans that have not come true yet."""
        with self._lock:
            return tuple(self._planned)

    def _drawn_by_plan(self, method: str, path: str) -> Fault | None:
        for place, fault in enumerate(self._planned):
            if fnmatchcase(path, fault.path) and fnmatchcase(method, fault.method):
                if fault.skip:
                    self._planned[place] = replace(fault, skip=fault.skip - 1)
                    return None
                self._planned[place : place + 1] = (
                    [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                )
                return fault
        return None

    def _drawn_by_chance(self) -> Fault | None:
        if not self.rate or self._chance.random() >= self.rate:
            return None
        return Fault(self._chance.choice(list(self.kinds)))
