"""Finding grants that were made elsewhere since the lists were read, by few calls."""

from typing import Final

from gateway.bitbucket.query import equals
from gateway.directory.inference import Explanations
from gateway.directory.strength import STRENGTH, on_repositories
from gateway.mirror.mirror import Snapshot
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, Needs, OnePlace, OneRole
from gateway.planner.pins import Place as PlaceNamed
from gateway.provisioning.entitlements import Places
from gateway.provisioning.session import Session

#: As many projects without a repository are read anew: usually there are none, or few.
MOST_EMPTY_PROJECTS: Final = 20

#: What explains rights besides the user's own grants.
_EXPLAINING: Final = Needs.whole(
    Collection.GROUPS,
    Collection.PROJECT_GROUP_GRANTS,
    Collection.REPOSITORY_GROUP_GRANTS,
) | Needs(frozenset({OneRole("owner")}))
#: A place that is not known is found in its list.
_LISTED: Final = Needs.whole(Collection.PROJECTS, Collection.REPOSITORIES)


def know_grants_of(session: Session, member_uuid: str) -> None:
    """
    Read anew where Bitbucket says that a member may do more than is known to be granted.

    One call for each hundred rights, and two for each repository on which one is betrayed. A
    grant that gives no more than groups and projects do anyway betrays nothing.
    """
    condition = equals("user.uuid", f"{{{member_uuid}}}")
    told = session.ask(lambda: list(session.workspace.effective_permissions(condition)))
    rights = {right.repository_uuid: STRENGTH[right.permission.value] for right in told}
    with session.mirror.reading() as snapshot:
        rights = _beyond_own(snapshot, member_uuid, rights)
    if not rights:
        return
    session.know(_EXPLAINING, anew=False)
    with session.mirror.reading() as snapshot:
        is_listed = len(snapshot.facts.repositories(uuids=rights.keys())) == len(rights)
    if not is_listed:
        session.know(_LISTED)
    with session.mirror.reading() as snapshot:
        betrayed = _betrayed(snapshot, member_uuid, rights)
    if betrayed.fresh:
        session.know(betrayed)


def empty_projects(snapshot: Snapshot) -> Needs:
    """Return who is granted something on the projects that no right on a repository betrays."""
    inside = {repository.project_uuid for repository in snapshot.facts.repositories()}
    return Needs(
        frozenset(
            OnePlace("user", PlaceNamed("project", project.uuid))
            for project in snapshot.facts.projects()
            if project.uuid not in inside
        )
    )


def _beyond_own(snapshot: Snapshot, member_uuid: str, rights: dict[str, int]) -> dict[str, int]:
    """Return the rights that are above what the member is known to be granted itself."""
    held = Places(snapshot.facts).held(member_uuid)
    own = {place.uuid: STRENGTH[on_repositories(word)] for place, word in held.items()}
    projects = {r.uuid: r.project_uuid for r in snapshot.facts.repositories(uuids=rights.keys())}
    return {
        uuid: right
        for uuid, right in rights.items()
        if right > max(own.get(uuid, 0), own.get(projects.get(uuid) or "", 0))
    }


def _betrayed(snapshot: Snapshot, member_uuid: str, rights: dict[str, int]) -> Needs:
    explanations = Explanations.of(snapshot.facts)
    fresh: set[Need] = set()
    for repository in snapshot.facts.repositories(uuids=rights.keys()):
        if rights[repository.uuid] > explanations.of_user(member_uuid, repository):
            fresh.add(OnePlace("user", PlaceNamed("repository", repository.uuid)))
            if repository.project_uuid is not None:
                fresh.add(OnePlace("user", PlaceNamed("project", repository.project_uuid)))
    return Needs(frozenset(fresh))
