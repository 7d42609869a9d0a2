"""From a question to the collections of facts that its answer rests on."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Or, Present
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType
from gateway.scim.sort import Sort


class Collection(StrEnum):
    """A set of facts that is read from Bitbucket as a whole, and is as old as that read."""

    #: Who is a member of the workspace, and with which role.
    MEMBERS = "members"
    #: The groups, with those who are in them.
    GROUPS = "groups"
    PROJECTS = "projects"
    REPOSITORIES = "repositories"
    #: What is granted to users directly, on repositories and projects.
    USER_GRANTS = "user_grants"
    #: What is granted to groups, on repositories and projects.
    GROUP_GRANTS = "group_grants"


_NAMES_OF_GRANTS = frozenset({Collection.PROJECTS, Collection.REPOSITORIES})
_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"

#: What every resource of a type rests on.
_BASE: Mapping[str, frozenset[Collection]] = {
    "User": frozenset({Collection.MEMBERS}),
    "Group": frozenset({Collection.GROUPS}),
}

#: What an attribute rests on besides; the others come with the base.
_BESIDES: Mapping[str, Mapping[str, frozenset[Collection]]] = {
    "User": {
        "groups": frozenset({Collection.GROUPS}),
        "entitlements": _NAMES_OF_GRANTS | {Collection.USER_GRANTS},
        f"{_EXTENSION}:User:access": frozenset(Collection),
    },
    "Group": {
        f"{_EXTENSION}:Group:entitlements": _NAMES_OF_GRANTS | {Collection.GROUP_GRANTS},
    },
}


def needs(
    filter: Filter | None,  # noqa: A002 - the name that RFC 7644 gives it
    *,
    sort: Sort | None,
    projection: Projection,
) -> frozenset[Collection]:
    """
    Return the collections that must be known to answer.

    What is neither shown, nor filtered or sorted by, is not needed: ``attributes=userName`` of
    users rests on the members alone, and ``excludedAttributes=entitlements`` on no grant.
    """
    resource_type = projection.resource_type
    asked = {_top_level(target) for target in _targets(filter)}
    if sort is not None:
        asked.add(_top_level(sort.target))
    needed = set(_BASE[resource_type.name])
    if any(target.attribute.name == "meta" for target in asked):
        # Versions and times of change are those of the whole resource.
        needed |= needs(None, sort=None, projection=Projection(resource_type))
    for target, collections in _besides(resource_type):
        if target in asked or projection.shows(target):
            needed |= collections
    return frozenset(needed)


def _targets(node: Filter | None) -> Iterator[Target]:
    match node:
        case None:
            return
        case Compare(target=target) | Present(target=target) | ElementMatch(target=target):
            yield target
        case And(operands=operands) | Or(operands=operands):
            for operand in operands:
                yield from _targets(operand)
        case Not(operand=operand):
            yield from _targets(operand)


def _top_level(target: Target) -> Target:
    return Target(target.extension, target.attribute)


def _besides(resource_type: ResourceType) -> Iterator[tuple[Target, frozenset[Collection]]]:
    for path, collections in _BESIDES[resource_type.name].items():
        target = resolve(AttributePath.parse(path), resource_type)
        if target is not None:
            yield target, collections
