"""What a PATCH asks for, with every path bound to the schema."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.scim.filter.bound import ElementMatch
from gateway.scim.path import Target


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
