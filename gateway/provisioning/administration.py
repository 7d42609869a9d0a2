"""Who may change the people and groups of a workspace: one interface, whoever it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.bitbucket import administration, resources
from gateway.bitbucket.administration import Administration as PlaceOfAdministration
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.models import Group
from gateway.bitbucket.people import People
from gateway.bitbucket.resources import Resource
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.mirror.mirror import Mirror
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

_MOVED: Final = (
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
        return Unsupported(_MOVED)


@dataclass(slots=True)
class Administrations:
    """
    Finds out where people and groups are administered, and remembers it.

    A move is for good: once seen it is remembered as long as the process lives.

    Attributes:
        mirror: Where one membership that says since when it is shows that nothing has moved.
        find: Asks Bitbucket.
    """

    mirror: Mirror
    find: Callable[[BitbucketWorkspace], PlaceOfAdministration] = administration.administration
    _has_moved: bool = field(default=False, repr=False)

    def of(self, workspace: BitbucketWorkspace) -> Administration:
        """Return what changes the people and groups of *workspace*: at most two calls."""
        kind = AtAtlassian if self._moved(workspace) else AtBitbucket
        return kind(workspace.client, workspace)

    def _moved(self, workspace: BitbucketWorkspace) -> bool:
        if self._has_moved:
            return True
        with self.mirror.reading() as snapshot:
            if snapshot.facts.has_dates_of_joining():
                return False
        try:
            self._has_moved = self.find(workspace) is PlaceOfAdministration.ATLASSIAN
        except BitbucketError:
            # The write itself will tell.
            return False
        return self._has_moved
