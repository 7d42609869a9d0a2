"""What changed of a resource, as security events (RFC 9967 §2.4)."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

_PREFIX = "urn:ietf:params:scim:event:prov"

CREATED = f"{_PREFIX}:create:notice"
CHANGED = f"{_PREFIX}:patch:notice"
DELETED = f"{_PREFIX}:delete"
ACTIVATED = f"{_PREFIX}:activate"
DEACTIVATED = f"{_PREFIX}:deactivate"

#: What a service that has events says of them (RFC 9967 §4).
SECURITY_EVENTS: Mapping[str, object] = {
    "asyncRequest": "none",
    "eventUris": [CREATED, CHANGED, DELETED, ACTIVATED, DEACTIVATED],
}

Resource = Mapping[str, Any]
#: Events of one resource that belong to one change: their payloads, by their URIs.
Events = Mapping[str, Mapping[str, object]]

#: What follows from the other attributes.
_FOLLOWING = frozenset({"schemas", "meta"})


def of_creation(resource: Resource, *, version: str) -> Events:
    """Return what is told of a resource that is new."""
    names = changed_attributes({}, resource)
    return {CREATED: {"attributes": names, "version": version}}


def of_change(
    before: Resource, after: Resource, *, version: str, ignored: Collection[str] = ()
) -> Events:
    """
    Return what is told of a resource that changed; nothing if nothing did that is told of.

    Args:
        before: The resource as it was.
        after: The resource as it is.
        version: Its entity tag now.
        ignored: The paths of attributes that are not told of.
    """
    names = [name for name in changed_attributes(before, after) if name not in ignored]
    found: dict[str, Mapping[str, object]] = {}
    if "active" in names and after.get("active") is True:
        found[ACTIVATED] = {}
    elif "active" in names and before.get("active") is True and after.get("active") is False:
        found[DEACTIVATED] = {}
    if names and not (found and names == ["active"]):
        found[CHANGED] = {"attributes": names, "version": version}
    return found


def of_deletion() -> Events:
    """Return what is told of a resource that is gone."""
    return {DELETED: {}}


def changed_attributes(before: Resource, after: Resource) -> list[str]:
    """Return the paths (RFC 7644 §3.10) of the attributes whose values differ."""
    was, now = dict(_attributes(before)), dict(_attributes(after))
    return [path for path in now | was if was.get(path) != now.get(path)]


def _attributes(resource: Resource) -> Iterator[tuple[str, Any]]:
    for name, value in resource.items():
        if name.startswith("urn:"):
            for inner, inner_value in value.items():
                yield f"{name}:{inner}", inner_value
        elif name not in _FOLLOWING and value != []:
            # An empty list is the same as none (RFC 7643 §2.5).
            yield name, value
