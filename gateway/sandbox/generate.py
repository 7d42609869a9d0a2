"""Worlds of any size, the same for the same arguments, with awkward data on purpose."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gateway.sandbox import names
from gateway.sandbox.model import (
    Account,
    AccountStatus,
    AccountType,
    Group,
    Permission,
    Project,
    Repository,
    WorkspaceRole,
)
from gateway.sandbox.workspace import Subject, Target, slug_of
from gateway.sandbox.world import World

ADMINISTRATORS = 3
INVITATIONS = 4


class Shape(StrEnum):
    """
    How many people have a right on a repository.

    ``dense``: hundreds, by groups of up to 120 and by groups that reach every repository.
    ``sparse``: a dozen, by teams of up to eight.
    """

    DENSE = "dense"
    SPARSE = "sparse"


@dataclass(frozen=True, slots=True)
class Density:
    """
    The numbers behind a shape.

    Attributes:
        largest_group: The most members of a group.
        groups_per_project: How many groups are granted something on each project.
        users_per_project: How many users are.
        groups_per_repository: The most groups with a grant on a repository.
        users_per_repository: The most users with one.
        workspace_permissions: What groups hold on every repository, by their number.
    """

    largest_group: int
    groups_per_project: int
    users_per_project: int
    groups_per_repository: int
    users_per_repository: int
    workspace_permissions: Mapping[int, Permission] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Every:
    """The numbers that come round once in *period*, from *first* on."""

    period: int
    first: int

    def __contains__(self, number: int) -> bool:
        return number % self.period == self.first


APPS = Every(40, 39)
ODD_NAMES = Every(9, 4)
EQUAL_NICKNAMES = Every(2, 1)
COLLABORATORS = Every(17, 5)
NEVER_SEEN = Every(11, 7)
MIXED_CASE_ADDRESSES = Every(5, 2)
INACTIVE = Every(23, 11)
CLOSED = Every(61, 30)
EMPTY_GROUPS = Every(7, 3)
RENAMED_GROUPS = Every(6, 2)
AUTO_ADD_GROUPS = Every(12, 5)
SILENT_GROUPS = Every(4, 0)
PUBLIC_PROJECTS = Every(4, 1)
DESCRIBED_PROJECTS = Every(2, 0)
RENAMED_REPOSITORIES = Every(8, 3)
PUBLIC_REPOSITORIES = Every(3, 0)
DENSITIES = {
    Shape.DENSE: Density(
        largest_group=120,
        groups_per_project=3,
        users_per_project=3,
        groups_per_repository=2,
        users_per_repository=2,
        workspace_permissions={4: Permission.READ, 11: Permission.WRITE},
    ),
    Shape.SPARSE: Density(
        largest_group=8,
        groups_per_project=2,
        users_per_project=1,
        groups_per_repository=1,
        users_per_repository=2,
    ),
}


def generate(
    *,
    users: int = 200,
    groups: int = 25,
    projects: int = 6,
    repositories: int = 60,
    seed: int = 1,
    slug: str = "acme",
    shape: Shape | str = Shape.DENSE,
    group_size: int | None = None,
) -> World:
    """
    Make a workspace of the given size.

    Groups are of many sizes, and some empty, unless *group_size* says how many members each has.
    The first member is ``Admin``, an owner with the e-mail ``admin@{slug}.example``; the first
    group is ``Administrators``. The same arguments make the same world, UUIDs and times included.
    """
    density = DENSITIES[Shape(shape)]
    chance = random.Random(f"{slug}:{seed}")  # noqa: S311 - a seed makes a world reproducible
    world = World(slug=slug, name=f"{slug.capitalize()}, Inc.", seed=seed)
    people = _people(world, users, chance)
    made_groups = [
        _group(world, n, people, density, chance, size=group_size) for n in range(groups)
    ]
    made_projects = [_project(world, number) for number in range(projects)]
    made_repositories = [
        _repository(world, number, chance.choice(made_projects), chance)
        for number in range(repositories if made_projects else 0)
    ]
    dice = GrantDice(world, made_groups, people, chance)
    for project in made_projects:
        dice.on_project(project, density)
    for repository in made_repositories:
        dice.on_repository(repository, density)
    for number in range(min(INVITATIONS, users)):
        world.invite(
            f"Invited.{number}@Partner.Example",
            invited_by=people[0],
            groups=made_groups[1 : 1 + number % 2],
        )
    return world


def _people(world: World, count: int, chance: random.Random) -> list[Account]:
    return [_person(world, number, chance) for number in range(count)]


def _person(world: World, number: int, chance: random.Random) -> Account:
    if number == 0:
        return world.add_member(
            "Admin", email=f"admin@{world.slug}.example", role=WorkspaceRole.OWNER
        )
    if number in APPS:
        kind = names.APP_KINDS[number // APPS.period % len(names.APP_KINDS)]
        return world.add_member(f"Deploy bot {number}", type=AccountType.APP_USER, kind=kind)
    given, family = chance.choice(names.GIVEN_NAMES), chance.choice(names.FAMILY_NAMES)
    display_name = f"{given} {family}"
    if number in ODD_NAMES:
        odd = names.ODD_DISPLAY_NAMES
        display_name = odd[number // ODD_NAMES.period % len(odd)]
    return world.add_member(
        display_name,
        nickname=given if number in EQUAL_NICKNAMES else display_name,
        email=_email(f"{given}.{family}", number, world.slug),
        status=_status(number),
        role=WorkspaceRole.COLLABORATOR if number in COLLABORATORS else WorkspaceRole.MEMBER,
        last_accessed=None
        if number in NEVER_SEEN
        else world.created_on + timedelta(days=2000 + number % 365, minutes=number),
    )


def _email(name: str, number: int, workspace_slug: str) -> str:
    local = f"{slug_of(name) or 'user'}.{number}"
    domain = f"{workspace_slug}.example"
    # Mixed case, because people type their addresses and Bitbucket keeps what they typed.
    mixed = number in MIXED_CASE_ADDRESSES
    return f"{local.title()}@{domain.capitalize()}" if mixed else f"{local}@{domain}"


def _status(number: int) -> AccountStatus:
    if number in INACTIVE:
        return AccountStatus.INACTIVE
    return AccountStatus.CLOSED if number in CLOSED else AccountStatus.ACTIVE


def _group(
    world: World,
    number: int,
    people: list[Account],
    density: Density,
    chance: random.Random,
    *,
    size: int | None,
) -> Group:
    if number == 0:
        administrators = people[:ADMINISTRATORS]
        for person in administrators:
            world.add_member(person, role=WorkspaceRole.OWNER)
        return world.add_group(
            "Administrators", members=administrators, permission=Permission.ADMIN
        )
    rounds, index = divmod(number - 1, len(names.GROUP_NAMES))
    name = names.GROUP_NAMES[index] + (f" {rounds + 1}" if rounds else "")
    if size is None:
        largest = max(1, min(len(people) // 8, density.largest_group))
        size = 0 if number in EMPTY_GROUPS else chance.randint(1, largest)
    return world.add_group(
        name,
        slug=f"renamed-{number}" if number in RENAMED_GROUPS else None,
        members=chance.sample(people, min(size, len(people))),
        permission=density.workspace_permissions.get(number),
        auto_add=number in AUTO_ADD_GROUPS,
        email_forwarding_disabled=number in SILENT_GROUPS,
    )


def _project(world: World, number: int) -> Project:
    rounds, index = divmod(number, len(names.PROJECT_NAMES))
    key, name = names.PROJECT_NAMES[index]
    return world.add_project(
        f"{key}{rounds}" if rounds else key,
        name=f"{name} {rounds + 1}" if rounds else name,
        is_private=number not in PUBLIC_PROJECTS,
        description='What it is for, in "words"' if number in DESCRIBED_PROJECTS else "",
    )


def _repository(world: World, number: int, project: Project, chance: random.Random) -> Repository:
    rounds, index = divmod(number, len(names.REPOSITORY_NAMES))
    name = names.REPOSITORY_NAMES[index] + (f" {rounds + 1}" if rounds else "")
    plain = slug_of(name)
    says_nothing = plain in ("", str(rounds + 1))
    unlike = number in RENAMED_REPOSITORIES or says_nothing
    return world.add_repository(
        name,
        project=project,
        slug=f"repo-{number}" if unlike else f"{plain}.{number}" if rounds else plain,
        is_private=number not in PUBLIC_REPOSITORIES or project.is_private,
        language=names.LANGUAGES[number % len(names.LANGUAGES)],
        size_bytes=chance.randint(0, 10**9),
    )


@dataclass(frozen=True, slots=True)
class GrantDice:
    """Who is granted what, by chance."""

    world: World
    groups: Sequence[Group]
    people: Sequence[Account]
    chance: random.Random

    def on_project(self, project: Project, density: Density) -> None:
        """Grant something on a project."""
        permissions = list(Permission)
        self._grant(self.groups, project, density.groups_per_project, permissions)
        self._grant(self.people, project, density.users_per_project, permissions)

    def on_repository(self, repository: Repository, density: Density) -> None:
        """Grant something on a repository, or nothing."""
        permissions = [Permission.READ, Permission.WRITE, Permission.ADMIN]
        groups = self.chance.randint(0, density.groups_per_repository)
        self._grant(self.groups, repository, groups, permissions)
        users = self.chance.randint(0, density.users_per_repository)
        self._grant(self.people, repository, users, permissions)

    def _grant(
        self,
        subjects: Sequence[Subject],
        target: Target,
        count: int,
        permissions: Sequence[Permission],
    ) -> None:
        for subject in self.chance.sample(subjects, min(count, len(subjects))):
            self.world.grant(subject, target, self.chance.choice(permissions))
