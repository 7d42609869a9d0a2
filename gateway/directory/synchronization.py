"""Reading everything, as long as it takes, whatever the budget of calls."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError, RateLimited
from gateway.directory.candidates import Candidates, invited
from gateway.directory.execution import Progress, silent
from gateway.directory.jobs import Job
from gateway.directory.refresh import Refresher
from gateway.planner.needs import EVERYTHING, Needs
from gateway.planner.plan import Plan

#: How long others are left to read what they are reading.
_ELSEWHERE = timedelta(seconds=1)
#: Calls come free by the minute: to go on for one alone is not worth it.
_LEAST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Synchronization:
    """
    Reads everything anew.

    Attributes:
        refresher: Reads.
        candidates: Addresses to ask for.
        wait: Waits for some seconds, or less; returns whether to give up.
        in_background: Whether nobody waits for it.
    """

    refresher: Refresher
    candidates: Candidates
    wait: Callable[[float], bool]
    in_background: bool = False

    def estimate(self, *, not_before: datetime) -> Plan:
        """Return what is to be read now, as far as can be told before lists are read."""
        return self.refresher.plan(EVERYTHING, not_before=not_before)

    def run(
        self,
        *,
        not_before: datetime,
        progress: Progress = silent,
        paused: Callable[[timedelta], None] = lambda _: None,
    ) -> int:
        """
        Read everything that was last read before *not_before*, and return the calls it took.

        Where the budget of calls is spent, it waits and goes on: what was read stays read. What
        fails otherwise is told by the records of freshness.

        Args:
            not_before: When a fact must have been read at the earliest.
            progress: Told of the progress.
            paused: Told how long it waits for calls to come free.
        """
        begin = partial(
            self.refresher.job,
            not_before=not_before,
            progress=progress,
            in_background=self.in_background,
            insists=True,
        )
        calls, is_through = self._settle(partial(begin, EVERYTHING), paused)
        if not is_through:
            return calls
        counter = CallCounter()
        addresses = self._addresses(not_before, counter, ask_for_invited=calls > 0)
        more, _ = self._settle(partial(begin, addresses), paused)
        return calls + counter.count + more

    def _settle(
        self, begin: Callable[[], Job], paused: Callable[[timedelta], None]
    ) -> tuple[int, bool]:
        """Run jobs until one is through; return the calls, and whether it did not give up."""
        calls = 0
        while True:
            job = begin()
            job.run()
            job.wait(0)
            calls += job.counter.count
            pause = _pause(job)
            if pause is None:
                return calls, True
            if not job.is_elsewhere:
                paused(pause)
            if self.wait(pause.total_seconds()):
                return calls, False

    def _addresses(
        self, not_before: datetime, counter: CallCounter, *, ask_for_invited: bool
    ) -> Needs:
        """Return the addresses to ask for; those of invitations too, if anything was read."""
        asked: list[str] = []
        if ask_for_invited:
            # Those that can't be listed now are with the next synchronization.
            with suppress(BitbucketError):
                asked = invited(self.refresher.workspace.counting(counter))
        with self.refresher.mirror.reading() as snapshot:
            return self.candidates.to_ask(snapshot.facts, asked, not_before=not_before)


def _pause(job: Job) -> timedelta | None:
    """Return how long to wait before there is more to read; None if there is not."""
    if job.is_elsewhere:
        return _ELSEWHERE
    waits = [
        timedelta(seconds=error.retry_after_seconds or 0)
        for error in job.failures.values()
        if isinstance(error, RateLimited)
    ]
    return max(_LEAST_PAUSE, *waits) if waits else None
