"""What was worked out of one state of the mirror, kept by the process until there is another."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Remembered:
    """
    The values of one integration's mirror that take long to work out and change with it alone.

    Any thread may ask. Of two that ask at once both may work a value out: it is the same.
    """

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[int, Any]] = {}

    def value(self, name: Hashable, revision: int, work_out: Callable[[], T]) -> T:
        """
        Return the value of that *name* at *revision*.

        Args:
            name: What it is called.
            revision: The number of the mirror's state (:mod:`gateway.mirror.revision`), as the
                transaction sees it that *work_out* reads.
            work_out: Returns the value.
        """
        kept = self._values.get(name)
        if kept is not None and kept[0] == revision:
            value: T = kept[1]
            return value
        value = work_out()
        # An older state, which a long transaction still sees, is not worth the place of a newer.
        if kept is None or kept[0] < revision:
            self._values[name] = (revision, value)
        return value
