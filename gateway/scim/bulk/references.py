"""
References to what other operations of the same request make (RFC 7644 §3.7.2).

A value ``bulkId:x`` stands for the id of what the POST with the ``bulkId`` x makes. It may be any
text of an operation's data, end an address in ``$ref``, or be the literal of a filter in the
``path`` of a PATCH.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from gateway.scim.schema import Attribute, Mutability, ResourceType

_ANYWHERE = re.compile(r"\AbulkId:(?P<name>.+)\Z", re.DOTALL)
#: By the name, in lower case, of the member that a text is the value of.
_IN: Mapping[str, re.Pattern[str]] = {
    "$ref": re.compile(r"(?:\A|(?<=/))bulkId:(?P<name>[^/]+)\Z"),
    "path": re.compile(r'(?<=")bulkId:(?P<name>[^"]+)(?=")'),
}


def mentions(value: object, member: str = "") -> frozenset[str]:
    """Return every ``bulkId`` that the JSON *value* of *member* refers to."""
    return frozenset(_mentions(value, member))


def _mentions(value: object, member: str) -> Iterator[str]:
    if isinstance(value, str):
        for found in _pattern(member).finditer(value):
            yield found["name"]
    elif isinstance(value, list):
        for each in value:
            yield from _mentions(each, member)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _mentions(inner, name)


def resolved(value: Any, ids: Mapping[str, str], member: str = "") -> Any:
    """Return the JSON *value* of *member* with the ids in the place of references to them."""
    if isinstance(value, str):
        return _pattern(member).sub(lambda found: ids.get(found["name"], found[0]), value)
    if isinstance(value, list):
        return [resolved(each, ids, member) for each in value]
    if isinstance(value, dict):
        return {name: resolved(inner, ids, name) for name, inner in value.items()}
    return value


def split(
    attributes: Mapping[str, Any], bulk_ids: AbstractSet[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    Return *attributes* without the values that refer to any of *bulk_ids*, and these values.

    Of a list only the elements go that do; of an extension only the attributes.
    """
    kept: dict[str, Any] = {}
    left: dict[str, Any] = {}
    for name, value in attributes.items():
        if not mentions(value, name) & bulk_ids:
            kept[name] = value
        elif isinstance(value, list):
            kept[name] = [each for each in value if not mentions(each, name) & bulk_ids]
            left[name] = [each for each in value if mentions(each, name) & bulk_ids]
        elif _is_extension(name) and isinstance(value, dict):
            kept[name], left[name] = split(value, bulk_ids)
        else:
            left[name] = value
    return kept, left


def can_wait(data: object, resource_type: ResourceType) -> frozenset[str]:
    """
    Return each ``bulkId`` without the references to which a resource can be made of *data*.

    It can if a PATCH can add them afterwards: if none is in what is required or readOnly.
    """
    later: set[str] = set()
    at_once: set[str] = set()
    for attribute, value in _attributes(data, resource_type):
        is_settable = (
            attribute is not None
            and attribute.mutability is Mutability.READ_WRITE
            and not attribute.required
        )
        (later if is_settable else at_once).update(mentions(value))
    return frozenset(later - at_once)


def _attributes(
    data: object, resource_type: ResourceType
) -> Iterator[tuple[Attribute | None, object]]:
    """Yield each value in *data* with its attribute; None where none is declared."""
    for name, value in data.items() if isinstance(data, dict) else ():
        extension = resource_type.extension(name)
        if extension is None or not isinstance(value, dict):
            yield resource_type.core_attribute(name), value
            continue
        for inner_name, inner in value.items():
            yield extension.attribute(inner_name), inner


def _is_extension(name: str) -> bool:
    return ":" in name


def _pattern(member: str) -> re.Pattern[str]:
    return _IN.get(member.lower(), _ANYWHERE)
