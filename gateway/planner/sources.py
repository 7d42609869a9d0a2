"""What each list of Bitbucket answers, and what it costs: data, no decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.planner.collections import Collection
from gateway.planner.needs import (
    AddressesOf,
    Need,
    OneAddress,
    OneMember,
    OnePlace,
    OneRole,
    Whole,
)

_WORKSPACE = "/2.0/workspaces/{workspace}"
_REPOSITORIES = "/2.0/repositories/{workspace}"

#: The groups of resources that share an hourly budget.
PLAIN, SCALED, OLD = "2.0", "repositories", "1.0"


@dataclass(frozen=True, slots=True)
class Source:
    """
    A list, or a single resource, that is read with GET.

    Attributes:
        resource: Its path.
        budget: The hourly budget that it is paid from.
        counted: What its calls grow with: a name of :class:`gateway.planner.knowledge.Sizes`;
            None where one call will do.
        per_call: How many of them one call answers.
    """

    resource: str
    budget: str = PLAIN
    counted: str | None = None
    per_call: int = 1


#: Read besides lists that hold only what a credential may see, to see that it may see all; and
#: besides groups that are new, whose ids are derived from the workspace's.
WORKSPACE = Source(_WORKSPACE)
MEMBERS = Source(f"{_WORKSPACE}/permissions", counted="members", per_call=100)
ROLE = Source(f'{_WORKSPACE}/permissions?q=permission="…"')
MEMBER = Source(f"{_WORKSPACE}/members/{{member}}", counted="asked_members")
ADDRESSES = Source(
    f"{_WORKSPACE}/members?q=user.email IN (…)", counted="asked_addresses", per_call=90
)
GROUPS = Source("/1.0/groups/{workspace}", budget=OLD)
PROJECTS = Source(f"{_WORKSPACE}/projects", counted="projects", per_call=100)
REPOSITORIES = Source(_REPOSITORIES, budget=SCALED, counted="repositories", per_call=100)
PROJECT_USERS = Source(
    f"{_WORKSPACE}/projects/{{project}}/permissions-config/users", counted="asked_places"
)
PROJECT_GROUPS = Source(
    f"{_WORKSPACE}/projects/{{project}}/permissions-config/groups", counted="asked_places"
)
REPOSITORY_USERS = Source(
    f"{_REPOSITORIES}/{{repository}}/permissions-config/users",
    budget=SCALED,
    counted="asked_places",
)
#: The highest right of each user on each repository, from which direct grants are inferred.
EFFECTIVE = Source(
    f"{_WORKSPACE}/permissions/repositories?q=repository.full_name IN (…)",
    counted="rights",
    per_call=100,
)
GROUP_PRIVILEGES = Source("/1.0/group-privileges/{workspace}", budget=OLD)

_OF_COLLECTIONS: Mapping[Collection, Source] = {
    Collection.MEMBERS: MEMBERS,
    Collection.ADDRESSES: ADDRESSES,
    Collection.GROUPS: GROUPS,
    Collection.PROJECTS: PROJECTS,
    Collection.REPOSITORIES: REPOSITORIES,
    Collection.PROJECT_USER_GRANTS: PROJECT_USERS,
    Collection.PROJECT_GROUP_GRANTS: PROJECT_GROUPS,
    Collection.REPOSITORY_USER_GRANTS: REPOSITORY_USERS,
    Collection.REPOSITORY_GROUP_GRANTS: GROUP_PRIVILEGES,
}
_OF_PLACES: Mapping[tuple[str, str], Source] = {
    ("user", "project"): PROJECT_USERS,
    ("group", "project"): PROJECT_GROUPS,
    ("user", "repository"): REPOSITORY_USERS,
}


def source_of(need: Need) -> Source:
    """Return the list that answers *need* on its own."""
    match need:
        case Whole(collection=collection):
            return _OF_COLLECTIONS[collection]
        case OneMember():
            return MEMBER
        case OneAddress() | AddressesOf():
            return ADDRESSES
        case OneRole():
            return ROLE
        case OnePlace(subject_type=subject_type, place=place):
            return _OF_PLACES[subject_type, place.object_type]
