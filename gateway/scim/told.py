"""What tells the values of a multi-valued attribute apart."""

from typing import Final

from gateway.scim.schema import Attribute

#: The attributes whose values are told apart by ``value`` alone: each gives somebody access.
TOLD_BY_VALUE: Final = frozenset({"members", "entitlements"})


def needs_value(attribute: Attribute) -> bool:
    """Return whether a value of a multi-valued attribute without its ``value`` is none."""
    part = attribute.sub_attribute("value")
    return part is not None and (part.required or attribute.name in TOLD_BY_VALUE)
