"""Keeping those in who keep the workspace going: its owners, and the gateway's own account."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from gateway.bitbucket.credentials import Ability, Credential, Kind
from gateway.bitbucket.errors import Forbidden, NotFound, Unauthorized
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.strength import ADMINISTRATORS
from gateway.mirror.facts import Group
from gateway.scim.errors import Conflict

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
    _lock: Lock = field(default_factory=Lock, repr=False)

    def check_person(self, workspace: BitbucketWorkspace, uuid: str, *, is_owner: bool) -> None:
        """
        Let a member be deprived of everything.

        Raises:
            Conflict: It is an owner, or the gateway's own account.
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

    def check_group(
        self, workspace: BitbucketWorkspace, group: Group, removed: Iterable[str]
    ) -> None:
        """
        Let members be taken out of a group.

        Raises:
            Conflict: It administers the workspace, and the gateway's own account is among them.
        """
        administers = group.slug == ADMINISTRATORS or group.permission == "admin"
        if not self.is_on or not administers:
            return
        own = self.own_accounts(workspace).intersection(removed)
        if own:
            raise Conflict(
                f"User {min(own)} is the account that this gateway acts by, and the group "
                f"{group.name} makes it an administrator. {_HOW}"
            )

    def own_accounts(self, workspace: BitbucketWorkspace) -> frozenset[str]:
        """Return the UUIDs of the accounts behind the credentials: a call for each, once."""
        with self._lock:
            if self._own is None:
                self._own = frozenset(_accounts(workspace))
            return self._own


def _accounts(workspace: BitbucketWorkspace) -> Iterator[str]:
    for credential in _credentials(workspace):
        try:
            yield workspace.with_only(credential).current_user().uuid
        except (Unauthorized, Forbidden, NotFound):
            # It can't act, so nobody is locked out.
            continue


def _credentials(workspace: BitbucketWorkspace) -> list[Credential]:
    able = workspace.client.keyring.able(Ability.READ_V2)
    return [credential for credential in able if credential.kind in _OF_ACCOUNTS]
