"""What only one resource may have, and the changes that may leave it to another."""

from typing import Final

from gateway.scim.bulk.message import Operation
from gateway.scim.change import Method
from gateway.scim.schema import ResourceType, Uniqueness

#: Nobody is invited by the address of somebody else, though no schema says so.
_ALSO_UNIQUE: Final = "emails"


def may_free_a_name(operation: Operation, resource_type: ResourceType) -> bool:
    """Return whether a name of *resource_type* may be free once *operation* was carried out."""
    address = operation.address
    if address is None or address.resource_type is not resource_type:
        return False
    if operation.method != Method.PATCH:
        return operation.method in (Method.DELETE, Method.PUT)
    attributes = resource_type.schema.attributes
    unique = [each.name for each in attributes if each.uniqueness is not Uniqueness.NONE]
    said = str(operation.data).lower()
    return any(name.lower() in said for name in (*unique, _ALSO_UNIQUE))
