"""A workspace as it is at one moment, and the questions a test may ask of it."""

import re
import threading
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from gateway.sandbox.model import (
    Account,
    Grant,
    Group,
    Invitation,
    Membership,
    Permission,
    Project,
    Repository,
    WorkspaceRole,
)

EPOCH = datetime(2019, 3, 7, 12, 35, 2, 900024, tzinfo=UTC)
ADMINISTRATORS_SLUG = "administrators"

Subject: TypeAlias = Account | Group
Target: TypeAlias = Project | Repository


def slug_of(name: str) -> str:
    """Lower case, blanks to dashes, ASCII: how Bitbucket makes a slug of a name."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._-]+", "-", ascii_name.lower()).strip("-")


@dataclass(slots=True)
class Workspace:
    """
    Everything Bitbucket knows about one workspace.

    ``accounts``, ``groups``, ``projects`` and ``repositories`` are by UUID, ``memberships`` by the
    UUID of the account, ``invitations`` by the e-mail in lower case.
    """

    slug: str = "acme"
    name: str = "Acme"
    is_private: bool = True
    seed: int = 0
    administration_moved: bool = False
    revision: int = 0
    created_on: datetime = EPOCH
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    accounts: dict[str, Account] = field(default_factory=dict, repr=False)
    memberships: dict[str, Membership] = field(default_factory=dict, repr=False)
    groups: dict[str, Group] = field(default_factory=dict, repr=False)
    projects: dict[str, Project] = field(default_factory=dict, repr=False)
    repositories: dict[str, Repository] = field(default_factory=dict, repr=False)
    invitations: dict[str, Invitation] = field(default_factory=dict, repr=False)
    _group_members: dict[str, dict[str, None]] = field(default_factory=dict, repr=False)
    _groups_of: dict[str, dict[str, None]] = field(default_factory=dict, repr=False)
    _on: dict[str, dict[str, Permission]] = field(default_factory=dict, repr=False)
    _held_by: dict[str, dict[str, Permission]] = field(default_factory=dict, repr=False)
    _made: int = 0
    _namespace: uuid.UUID = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._namespace = uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{self.slug}:{self.seed}")

    @property
    def uuid(self) -> str:
        """The UUID of the workspace, with its braces."""
        return self._uuid_of("workspace")

    def members(self) -> list[tuple[Account, WorkspaceRole]]:
        """Every member with what the membership says of it, in the order they came."""
        with self.lock:
            return [(self.accounts[m.account_uuid], m.role) for m in self.memberships.values()]

    def member(self, identifier: str) -> Account | None:
        """The member with this UUID (in braces) or Atlassian account id."""
        account = self.account(identifier)
        return account if account and account.uuid in self.memberships else None

    def account(self, identifier: str) -> Account | None:
        """The account with this UUID (in braces) or Atlassian account id."""
        with self.lock:
            by_uuid = self.accounts.get(identifier)
            if by_uuid or identifier.startswith("{"):
                return by_uuid
            found = (a for a in self.accounts.values() if a.account_id == identifier)
            return next(found, None)

    def account_by_email(self, email: str) -> Account | None:
        """The account with this address, whatever the case."""
        with self.lock:
            wanted = email.casefold()
            return next(
                (a for a in self.accounts.values() if a.email and a.email.casefold() == wanted),
                None,
            )

    def group(self, slug: str) -> Group | None:
        """The group with this slug."""
        with self.lock:
            return next((group for group in self.groups.values() if group.slug == slug), None)

    def project(self, key: str) -> Project | None:
        """The project with this key."""
        with self.lock:
            return next((p for p in self.projects.values() if p.key == key), None)

    def repository(self, identifier: str) -> Repository | None:
        """The repository with this slug or UUID (in braces)."""
        with self.lock:
            if identifier.startswith("{"):
                return self.repositories.get(identifier)
            return next((r for r in self.repositories.values() if r.slug == identifier), None)

    def group_members(self, group: Group) -> list[Account]:
        """Who is in a group."""
        with self.lock:
            return [self.accounts[member] for member in self._group_members[group.uuid]]

    def groups_of(self, member: Account) -> list[Group]:
        """The groups somebody is in."""
        with self.lock:
            return [self.groups[group] for group in self._groups_of.get(member.uuid, {})]

    def subject(self, subject_uuid: str) -> Subject:
        """The account or group with this UUID; KeyError when there is neither."""
        return self.accounts.get(subject_uuid) or self.groups[subject_uuid]

    def target(self, target_uuid: str) -> Target:
        """The project or repository with this UUID; KeyError when there is neither."""
        return self.projects.get(target_uuid) or self.repositories[target_uuid]

    def grants(
        self, *, subject: Subject | None = None, target: Target | None = None
    ) -> list[Grant]:
        """Every explicit grant, or those of one subject, on one object, or both."""
        with self.lock:
            if target is not None:
                pairs = [(who, target.uuid) for who in self._on.get(target.uuid, {})]
            elif subject is not None:
                pairs = [(subject.uuid, where) for where in self._held_by.get(subject.uuid, {})]
            else:
                pairs = [(who, where) for where, held in self._on.items() for who in held]
            return [
                Grant(self.subject(who), self.target(where), self._on[where][who])
                for who, where in pairs
                if subject is None or who == subject.uuid
            ]

    def granted(self, subject: Subject, target: Target) -> Permission | None:
        """The explicit permission of one subject on one object."""
        with self.lock:
            return self._on.get(target.uuid, {}).get(subject.uuid)

    def held_on(self, target: Target) -> Mapping[str, Permission]:
        """The explicit permissions on one object by the UUID of who holds them."""
        return self._on.get(target.uuid, {})

    def administrators(self) -> set[str]:
        """The UUIDs of who administers the workspace: owners and the administrators' groups."""
        with self.lock:
            owners = {
                m.account_uuid for m in self.memberships.values() if m.role is WorkspaceRole.OWNER
            }
            return owners.union(
                *(
                    self._group_members[group.uuid]
                    for group in self.groups.values()
                    if group.slug == ADMINISTRATORS_SLUG or group.permission is Permission.ADMIN
                )
            )

    def is_administrator(self, account: Account) -> bool:
        """Whether one account administers the workspace."""
        with self.lock:
            membership = self.memberships.get(account.uuid)
            return membership is not None and (
                membership.role is WorkspaceRole.OWNER
                or any(
                    group.slug == ADMINISTRATORS_SLUG or group.permission is Permission.ADMIN
                    for group in self.groups_of(account)
                )
            )

    def effective_permission(self, member: Account, repository: Repository) -> Permission | None:
        """
        The highest permission of one member on one repository, by whatever path.

        That a repository is public is nobody's permission.
        """
        with self.lock:
            if self.is_administrator(member):
                return Permission.ADMIN
            groups = self.groups_of(member)
            current = self.repositories[repository.uuid]
            subjects = [member.uuid, *(group.uuid for group in groups)]
            paths = [group.permission for group in groups]
            paths += [
                self._on.get(target, {}).get(subject)
                for target in (current.uuid, current.project_uuid)
                for subject in subjects
            ]
            held = [path.on_repositories for path in paths if path]
            return max(held, key=lambda permission: permission.rank, default=None)

    def project_permission(self, member: Account, project: Project) -> Permission | None:
        """The highest permission of one member on one project."""
        with self.lock:
            if self.is_administrator(member):
                return Permission.ADMIN
            subjects = [member.uuid, *(group.uuid for group in self.groups_of(member))]
            on_project = self._on.get(project.uuid, {})
            held = [on_project[subject] for subject in subjects if subject in on_project]
            return max(held, key=lambda permission: permission.rank, default=None)

    def _uuid_of(self, thing: str) -> str:
        return f"{{{uuid.uuid5(self._namespace, thing)}}}"
