"""Complex values, and what a PATCH says of their parts."""

from collections.abc import Mapping
from typing import Any

from gateway.scim.schema import Attribute
from gateway.scim.text import fold

Value = Mapping[str, Any]


def merged(kept: Value, parts: Value, attribute: Attribute, *, nulls_go: bool) -> dict[str, Any]:
    """
    Return a complex value with the parts that are named; the others stay.

    A ``$ref`` goes with the ``value`` that it is the address of, unless it is named too.

    Args:
        kept: The value.
        parts: What is said of it; None of what is to be no more (RFC 7643 §2.5).
        attribute: The attribute that has it.
        nulls_go: Whether what is None goes, as by a replacement; it is passed over otherwise.
    """
    gone = {name for name, part in parts.items() if part in (None, "") and nulls_go}
    given = {name: part for name, part in parts.items() if part not in (None, "")}
    if "value" in gone or differs(kept, given, "value", attribute):
        gone |= {"$ref"} - given.keys()
    made = {**kept, **given}
    return {name: part for name, part in made.items() if name not in gone}


def differs(one: Value, other: Value, name: str, attribute: Attribute) -> bool:
    """Return whether *other* has a part of that name, and it is another than that of *one*."""
    if name not in other:
        return False
    part = attribute.sub_attribute(name)
    return not is_equal(one.get(name), other[name], is_exact=part is not None and part.case_exact)


def is_equal(one: object, other: object, *, is_exact: bool) -> bool:
    """Return whether two JSON values are the same; texts in any letter case unless *is_exact*."""
    if isinstance(one, str) and isinstance(other, str) and not is_exact:
        return fold(one) == fold(other)
    return one == other
