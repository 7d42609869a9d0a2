"""A resource in the two parts it is kept in: what every answer shows, and what is asked for."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.scim.path import Target
from gateway.scim.projection import Projection
from gateway.scim.schema import Attribute, ResourceType, Returned

Resource = Mapping[str, Any]


class Parts:
    """
    Takes resources of one type apart, so that what is shown by default is ready to be sent.

    Args:
        resource_type: Their type. Of the attributes that are returned on request (RFC 7643 §7)
            only those of extensions are parts of resources.
    """

    def __init__(self, resource_type: ResourceType) -> None:
        self._on_request = {
            each.schema.id: {a.name: a for a in each.schema.attributes if _is_on_request(a)}
            for each in resource_type.extensions
        }

    def split(self, resource: Resource) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is shown by default, and the rest; the rest is empty if that is all."""
        shown, rest = dict(resource), dict[str, Any]()
        for urn, asked_for in self._on_request.items():
            extension = resource.get(urn, {})
            if not asked_for.keys().isdisjoint(extension):
                rest[urn] = {n: value for n, value in extension.items() if n in asked_for}
                shown[urn] = {n: value for n, value in extension.items() if n not in asked_for}
        if rest:
            empty = {urn for urn in rest if not shown[urn]}
            shown = {name: value for name, value in shown.items() if name not in empty}
            shown["schemas"] = [urn for urn in resource["schemas"] if urn not in empty]
            rest["schemas"] = resource["schemas"]
        return shown, rest

    def is_all_shown(self, projection: Projection) -> bool:
        """Return whether *projection* shows nothing of the rest."""
        return not any(
            projection.shows(Target(urn, attribute))
            for urn, attributes in self._on_request.items()
            for attribute in attributes.values()
        )

    def join(self, shown: bytes, rest: bytes | None) -> bytes:
        """Return the whole resource, as JSON."""
        if rest is None:
            return shown
        resource = orjson.loads(shown)
        for name, value in orjson.loads(rest).items():
            is_extension = isinstance(value, dict)
            resource[name] = resource.get(name, {}) | value if is_extension else value
        return orjson.dumps(resource)


def _is_on_request(attribute: Attribute) -> bool:
    return attribute.returned is Returned.REQUEST
