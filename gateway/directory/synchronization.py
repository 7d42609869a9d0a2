"""Reading everything, as long as it takes, whatever the budget of calls."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError, RateLimited
from gateway.bitbucket.models import Account
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.candidates import Candidates, invited
from gateway.directory.errors import failure_of
from gateway.directory.execution import Progress, silent
from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading, Unread, read_whole
from gateway.directory.reading import Lists
from gateway.directory.refresh import Refresher
from gateway.planner.collections import Collection
from gateway.planner.needs import EVERYTHING, Whole
from gateway.planner.plan import Plan

_LOG = structlog.get_logger(__name__)

#: The name by which it is kept whether pending invitations could be listed.
INVITATIONS = "invitations"
#: How long others are left to read what they are reading.
_ELSEWHERE = timedelta(seconds=1)
#: Calls come free by the minute: to go on for one alone is not worth it.
_LEAST_PAUSE = timedelta(seconds=30)
#: The addresses of ten calls.
_AT_A_TIME = 900


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
        calls, is_through = self._read(not_before, progress, paused)
        if not is_through:
            return calls
        counter = CallCounter()
        workspace = self.refresher.workspace.counting(counter)
        asked: list[str] = []
        if calls:
            asked = self._invited(workspace)
        with self.refresher.mirror.reading() as snapshot:
            texts = self.candidates.to_ask(snapshot.facts, asked, not_before=not_before)
        self._ask(texts, workspace, paused)
        return calls + counter.count

    def _read(
        self, not_before: datetime, progress: Progress, paused: Callable[[timedelta], None]
    ) -> tuple[int, bool]:
        """Run jobs until one is through; return the calls, and whether it did not give up."""
        calls = 0
        while True:
            job = self.refresher.job(
                EVERYTHING,
                not_before=not_before,
                progress=progress,
                in_background=self.in_background,
                insists=True,
            )
            job.run()
            job.wait(0)
            calls += job.counter.count
            if job.is_elsewhere:
                pause: timedelta | None = _ELSEWHERE
            else:
                pause = _pause(job.failures.values())
                if pause is not None:
                    paused(pause)
            if pause is None:
                return calls, True
            if self.wait(pause.total_seconds()):
                return calls, False

    def _invited(self, workspace: BitbucketWorkspace) -> list[str]:
        """
        Return the addresses of pending invitations, and note whether they could be listed.

        Those that can't be listed now are with the next synchronization.
        """
        now = self.refresher.now()
        try:
            found = invited(workspace)
        except BitbucketError as error:
            failure = failure_of(error)
            with self.refresher.mirror.writing() as writing:
                writing.freshness.record_failure(INVITATIONS, failure, failed_at=now)
            _LOG.warning("refresh.failed", collection=INVITATIONS, reason=failure.sentence)
            return []
        with self.refresher.mirror.writing() as writing:
            writing.freshness.record_read(INVITATIONS, read_at=now, calls=1)
        return found

    def _ask(
        self,
        texts: Sequence[str],
        workspace: BitbucketWorkspace,
        paused: Callable[[timedelta], None],
    ) -> None:
        """Ask who has each of *texts*, and land the answers a few calls at a time."""
        landing = Landing(self.refresher.mirror, self.refresher.renderer, self.refresher.now)
        need = Whole(Collection.ADDRESSES)
        waiting = [texts[i : i + _AT_A_TIME] for i in range(0, len(texts), _AT_A_TIME)]
        while waiting:
            some = waiting[0]
            listing = partial(_holders, texts=some)
            match read_whole(workspace.in_background(), listing, now=self.refresher.now):
                case Reading() as reading:
                    landing.lists(Lists({need: reading}, {}, tuple(some)), workspace_uuid=None)
                    waiting.pop(0)
                case Unread(error=error):
                    landing.lists(Lists({}, {need: error}), workspace_uuid=None)
                    pause = _pause([error])
                    if pause is None:
                        return
                    paused(pause)
                    if self.wait(pause.total_seconds()):
                        return


def _holders(workspace: BitbucketWorkspace, *, texts: Sequence[str]) -> list[Account]:
    return list(workspace.members_by_email(texts))


def _pause(errors: Iterable[BitbucketError]) -> timedelta | None:
    """Return how long to wait until calls come free; None if they are not what is missing."""
    waits = [
        timedelta(seconds=error.retry_after_seconds or 0)
        for error in errors
        if isinstance(error, RateLimited)
    ]
    return max(_LEAST_PAUSE, *waits) if waits else None
