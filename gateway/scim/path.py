"""Attribute paths, ``[URN:]name[.sub-attribute]`` (RFC 7644 §3.10), resolved in a schema."""

import re
from dataclasses import dataclass

from gateway.scim.errors import InvalidPath
from gateway.scim.schema import Attribute, AttributeType, ResourceType, Returned

_NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*|\$ref)"
#: A sub-attribute behind its dot.
SUB_ATTRIBUTE = re.compile(rf"\.(?P<sub>{_NAME})", re.ASCII | re.IGNORECASE)
#: A whole path. The URN ends at the last colon: its version, such as 2.0, holds dots alone.
PATH = re.compile(
    rf"(?:(?P<urn>urn:[^\s\[\]\"()]+):)?(?P<name>{_NAME})(?:{SUB_ATTRIBUTE.pattern})?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AttributePath:
    """A path as it was written: nothing is known of the names in it."""

    urn: str | None
    name: str
    sub_name: str | None

    def __str__(self) -> str:
        prefix = f"{self.urn}:" if self.urn else ""
        return f"{prefix}{self.name}{f'.{self.sub_name}' if self.sub_name else ''}"

    @classmethod
    def parse(cls, text: str) -> "AttributePath":
        """
        Read *text* as one attribute path, without a value filter.

        Raises:
            InvalidPath: *text* is outside the grammar.
        """
        match = PATH.fullmatch(text)
        if match is None:
            raise InvalidPath(f"{text!r} is not an attribute path, such as name.givenName.")
        return cls(urn=match["urn"], name=match["name"], sub_name=match["sub"])


@dataclass(frozen=True, slots=True)
class Target:
    """
    An attribute, or a sub-attribute, of a resource type.

    Attributes:
        extension: The URN of the extension that declares it; None for common and core ones.
        attribute: The attribute itself, or the one that holds the sub-attribute.
        sub_attribute: The sub-attribute, when the path names one.
    """

    extension: str | None
    attribute: Attribute
    sub_attribute: Attribute | None = None

    @property
    def leaf(self) -> Attribute:
        """What the path ends at."""
        return self.sub_attribute or self.attribute

    @property
    def name(self) -> str:
        """The canonical path: ``emails.value``, ``urn:…:User:uuid``."""
        prefix = f"{self.extension}:" if self.extension else ""
        suffix = f".{self.sub_attribute.name}" if self.sub_attribute else ""
        return f"{prefix}{self.attribute.name}{suffix}"

    @property
    def is_searchable(self) -> bool:
        """
        Whether it can be filtered and sorted by.

        Not if it is never shown. Of what is shown on request only single values are kept; lists
        are worked out for each answer.
        """
        returned = {self.attribute.returned, self.leaf.returned}
        is_kept = self.sub_attribute is None and not self.attribute.multi_valued
        return Returned.NEVER not in returned and (Returned.REQUEST not in returned or is_kept)

    def with_sub_attribute(self, name: str) -> "Target | None":
        """Return the path to the sub-attribute of that name, if there is one."""
        sub_attribute = self.attribute.sub_attribute(name)
        if sub_attribute is None:
            return None
        return Target(self.extension, self.attribute, sub_attribute)

    def compared(self) -> "Target | None":
        """
        Return what a comparison with this path compares: ``emails`` stands for ``emails.value``.

        None where a complex attribute has no ``value`` (RFC 7644 §3.4.2.2).
        """
        if self.leaf.type is not AttributeType.COMPLEX:
            return self
        return self.with_sub_attribute("value")


def resolve(path: AttributePath, resource_type: ResourceType) -> Target | None:
    """Return what *path* names in *resource_type*, names and URN in any letter case; else None."""
    target = _resolve_attribute(path, resource_type)
    if target is None or path.sub_name is None:
        return target
    return target.with_sub_attribute(path.sub_name)


def _resolve_attribute(path: AttributePath, resource_type: ResourceType) -> Target | None:
    if path.urn is None or path.urn.lower() == resource_type.schema.id.lower():
        attribute = resource_type.core_attribute(path.name)
        return None if attribute is None else Target(None, attribute)
    schema = resource_type.extension(path.urn)
    attribute = None if schema is None else schema.attribute(path.name)
    return None if schema is None or attribute is None else Target(schema.id, attribute)
