"""Reading everything, as long as it takes, whatever the budget of calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

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
        calls = 0
        for needs in self._rounds(not_before):
            while True:
                job = self.refresher.job(
                    needs,
                    not_before=not_before,
                    progress=progress,
                    in_background=self.in_background,
                    insists=True,
                )
                job.run()
                job.wait(0)
                calls += job.counter.count
                pause = _pause(job)
                if pause is None:
                    break
                if not job.is_elsewhere:
                    paused(pause)
                if self.wait(pause.total_seconds()):
                    return calls
        return calls

    def _rounds(self, not_before: datetime) -> Iterator[Needs]:
        """Yield everything, then the addresses: those of members are found among them."""
        yield EVERYTHING
        try:
            asked = invited(self.refresher.workspace)
        except BitbucketError:
            # They are asked for with the next synchronization.
            asked = []
        with self.refresher.mirror.reading() as snapshot:
            needs = self.candidates.to_ask(snapshot.facts, asked, not_before=not_before)
        if needs.fresh:
            yield needs


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
