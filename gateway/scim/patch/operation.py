"""What a PATCH asks for, with every path bound to the schema."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.scim.filter.bound import ElementMatch
from gateway.scim.path import Target
from gateway.scim.schema import Attribute

#: The attributes whose values are told apart by ``value`` alone.
TOLD_BY_VALUE = frozenset({"members", "entitlements"})


def needs_value(attribute: Attribute) -> bool:
    """Return whether each value of a multi-valued attribute has a ``value``, or is none."""
    part = attribute.sub_attribute("value")
    return part is not None and (part.required or attribute.name in TOLD_BY_VALUE)


class Op(StrEnum):
    """What is done at the target."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One change of one attribute.

    Attributes:
        op: What is done.
        target: The attribute, or sub-attribute, that is changed.
        selector: Which values of a multi-valued attribute; None for the whole attribute.
        value: The value as it was read; None where there is none, or it is unassigned. Of a complex
            value that is merged into the one there is, the parts that are named, each None that is
            taken away.
        is_named: Whether a path named the attribute, rather than a member of a resource.
    """

    op: Op
    target: Target
    selector: ElementMatch | None
    value: Any
    is_named: bool


Patch = tuple[Operation, ...]
