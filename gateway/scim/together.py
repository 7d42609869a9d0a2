"""Resources of several types in one list (RFC 7644 §3.4.2.1), as sentences call them."""

from collections.abc import Iterable

from gateway.scim.schema import ResourceType


def together(resource_types: Iterable[ResourceType]) -> str:
    """Return what the resources of the types are called: ``users and groups``."""
    return " and ".join(map(_called, resource_types))


def none_of(resource_types: Iterable[ResourceType]) -> str:
    """Return how a sentence begins that is about none of them: ``Neither users nor groups``."""
    return f"Neither {' nor '.join(map(_called, resource_types))}"


def _called(resource_type: ResourceType) -> str:
    return resource_type.endpoint.strip("/").lower()
