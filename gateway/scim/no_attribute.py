"""What to tell a client that asks by an attribute that no resource has."""

from gateway.scim.path import AttributePath
from gateway.scim.schema import Attribute, ResourceType


def is_ignored(path: AttributePath, resource_type: ResourceType) -> bool:
    """
    Return whether *path* names what RFC 7643 has and no answer does.

    What clients send of it is passed over, and discovery may declare it.
    """
    schema = resource_type.schema
    if path.urn is not None and path.urn.lower() != schema.id.lower():
        return False
    if _is_among(path.name, schema.passed_over):
        return True
    attribute = resource_type.core_attribute(path.name)
    if attribute is None or path.sub_name is None:
        return False
    return _is_among(path.sub_name, attribute.passed_over)


def no_attribute(path: AttributePath, resource_type: ResourceType, *, purpose: str) -> str:
    """
    Return the sentence that refuses *path*, with what to do instead.

    Args:
        path: Names no attribute of the type.
        resource_type: The type.
        purpose: What it was named for: ``filter by`` or ``sort by``.
    """
    if is_ignored(path, resource_type):
        return ignored(path, purpose=purpose)
    return (
        f"{resource_type.name} has no attribute {path} to {purpose}; "
        f"{resource_type.described_at} lists those it has."
    )


def no_part(path: AttributePath, attribute: Attribute, *, of: str) -> str:
    """
    Return the sentence that refuses *path* within the brackets of a filter.

    Args:
        path: Names no part of the attribute.
        attribute: The attribute.
        of: What the client called it.
    """
    if path.urn is None and _is_among(path.name, attribute.passed_over):
        return ignored(path, purpose="filter by")
    parts = ", ".join(each.name for each in attribute.sub_attributes)
    return f"{of} has no attribute {path} to filter by; it has {parts}."


def ignored(path: AttributePath, *, purpose: str) -> str:
    """Return the sentence that refuses what is ignored wherever clients send it."""
    return (
        f"{path} is ignored here, as Bitbucket has no place for it: there is nothing to "
        f"{purpose}; leave it out."
    )


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    return name.lower() in map(str.lower, names)
