"""Making many reads side by side, and landing what they bring while others are still made."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

#: As many are under way at a time: a failure spares all that were not begun.
_UNDER_WAY = 16


@dataclass(frozen=True, slots=True)
class Batches(Generic[T]):
    """
    Runs steps, and hands on what they bring in batches.

    Attributes:
        executor: The threads to run them on.
        land: Takes a batch, on the thread that runs this.
        most: The most results of a batch.
        seconds: How long a result waits for its batch to fill.
    """

    executor: Executor
    land: Callable[[Sequence[T]], None]
    most: int = 200
    seconds: float = 2.0

    def run(self, steps: Iterable[Callable[[], T]]) -> None:
        """
        Run *steps*; what was brought before one fails is handed on all the same.

        Raises:
            Exception: What the first step to fail has raised, after those under way have ended.
        """
        batch: list[T] = []
        since = time.monotonic()
        try:
            for result in self._results(steps):
                batch.append(result)
                if len(batch) >= self.most or time.monotonic() - since >= self.seconds:
                    landed, batch = batch, []
                    self.land(landed)
                    since = time.monotonic()
        finally:
            if batch:
                self.land(batch)

    def _results(self, steps: Iterable[Callable[[], T]]) -> Iterator[T]:
        waiting = deque(steps)
        under_way: set[Future[T]] = set()
        failed: BaseException | None = None
        while under_way or (waiting and failed is None):
            while waiting and failed is None and len(under_way) < _UNDER_WAY:
                under_way.add(self.executor.submit(waiting.popleft()))
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is None:
                    yield future.result()
                else:
                    failed = failed or error
        if failed is not None:
            raise failed
