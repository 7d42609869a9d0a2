"""Which attributes an answer shows (RFC 7644 §3.9, RFC 7643 §7 "returned")."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import orjson

from gateway.scim.errors import InvalidPath, InvalidSyntax
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.schema import Attribute, ResourceType, Returned

JsonObject = Mapping[str, object]

#: A client asks for the same attributes again and again; what it takes to show them is kept.
_MOST_KEPT = 256
#: And nobody asks for as much as this in so many words, but to see what becomes of our memory.
_LONGEST_KEPT = 8192


@dataclass(frozen=True)
class Projection:
    """
    What a client asked to be shown of a resource type.

    Attributes:
        resource_type: The type of the resources.
        attributes: The canonical paths to show; None shows what is shown by default.
        excluded: The canonical paths not to show.
    """

    resource_type: ResourceType
    attributes: frozenset[str] | None = None
    excluded: frozenset[str] = frozenset()

    @property
    def is_default(self) -> bool:
        """Whether resources are shown as they are kept."""
        return self.attributes is None and not self.excluded

    def shows(self, target: Target) -> bool:
        """Return whether the answer has *target*, or any part of it."""
        attribute = target.attribute
        if attribute.returned is Returned.ALWAYS:
            return True
        if attribute.returned is Returned.NEVER:
            return False
        whole = Target(target.extension, attribute).name
        if self.attributes is not None:
            return any(_covers(asked, target) for asked in self.attributes)
        return attribute.returned is Returned.DEFAULT and not (
            self.excluded & {whole, target.name, target.extension}
        )

    def json(self, document: bytes) -> bytes:
        """Return the JSON of a whole resource with only the attributes to show."""
        return document if self.is_default else orjson.dumps(self.apply(orjson.loads(document)))

    def apply(self, resource: JsonObject) -> dict[str, object]:
        """
        Return *resource* with only the attributes to show.

        An extension of which nothing is shown is dropped, and ``schemas`` does not name it.
        """
        shown = self._core.apply(resource)
        for urn, selection in self._extensions.items():
            if urn in resource and (kept := selection.apply(resource[urn])):
                shown[urn] = kept
        if isinstance(schemas := shown.get("schemas"), list):
            gone = self._extensions.keys() - shown.keys()
            shown["schemas"] = [urn for urn in schemas if urn not in gone]
        return shown

    @cached_property
    def _core(self) -> "_Selection":
        return self._selection(self.resource_type.core_attributes(), None)

    @cached_property
    def _extensions(self) -> Mapping[str, "_Selection"]:
        schemas = (each.schema for each in self.resource_type.extensions)
        return {schema.id: self._selection(schema.attributes, schema.id) for schema in schemas}

    def _selection(self, declared: Iterable[Attribute], extension: str | None) -> "_Selection":
        shown = (each for each in declared if self.shows(Target(extension, each)))
        return _Selection(
            {
                attribute.name: frozenset(
                    sub.name
                    for sub in attribute.sub_attributes
                    if self._shows_part(Target(extension, attribute, sub))
                )
                if attribute.sub_attributes
                else None
                for attribute in shown
            }
        )

    def _shows_part(self, target: Target) -> bool:
        returned = target.leaf.returned
        if returned in (Returned.ALWAYS, Returned.NEVER):
            return returned is Returned.ALWAYS
        if self.attributes is not None and target.attribute.returned is not Returned.ALWAYS:
            return any(_covers(asked, target) for asked in self.attributes)
        return returned is Returned.DEFAULT and target.name not in self.excluded


@dataclass(frozen=True, slots=True)
class _Selection:
    """
    What is shown of one schema, worked out once for all resources of an answer.

    Attributes:
        parts: The names of the attributes, each with those of its parts; None where an attribute
            has none.
    """

    parts: Mapping[str, frozenset[str] | None]

    def apply(self, members: object) -> dict[str, object]:
        if not isinstance(members, Mapping):
            return {}
        shown: dict[str, object] = {}
        for name, value in members.items():
            if name not in self.parts:
                continue
            parts = self.parts[name]
            kept = value if parts is None else _parts(value, parts)
            # What the projection has emptied goes; what was empty before is shown so.
            if parts is None or kept or kept == value:
                shown[name] = kept
        return shown


def _parts(value: object, shown: frozenset[str]) -> object:
    if isinstance(value, list):
        return [part for part in (_parts(each, shown) for each in value) if part != {}]
    if not isinstance(value, dict):
        return value
    return {name: part for name, part in value.items() if name in shown}


def bind_projection(
    attributes: str | None, excluded_attributes: str | None, *, resource_type: ResourceType
) -> Projection:
    """
    Return the projection that two comma-separated lists of paths ask for.

    Names are read in any letter case; those that name nothing are ignored. The URN of an
    extension stands for all of its attributes, that of the core schema for all of the core's. An
    empty list is as good as none.

    Raises:
        InvalidSyntax: Both lists are given.
    """
    is_kept = len(attributes or "") + len(excluded_attributes or "") <= _LONGEST_KEPT
    bind = _bound if is_kept else _bound.__wrapped__
    return bind(attributes, excluded_attributes, resource_type)


@lru_cache(maxsize=_MOST_KEPT)
def _bound(
    attributes: str | None, excluded_attributes: str | None, resource_type: ResourceType
) -> Projection:
    if attributes and excluded_attributes:
        raise InvalidSyntax("Send attributes or excludedAttributes, not both.")
    return Projection(
        resource_type=resource_type,
        attributes=frozenset(_names(attributes, resource_type)) if attributes else None,
        excluded=frozenset(_names(excluded_attributes, resource_type)),
    )


def _names(paths: str | None, resource_type: ResourceType) -> Iterator[str]:
    for path in (paths or "").split(","):
        if path.strip().lower() == resource_type.schema.id.lower():
            yield from (attribute.name for attribute in resource_type.core_attributes())
            continue
        schema = resource_type.extension(path.strip())
        if schema is not None:
            yield schema.id
            continue
        try:
            target = resolve(AttributePath.parse(path.strip()), resource_type)
        except InvalidPath:
            continue
        if target is not None:
            yield target.name


def _covers(asked: str, target: Target) -> bool:
    """Return whether *asked* is *target*, holds it, or is a part of it."""
    whole = Target(target.extension, target.attribute).name
    is_part_of_target = target.sub_attribute is None and asked.startswith(f"{whole}.")
    return asked in (target.name, whole, target.extension) or is_part_of_target
