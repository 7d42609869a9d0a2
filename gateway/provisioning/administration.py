"""Who may change the people and groups of a workspace: one interface, whoever it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol

from gateway.bitbucket import administration, resources
from gateway.bitbucket.administration import Administration as PlaceOfAdministration
from gateway.bitbucket.errors import BitbucketError, Forbidden, Gone, Rejected
from gateway.bitbucket.models import Group
from gateway.bitbucket.people import People
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.mirror.mirror import Mirror
from gateway.planner.collections import Collection
from gateway.provisioning.steps import (
    AddMember,
    ChangeGroup,
    CreateGroup,
    DeleteGroup,
    Grant,
    Invite,
    RemoveMember,
    Revoke,
    Step,
    Withdraw,
)
from gateway.scim.errors import ScimError, Unsupported

#: What a client is told where people and groups can't be changed.
MOVED: Final = (
    "The people and groups of this workspace are administered at admin.atlassian.com, where this "
    "gateway can't change them yet: Bitbucket refuses it with whatever credential. Change them "
    "there, or by the SCIM of the Atlassian organization; what is read here follows."
)


class Administration(Protocol):
    """Changes people and groups; every method makes one call, or raises a BitbucketError."""

    def refusal(self) -> ScimError | None:
        """Return why nothing can be changed; None if it can."""
        ...

    def resource(self, step: Step) -> Resource | None:
        """Return what *step* calls; None if it is about no people and groups."""
        ...

    def create_group(self, name: str) -> Group:
        """Make a group without members."""
        ...

    def change_group(
        self, slug: str, *, name: str, permission: str | None, auto_add: bool
    ) -> Group:
        """Replace what is said of a group, and return it: its slug may be another."""
        ...

    def delete_group(self, slug: str) -> bool:
        """Delete a group; return whether there was one."""
        ...

    def add_member(self, slug: str, user: str) -> bool:
        """Put a member into a group; return whether it was not in yet."""
        ...

    def remove_member(self, slug: str, user: str) -> bool:
        """Take a member out of a group; return whether it was in."""
        ...

    def invite(self, email: str, group_slug: str | None) -> None:
        """Invite somebody."""
        ...

    def withdraw(self, email: str, group_slug: str | None = None) -> bool:
        """Withdraw an invitation; return whether there was one."""
        ...


_CALLS: Final[dict[type, Resource]] = {
    CreateGroup: resources.CREATE_GROUP,
    ChangeGroup: resources.SET_GROUP,
    DeleteGroup: resources.DELETE_GROUP,
    AddMember: resources.SET_GROUP_MEMBER,
    RemoveMember: resources.DELETE_GROUP_MEMBER,
    Invite: resources.INVITE,
    Withdraw: resources.WITHDRAW,
}


def is_about_people(steps: Iterable[Step]) -> bool:
    """Return whether any of *steps* changes people or groups, rather than permissions."""
    return any(not isinstance(step, Grant | Revoke) for step in steps)


@dataclass(frozen=True, slots=True)
class AtBitbucket(People):
    """Bitbucket's own 1.0 resources."""

    def refusal(self) -> ScimError | None:
        """See :meth:`Administration.refusal`."""
        return None

    def resource(self, step: Step) -> Resource | None:
        """See :meth:`Administration.resource`."""
        return _CALLS.get(type(step))


@dataclass(frozen=True, slots=True)
class AtAtlassian(AtBitbucket):
    """A workspace that has moved: Bitbucket's resources are there, and refuse."""

    def refusal(self) -> ScimError | None:
        """See :meth:`Administration.refusal`."""
        return Unsupported(MOVED)


@dataclass(slots=True)
class Administrations:
    """
    Finds out where people and groups are administered, and remembers it.

    A move is for good: once seen it is remembered as long as the process lives.

    Attributes:
        mirror: Where one membership that says since when it is shows that nothing has moved.
        lifetime: For how long that, and what Bitbucket answered, is taken for true.
        find: Asks Bitbucket.
        now: The time, with its zone.
    """

    mirror: Mirror
    lifetime: timedelta = timedelta(minutes=5)
    find: Callable[[BitbucketWorkspace], PlaceOfAdministration] = administration.administration
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _has_moved: bool = field(default=False, repr=False)
    _found_here_at: datetime | None = field(default=None, repr=False)

    def of(self, workspace: BitbucketWorkspace) -> Administration:
        """Return what changes the people and groups of *workspace*: at most two calls."""
        kind = AtAtlassian if self._moved(workspace) else AtBitbucket
        return kind(workspace.client, workspace)

    def is_moved_as(self, error: BitbucketError, workspace: BitbucketWorkspace) -> bool:
        """
        Return whether *error*, of a call that changes something, comes of a move.

        At most two calls, if it is one of those that a move would lead to.
        """
        if self._has_moved or not _is_sign(error):
            return self._has_moved and _is_sign(error)
        return self._look(workspace)

    def _moved(self, workspace: BitbucketWorkspace) -> bool:
        if self._has_moved:
            return True
        if self._is_young(self._found_here_at):
            return False
        with self.mirror.reading() as snapshot:
            members = snapshot.freshness.all().get(Collection.MEMBERS)
            is_dated = snapshot.facts.has_dates_of_joining()
        if is_dated and members is not None and self._is_young(members.read_at):
            return False
        return self._look(workspace)

    def _look(self, workspace: BitbucketWorkspace) -> bool:
        try:
            found = self.find(workspace)
        except BitbucketError:
            # The write itself will tell.
            return False
        self._has_moved = found is PlaceOfAdministration.ATLASSIAN
        if found is PlaceOfAdministration.BITBUCKET:
            self._found_here_at = self.now()
        return self._has_moved

    def _is_young(self, moment: datetime | None) -> bool:
        return moment is not None and self.now() - moment < self.lifetime


def _is_sign(error: BitbucketError) -> bool:
    """Return whether 1.0 refused so to change something, for no want of a scope."""
    if not error.evidence.resource.startswith("/1.0/"):
        return False
    match error:
        case Forbidden(required=required):
            return not required
        case Gone():
            return True
        case Rejected():
            return error.evidence.status == HTTPStatus.METHOD_NOT_ALLOWED
    return False
