"""Members of a resource that a client names by the URN of their schema (RFC 7644 §3.10)."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.schema import ResourceType


def in_place(body: Mapping[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """
    Return the members of a resource where they belong.

    ``urn:…:core:2.0:User:displayName`` is ``displayName``, a member by the URN of the core schema
    holds such members, and what is named in full of an extension is a member of that.

    Args:
        body: The resource as it was sent.
        resource_type: Its type.

    Raises:
        InvalidSyntax: A member is there twice.
        InvalidValue: What should hold members of a schema is no object.
    """
    core = resource_type.schema.id
    urns = [extension.schema.id for extension in resource_type.extensions]
    own: dict[str, Any] = {}
    moved: list[tuple[str, Any]] = []
    nested: dict[str, list[tuple[str, Any]]] = {}
    for name, value in body.items():
        rest = _below(name, core)
        urn = next((urn for urn in urns if _below(name, urn)), None)
        if rest is not None:
            moved += [(rest, value)] if rest else _members(core, value)
        elif urn is not None:
            nested.setdefault(urn, []).append((str(_below(name, urn)), value))
        else:
            own[name] = value
    for urn, members in nested.items():
        written = next((name for name in own if name.lower() == urn.lower()), urn)
        own[written] = _with(dict(_members(urn, own.get(written))), members)
    return _with(own, moved)


def _below(name: str, urn: str) -> str | None:
    """Return what *name* names of the schema *urn*: empty is all of it, None is nothing."""
    if not name.lower().startswith(urn.lower()):
        return None
    rest = name[len(urn) :]
    return rest[1:] if not rest or rest.startswith(":") else None


def _members(urn: str, value: Any) -> Iterable[tuple[str, Any]]:
    if value in (None, []):
        return ()
    if not isinstance(value, Mapping):
        raise InvalidValue(f"{urn} must be an object.")
    return value.items()


def _with(members: dict[str, Any], moved: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return *members*, and what was *moved* to them."""
    written = {name.lower(): name for name in members}
    for name, value in moved:
        if name.lower() in written:
            first = written[name.lower()]
            raise InvalidSyntax(f"{first} is there twice, in different spellings.")
        written[name.lower()] = name
        members[name] = value
    return members
