"""
What explains the rights that users have, and the direct grants that are left to infer.

A user's right on a repository is the highest of several. What is above all that roles, groups and
projects explain must have been granted directly; what is not may hide a direct grant.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.bitbucket.models import RepositoryPermission
from gateway.bitbucket.query import all_of, differs, is_in
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.entitlements import EXPLICIT
from gateway.directory.grants import Granted, PlacesRead
from gateway.directory.strength import (
    ADMINISTRATORS,
    STRENGTH,
    on_repositories,
)
from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Grant, Repository
from gateway.mirror.freshness import Freshness
from gateway.planner.inference import Candidate
from gateway.planner.plan import EXPLAINING

_ADMIN = STRENGTH["admin"]
#: As many are left out by name, so that the address does not grow too long.
_MOST_LEFT_OUT = 20
#: The direct grants that a repository is taken to have, before it is known.
_DIRECT_GRANTS = 2
_NEVER = Freshness()


@dataclass(frozen=True)
class Explanations:
    """
    What is known of rights on repositories, but for direct grants on them.

    Attributes:
        administrators: Who has every right everywhere.
    """

    administrators: frozenset[str]
    _everywhere: Mapping[str, int] = field(repr=False)
    _groups_of: Mapping[str, Sequence[str]] = field(repr=False)
    _size_of: Mapping[str, int] = field(repr=False)
    _users_on: Mapping[str, Mapping[str, int]] = field(repr=False)
    _groups_on: Mapping[str, Mapping[str, int]] = field(repr=False)

    @classmethod
    def of(cls, facts: FactReader) -> "Explanations":
        """Index the facts of one workspace."""
        groups = {group.id: group for group in facts.groups()}
        groups_of: dict[str, list[str]] = {}
        size_of: dict[str, int] = {}
        for membership in facts.memberships():
            groups_of.setdefault(membership.member_uuid, []).append(membership.group_id)
            size_of[membership.group_id] = size_of.get(membership.group_id, 0) + 1
        on_all = {
            group.id: _ADMIN if group.slug == ADMINISTRATORS else STRENGTH[group.permission or ""]
            for group in groups.values()
        }
        everywhere = {
            uuid: max(on_all.get(group_id, 0) for group_id in held)
            for uuid, held in groups_of.items()
        }
        everywhere |= {m.uuid: _ADMIN for m in facts.members() if m.permission == "owner"}
        users_on, groups_on = _by_place(facts.grants())
        return cls(
            administrators=frozenset(u for u, right in everywhere.items() if right == _ADMIN),
            _everywhere={uuid: right for uuid, right in everywhere.items() if right},
            _groups_of=groups_of,
            _size_of=size_of,
            _users_on=users_on,
            _groups_on=groups_on,
        )

    @property
    def leaves_out_administrators(self) -> bool:
        """Whether they are few enough to be left out of a question: nothing is above theirs."""
        return len(self.administrators) <= _MOST_LEFT_OUT

    def of_user(self, user_uuid: str, repository: Repository) -> int:
        """Return the strength of the highest right that is explained."""
        project = repository.project_uuid or ""
        on_project = self._groups_on.get(project, {})
        on_repository = self._groups_on.get(repository.uuid, {})
        rights = [
            self._everywhere.get(user_uuid, 0),
            self._users_on.get(project, {}).get(user_uuid, 0),
        ]
        for group_id in self._groups_of.get(user_uuid, ()):
            rights += (on_project.get(group_id, 0), on_repository.get(group_id, 0))
        return max(rights)

    def candidate(self, repository: Repository, *, told: Iterable[Grant]) -> Candidate:
        """
        Return *repository* with the number of users who have a right on it, about.

        Args:
            repository: The repository.
            told: What is known to be granted on it directly.
        """
        project = repository.project_uuid or ""
        groups = {*self._groups_on.get(project, ()), *self._groups_on.get(repository.uuid, ())}
        rights = sum(self._size_of.get(group_id, 0) for group_id in groups)
        rights += len(self._users_on.get(project, ()))
        rights += len(self._everywhere)
        if self.leaves_out_administrators:
            rights -= len(self.administrators)
        hides = any(
            self.of_user(grant.subject_id, repository) >= STRENGTH[grant.permission]
            for grant in told
            if grant.origin == EXPLICIT
        )
        return Candidate(
            repository.uuid, repository.full_name, rights + _DIRECT_GRANTS, must_be_told=hides
        )


def infer(
    workspace: BitbucketWorkspace,
    repositories: Sequence[Repository],
    explanations: Explanations,
    *,
    explained_at: datetime | None,
    now: Callable[[], datetime],
) -> PlacesRead:
    """
    Return the direct grants on *repositories* that the rights of all users betray.

    One call for each hundred rights.

    Args:
        workspace: Where to read.
        repositories: The repositories.
        explanations: What explains the rights of users.
        explained_at: When the oldest of that was read; None if some never was.
        now: The time, with its zone.

    Raises:
        BitbucketError: The rights could not be listed.
    """
    began_at = now()
    by_uuid = {repository.uuid: repository for repository in repositories}
    conditions = [is_in("repository.full_name", [r.full_name for r in repositories])]
    if explanations.leaves_out_administrators:
        conditions += [
            differs("user.uuid", f"{{{uuid}}}") for uuid in sorted(explanations.administrators)
        ]
    granted: dict[str, list[Granted]] = {uuid: [] for uuid in by_uuid}
    for right in workspace.effective_permissions(all_of(*conditions)):
        repository = by_uuid.get(right.repository_uuid)
        if repository is not None and _is_unexplained(right, repository, explanations):
            granted[repository.uuid].append(Granted(right.user_uuid, right.permission.value))
    return PlacesRead(
        "user",
        "repository",
        granted,
        read_at=began_at if explained_at is None else min(began_at, explained_at),
        is_inferred=True,
        upholds_told=explained_at is not None,
    )


def explained_at(records: Mapping[str, Freshness]) -> datetime | None:
    """Return when the oldest was read of what explains rights; None if some never was."""
    moments = [records.get(collection, _NEVER).read_at for collection in EXPLAINING]
    known = [moment for moment in moments if moment is not None]
    return min(known) if len(known) == len(moments) else None


def upheld(inferred: Iterable[Grant], told: Collection[Grant]) -> list[Grant]:
    """
    Return *inferred* grants, of which those are told still that were *told* just so before.

    A right above all that is explained is the direct grant itself, and that it is the one that
    was told shows by its permission.
    """
    found: list[Grant] = []
    for grant in inferred:
        as_told = replace(grant, origin=EXPLICIT)
        found.append(as_told if as_told in told else grant)
    return found


def _is_unexplained(
    right: RepositoryPermission, repository: Repository, explanations: Explanations
) -> bool:
    explained = explanations.of_user(right.user_uuid, repository)
    return STRENGTH[right.permission.value] > explained


def _by_place(
    grants: Iterable[Grant],
) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
    """Return the strength that users, and groups, were granted on projects and repositories."""
    users_on: dict[str, dict[str, int]] = {}
    groups_on: dict[str, dict[str, int]] = {}
    for grant in grants:
        is_user = grant.subject_type == "user"
        if is_user and grant.object_type == "repository":
            continue
        on = users_on if is_user else groups_on
        strength = STRENGTH[on_repositories(grant.permission)]
        on.setdefault(grant.object_uuid, {})[grant.subject_id] = strength
    return users_on, groups_on
