"""Keeping those in who keep the workspace going: its owners, and the gateway's own account."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.bitbucket.credentials import Ability, ApiToken, Credential, Kind
from gateway.bitbucket.errors import Forbidden, NotFound, Unauthorized
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.strength import ADMINISTRATORS
from gateway.mirror.facts import Group
from gateway.scim.errors import Conflict
from gateway.scim.text import fold

_HOW = "Set GATEWAY_PROTECT_ADMINISTRATORS=false to allow it."

#: The credentials that act for an account.
_OF_ACCOUNTS = frozenset({Kind.API_TOKEN, Kind.APP_PASSWORD})


@dataclass(slots=True)
class Protection:
    """
    Refuses what would lock out an owner, or the account that the gateway acts by.

    Attributes:
        is_on: Whether it does.
    """

    is_on: bool = True
    _own: frozenset[str] | None = field(default=None, repr=False)

    def check_person(self, workspace: BitbucketWorkspace, uuid: str, *, is_owner: bool) -> None:
        """
        Let a member be deprived of everything.

        Raises:
            Conflict: It is an owner, or the gateway's own account, or perhaps that.
            BitbucketError: Whose account the gateway acts by can't be asked at the moment.
        """
        if not self.is_on:
            return
        if is_owner:
            raise Conflict(
                f"User {uuid} owns the workspace, and nobody else could take its place: make "
                f"another owner at bitbucket.org first. {_HOW}"
            )
        if uuid in self.own_accounts(workspace):
            raise Conflict(f"User {uuid} is the account that this gateway acts by. {_HOW}")

    def is_about(self, group: Group) -> bool:
        """Return whether *group* administers the workspace, and is protected."""
        return self.is_on and (group.slug == ADMINISTRATORS or group.permission == "admin")

    def check_name(self, group: Group, name: str) -> None:
        """
        Let a group be called *name*.

        Raises:
            Conflict: It administers the workspace by the name that it has.
        """
        if self.is_on and group.slug == ADMINISTRATORS and fold(name) != fold(group.name):
            raise Conflict(
                f"The group {group.name} makes its members administrators of the workspace, by "
                f"the name that it has. {_HOW}"
            )

    def check_members(
        self,
        workspace: BitbucketWorkspace,
        group: Group,
        removed: Collection[str],
        *,
        owners: Collection[str],
    ) -> None:
        """
        Let members be taken out of a group, or with the group.

        Raises:
            Conflict: It administers the workspace, and an owner or the gateway's own account, or
                perhaps that, is among them.
            BitbucketError: Whose account the gateway acts by can't be asked at the moment.
        """
        if not self.is_about(group) or not removed:
            return
        if owned := set(owners).intersection(removed):
            raise Conflict(
                f"User {min(owned)} owns the workspace, and the group {group.name} makes it an "
                f"administrator. {_HOW}"
            )
        own = self.own_accounts(workspace).intersection(removed)
        if own:
            raise Conflict(
                f"User {min(own)} is the account that this gateway acts by, and the group "
                f"{group.name} makes it an administrator. {_HOW}"
            )

    def own_accounts(self, workspace: BitbucketWorkspace) -> frozenset[str]:
        """
        Return the UUIDs of the accounts behind the credentials: a call or two for each, once.

        Raises:
            Conflict: Bitbucket does not tell whose account a credential is.
            BitbucketError: It can't be asked at the moment.
        """
        # Two at once may both ask; neither waits for a call of the other.
        own = self._own
        if own is None:
            own = self._own = frozenset(_accounts(workspace))
        return own


def _accounts(workspace: BitbucketWorkspace) -> Iterator[str]:
    for credential in _credentials(workspace):
        try:
            yield workspace.with_only(credential).current_user().uuid
        except Unauthorized:
            # It can't act, so nobody is locked out.
            continue
        except (Forbidden, NotFound):
            yield _by_address(workspace, credential)


def _by_address(workspace: BitbucketWorkspace, credential: Credential) -> str:
    """Return the account of a credential that may not ask for it, as one without that scope."""
    found = None
    if isinstance(credential, ApiToken):
        with suppress(Forbidden):
            found = next(iter(workspace.members_by_email([credential.email])), None)
    if found is None:
        raise Conflict(
            f"Bitbucket does not tell whose account the {credential.kind} is that this gateway "
            f"acts by, so this could lock it out: give the token the scope read:user:bitbucket. "
            f"{_HOW}"
        )
    return found.uuid


def _credentials(workspace: BitbucketWorkspace) -> list[Credential]:
    able = workspace.client.keyring.able(Ability.READ_V2)
    return [credential for credential in able if credential.kind in _OF_ACCOUNTS]
