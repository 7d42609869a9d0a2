"""Going through many values some at a time, so that never all of them are in memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

#: The most values in one list of a statement: well below what any database accepts.
LIST_SIZE = 500


def batches(values: Iterable[T], size: int = LIST_SIZE) -> Iterator[list[T]]:
    """Yield *values* in their order, *size* at a time; each is taken when it is asked for."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
