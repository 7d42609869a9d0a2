"""
Reading what is explicitly granted.

Users' grants are told repository by repository and project by project. Groups' grants on all
repositories come in one list, those on projects project by project.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import partial

from gateway.bitbucket import models
from gateway.bitbucket.errors import NotFound
from gateway.bitbucket.workspace import BitbucketWorkspace

#: Told how many steps of how many were done.
Steps = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Granted:
    """
    An explicit permission, as Bitbucket tells of it.

    Attributes:
        subject: A user's UUID, or a group's slug.
        object_type: ``repository`` or ``project``.
        object_uuid: Its UUID.
        permission: Bitbucket's word; never ``none``.
    """

    subject: str
    object_type: str
    object_uuid: str
    permission: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where something can be granted: the lists as they were when the reading began."""

    projects: Sequence[models.Project]
    repositories: Sequence[models.Repository]


def user_grants(
    workspace: BitbucketWorkspace, places: Places, *, executor: Executor, steps: Steps
) -> list[Granted]:
    """
    Return what is granted to users directly; one call for each project and repository.

    Raises:
        BitbucketError: One of them could not be read: nothing is known then.
    """
    on_projects = [partial(_users_of_project, workspace, place) for place in places.projects]
    on_repositories = [
        partial(_users_of_repository, workspace, place) for place in places.repositories
    ]
    return _all([*on_projects, *on_repositories], workspace, executor=executor, steps=steps)


def group_grants(
    workspace: BitbucketWorkspace, places: Places, *, executor: Executor, steps: Steps
) -> list[Granted]:
    """
    Return what is granted to groups; one call for each project, and one for all repositories.

    A grant on a repository that is not in *places* was made since, and is left to the next read.

    Raises:
        BitbucketError: One of them could not be read: nothing is known then.
    """
    uuids = {repository.full_name: repository.uuid for repository in places.repositories}
    on_projects = [partial(_groups_of_project, workspace, place) for place in places.projects]
    granted = _all(on_projects, workspace, executor=executor, steps=steps)
    granted += [
        Granted(
            privilege.group_slug,
            "repository",
            uuids[privilege.repository_full_name],
            privilege.permission.value,
        )
        for privilege in workspace.group_privileges()
        if privilege.repository_full_name in uuids
    ]
    return granted


@dataclass(frozen=True, slots=True)
class _Vanished:
    """A place that was listed and is not found."""

    uuid: str
    error: NotFound


_Step = Callable[[], list[Granted] | _Vanished]


def _all(
    tasks: Sequence[_Step], workspace: BitbucketWorkspace, *, executor: Executor, steps: Steps
) -> list[Granted]:
    granted: list[Granted] = []
    vanished: list[_Vanished] = []
    futures = [executor.submit(task) for task in tasks]
    try:
        for done, future in enumerate(as_completed(futures), start=1):
            match future.result():
                case _Vanished() as gone:
                    vanished.append(gone)
                case found:
                    granted += found
            steps(done, len(futures))
    finally:
        # After a failure the rest is not worth its calls.
        for future in futures:
            future.cancel()
    if vanished:
        _confirm(vanished, workspace)
    return granted


def _confirm(vanished: Iterable[_Vanished], workspace: BitbucketWorkspace) -> None:
    """Ask the lists again: what is still in them was not deleted, but hidden from us."""
    listed = {project.uuid for project in workspace.projects()}
    listed |= {repository.uuid for repository in workspace.repositories()}
    for gone in vanished:
        if gone.uuid in listed:
            raise gone.error


def _users_of_project(
    workspace: BitbucketWorkspace, project: models.Project
) -> list[Granted] | _Vanished:
    try:
        grants = list(workspace.project_user_grants(project.key))
    except NotFound as error:
        return _Vanished(project.uuid, error)
    return [_of_user(grant, "project", project.uuid) for grant in grants if _is_real(grant)]


def _users_of_repository(
    workspace: BitbucketWorkspace, repository: models.Repository
) -> list[Granted] | _Vanished:
    try:
        grants = list(workspace.repository_user_grants(repository.slug))
    except NotFound as error:
        return _Vanished(repository.uuid, error)
    return [_of_user(grant, "repository", repository.uuid) for grant in grants if _is_real(grant)]


def _groups_of_project(
    workspace: BitbucketWorkspace, project: models.Project
) -> list[Granted] | _Vanished:
    try:
        grants = list(workspace.project_group_grants(project.key))
    except NotFound as error:
        return _Vanished(project.uuid, error)
    return [
        Granted(grant.group_slug, "project", project.uuid, grant.permission.value)
        for grant in grants
        if _is_real(grant)
    ]


def _is_real(grant: models.UserGrant | models.GroupGrant) -> bool:
    # permissions-config says "none" where there is no explicit grant.
    return grant.permission is not models.Permission.NONE


def _of_user(grant: models.UserGrant, object_type: str, object_uuid: str) -> Granted:
    return Granted(grant.user.uuid, object_type, object_uuid, grant.permission.value)
