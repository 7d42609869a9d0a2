"""What a simulated workspace would be read as, without reading it call by call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from gateway.bitbucket import models
from gateway.directory.grants import Granted, PlacesRead
from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, Whole
from gateway.sandbox import Account, Group, Project, Repository, World
from gateway.scim.text import fold

T = TypeVar("T")

#: As many places as a synchronization lands together, and as many addresses.
_PLACES_AT_A_TIME = 200
_ADDRESSES_AT_A_TIME = 900


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that was read of a workspace."""

    workspace_uuid: str
    lists: Lists
    places: Sequence[Sequence[PlacesRead]]
    addresses: Sequence[Lists]

    @classmethod
    def of(cls, world: World, read_at: datetime) -> "Read":
        """Return what *world* would be read as at some time."""
        return cls(
            workspace_uuid=_plain(world.uuid),
            lists=_lists(world, read_at),
            places=list(_in_turn(list(_places(world, read_at)), _PLACES_AT_A_TIME)),
            addresses=list(_addresses(world, read_at)),
        )

    def land_lists(self, landing: Landing) -> None:
        """Land all lists, as a refresh does: in one transaction."""
        landing.lists(self.lists, workspace_uuid=self.workspace_uuid)

    def land_places(self, landing: Landing) -> None:
        """Land what is granted place by place, as a refresh does."""
        for places in self.places:
            landing.places(places, calls=0, workspace_uuid=self.workspace_uuid)

    def land_addresses(self, landing: Landing) -> None:
        """Land the e-mail addresses."""
        for addresses in self.addresses:
            landing.lists(addresses, workspace_uuid=self.workspace_uuid)


def _lists(world: World, read_at: datetime) -> Lists:
    memberships = [
        models.WorkspaceMembership(
            user=_account(world.accounts[membership.account_uuid]),
            permission=models.WorkspaceRole(membership.role),
            added_on=membership.added_on,
            last_accessed=membership.last_accessed,
        )
        for membership in world.memberships.values()
    ]
    values: Mapping[Collection, Sequence[Any]] = {
        Collection.MEMBERS: memberships,
        Collection.GROUPS: [_group(world, group) for group in world.groups.values()],
        Collection.PROJECTS: [
            models.Project(
                uuid=_plain(each.uuid), key=each.key, name=each.name, is_private=each.is_private
            )
            for each in world.projects.values()
        ],
        Collection.REPOSITORIES: [_repository(world, each) for each in world.repositories.values()],
        Collection.REPOSITORY_GROUP_GRANTS: list(_privileges(world)),
    }
    readings: dict[Need, Reading[Any]] = {
        Whole(name): Reading(found, read_at, 0) for name, found in values.items()
    }
    return Lists(readings=readings, failures={})


def _places(world: World, read_at: datetime) -> Iterator[PlacesRead]:
    for project in world.projects.values():
        yield _place(world, project, Group, read_at)
        yield _place(world, project, Account, read_at)
    for repository in world.repositories.values():
        yield _place(world, repository, Account, read_at)


def _place(
    world: World, place: Project | Repository, holder: type[Account | Group], read_at: datetime
) -> PlacesRead:
    granted = [
        Granted(
            subject.slug if isinstance(subject, Group) else _plain(subject.uuid),
            grant.permission.value,
        )
        for grant in world.grants(target=place)
        if isinstance(subject := grant.subject, holder)
    ]
    return PlacesRead(
        subject_type="user" if holder is Account else "group",
        object_type="project" if isinstance(place, Project) else "repository",
        granted={_plain(place.uuid): granted},
        read_at=read_at,
    )


def _addresses(world: World, read_at: datetime) -> Iterator[Lists]:
    known = [each for each in world.accounts.values() if each.email]
    for some in _in_turn(known, _ADDRESSES_AT_A_TIME):
        reading = Reading([_account(each) for each in some], read_at, 0)
        yield Lists(
            readings={Whole(Collection.ADDRESSES): reading},
            failures={},
            asked=tuple(fold(each.email or "") for each in some),
        )


def _account(account: Account) -> models.Account:
    return models.Account(
        uuid=_plain(account.uuid),
        type=account.type.value,
        display_name=account.display_name,
        account_id=account.account_id,
        nickname=account.nickname,
        status=account.status.value,
        created_on=account.created_on,
        html_url=f"https://bitbucket.org/{account.uuid}/",
        avatar_url=f"https://bitbucket.org/account/{account.uuid}/avatar/128",
        email=account.email,
    )


def _group(world: World, group: Group) -> models.Group:
    return models.Group(
        slug=group.slug,
        name=group.name,
        permission=None if group.permission is None else models.Permission(group.permission),
        auto_add=group.auto_add,
        members=tuple(_account(member) for member in world.group_members(group)),
    )


def _repository(world: World, repository: Repository) -> models.Repository:
    return models.Repository(
        uuid=_plain(repository.uuid),
        slug=repository.slug,
        full_name=f"{world.slug}/{repository.slug}",
        name=repository.name,
        project_uuid=_plain(repository.project_uuid),
        is_private=repository.is_private,
    )


def _privileges(world: World) -> Iterator[models.GroupPrivilege]:
    for grant in world.grants():
        if isinstance(grant.subject, Group) and isinstance(grant.target, Repository):
            yield models.GroupPrivilege(
                repository_full_name=f"{world.slug}/{grant.target.slug}",
                group_slug=grant.subject.slug,
                permission=models.Permission(grant.permission),
            )


def _in_turn(values: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    return (values[at : at + length] for at in range(0, len(values), length))


def _plain(uuid: str) -> str:
    """Return a UUID as the gateway keeps it: without braces, in lower case."""
    return uuid.strip("{}").lower()
