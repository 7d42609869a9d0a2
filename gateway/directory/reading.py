"""Reading lists from Bitbucket, side by side, each complete or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Values
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from gateway.bitbucket import models
from gateway.bitbucket.errors import BitbucketError, NotFound
from gateway.bitbucket.query import equals
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.invitations import Pending
from gateway.directory.outcomes import Reading, Unread, read_whole
from gateway.directory.packed import Packed
from gateway.planner.collections import Collection
from gateway.planner.needs import (
    AddressesOf,
    Need,
    OneAddress,
    OneMember,
    OneRole,
    Whole,
)

Listing = Callable[[BitbucketWorkspace], Values[Any]]

_LISTS: Mapping[Collection, Listing] = {
    Collection.MEMBERS: lambda workspace: Packed(workspace.permissions()),
    Collection.GROUPS: lambda workspace: Packed(workspace.groups()),
    Collection.PROJECTS: lambda workspace: list(workspace.projects()),
    Collection.REPOSITORIES: lambda workspace: Packed(workspace.repositories()),
    Collection.REPOSITORY_GROUP_GRANTS: lambda workspace: Packed(workspace.group_privileges()),
}

#: They hold only what a credential may see: one that sees less would make the rest look deleted,
#: so they are read as seen by those that see all.
_SEEN_IN_PART = frozenset({Collection.PROJECTS, Collection.REPOSITORIES})


@dataclass(frozen=True, slots=True)
class Lists:
    """
    What became of the lists of one plan.

    Attributes:
        readings: Those that were read to their end, by what they answer. The values of one
            member are it or nobody; those of all addresses are under the first need that asks.
        failures: The others, and why.
        asked: The addresses that were asked for.
        pending: The invitations that were pending before, if they were asked for and told.
    """

    readings: Mapping[Need, Reading[Any]]
    failures: Mapping[Need, BitbucketError]
    asked: tuple[str, ...] = ()
    pending: Pending | None = None

    def whole(self, collection: Collection) -> Reading[Any] | None:
        """Return the reading of a whole collection, if there is one."""
        return self.readings.get(Whole(collection))


@dataclass(frozen=True, slots=True)
class ListReader:
    """
    Reads lists.

    Attributes:
        workspace: Where.
        executor: The threads to do it on.
        now: The time, with its zone.
    """

    workspace: BitbucketWorkspace
    executor: Executor
    now: Callable[[], datetime] = field(repr=False)

    def read(self, needs: Iterable[Need], addresses: Sequence[str]) -> Lists:
        """
        Read what answers *needs*; one list that fails does not keep the others from being read.

        Args:
            needs: Whole collections but for those that are told place by place, and single
                members, roles and addresses.
            addresses: The addresses to ask for, if addresses are among the needs.
        """
        wanted = list(needs)
        outcomes: dict[Need, Reading[Any] | Unread] = {}
        privileges = Whole(Collection.REPOSITORY_GROUP_GRANTS)
        if privileges in wanted:
            # First, so that the lists that are read next hold every name in it.
            outcomes[privileges] = self._read(self.workspace, _LISTS[privileges.collection])
        places = {need for need in wanted if _is_seen_in_part(need)}
        whole = self._seen_whole() if places else self.workspace
        futures = {
            need: self.executor.submit(
                self._read, whole if need in places else self.workspace, listing
            )
            for need, listing in self._listings(wanted, addresses)
            if need not in outcomes
        }
        outcomes |= {need: future.result() for need, future in futures.items()}
        return Lists(
            readings={n: out for n, out in outcomes.items() if isinstance(out, Reading)},
            failures={n: out.error for n, out in outcomes.items() if isinstance(out, Unread)},
            asked=tuple(addresses),
        )

    def _listings(
        self, needs: Iterable[Need], addresses: Sequence[str]
    ) -> Iterable[tuple[Need, Listing]]:
        asking = False
        for need in needs:
            match need:
                case OneMember(key=key):
                    yield need, partial(_member, key=key)
                case OneRole(role=role):
                    yield need, partial(_with_role, role=role)
                case OneAddress() | AddressesOf() | Whole(collection=Collection.ADDRESSES):
                    if not asking:
                        yield need, lambda workspace: list(workspace.members_by_email(addresses))
                    asking = True
                case Whole(collection=collection):
                    yield need, _LISTS[collection]

    def _read(self, workspace: BitbucketWorkspace | Unread, listing: Listing) -> Any:
        return read_whole(workspace, listing, now=self.now)

    def _seen_whole(self) -> BitbucketWorkspace | Unread:
        try:
            return self.workspace.seen_whole()
        except BitbucketError as error:
            return Unread(error)


def _is_seen_in_part(need: Need) -> bool:
    return isinstance(need, Whole) and need.collection in _SEEN_IN_PART


def _with_role(workspace: BitbucketWorkspace, *, role: str) -> Sequence[models.WorkspaceMembership]:
    return list(workspace.permissions(equals("permission", role)))


def _member(workspace: BitbucketWorkspace, *, key: str) -> Sequence[models.Account]:
    try:
        return [workspace.member(key)]
    except NotFound:
        # A workspace that may not be seen has no members either: then this says so.
        workspace.workspace()
        return []
