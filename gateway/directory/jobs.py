"""A refresh on a thread of its own: it goes on when nobody waits for it any longer."""

import contextvars
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.directory.execution import Execution
from gateway.directory.knowledge import Ages, Costs
from gateway.mirror.leases import LeaseRecords
from gateway.mirror.mirror import Mirror
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, Needs
from gateway.planner.plan import Plan, PutOff, Read, plan, ready, without

_LOG = structlog.get_logger(__name__)

#: How often one job reads the same again, if that did not satisfy: the lists may move meanwhile.
_MOST_READINGS = 3


@dataclass(frozen=True, slots=True)
class Leasing:
    """
    Keeps others from reading what a job reads.

    Attributes:
        mirror: Where leases are kept.
        holder: The name of the job.
        now: The time, with its zone.
        lifetime: How long a lease lasts that is not renewed: so long others wait for a process
            that was killed.
    """

    mirror: Mirror
    holder: str
    now: Callable[[], datetime]
    lifetime: timedelta

    def acquire(self, names: Iterable[str]) -> frozenset[str]:
        """Take, or keep, the leases of *names* that nobody else holds, and return them."""
        with self.mirror.leasing() as leases:
            return leases.acquire(list(names), self.holder, now=self.now(), lifetime=self.lifetime)

    def renew(self, names: Iterable[str], leases: LeaseRecords) -> frozenset[str]:
        """Keep those leases of *names* that nobody else has had meanwhile, and return them."""
        return leases.renew(list(names), self.holder, now=self.now(), lifetime=self.lifetime)

    def release(self, names: Iterable[str]) -> None:
        """Give up the leases of *names*."""
        with self.mirror.leasing() as leases:
            leases.release(list(names), self.holder)

    @contextmanager
    def renewing(self, held: Callable[[], frozenset[str]]) -> Iterator[None]:
        """
        Renew, until the block ends, the leases that *held* returns at each moment.

        What is lost all the same is in the log, and is not taken again.
        """
        ended = threading.Event()
        thread = threading.Thread(target=self._renew, args=(held, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _renew(self, held: Callable[[], frozenset[str]], ended: threading.Event) -> None:
        lost = frozenset[str]()
        while not ended.wait(self.lifetime.total_seconds() / 3):
            names = held() - lost
            if not names:
                continue
            try:
                with self.mirror.leasing() as leases:
                    missing = names - self.renew(names, leases)
            except SQLAlchemyError as error:
                # A database that is away, or busy, may be back before the leases end.
                _LOG.warning("lease.not_renewed", error=type(error).__name__)
                continue
            if missing:
                # Their names may have addresses of people in them.
                _LOG.warning("lease.lost", count=len(missing))
                lost |= missing


class Job:
    """
    Reads what is too old, plan by plan, until nothing is or nothing more can be done.

    Args:
        needs: What an answer rests on.
        not_before: When a fact must have been read at the earliest to be young enough.
        execution: Makes the reads.
        costs: Tells what they take.
        leasing: Keeps others from making them too.
        counter: Counts the calls of *execution*.
    """

    def __init__(
        self,
        needs: Needs,
        not_before: datetime,
        *,
        execution: Execution,
        costs: Costs,
        leasing: Leasing,
        counter: CallCounter,
    ) -> None:
        self.needs = needs
        self.counter = counter
        self.is_elsewhere = False
        self.put_off: tuple[PutOff, ...] = ()
        self.progress: dict[Collection, tuple[int, int]] = {}
        self._not_before = not_before
        report = execution.progress

        def note(collection: Collection, done: int, steps: int) -> None:
            self.progress[collection] = (done, steps)
            report(collection, done, steps)

        self._execution = replace(execution, progress=note)
        self._costs = costs
        self._leasing = leasing
        self._held: frozenset[str] = frozenset()
        self._done = threading.Event()
        self._crash: BaseException | None = None

    @property
    def failures(self) -> dict[Need, BitbucketError]:
        """What could not be read, and why."""
        return self._execution.failures

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._done.is_set()

    def start(self) -> None:
        """Begin on a thread of its own, which does not keep the process from ending."""
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(self.run,), daemon=True)
        thread.start()

    def wait(self, seconds: float) -> None:
        """
        Wait for the end, at most *seconds*.

        Raises:
            BaseException: What the job ended with, if that was unforeseen.
        """
        if self._done.wait(seconds) and self._crash is not None:
            raise self._crash

    def run(self) -> None:
        """Do it on this thread."""
        try:
            with self._leasing.renewing(lambda: self._held):
                self._read()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, on another thread
            self._crash = error
        finally:
            # Before anybody goes on: so the end of a job is the end of all that it does.
            try:
                self._release()
            finally:
                self._done.set()

    def _read(self) -> None:
        made: Counter[Need] = Counter()
        while True:
            planned = self._plan()
            self.put_off = planned.put_off
            reads = [
                read
                for read in without(planned, self.failures)
                if not any(made[need] >= _MOST_READINGS for need in read.needs)
            ]
            if self._lease(reads):
                # Others may have read them until this moment.
                continue
            mine = [read for read in ready(reads) if _names(read) <= self._held]
            self.is_elsewhere = bool(reads) and not mine
            if not mine:
                return
            made.update(need for read in mine for need in read.needs)
            self._execution.make(mine)

    def _plan(self) -> Plan:
        with self._execution.mirror.reading() as snapshot:
            ages = Ages(snapshot, self._execution.now()).of(self.needs)
            knowledge = self._costs.added(ages, snapshot, not_before=self._not_before)
        return plan(self.needs, knowledge, not_before=self._not_before)

    def _lease(self, reads: Iterable[Read]) -> bool:
        """Take the leases of *reads* that are free; return whether there are new ones."""
        names = {name for read in reads for name in _names(read)} - self._held
        taken = self._leasing.acquire(names) if names else frozenset()
        self._held |= taken
        return bool(taken)

    def _release(self) -> None:
        # They end by themselves where the database is away.
        with suppress(OperationalError):
            if self._held:
                self._leasing.release(self._held)


def _names(read: Read) -> frozenset[str]:
    """Return the names of the leases of what *read* answers."""
    return frozenset(map(str, read.needs))
