"""Making the reads of a plan, and landing what they tell."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BadRequest, BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory import invitations
from gateway.directory.addresses import addresses_to_ask
from gateway.directory.grants import PlacesRead, PlaceToRead, Vanished, read_place
from gateway.directory.inference import explained_at, infer
from gateway.directory.landing import Landing
from gateway.directory.places import DueRepositories, due_places, due_repositories, one_place
from gateway.directory.reading import ListReader, Lists
from gateway.directory.steps import Batches
from gateway.mirror.mirror import Mirror, Snapshot
from gateway.planner.collections import LIST_OF_TYPE, PLACES_OF, Collection
from gateway.planner.needs import Need, OnePlace, OneRole, Whole
from gateway.planner.plan import Read

_LOG = structlog.get_logger(__name__)

#: Told how many steps of how many a collection was read by.
Progress = Callable[[Collection, int, int], None]

#: More threads than this gain nothing: they share one budget of calls.
_THREADS = 8

_DIRECT = Whole(Collection.REPOSITORY_USER_GRANTS)

Step = Callable[[], PlacesRead | Vanished]


def silent(_collection: Collection, _done: int, _steps: int) -> None:
    """Tell nobody of the progress."""


@dataclass(slots=True)
class Execution:
    """
    Makes reads, one plan after another, for one refresh.

    Attributes:
        workspace: Where to read.
        mirror: What is known already.
        landing: Lands what is read.
        now: The time, with its zone.
        not_before: When a fact must have been read at the earliest to be young enough.
        progress: Told of the progress.
        failures: What could not be read, and why.
    """

    workspace: BitbucketWorkspace
    mirror: Mirror
    landing: Landing
    now: Callable[[], datetime]
    not_before: datetime
    progress: Progress = silent
    failures: dict[Need, BitbucketError] = field(default_factory=dict)
    _workspace_uuid: str | None = None
    _may_infer: bool = True

    def make(self, reads: Iterable[Read]) -> None:
        """Make *reads*, none of which waits for another; failures are noted, and kept here."""
        needs = list(dict.fromkeys(need for read in reads for need in read.needs))
        told_by_place = [need for need in needs if _is_told_by_place(need)]
        listed = [need for need in needs if not _is_told_by_place(need)]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="bitbucket") as executor:
            if listed:
                self._make_lists(listed, executor)
            for need in told_by_place:
                self._make_places(need, executor)

    def _make_lists(self, needs: Sequence[Need], executor: ThreadPoolExecutor) -> None:
        with self.mirror.reading() as snapshot:
            addresses = addresses_to_ask(snapshot.facts, needs, not_before=self.not_before)
            is_any_pending = Whole(Collection.MEMBERS) in needs and invitations.is_any_pending(
                snapshot
            )
        # Before the members: see there.
        pending = invitations.pending(self.workspace, now=self.now) if is_any_pending else None
        reader = ListReader(self.workspace, executor, self.now)
        lists = self._settled(reader.read(needs, addresses), reader)
        lists = replace(self._with_workspace(lists), pending=pending)
        self.landing.lists(lists, workspace_uuid=self._workspace_uuid)
        self.failures |= lists.failures
        for need in lists.readings:
            if isinstance(need, Whole):
                self.progress(need.collection, 1, 1)

    def _settled(self, lists: Lists, reader: ListReader) -> Lists:
        """Read the lists too that *lists* contradict; what they would settle waits for them."""
        missing = dict(self._missing(lists))
        if not missing:
            return lists
        again = reader.read(sorted(set(missing.values()), key=str), ())
        unsettled = {need: again.failures.get(by) for need, by in missing.items()}
        failures = {need: error for need, error in unsettled.items() if error is not None}
        readings = {need: r for need, r in lists.readings.items() if need not in failures}
        return replace(
            lists,
            readings={**readings, **again.readings},
            failures={**lists.failures, **again.failures, **failures},
        )

    def _missing(self, lists: Lists) -> Iterator[tuple[Need, Whole]]:
        """Yield what was read and is not to be believed without another list, and that list."""
        privileges = Whole(Collection.REPOSITORY_GROUP_GRANTS)
        with self.mirror.reading() as snapshot:
            if privileges in lists.readings and lists.whole(Collection.REPOSITORIES) is None:
                known = {repository.full_name for repository in snapshot.facts.repositories()}
                told = lists.readings[privileges].values
                if any(privilege.repository_full_name not in known for privilege in told):
                    yield privileges, Whole(Collection.REPOSITORIES)
            for need, reading in lists.readings.items():
                if isinstance(need, OneRole):
                    has_it = {membership.user.uuid for membership in reading.values}
                    had_it = {
                        member.uuid
                        for member in snapshot.facts.members()
                        if member.permission == need.role
                    }
                    # Whether who had it is gone, or has another, only the whole list tells.
                    if had_it - has_it:
                        yield need, Whole(Collection.MEMBERS)

    def _with_workspace(self, lists: Lists) -> Lists:
        """Learn the workspace's UUID, if it is needed: the ids of new groups are derived of it."""
        groups = lists.whole(Collection.GROUPS)
        privileges = lists.whole(Collection.REPOSITORY_GROUP_GRANTS)
        slugs = {group.slug for group in (groups.values if groups else ())}
        slugs |= {each.group_slug for each in (privileges.values if privileges else ())}
        try:
            self._learn_workspace(slugs)
        except BitbucketError as error:
            lost = {Whole(Collection.GROUPS), Whole(Collection.REPOSITORY_GROUP_GRANTS)}
            lost &= lists.readings.keys()
            return replace(
                lists,
                readings={n: r for n, r in lists.readings.items() if n not in lost},
                failures={**lists.failures, **dict.fromkeys(lost, error)},
            )
        return lists

    def _learn_workspace(self, slugs: set[str]) -> None:
        if self._workspace_uuid is not None or not slugs:
            return
        with self.mirror.reading() as snapshot:
            is_known = slugs <= snapshot.facts.group_ids().keys()
        if not is_known:
            self._workspace_uuid = self.workspace.uuid()

    def _make_places(self, need: Need, executor: ThreadPoolExecutor) -> None:
        collection = _collection_of(need)
        counter = CallCounter()
        workspace = self.workspace.counting(counter)
        if isinstance(need, Whole):
            # They may be many: those with haste go first.
            workspace = workspace.in_background()
        with self.mirror.reading() as snapshot:
            listed = snapshot.freshness.all().get(PLACES_OF[collection])
            if listed is None or listed.read_at is None:
                # Nobody knows where to ask, until the list of places can be read.
                return
            steps = self._steps(need, workspace, snapshot)
        vanished: list[Vanished] = []
        done = 0

        def land(batch: Sequence[PlacesRead | Vanished]) -> None:
            nonlocal done
            vanished.extend(each for each in batch if isinstance(each, Vanished))
            read = [each for each in batch if isinstance(each, PlacesRead)]
            self._learn_workspace(_groups_in(read))
            self.landing.places(read, calls=counter.count, workspace_uuid=self._workspace_uuid)
            done += len(batch)
            self.progress(collection, done, len(steps))

        try:
            Batches(executor, land).run(steps)
            self._confirm(vanished, executor)
            _LOG.info("refresh.read", collection=collection.value, calls=counter.count)
        except BitbucketError as error:
            if isinstance(error, BadRequest) and need == _DIRECT and self._may_infer:
                # Bitbucket does not take the question that inference asks.
                self._may_infer = False
                self._make_places(need, executor)
                return
            self.failures[need] = error
            if isinstance(need, Whole):
                self.landing.failure(need.collection, error)

    def _steps(self, need: Need, workspace: BitbucketWorkspace, snapshot: Snapshot) -> list[Step]:
        """Return the reads that *need* takes; none where there is nothing to ask."""
        facts = snapshot.facts
        if need == _DIRECT:
            due = due_repositories(facts, not_before=self.not_before, may_infer=self._may_infer)
            explained = explained_at(snapshot.freshness.all())
            if explained is not None and explained < self.not_before:
                # What landed since it was planned lets some be inferred: the next plan reads
                # what explains rights first.
                due = replace(due, explanations=None)
            return self._steps_of(workspace, due, explained)
        places: list[PlaceToRead] = []
        match need:
            case Whole(collection=collection):
                places = due_places(facts, collection, not_before=self.not_before)
            case OnePlace():
                places = one_place(facts, need)
        return [self._step(workspace, place) for place in places]

    def _steps_of(
        self, workspace: BitbucketWorkspace, due: DueRepositories, explained: datetime | None
    ) -> list[Step]:
        told = [self._step(workspace, _place(due, candidate.uuid)) for candidate in due.choice.told]
        if due.explanations is None:
            return told
        return told + [
            partial(
                infer,
                workspace,
                [due.by_uuid[candidate.uuid] for candidate in batch],
                due.explanations,
                explained_at=explained,
                now=self.now,
            )
            for batch in due.choice.inferred
        ]

    def _step(self, workspace: BitbucketWorkspace, place: PlaceToRead) -> Step:
        return partial(read_place, workspace, place, now=self.now)

    def _confirm(self, vanished: Sequence[Vanished], executor: ThreadPoolExecutor) -> None:
        """Read the lists again: what is still in them was not deleted, but hidden from us."""
        if not vanished:
            return
        lists = {Whole(LIST_OF_TYPE[each.place.object_type]) for each in vanished}
        self._make_lists(sorted(lists), executor)
        for need in lists:
            if need in self.failures:
                raise self.failures[need]
        with self.mirror.reading() as snapshot:
            for each in vanished:
                if snapshot.facts.listed(each.place.object_type, [each.place.uuid]):
                    raise each.error


def _is_told_by_place(need: Need) -> bool:
    if isinstance(need, Whole):
        return need.collection in PLACES_OF
    return isinstance(need, OnePlace)


def _collection_of(need: Need) -> Collection:
    match need:
        case Whole(collection=collection):
            return collection
        case OnePlace(subject_type=subject_type, place=place):
            return Collection(f"{place.object_type}_{subject_type}_grants")
    raise LookupError(f"{need} is not told by place")


def _place(due: DueRepositories, uuid: str) -> PlaceToRead:
    return PlaceToRead("user", "repository", uuid, due.by_uuid[uuid].slug)


def _groups_in(read: Iterable[PlacesRead]) -> set[str]:
    return {
        granted.subject
        for places in read
        if places.subject_type == "group"
        for on_place in places.granted.values()
        for granted in on_place
    }
