"""Who has which effective right on which repository, without writing all of it down."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.sandbox.model import Account, Permission, Repository
from gateway.sandbox.world import World

KEPT_REPOSITORIES = 64


@dataclass(frozen=True, slots=True)
class Right:
    """The effective right of one account on one repository."""

    account: Account
    repository: Repository
    permission: Permission


Rights: TypeAlias = Sequence[Right]


@dataclass(slots=True)
class EffectiveRights:
    """
    The effective rights of every member, for the world as it is at one revision.

    Rights on a project, and on the whole workspace, are worked out once; those on a repository
    when they are looked at.
    """

    world: World
    _workspace: dict[str, Permission] = field(init=False, repr=False)
    _positions: dict[str, int] = field(init=False, repr=False)
    _projects: dict[str, dict[str, Permission]] = field(default_factory=dict, repr=False)
    _repositories: "OrderedDict[str, Rights]" = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
        self._positions = {member: n for n, member in enumerate(self.world.memberships)}
        self._workspace = {}
        for group in self.world.groups.values():
            if group.permission:
                self._raise_group(self._workspace, group.uuid, group.permission)
        self._workspace.update(dict.fromkeys(self.world.administrators(), Permission.ADMIN))

    def on(self, repository: Repository) -> Rights:
        """Every right on one repository, in the order in which members came."""
        known = self._repositories.get(repository.uuid)
        if known is None:
            held = self._held(repository)
            known = [
                Right(self.world.accounts[member], repository, held[member])
                for member in sorted(held, key=self._positions.__getitem__)
            ]
            self._repositories[repository.uuid] = known
            if len(self._repositories) > KEPT_REPOSITORIES:
                self._repositories.popitem(last=False)
        return known

    def _held(self, repository: Repository) -> Mapping[str, Permission]:
        project = self._projects.get(repository.project_uuid)
        if project is None:
            project = dict(self._workspace)
            self._raise_all(project, self.world.projects[repository.project_uuid].uuid)
            self._projects[repository.project_uuid] = project
        held = dict(project)
        self._raise_all(held, repository.uuid)
        return held

    def _raise_all(self, held: dict[str, Permission], target_uuid: str) -> None:
        for subject, permission in self.world.held_on(self.world.target(target_uuid)).items():
            if subject in self.world.groups:
                self._raise_group(held, subject, permission)
            else:
                _raise(held, subject, permission)

    def _raise_group(
        self, held: dict[str, Permission], group_uuid: str, permission: Permission
    ) -> None:
        for member in self.world.group_members(self.world.groups[group_uuid]):
            _raise(held, member.uuid, permission)


def _raise(held: dict[str, Permission], member: str, permission: Permission) -> None:
    given = permission.on_repositories
    known = held.get(member)
    if known is None or known.rank < given.rank:
        held[member] = given
