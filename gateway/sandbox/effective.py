"""Who has which effective right on which repository, without writing all of it down."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.sandbox.bbql import And, Node
from gateway.sandbox.model import Account, Permission, Repository
from gateway.sandbox.predicate import Field, Fields, Kind, Predicate, fields_of, predicate
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
    _projects: dict[str, dict[str, Permission]] = field(default_factory=dict, repr=False)
    _repositories: "OrderedDict[str, Rights]" = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
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
                for member in self.world.memberships
                if member in held
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


RIGHT_FIELDS: Fields[Right] = {
    "permission": Field(Kind.PERMISSION, lambda right: right.permission),
    "repository.name": Field(Kind.TEXT, lambda right: right.repository.name),
    "repository.slug": Field(Kind.TEXT, lambda right: right.repository.slug),
    "repository.uuid": Field(Kind.TEXT, lambda right: right.repository.uuid),
    "user.uuid": Field(Kind.TEXT, lambda right: right.account.uuid),
    "user.account_id": Field(Kind.TEXT, lambda right: right.account.account_id),
    "user.display_name": Field(Kind.TEXT, lambda right: right.account.display_name),
    "user.nickname": Field(Kind.TEXT, lambda right: right.account.nickname),
}


def right_fields(world: World) -> Fields[Right]:
    """What effective rights can be filtered and sorted by."""
    slug = world.slug
    full_name: Field[Right] = Field(Kind.TEXT, lambda right: f"{slug}/{right.repository.slug}")
    return {**RIGHT_FIELDS, "repository.full_name": full_name}


@dataclass(slots=True)
class RightsWindow:
    """
    The rights on many repositories, one repository after the other, that pass a filter.

    How many there are is counted as far as somebody has read.
    """

    rights: EffectiveRights
    repositories: Sequence[Repository]
    passes: Predicate[Right] | None
    _starts: list[int] = field(default_factory=lambda: [0], repr=False)
    _latest: tuple[int, Rights] = field(default=(-1, ()), repr=False)

    def window(self, offset: int, limit: int) -> Rights:
        """At most *limit* rights, from *offset* on."""
        place = self._place_of(offset)
        skip = offset - self._starts[place]
        found: list[Right] = []
        while len(found) < limit and place < len(self.repositories):
            found.extend(self._on(place)[skip : skip + limit - len(found)])
            place, skip = place + 1, 0
        return found

    def size(self) -> None:
        """Nobody counts them."""
        return

    def _place_of(self, offset: int) -> int:
        """The place of the repository that holds the right at *offset*."""
        while self._starts[-1] <= offset and len(self._starts) <= len(self.repositories):
            self._starts.append(self._starts[-1] + len(self._on(len(self._starts) - 1)))
        return bisect_right(self._starts, offset) - 1

    def _on(self, place: int) -> Rights:
        # Pages are read in order, so the repository of the last one is mostly that of the next.
        if self._latest[0] != place:
            on_this = self.rights.on(self.repositories[place])
            kept = on_this if self.passes is None else list(filter(self.passes, on_this))
            self._latest = (place, kept)
        return self._latest[1]


def rights_window(
    rights: EffectiveRights, repositories: Iterable[Repository], query: Node | None
) -> RightsWindow:
    """The rights that pass *query*; what it says of repositories alone is asked of them first."""
    fields = right_fields(rights.world)
    if query is None:
        return RightsWindow(rights, list(repositories), None)
    passes = predicate(query, fields)
    parts = query.parts if isinstance(query, And) else (query,)
    nobody = Account("", "", "", None, None, rights.world.created_on)
    for part in parts:
        if all(name.startswith("repository.") for name in fields_of(part)):
            fits = predicate(part, fields)
            repositories = [
                repository
                for repository in repositories
                if fits(Right(nobody, repository, Permission.READ))
            ]
    return RightsWindow(rights, list(repositories), passes)
