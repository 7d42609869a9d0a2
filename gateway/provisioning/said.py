"""What a request says of a resource, so that what others said of the same before counts no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from gateway.planner.pins import is_uuid
from gateway.scim.filter.bound import Compare, Filter, Operator
from gateway.scim.patch.operation import Op, Operation, Patch

Resource = Mapping[str, Any]

#: The attributes of which each value is said by itself.
_BY_VALUE: Final = frozenset({"members", "entitlements"})
#: What follows from the rest.
_DERIVED: Final = frozenset({"schemas", "meta", "id"})


@dataclass(frozen=True, slots=True)
class Said:
    """
    What a request, or what is left of one, is about.

    Attributes:
        is_all: Whether that is the whole resource.
        parts: Else the attributes, by name, each with the keys of the values; None for all values.
    """

    is_all: bool = False
    parts: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    @classmethod
    def by(cls, patch: Patch) -> Self:
        """Return what a PATCH says; whether a user is active says all that the user may do."""
        if any(operation.target.attribute.name == "active" for operation in patch):
            return cls(is_all=True)
        parts: dict[str, frozenset[str] | None] = {}
        for operation in patch:
            name = operation.target.attribute.name
            parts[name] = _both(parts.get(name, frozenset()), _keys_of(name, operation))
        return cls(parts=parts)

    @classmethod
    def between(cls, before: Resource | None, wanted: Resource | None) -> Self:
        """Return what a change from *before* to *wanted* is about; to delete is about all."""
        if wanted is None:
            return cls(is_all=True)
        had, has = _flat(before or {}), _flat(wanted)
        return cls(
            parts={
                name: _difference(name, had.get(name), has.get(name))
                for name in had.keys() | has.keys()
                if had.get(name) != has.get(name)
            }
        )

    def is_about(self, other: "Said") -> bool:
        """Return whether both are about one and the same."""
        if self.is_all or other.is_all:
            return self.says_anything and other.says_anything
        return any(
            _overlap(keys, other.parts[name])
            for name, keys in self.parts.items()
            if name in other.parts
        )

    @property
    def says_anything(self) -> bool:
        """Whether it is about anything."""
        return self.is_all or bool(self.parts)


#: The whole resource, as a PUT says it.
EVERYTHING: Final = Said(is_all=True)
#: Nothing new: what was said before is only finished.
NOTHING: Final = Said()


def _keys_of(name: str, operation: Operation) -> frozenset[str] | None:
    if name not in _BY_VALUE or operation.target.sub_attribute is not None:
        return None
    if operation.selector is not None:
        return _keys(name, _selected(operation.selector.condition))
    if operation.op is Op.REPLACE or not operation.value:
        return None
    return _keys(name, (each.get("value") for each in operation.value))


def _selected(condition: Filter) -> list[Any]:
    if isinstance(condition, Compare) and condition.operator is Operator.EQ:
        part = condition.target.sub_attribute
        if part is not None and part.name == "value":
            return [condition.value]
    return [None]


def _difference(name: str, had: Any, has: Any) -> frozenset[str] | None:
    if name not in _BY_VALUE:
        return None
    before, after = ({each.get("value") for each in values or ()} for values in (had, has))
    return _keys(name, before ^ after)


def _keys(name: str, values: Iterable[Any]) -> frozenset[str] | None:
    keys = [_key(name, value) for value in values]
    return None if None in keys else frozenset(key for key in keys if key is not None)


def _key(name: str, value: Any) -> str | None:
    """Return what a value is about: who, or which place; None where that can't be told by it."""
    if not isinstance(value, str):
        return None
    text = value.strip().lower()
    if name == "members":
        return text.strip("{}")
    object_type, _, place = text.rpartition(":")[0].partition(":")
    uuid = place.strip("{}")
    return f"{object_type}:{uuid}" if is_uuid(uuid) else None


def _flat(resource: Resource) -> dict[str, Any]:
    """Return the attributes of a resource and of its extensions by their names."""
    flat: dict[str, Any] = {}
    for name, value in resource.items():
        if ":" in name and isinstance(value, Mapping):
            flat |= value
        elif name not in _DERIVED:
            flat[name] = value
    return flat


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def _overlap(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or bool(one & other)
