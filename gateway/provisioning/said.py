"""What a request says of a resource, so that what others said of the same before counts no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from gateway.scim.filter.bound import And, Compare, Filter, Operator, Or
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
        left_out: The attributes that stay as they are, though the rest is said.
    """

    is_all: bool = False
    parts: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()

    @classmethod
    def by(cls, patch: Patch) -> Self:
        """
        Return what a PATCH says, of entitlements in the one spelling.

        That a user is inactive says all that the user may do; that it is active says nothing of
        what it may do besides.
        """
        said = activity_in(patch)
        if said and said[-1] is False:
            return cls(is_all=True)
        parts: dict[str, frozenset[str] | None] = {}
        for operation in patch:
            name = operation.target.attribute.name
            parts[name] = _both(parts.get(name, frozenset()), _keys_of(name, operation))
        return cls(parts=parts)

    @classmethod
    def with_body(cls, body: Resource, stay: Iterable[str]) -> Self:
        """
        Return what a PUT or a POST says.

        Args:
            body: What it sends.
            stay: The attributes that stay as they are where *body* leaves them out.
        """
        if body.get("active") is False:
            return cls(is_all=True)
        return cls(is_all=True, left_out=frozenset(stay) - _flat(body).keys())

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
        if self.is_all and other.is_all:
            return True
        if self.is_all or other.is_all:
            whole, part = (self, other) if self.is_all else (other, self)
            return bool(part.parts.keys() - whole.left_out)
        return any(
            _overlap(keys, other.parts[name])
            for name, keys in self.parts.items()
            if name in other.parts
        )

    def rest_of(self, before: Resource, wanted: Resource) -> dict[str, Any]:
        """Return what is *wanted* of what this says nothing of; the rest is as it was *before*."""
        rest: dict[str, Any] = {}
        for name in before.keys() | wanted.keys():
            had, has = before.get(name), wanted.get(name)
            if ":" in name and isinstance(had or {}, Mapping) and isinstance(has or {}, Mapping):
                value: Any = self.rest_of(had or {}, has or {})
            else:
                value = self._rest(name, had, has)
            if value is not None:
                rest[name] = value
        return rest

    def _rest(self, name: str, had: Any, has: Any) -> Any:
        keys = frozenset[str]()
        if self.is_all:
            if name not in self.left_out:
                return had
        elif name in self.parts:
            said = self.parts[name]
            if said is None:
                return had
            keys = said
        if not keys:
            return has
        return [
            *(each for each in has or () if _key(name, each.get("value")) not in keys),
            *(each for each in had or () if _key(name, each.get("value")) in keys),
        ]


#: The whole resource, as a PUT says it.
EVERYTHING: Final = Said(is_all=True)
#: Nothing new: what was said before is only finished.
NOTHING: Final = Said()


def activity_in(patch: Patch) -> list[bool | None]:
    """Return what each operation on ``active`` says; None where it takes it away."""
    return [
        None if each.op is Op.REMOVE else each.value
        for each in patch
        if each.target.attribute.name == "active"
    ]


def _keys_of(name: str, operation: Operation) -> frozenset[str] | None:
    if name not in _BY_VALUE:
        return None
    part, selector = operation.target.sub_attribute, operation.selector
    if selector is not None:
        given = operation.value
        if part is None:
            given = given.get("value") if isinstance(given, Mapping) else None
        elif part.name != "value":
            given = None
        return _keys(name, [*told_values(selector.condition), *([] if given is None else [given])])
    if part is not None or operation.op is Op.REPLACE:
        return None
    if operation.op is Op.REMOVE and not operation.value:
        return None
    return _keys(name, (each.get("value") for each in operation.value or ()))


def told_values(condition: Filter) -> list[Any]:
    """Return the only values that a condition may hold for; None among them for any."""
    match condition:
        case Compare(target=target, operator=Operator.EQ, value=value):
            part = target.sub_attribute
            return [value if part is not None and part.name == "value" else None]
        case And(operands=operands):
            each = map(told_values, operands)
            return next((values for values in each if None not in values), [None])
        case Or(operands=operands):
            return [value for operand in operands for value in told_values(operand)]
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
    # What names no place by its UUID in the one spelling is on none that there is.
    object_type, _, place = text.rpartition(":")[0].partition(":")
    return f"{object_type}:{place.strip('{}')}"


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
