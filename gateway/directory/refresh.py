"""Keeping facts young enough, at the price of no call that is not needed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.errors import LASTING, PASSING, failure_of, to_scim
from gateway.directory.execution import Execution, Progress, silent
from gateway.directory.identities import identified
from gateway.directory.jobs import Job, Leasing
from gateway.directory.knowledge import FAILURE_PAUSE, Ages, Costs
from gateway.directory.landing import Landing
from gateway.directory.postponement import LatelyPutOff
from gateway.directory.rendering import Renderer
from gateway.directory.standing import standing
from gateway.mirror.freshness import Failure
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.planner.needs import Need, Needs, Whole
from gateway.planner.plan import Plan, plan
from gateway.scim.errors import NotStored, ScimError
from gateway.scim.freshness import FreshnessWanted, Provenance

#: How often a request that waits looks whether another process is done.
_POLL_SECONDS = 0.1
#: When to ask again for what is being read for the first time.
_ASK_AGAIN_SECONDS = 10
#: How long what was put off for want of calls is not planned again.
_LOOK_AGAIN = timedelta(seconds=30)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """
    How long what is waited for.

    Attributes:
        lifetime: How old a fact may be, unless a client wants it younger.
        longest_wait_seconds: How long a request waits for what is read for it.
        lease: How long others wait for a process that was killed.
    """

    lifetime: timedelta = timedelta(minutes=5)
    longest_wait_seconds: float = 20
    lease: timedelta = timedelta(seconds=15)


def _no_limit() -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Refresher:
    """
    Reads facts that have grown too old, and lands them in the mirror.

    Those that need the same share one reading, across threads, processes and machines.

    Attributes:
        workspace: Where to read.
        mirror: Where to land.
        renderer: Renders what landed.
        now: The time, with its zone.
        patience: How long what is waited for.
        calls_left: The calls that may still be made in this hour, by budget.
        lately: What was put off a short while ago.
    """

    workspace: BitbucketWorkspace
    mirror: Mirror
    renderer: Renderer
    now: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    calls_left: Callable[[], Mapping[str, int]] = _no_limit
    lately: LatelyPutOff = field(default_factory=LatelyPutOff, repr=False)

    def known(self, needs: Needs, wanted: FreshnessWanted, snapshot: Snapshot) -> Provenance | None:
        """Return how old an answer from *snapshot* is; None if it would not be as *wanted*."""
        now = self.now()
        found = standing(needs, snapshot)
        if not found.satisfies(not_before=self._not_before(wanted, now), now=now):
            return None
        return self._aged(found.oldest, now, is_inferred=found.is_inferred)

    def stored(self, needs: Needs, snapshot: Snapshot) -> Provenance:
        """Return how old that is which *snapshot* knows of *needs*; what it lacks has no age."""
        now = self.now()
        needs = identified(needs, snapshot)
        known = Ages(snapshot, now).of(needs)
        facts = [known.of(need) for need in needs.fresh]
        oldest = min(filter(None, (fact.read_at for fact in facts)), default=None)
        return self._aged(oldest, now, is_inferred=any(fact.inferred for fact in facts))

    def ensure(self, needs: Needs, wanted: FreshnessWanted) -> Provenance:
        """
        Make sure that what *needs* are about is known, and as young as *wanted* if that can be.

        What can't be read anew in time is answered as old as it is.

        Returns:
            How old the answer will be, and what it took.

        Raises:
            BadUpstream: Something was never read, and an administrator has to mend why.
            Unavailable: Something was never read, and the reason may pass.
            NotStored: The client wants nothing read, and nothing young enough is stored.
        """
        not_before = self._not_before(wanted, self.now())
        before = self._look(needs, not_before)
        if _is_satisfied(before):
            return self._provenance(before)
        if wanted.only_if_cached:
            raise NotStored("Nothing that is young enough is stored; ask without only-if-cached.")
        if before.oldest is not None:
            reason = self.lately.reason(before, now=self.now())
            if reason is not None:
                return self._provenance(before, detail=reason)
        job, after = self._wait(needs, not_before)
        now = self.now()
        self.lately.note(job.put_off, now=now, until=now + _LOOK_AGAIN)
        if after.oldest is None:
            raise _unknown(after, job)
        calls = job.counter.count
        return self._provenance(
            after,
            calls=calls,
            forwarded=self._forwarded(before) if calls else "",
            detail="" if _is_satisfied(after) else _why_old(after, job),
        )

    def explain(self, needs: Needs, wanted: FreshnessWanted) -> Plan:
        """Return what :meth:`ensure` would read now, without reading it."""
        return self.plan(needs, not_before=self._not_before(wanted, self.now()))

    def is_inferred(self, known: Plan) -> bool:
        """Return whether something that an answer would rest on was inferred."""
        facts = (known.knowledge.of(need) for need in known.needs.fresh)
        return any(fact.inferred or fact.must_be_told for fact in facts)

    def plan(self, needs: Needs, *, not_before: datetime) -> Plan:
        """Return what is to be read so that *needs* are as young, with what it takes."""
        with self.mirror.reading() as snapshot:
            ages = Ages(snapshot, self.now()).of(needs)
            knowledge = self._costs().added(ages, snapshot, not_before=not_before)
        return plan(needs, knowledge, not_before=not_before)

    def job(
        self,
        needs: Needs,
        *,
        not_before: datetime,
        progress: Progress = silent,
        in_background: bool = False,
        insists: bool = False,
    ) -> Job:
        """
        Return a refresh that was not begun yet.

        Args:
            needs: What is to be known.
            not_before: When a fact must have been read at the earliest to be young enough.
            progress: Told of the progress.
            in_background: Whether nobody waits for it.
            insists: Whether it reads what has just failed, or takes much of the budget, too.
        """
        counter = CallCounter()
        workspace = self.workspace.counting(counter)
        landing = Landing(self.mirror, self.renderer, self.now)
        execution = Execution(
            workspace.in_background() if in_background else workspace,
            self.mirror,
            landing,
            self.now,
            not_before,
            progress,
        )
        leasing = Leasing(self.mirror, str(uuid4()), self.now, self.patience.lease)
        return Job(
            needs,
            not_before,
            execution=execution,
            costs=Costs(_no_limit, insists=True) if insists else self._costs(),
            leasing=leasing,
            counter=counter,
        )

    def _wait(self, needs: Needs, not_before: datetime) -> tuple[Job, Plan]:
        """Read what is too old, or wait for who reads it; return what is known then."""
        deadline = time.monotonic() + self.patience.longest_wait_seconds
        job = self.job(needs, not_before=not_before)
        job.start()
        while True:
            left = deadline - time.monotonic()
            job.wait(max(0, min(left, _POLL_SECONDS if job.is_elsewhere else left)))
            known = self._look(needs, not_before)
            if _is_satisfied(known) or left <= 0:
                return job, known
            if job.is_done and not job.is_elsewhere:
                return job, known
            if job.is_done and not self._is_held(known):
                job = self.job(needs, not_before=not_before)
                job.start()
            elif job.is_done:
                time.sleep(min(_POLL_SECONDS, max(0, left)))

    def _is_held(self, known: Plan) -> bool:
        """Tell whether others are reading what is still too old."""
        names = {str(need) for read in known.reads for need in read.needs}
        with self.mirror.reading() as snapshot:
            return bool(names & snapshot.leases.held(now=self.now()).keys())

    def _look(self, needs: Needs, not_before: datetime) -> Plan:
        with self.mirror.reading() as snapshot:
            knowledge = Ages(snapshot, self.now()).of(needs)
        return plan(needs, knowledge, not_before=not_before)

    def _not_before(self, wanted: FreshnessWanted, now: datetime) -> datetime:
        """Return when a fact must have been read at the earliest to be as young as *wanted*."""
        return _moment(now, wanted.greatest_age_seconds(self.patience.lifetime.total_seconds()))

    def _forwarded(self, before: Plan) -> str:
        """Return why Bitbucket was asked, in a word of RFC 9211 §2.2."""
        if before.oldest is None:
            return "miss"
        # What is young enough for the gateway was asked anew because the client wished so.
        age = before.knowledge.now - before.oldest
        return "request" if age <= self.patience.lifetime else "stale"

    def _costs(self) -> Costs:
        return Costs(self.calls_left)

    def _provenance(
        self, known: Plan, *, calls: int = 0, forwarded: str = "", detail: str = ""
    ) -> Provenance:
        aged = self._aged(known.oldest, self.now(), is_inferred=self.is_inferred(known))
        return replace(aged, calls=calls, forwarded=forwarded, detail=detail)

    def _aged(self, oldest: datetime | None, now: datetime, *, is_inferred: bool) -> Provenance:
        age = now - (oldest or now)
        return Provenance(
            age_seconds=max(0, int(age.total_seconds())),
            calls=0,
            ttl_seconds=int((self.patience.lifetime - age).total_seconds()),
            incomplete=("entitlements",) if is_inferred else (),
        )


def _moment(now: datetime, seconds_ago: float | None) -> datetime:
    try:
        return _EVER if seconds_ago is None else now - timedelta(seconds=seconds_ago)
    except OverflowError:
        return _EVER


def _is_satisfied(known: Plan) -> bool:
    return not known.reads and not known.put_off


def _why_old(known: Plan, job: Job) -> str:
    reasons = [
        *(failure_of(error).sentence for error in job.failures.values()),
        *(late.sentence for late in (*job.put_off, *known.put_off)),
    ]
    return next(iter(reasons), "What this rests on is still being read anew from Bitbucket.")


def _unknown(known: Plan, job: Job) -> ScimError:
    """Return why something was never read, so that there is no answer."""
    unknown = list(known.unknown())
    for need, error in job.failures.items():
        # What explains or lists the unknown may have failed in its place.
        if need in unknown or isinstance(need, Whole):
            wait = error.retry_after_seconds or FAILURE_PAUSE.total_seconds()
            return to_scim(failure_of(error), retry_after_seconds=round(wait))
    now = known.knowledge.now
    for need in unknown:
        fact = known.knowledge.of(need)
        if fact.paused_until is not None and fact.paused_until > now:
            wait = (fact.paused_until - now).total_seconds()
            kind = PASSING if fact.is_passing else LASTING
            return to_scim(Failure(kind, fact.failure), retry_after_seconds=round(wait))
    need = unknown[0]
    so_far = _so_far(need, job)
    sentence = f"Bitbucket is being asked for the {need}, for the first time{so_far}; ask again."
    return to_scim(Failure(PASSING, sentence), retry_after_seconds=_ASK_AGAIN_SECONDS)


def _so_far(need: Need, job: Job) -> str:
    if not isinstance(need, Whole) or need.collection not in job.progress:
        return ""
    done, steps = job.progress[need.collection]
    return f" ({done} of {steps} calls)"
