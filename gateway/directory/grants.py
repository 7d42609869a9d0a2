"""Reading what is explicitly granted, place by place: on a project or a repository."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.bitbucket import models
from gateway.bitbucket.errors import NotFound
from gateway.bitbucket.workspace import BitbucketWorkspace


@dataclass(frozen=True, slots=True)
class Granted:
    """
    A permission, as Bitbucket tells of it.

    Attributes:
        subject: A user's UUID, or a group's slug.
        permission: Bitbucket's word; never ``none``.
    """

    subject: str
    permission: str


@dataclass(frozen=True, slots=True, order=True)
class PlaceToRead:
    """
    A place, and whose grants on it are to be read.

    Attributes:
        subject_type: ``user`` or ``group``.
        object_type: ``project`` or ``repository``.
        uuid: Its UUID.
        name: What addresses call it: the project's key, the repository's slug.
    """

    subject_type: str
    object_type: str
    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class PlacesRead:
    """
    Who is granted something on some places of one type.

    Attributes:
        subject_type: ``user`` or ``group``.
        object_type: ``project`` or ``repository``.
        granted: The grants, by the UUID of the place.
        read_at: When the reading began; of what was inferred, when the oldest of that was read
            which it was inferred from.
        is_inferred: Whether they were inferred.
        upholds_told: Whether what was told before, and is inferred again, is still told.
    """

    subject_type: str
    object_type: str
    granted: Mapping[str, Sequence[Granted]]
    read_at: datetime
    is_inferred: bool = False
    upholds_told: bool = False


@dataclass(frozen=True, slots=True)
class Vanished:
    """A place that was listed and is not found."""

    place: PlaceToRead
    error: NotFound


def read_place(
    workspace: BitbucketWorkspace, place: PlaceToRead, *, now: Callable[[], datetime]
) -> PlacesRead | Vanished:
    """
    Return what is granted on *place*; one call for each hundred grants.

    Raises:
        BitbucketError: It could not be read, for another reason than that it is not there.
    """
    read_at = now()
    try:
        granted = _READERS[place.subject_type, place.object_type](workspace, place.name)
    except NotFound as error:
        return Vanished(place, error)
    return PlacesRead(place.subject_type, place.object_type, {place.uuid: granted}, read_at)


def _users_of_project(workspace: BitbucketWorkspace, key: str) -> list[Granted]:
    return [_to_user(grant) for grant in workspace.project_user_grants(key) if _is_real(grant)]


def _users_of_repository(workspace: BitbucketWorkspace, slug: str) -> list[Granted]:
    return [_to_user(grant) for grant in workspace.repository_user_grants(slug) if _is_real(grant)]


def _groups_of_project(workspace: BitbucketWorkspace, key: str) -> list[Granted]:
    return [
        Granted(grant.group_slug, grant.permission.value)
        for grant in workspace.project_group_grants(key)
        if _is_real(grant)
    ]


def _is_real(grant: models.UserGrant | models.GroupGrant) -> bool:
    # permissions-config says "none" where there is no explicit grant.
    return grant.permission is not models.Permission.NONE


def _to_user(grant: models.UserGrant) -> Granted:
    return Granted(grant.user.uuid, grant.permission.value)


_READERS: Mapping[tuple[str, str], Callable[[BitbucketWorkspace, str], list[Granted]]] = {
    ("user", "project"): _users_of_project,
    ("user", "repository"): _users_of_repository,
    ("group", "project"): _groups_of_project,
}
