"""Reading whole collections from Bitbucket, side by side, each complete or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Generic, Protocol, TypeAlias, TypeVar

from gateway.bitbucket import models
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.grants import Granted, Places, Steps, group_grants, user_grants
from gateway.planner.needs import Collection

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

#: Told how many steps of how many a collection was read by.
Progress = Callable[[Collection, int, int], None]

#: More threads than this gain nothing: they share one budget of calls.
_THREADS = 8

#: The lists that grants are read by are read anew with them, so that nothing is asked of a
#: project or a repository that was deleted since. They hold only what a credential may see: one
#: that sees less would make the rest look deleted, so they are read as seen by those that see all.
_PLACES = frozenset({Collection.PROJECTS, Collection.REPOSITORIES})
_READ_WITH: Mapping[Collection, frozenset[Collection]] = {
    Collection.USER_GRANTS: _PLACES,
    Collection.GROUP_GRANTS: _PLACES | {Collection.GROUPS},
}


@dataclass(frozen=True, slots=True)
class Reading(Generic[T_co]):
    """
    A collection that was read to its end.

    Attributes:
        values: What Bitbucket told.
        read_at: When the reading began: no fact in it is younger.
        calls: The calls it took.
    """

    values: Sequence[T_co]
    read_at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A collection that could not be read to its end, and why."""

    error: BitbucketError


Outcome: TypeAlias = Reading[T] | Unread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What became of each collection; None where it was not asked for."""

    members: Outcome[models.WorkspaceMembership] = None
    groups: Outcome[models.Group] = None
    projects: Outcome[models.Project] = None
    repositories: Outcome[models.Repository] = None
    user_grants: Outcome[Granted] = None
    group_grants: Outcome[Granted] = None

    def by_collection(self) -> Mapping[Collection, Reading[object] | Unread]:
        """Return the outcomes of what was asked for."""
        outcomes: dict[Collection, Outcome[object]] = {
            Collection.MEMBERS: self.members,
            Collection.GROUPS: self.groups,
            Collection.PROJECTS: self.projects,
            Collection.REPOSITORIES: self.repositories,
            Collection.USER_GRANTS: self.user_grants,
            Collection.GROUP_GRANTS: self.group_grants,
        }
        return {collection: out for collection, out in outcomes.items() if out is not None}

    def without(self, collections: Iterable[Collection]) -> "Readings":
        """Return the same, as if *collections* had not been asked for."""
        return replace(self, **dict.fromkeys(collection.value for collection in collections))


def read(
    workspace: BitbucketWorkspace,
    collections: frozenset[Collection],
    *,
    now: Callable[[], datetime],
    progress: Progress,
) -> Readings:
    """
    Read *collections*, and those they can't be read without.

    One that fails does not keep the others from being read.
    """
    wanted = collections.union(*(_READ_WITH.get(c, frozenset()) for c in collections))
    whole = _seen_whole(workspace) if wanted & _PLACES else workspace
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="bitbucket") as executor:
        reader = _Reader(workspace, whole, wanted, executor, now, progress)
        members = reader.start(Collection.MEMBERS, lambda w: w.permissions())
        groups = reader.start(Collection.GROUPS, lambda w: w.groups())
        projects = reader.start(Collection.PROJECTS, lambda w: w.projects())
        repositories = reader.start(Collection.REPOSITORIES, lambda w: w.repositories())
        places = _places(_result(projects), _result(repositories))
        groups_read = _result(groups)
        return Readings(
            projects=_result(projects),
            repositories=_result(repositories),
            user_grants=reader.grants(Collection.USER_GRANTS, user_grants, places),
            # Without the groups themselves, the grants of new ones could not be told whose.
            group_grants=reader.grants(
                Collection.GROUP_GRANTS,
                group_grants,
                groups_read if isinstance(groups_read, Unread) else places,
            ),
            members=_result(members),
            groups=groups_read,
        )


class _ReadGrants(Protocol):
    def __call__(
        self, workspace: BitbucketWorkspace, places: Places, *, executor: Executor, steps: Steps
    ) -> Sequence[Granted]: ...


def _seen_whole(workspace: BitbucketWorkspace) -> BitbucketWorkspace | Unread:
    try:
        return workspace.seen_whole()
    except BitbucketError as error:
        return Unread(error)


@dataclass(frozen=True, slots=True)
class _Reader:
    """
    Reads the collections that are wanted.

    Attributes:
        workspace: The workspace, for lists that are the same to all who may read them.
        whole: The workspace, for lists that hold only what a credential may see.
    """

    workspace: BitbucketWorkspace
    whole: BitbucketWorkspace | Unread
    wanted: frozenset[Collection]
    executor: Executor
    now: Callable[[], datetime]
    progress: Progress

    def start(
        self, collection: Collection, listing: Callable[[BitbucketWorkspace], Iterable[T]]
    ) -> "Future[Reading[T] | Unread] | None":
        if collection not in self.wanted:
            return None

        def all_of(workspace: BitbucketWorkspace) -> Sequence[T]:
            values = list(listing(workspace))
            self.progress(collection, 1, 1)
            return values

        workspace = self.whole if collection in _PLACES else self.workspace
        return self.executor.submit(self._read, workspace, all_of)

    def grants(
        self, collection: Collection, read_grants: _ReadGrants, places: Places | Unread
    ) -> Reading[Granted] | Unread | None:
        if collection not in self.wanted:
            return None
        if isinstance(places, Unread):
            return places
        steps = partial(self.progress, collection)
        return self._read(
            self.workspace,
            lambda workspace: read_grants(workspace, places, executor=self.executor, steps=steps),
        )

    def _read(
        self,
        workspace: BitbucketWorkspace | Unread,
        listing: Callable[[BitbucketWorkspace], Sequence[T]],
    ) -> Reading[T] | Unread:
        if isinstance(workspace, Unread):
            return workspace
        counter = CallCounter()
        read_at = self.now()
        try:
            values = listing(workspace.counting(counter))
        except BitbucketError as error:
            return Unread(error)
        return Reading(values, read_at, counter.count)


def _result(future: "Future[Reading[T] | Unread] | None") -> Outcome[T]:
    return None if future is None else future.result()


def _places(
    projects: Outcome[models.Project], repositories: Outcome[models.Repository]
) -> Places | Unread:
    match projects, repositories:
        case (Unread() as unread, _) | (_, Unread() as unread):
            return unread
        case Reading(values=projects_read), Reading(values=repositories_read):
            return Places(projects_read, repositories_read)
    return Places((), ())
