"""How often each resource was called."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Calls:
    """Counts the calls that reached Bitbucket, refused and failed ones included."""

    _counted: Counter[str] = field(default_factory=Counter, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, resource: str) -> None:
        """Count one call of a resource, such as ``GET /2.0/workspaces/{workspace}/members``."""
        with self._lock:
            self._counted[resource] += 1

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
