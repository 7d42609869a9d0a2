"""Taking everything from a member, until Bitbucket itself lists no right that is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.bitbucket.errors import BadAnswer, Evidence
from gateway.bitbucket.models import Permission
from gateway.bitbucket.query import equals
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.mirror.mirror import Mirror
from gateway.mirror.user_records import HeldBack
from gateway.provisioning.entitlements import Places
from gateway.provisioning.execution import Execution
from gateway.provisioning.steps import Place, Plan, Revoke, Subject

#: A right that is there after so many looks does not come from a grant.
_MOST_LOOKS = 3


@dataclass(slots=True)
class Deprivation:
    """
    Finds what a member holds that nobody knew of.

    A direct grant may be hidden behind a group's, and one that was never read is not known. With
    the groups gone, what Bitbucket says the member may do betrays it.

    Attributes:
        workspace: Where.
        mirror: The places.
        subject: The member.
        user_id: The id of the user.
        remember: Keeps what is about to be taken.
    """

    workspace: BitbucketWorkspace
    mirror: Mirror
    subject: Subject
    user_id: str
    remember: Callable[[list[HeldBack]], None]
    _looks: int = 0
    _projects: set[str] = field(default_factory=set)

    def more(self, execution: Execution) -> Plan:
        """
        Return what is left to be taken; nothing once Bitbucket lists no right.

        Raises:
            BitbucketError: It can't be listed, or something is left that nobody granted.
        """
        rights = self._rights()
        if not rights:
            return ()
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise self._left(rights)
        found = self._in_projects(rights) or rights
        execution.calls.slugs.setdefault(self.subject.id, "")
        self.remember(
            [
                HeldBack(self.user_id, place.object_type, place.uuid, permission, is_taken=True)
                for place, permission in found.items()
            ]
        )
        return tuple(
            Revoke(self.subject, place, permission) for place, permission in sorted(found.items())
        )

    def _rights(self) -> dict[Place, str]:
        """Return what the member may do on which repository, by whichever way."""
        condition = equals("user.uuid", f"{{{self.subject.id}}}")
        # Read wholly before: no transaction stays open while Bitbucket is asked.
        told = {
            right.repository_uuid: right.permission
            for right in self.workspace.effective_permissions(condition)
            if right.permission is not Permission.NONE
        }
        with self.mirror.reading() as snapshot:
            known = Places(snapshot.facts)
            places = {uuid: known.with_uuid("repository", uuid) for uuid in told}
        return {
            places[uuid] or self._unknown(uuid): permission.value
            for uuid, permission in told.items()
        }

    def _unknown(self, repository_uuid: str) -> Place:
        """Return a repository that was made since the list of them was read."""
        repository = self.workspace.repository(repository_uuid)
        return Place("repository", repository.uuid, repository.slug)

    def _in_projects(self, rights: Mapping[Place, str]) -> dict[Place, str]:
        """Return what the member was granted on the projects of those repositories."""
        with self.mirror.reading() as snapshot:
            facts = snapshot.facts
            uuids = [place.uuid for place in rights]
            inside = {r.project_uuid for r in facts.repositories(uuids=uuids) if r.project_uuid}
            projects = facts.projects(uuids=inside - self._projects)
        found: dict[Place, str] = {}
        for project in projects:
            self._projects.add(project.uuid)
            for grant in self.workspace.project_user_grants(project.key):
                is_real = grant.permission is not Permission.NONE
                if grant.user.uuid == self.subject.id and is_real:
                    place = Place("project", project.uuid, project.key)
                    found[place] = grant.permission.value
        return found

    def _left(self, rights: Mapping[Place, str]) -> BadAnswer:
        evidence = Evidence(method="GET", resource="permissions/repositories")
        first = ", ".join(str(place) for place in sorted(rights)[:5])
        return BadAnswer(evidence, f"user {self.user_id} has a right that no grant gives: {first}")
