"""
The rights in effect: the highest of all the ways by which a user comes by one.

Bitbucket tells the highest right of each user, never where it comes from; here each way is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.directory.entitlements import EXPLICIT, Entitlement
from gateway.directory.strength import ADMINISTRATORS, STRENGTH, on_repositories
from gateway.directory.users import USER_EXTENSION
from gateway.mirror.documents import version_of
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Grant, Group, Member, Membership, Project, Repository
from gateway.scim.handler import Document
from gateway.scim.path import AttributePath, resolve
from gateway.scim.projection import Projection


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a right is come by: its permission, and where that was given."""

    permission: str
    origin: str

    @property
    def on_repositories(self) -> "Way":
        """What a way onto a project is onto the project's repositories."""
        return Way(on_repositories(self.permission), self.origin)

    def __str__(self) -> str:
        return f"{self.origin}: {self.permission}"


@dataclass(frozen=True)
class Rights:
    """Every explicit fact that a right can come from, ready to be asked user by user."""

    projects: tuple[Project, ...]
    repositories: tuple[Repository, ...]
    _groups_of: Mapping[str, list[Group]] = field(repr=False)
    _grants_of: Mapping[str, list[Grant]] = field(repr=False)

    @classmethod
    def of(
        cls,
        *,
        groups: Iterable[Group],
        memberships: Iterable[Membership],
        grants: Iterable[Grant],
        projects: Iterable[Project],
        repositories: Iterable[Repository],
    ) -> "Rights":
        """Index the facts of one workspace."""
        by_id = {group.id: group for group in groups}
        groups_of: dict[str, list[Group]] = {}
        for membership in memberships:
            if membership.group_id in by_id:
                groups_of.setdefault(membership.member_uuid, []).append(by_id[membership.group_id])
        grants_of: dict[str, list[Grant]] = {}
        for grant in grants:
            grants_of.setdefault(grant.subject_id, []).append(grant)
        return cls(
            projects=tuple(sorted(projects, key=lambda project: project.key)),
            repositories=tuple(sorted(repositories, key=lambda repository: repository.full_name)),
            _groups_of=groups_of,
            _grants_of=grants_of,
        )

    def of_user(self, member: Member) -> Iterator[dict[str, object]]:
        """Yield the values of ``access``: first the projects, then the repositories, by name."""
        everywhere = list(self._workspace_ways(member))
        granted = self._granted_ways(member)
        for project in self.projects:
            ways = granted.get(("project", project.uuid), [])
            # A permission on every repository is none on a project, but an administrator has all.
            administrates = [way for way in everywhere if way.permission == "admin"]
            yield from _value("project", project.uuid, project.key, ways + administrates)
        for repository in self.repositories:
            ways = granted.get(("repository", repository.uuid), [])
            by_project = [
                way.on_repositories
                for way in granted.get(("project", repository.project_uuid or ""), [])
            ]
            yield from _value(
                "repository", repository.uuid, repository.full_name, ways + by_project + everywhere
            )

    def _workspace_ways(self, member: Member) -> Iterator[Way]:
        if member.permission == "owner":
            yield Way("admin", "workspace")
        for group in self._groups_of.get(member.uuid, []):
            if group.slug == ADMINISTRATORS:
                yield Way("admin", f"group {group.name} on the workspace")
            elif group.permission:
                yield Way(group.permission, f"group {group.name} on the workspace")

    def _granted_ways(self, member: Member) -> dict[tuple[str, str], list[Way]]:
        keys = {project.uuid: project.key for project in self.projects}
        ways: dict[tuple[str, str], list[Way]] = {}
        holders = [(member.uuid, "")]
        holders += [(g.id, f"group {g.name}") for g in self._groups_of.get(member.uuid, [])]
        for subject_id, holder in holders:
            for grant in self._grants_of.get(subject_id, []):
                place = (
                    f"project {keys.get(grant.object_uuid, grant.object_uuid)}"
                    if grant.object_type == "project"
                    else ""
                )
                origin = " on ".join(part for part in (holder, place) if part) or "direct"
                if grant.origin != EXPLICIT:
                    origin += f" ({grant.origin})"
                ways.setdefault((grant.object_type, grant.object_uuid), []).append(
                    Way(grant.permission, origin)
                )
        return ways


def _value(
    object_type: str, object_uuid: str, object_name: str, ways: list[Way]
) -> Iterator[dict[str, object]]:
    if ways:
        strongest_first = sorted(ways, key=lambda way: (-STRENGTH[way.permission], way.origin))
        held = Entitlement(object_type, object_uuid, object_name, strongest_first[0].permission)
        yield held.to_json() | {"via": [str(way) for way in strongest_first]}


def with_access(
    documents: Sequence[Document], projection: Projection, facts: FactReader
) -> Sequence[Document]:
    """Return *documents* of users with ``access`` in them, if *projection* shows it."""
    access = resolve(AttributePath(USER_EXTENSION, "access", None), projection.resource_type)
    if access is None or not projection.shows(access):
        return documents
    rights = Rights.of(
        groups=facts.groups(),
        memberships=facts.memberships(),
        grants=facts.grants(),
        projects=facts.projects(),
        repositories=facts.repositories(),
    )
    resources = [orjson.loads(document.json) for document in documents]
    # Who was invited has no account yet, and no right.
    uuids = [resource.get(USER_EXTENSION, {}).get("uuid", "") for resource in resources]
    members = {member.uuid: member for member in facts.members(uuids=uuids)}
    return [
        _with_values(
            document.version,
            resource,
            list(rights.of_user(members[uuid]) if uuid in members else ()),
        )
        for document, resource, uuid in zip(documents, resources, uuids, strict=True)
    ]


def _with_values(
    version: str, resource: dict[str, Any], access: list[dict[str, object]]
) -> Document:
    if access:
        resource.setdefault(USER_EXTENSION, {})["access"] = access
        # It may change where nothing else of the user does, so the version speaks of it too; and
        # of nothing that depends on how it is asked for, so that who changes the user knows it.
        version = version_of({"version": version, "access": access})
        resource["meta"]["version"] = version
    return Document(version, orjson.dumps(resource))
