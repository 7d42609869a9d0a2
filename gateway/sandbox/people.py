"""People and groups of a workspace: how they come, change and go."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.sandbox.model import (
    Account,
    AccountStatus,
    AccountType,
    Group,
    Invitation,
    Membership,
    Permission,
    WorkspaceRole,
)
from gateway.sandbox.workspace import Workspace, slug_of


@dataclass(slots=True)
class People(Workspace):
    """A workspace whose members and groups change."""

    # --- people -----------------------------------------------------------------------------

    def add_account(
        self,
        display_name: str,
        *,
        email: str | None = None,
        nickname: str | None = None,
        type: AccountType | str = AccountType.USER,  # noqa: A002 - Bitbucket's word
        status: AccountStatus | str = AccountStatus.ACTIVE,
        kind: str | None = None,
        is_staff: bool = False,
        has_2fa_enabled: bool | None = None,
    ) -> Account:
        """Make somebody known to Bitbucket who is not a member of the workspace."""
        with self.lock:
            made_uuid = self._new_uuid("account")
            is_user = AccountType(type) is AccountType.USER
            account = Account(
                uuid=made_uuid,
                display_name=display_name,
                nickname=display_name if nickname is None else nickname,
                account_id=f"557058:{uuid.uuid5(uuid.NAMESPACE_OID, made_uuid)}"
                if is_user
                else None,
                email=email,
                created_on=self._moment(),
                type=AccountType(type),
                status=AccountStatus(status),
                kind=kind,
                is_staff=is_staff,
                has_2fa_enabled=has_2fa_enabled,
            )
            self.accounts[account.uuid] = account
            self._changed()
            return account

    def add_member(
        self,
        member: Account | str,
        *,
        role: WorkspaceRole | str = WorkspaceRole.MEMBER,
        email: str | None = None,
        nickname: str | None = None,
        type: AccountType | str = AccountType.USER,  # noqa: A002 - Bitbucket's word
        status: AccountStatus | str = AccountStatus.ACTIVE,
        kind: str | None = None,
        last_accessed: datetime | None = None,
    ) -> Account:
        """
        Make an account, or somebody new with the given display name, a member.

        Adding a member again changes the role. Everything but *role* and *last_accessed*
        is for a new account.
        """
        with self.lock:
            account = (
                member
                if isinstance(member, Account)
                else self.add_account(
                    member, email=email, nickname=nickname, type=type, status=status, kind=kind
                )
            )
            known = self.memberships.get(account.uuid)
            self.memberships[account.uuid] = Membership(
                account_uuid=account.uuid,
                role=WorkspaceRole(role),
                added_on=known.added_on if known else self._moment(),
                last_accessed=last_accessed,
            )
            self._changed()
            return self.accounts[account.uuid]

    def remove_member(self, member: Account) -> None:
        """Take a member, with every group and every grant, out of the workspace."""
        with self.lock:
            del self.memberships[member.uuid]
            for group_uuid in self._groups_of.pop(member.uuid, {}):
                del self._group_members[group_uuid][member.uuid]
            self._forget_grants_of(member.uuid)
            self._changed()

    def change_account(
        self,
        account: Account,
        *,
        display_name: str | None = None,
        nickname: str | None = None,
        email: str | None = None,
        status: AccountStatus | str | None = None,
    ) -> Account:
        """Change what is given of an account; the rest stays."""
        with self.lock:
            known = self.accounts[account.uuid]
            changed = replace(
                known,
                display_name=known.display_name if display_name is None else display_name,
                nickname=known.nickname if nickname is None else nickname,
                email=known.email if email is None else email,
                status=known.status if status is None else AccountStatus(status),
            )
            self.accounts[account.uuid] = changed
            self._changed()
            return changed

    def invite(
        self,
        email: str,
        *,
        invited_by: Account,
        groups: Iterable[Group] = (),
        grants: Mapping[str, Permission] | None = None,
    ) -> Invitation:
        """Invite somebody to the workspace; *groups* and *grants* are for who accepts."""
        with self.lock:
            slugs = tuple(self.groups[group.uuid].slug for group in groups)
            moment = self._moment()
            invitation = Invitation(email, slugs, moment, invited_by.uuid, dict(grants or {}))
            self.invitations[email.casefold()] = invitation
            self._changed()
            return invitation

    def withdraw_invitation(self, email: str) -> None:
        """Withdraw what was sent to *email*."""
        with self.lock:
            del self.invitations[email.casefold()]
            self._changed()

    def accept_invitation(self, email: str, *, display_name: str) -> Account:
        """Make the invited person a member, in the groups of the invitation and ``auto_add``."""
        with self.lock:
            invitation = self.invitations.pop(email.casefold())
            account = self.add_member(display_name, email=invitation.email)
            for group in list(self.groups.values()):
                if group.auto_add or group.slug in invitation.group_slugs:
                    self.join(group, account)
            return account

    # --- groups -----------------------------------------------------------------------------

    def add_group(
        self,
        name: str,
        *,
        slug: str | None = None,
        members: Iterable[Account] = (),
        permission: Permission | str | None = None,
        auto_add: bool = False,
        email_forwarding_disabled: bool = False,
    ) -> Group:
        """Make a group; *slug* is made of *name* unless given, and made unique."""
        with self.lock:
            group = Group(
                uuid=self._new_uuid("group"),
                slug=self._free_slug(slug or slug_of(name) or "group"),
                name=name,
                permission=None if permission is None else Permission(permission),
                auto_add=auto_add,
                email_forwarding_disabled=email_forwarding_disabled,
            )
            self.groups[group.uuid] = group
            self._group_members[group.uuid] = {}
            for member in members:
                self.join(group, member)
            self._changed()
            return group

    def change_group(
        self,
        group: Group,
        *,
        name: str | None = None,
        slug: str | None = None,
        auto_add: bool | None = None,
    ) -> Group:
        """Rename a group, change its slug or who joins it; what is not given stays."""
        with self.lock:
            known = self.groups[group.uuid]
            changed = replace(
                known,
                name=known.name if name is None else name,
                slug=known.slug if slug in (None, known.slug) else self._free_slug(str(slug)),
                auto_add=known.auto_add if auto_add is None else auto_add,
            )
            self.groups[group.uuid] = changed
            self._changed()
            return changed

    def set_workspace_permission(self, group: Group, permission: Permission | str | None) -> Group:
        """Give a group *permission* on every repository, or nothing any more."""
        with self.lock:
            given = None if permission is None else Permission(permission)
            self.groups[group.uuid] = replace(self.groups[group.uuid], permission=given)
            self._changed()
            return self.groups[group.uuid]

    def remove_group(self, group: Group) -> None:
        """Delete a group with its grants."""
        with self.lock:
            del self.groups[group.uuid]
            for member_uuid in self._group_members.pop(group.uuid):
                del self._groups_of[member_uuid][group.uuid]
            self._forget_grants_of(group.uuid)
            self._changed()

    def join(self, group: Group, member: Account) -> None:
        """Put a member into a group; once in, it changes nothing."""
        with self.lock:
            self._require_member(member.uuid)
            self._group_members[group.uuid][member.uuid] = None
            self._groups_of.setdefault(member.uuid, {})[group.uuid] = None
            self._changed()

    def leave(self, group: Group, member: Account) -> None:
        """Take a member out of a group; KeyError when not in."""
        with self.lock:
            del self._group_members[group.uuid][member.uuid]
            del self._groups_of[member.uuid][group.uuid]
            self._changed()

    def _forget_grants_of(self, subject_uuid: str) -> None:
        for target_uuid in self._held_by.pop(subject_uuid, {}):
            del self._on[target_uuid][subject_uuid]

    def _require_member(self, account_uuid: str) -> None:
        if account_uuid not in self.memberships:
            raise ValueError(f"{account_uuid} is not a member of {self.slug}")

    def _free_slug(self, wanted: str) -> str:
        taken = {group.slug for group in self.groups.values()}
        candidate, number = wanted, 1
        while candidate in taken:
            number += 1
            candidate = f"{wanted}-{number}"
        return candidate

    def _moment(self) -> datetime:
        """A moment of its own for each thing made: time in a world is the order of events."""
        return self.created_on + timedelta(hours=self._made, microseconds=self._made)

    def _new_uuid(self, sort: str) -> str:
        self._made += 1
        return self._uuid_of(f"{sort}-{self._made}")

    def _changed(self) -> None:
        self.revision += 1
