"""Passing over what a PATCH would change of a user that only Bitbucket changes."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.scim.errors import Mutability
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.operation import Operation, Patch
from gateway.scim.path import Target
from gateway.scim.schema import Mutability as Kind
from gateway.scim.schema import ResourceType

#: What tells of access, or which resource it is: to pass over that would confirm what is not done.
_NEVER_PASSED_OVER: Final = frozenset({"id", "schemas", "meta", "groups", "roles", "access"})


def without_read_only(
    resource: Mapping[str, Any], patch: Patch, resource_type: ResourceType
) -> tuple[Patch, list[str]]:
    """
    Return *patch* without what is about profile attributes that are readOnly.

    Returns:
        The other operations, and a sentence for each that would have changed something.
    """
    kept: list[Operation] = []
    notes: list[str] = []
    for operation in patch:
        if not _is_passed_over(operation.target):
            kept.append(operation)
            continue
        try:
            apply_patch(resource, (operation,), resource_type)
        except Mutability:
            notes.append(f"passed over, as only Bitbucket changes it: {operation.target.name}")
    return tuple(kept), notes


def _is_passed_over(target: Target) -> bool:
    is_read_only = Kind.READ_ONLY in (target.attribute.mutability, target.leaf.mutability)
    return is_read_only and target.attribute.name not in _NEVER_PASSED_OVER
