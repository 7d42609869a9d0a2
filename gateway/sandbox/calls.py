"""How often each resource was called."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

#: As many calls are remembered one by one.
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Made:
    """
    One call.

    Attributes:
        path: The path as it was called, decoded; with its query, if it has one.
        body: What was sent with it, as text.
    """

    method: str
    path: str
    body: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method, self.path, self.body)))


@dataclass(slots=True)
class Calls:
    """Counts the calls that reached Bitbucket, refused and failed ones included."""

    _made: deque[Made] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED), repr=False)
    _counted: Counter[str] = field(default_factory=Counter, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, resource: str, made: Made) -> None:
        """Count one call of a resource, such as ``GET /2.0/workspaces/{workspace}/members``."""
        with self._lock:
            self._counted[resource] += 1
            self._made.append(made)

    @property
    def made(self) -> tuple[Made, ...]:
        """The calls since the last reset, in their order."""
        with self._lock:
            return tuple(self._made)

    @property
    def writes(self) -> tuple[Made, ...]:
        """Those of them that change something."""
        return tuple(made for made in self.made if made.method != "GET")

    @property
    def total(self) -> int:
        """All calls since the last reset."""
        with self._lock:
            return self._counted.total()

    @property
    def by_resource(self) -> Mapping[str, int]:
        """The calls since the last reset by method and resource."""
        with self._lock:
            return dict(self._counted)

    def reset(self) -> None:
        """Begin again at nothing."""
        with self._lock:
            self._counted.clear()
            self._made.clear()
