"""Keeping collections young enough, at the price of no call that is not needed."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory import facts
from gateway.directory.errors import PASSING, failure_of, to_scim
from gateway.directory.reading import Progress, Reading, Readings, Unread, read
from gateway.directory.rendering import Renderer
from gateway.mirror.freshness import Failure, Freshness
from gateway.mirror.mirror import Mirror, Writing
from gateway.planner.needs import Collection
from gateway.scim.handler import Provenance

_LOG = structlog.get_logger(__name__)

#: How long a collection that could not be read is left alone.
FAILURE_PAUSE = timedelta(seconds=30)

_NEVER = Freshness()


def silent(_collection: Collection, _done: int, _steps: int) -> None:
    """Tell nobody of the progress."""


class Refresher:
    """
    Reads collections that have grown too old, and lands them in the mirror.

    Threads that need the same reading share one, and of two processes the later reading stays.

    Args:
        workspace: Where to read.
        mirror: Where to land.
        renderer: Renders what landed.
        now: The time, with its zone.
    """

    def __init__(
        self,
        workspace: BitbucketWorkspace,
        mirror: Mirror,
        renderer: Renderer,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._workspace = workspace
        self._mirror = mirror
        self._renderer = renderer
        self._now = now
        self._locks = {collection: threading.Lock() for collection in Collection}
        self._workspace_uuid: str | None = None

    def ensure(self, collections: frozenset[Collection], *, max_age: timedelta) -> Provenance:
        """
        Make sure that *collections* are known, and no older than *max_age* if that can be.

        What can't be read anew is served as old as it is.

        Returns:
            The age of the oldest of *collections*, and the calls that were made.

        Raises:
            BadUpstream: One of them was never read, and an administrator has to mend why.
            Unavailable: One of them was never read, and the reason may pass.
        """
        records = self._records()
        calls = 0
        due = self._due(collections, records, max_age)
        if due:
            with self._locked(due):
                # Another thread may have read them while this one waited.
                due = self._due(due, self._records(), max_age)
                if due:
                    calls = self.refresh(due)
                records = self._records()
        return Provenance(self._age_seconds(collections, records), calls)

    def refresh(self, collections: frozenset[Collection], *, progress: Progress = silent) -> int:
        """
        Read *collections* now, and those they can't be read without; return the calls it took.

        What was read to its end lands in one transaction; of what failed, the failure is kept.
        """
        counter = CallCounter()
        workspace = self._workspace.counting(counter)
        readings = self._identified(
            workspace, read(workspace, collections, now=self._now, progress=progress)
        )
        with self._mirror.writing() as writing:
            known = writing.freshness.all()
            readings = readings.without(
                collection
                for collection, outcome in readings.by_collection().items()
                if _is_outdated(outcome, known.get(collection, _NEVER))
            )
            self._land(writing, readings)
            for collection, outcome in readings.by_collection().items():
                self._record(writing, collection, outcome)
            self._renderer.render_all(writing, now=self._now())
        return counter.count

    def _identified(self, workspace: BitbucketWorkspace, readings: Readings) -> Readings:
        """Learn the workspace's UUID, once: the ids of its groups are derived from it."""
        if self._workspace_uuid is None and isinstance(readings.groups, Reading):
            try:
                self._workspace_uuid = workspace.workspace().uuid
            except BitbucketError as error:
                unread = Unread(error)
                grants = readings.group_grants and unread
                return replace(readings, groups=unread, group_grants=grants)
        return readings

    def _land(self, writing: Writing, readings: Readings) -> None:
        store, now = writing.facts, self._now()
        if isinstance(readings.members, Reading):
            store.replace_members(map(facts.member, readings.members.values), now=now)
        if isinstance(readings.groups, Reading) and self._workspace_uuid is not None:
            store.replace_groups(
                map(facts.group, readings.groups.values),
                workspace_uuid=self._workspace_uuid,
                now=now,
            )
        if isinstance(readings.projects, Reading):
            store.replace_projects(map(facts.project, readings.projects.values))
        if isinstance(readings.repositories, Reading):
            store.replace_repositories(map(facts.repository, readings.repositories.values))
        if isinstance(readings.user_grants, Reading):
            granted = map(facts.user_grant, readings.user_grants.values)
            store.replace_grants(granted, subject_type="user")
        if isinstance(readings.group_grants, Reading):
            ids = store.group_ids()
            known = (grant for grant in readings.group_grants.values if grant.subject in ids)
            store.replace_grants(
                (facts.group_grant(grant, ids[grant.subject]) for grant in known),
                subject_type="group",
            )

    def _record(
        self, writing: Writing, collection: Collection, outcome: Reading[object] | Unread
    ) -> None:
        match outcome:
            case Reading(read_at=read_at, calls=calls):
                writing.freshness.record_read(collection, read_at=read_at, calls=calls)
                _LOG.info("refresh.read", collection=collection.value, calls=calls)
            case Unread(error=error):
                failure = failure_of(error)
                writing.freshness.record_failure(collection, failure, failed_at=self._now())
                _LOG.warning("refresh.failed", collection=collection.value, reason=failure.sentence)

    @contextmanager
    def _locked(self, collections: frozenset[Collection]) -> Iterator[None]:
        """Keep other threads from reading the same; those that need others go on."""
        with ExitStack() as held:
            # Always in the same order: so nobody waits for who waits for them.
            for collection in sorted(collections):
                held.enter_context(self._locks[collection])
            yield

    def _records(self) -> Mapping[str, Freshness]:
        with self._mirror.reading() as snapshot:
            return snapshot.freshness.all()

    def _due(
        self,
        collections: frozenset[Collection],
        records: Mapping[str, Freshness],
        max_age: timedelta,
    ) -> frozenset[Collection]:
        now = self._now()
        return frozenset(c for c in collections if _is_due(records.get(c, _NEVER), now, max_age))

    def _age_seconds(
        self, collections: frozenset[Collection], records: Mapping[str, Freshness]
    ) -> int:
        now = self._now()
        ages = [timedelta(0)]
        for collection in sorted(collections):
            record = records.get(collection, _NEVER)
            if record.read_at is not None:
                ages.append(now - record.read_at)
                continue
            again = (record.failed_at or now) + FAILURE_PAUSE - now
            failure = record.failure or Failure(PASSING, f"The {collection} are not read yet.")
            raise to_scim(failure, retry_after_seconds=round(again.total_seconds()))
        return int(max(ages).total_seconds())


def _is_outdated(outcome: Reading[object] | Unread, record: Freshness) -> bool:
    """Tell whether another process has read the collection anew while this one was reading it."""
    if not isinstance(outcome, Reading) or record.read_at is None:
        return False
    return record.read_at > outcome.read_at


def _is_due(record: Freshness, now: datetime, max_age: timedelta) -> bool:
    if record.failed_at is not None and now - record.failed_at < FAILURE_PAUSE:
        return False
    return record.read_at is None or now - record.read_at > max_age
