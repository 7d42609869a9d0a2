"""The values of a multi-valued attribute while they are changed: found by value, not by scan."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from gateway.scim.errors import InvalidValue
from gateway.scim.fields import MOST_ALIKE
from gateway.scim.filter.bound import (
    And,
    Compare,
    ElementMatch,
    Filter,
    Literal,
    Operator,
    clauses_of,
)
from gateway.scim.filter.match import matches
from gateway.scim.path import Target
from gateway.scim.schema import Attribute, Mutability
from gateway.scim.text import fold
from gateway.scim.told import TOLD_BY_VALUE

#: So often the operations of a PATCH look at a value of an attribute that is not told by its own
#: value, for each clause that it is looked at with: it takes about a second.
MOST_LOOKS: Final = 100_000
#: A reference follows from the value, and clients write it in several ways.
_DERIVED = "$ref"


class Values:
    """
    The values of one attribute.

    Args:
        target: The attribute.
        values: Its values.
    """

    def __init__(self, target: Target, values: Iterable[Any]) -> None:
        self._target = target
        self._parts = {part.name: part for part in target.attribute.sub_attributes}
        self._kept: dict[int, Any] = {}
        self._places: dict[Hashable, dict[int, None]] = {}
        self._next = 0
        self._looks = 0
        for value in values:
            self._keep(value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, value: Any) -> int:
        """
        Add *value*, unless one that is the same is there; to one of its type, what it says besides.

        No two have the same ``value`` and ``type`` then (RFC 7643 §2.4).

        Returns:
            Where it is.

        Raises:
            InvalidValue: There are too many already that differ in their labels alone.
        """
        if same := self._same(value):
            return same[0]
        if alike := self._alike(value):
            self.put(alike[0], self._kept[alike[0]] | value)
            return alike[0]
        self._check_alike(value)
        return self._keep(value)

    def remove(self, value: Any) -> None:
        """
        Remove the values that are the same as *value*.

        Where the ``value`` alone tells which one it is, what it is called besides, which may have
        changed since a client has read it, does not matter.
        """
        if self._target.attribute.name in TOLD_BY_VALUE:
            places = list(self._places.get(self._key(value), ()))
        else:
            places = self._same(value)
        for place in places:
            self._drop(place)

    def clear(self) -> None:
        """Remove all values."""
        self._kept.clear()
        self._places.clear()

    def select(self, selector: ElementMatch) -> list[int]:
        """
        Return the places of the values that *selector* matches.

        Raises:
            InvalidValue: Too many were looked at by now.
        """
        condition = selector.condition
        told = told_value(condition)
        if told is None:
            self._look(clauses_of(condition))
            return [place for place in self._kept if self._matches(selector, self._kept[place])]
        places = list(self._places.get(told, ()))
        if isinstance(condition, Compare):
            return places
        return [place for place in places if self._matches(selector, self._kept[place])]

    def places(self) -> list[int]:
        """
        Return the places of all values.

        Raises:
            InvalidValue: Too many were looked at by now.
        """
        self._look()
        return list(self._kept)

    def at(self, place: int) -> Any:
        """Return the value at a place; None once it has become one with another."""
        return self._kept.get(place)

    def put(self, place: int, value: Any) -> None:
        """
        Put *value* in the place of another, if that is still there; nothing removes it.

        One that then has the same ``value`` and ``type`` becomes one with it (RFC 7643 §2.4).

        Raises:
            InvalidValue: There are too many already that differ in their labels alone.
        """
        if place not in self._kept:
            return
        is_told_as_before = self._told(value) == self._told(self._kept[place])
        self._unlink(place)
        if not value:
            del self._kept[place]
            return
        if not is_told_as_before:
            for alike in self._alike(value):
                value = self._kept[alike] | value
                self._drop(alike)
            self._check_alike(value)
        self._kept[place] = value
        self._places.setdefault(self._key(value), {})[place] = None

    def drop(self, places: Iterable[int]) -> None:
        """Remove the values at *places*, as far as they are there."""
        for place in places:
            if place in self._kept:
                self._drop(place)

    def settle_primary(self, made: Iterable[int]) -> None:
        """
        Leave at most one value primary: the one that was *made* so, if any (RFC 7644 §3.5.2).

        Args:
            made: The places of the values that were made primary at once.

        Raises:
            InvalidValue: There are two of them, or too many values were looked at by now.
        """
        chosen = set(made)
        if not chosen:
            return
        if len(chosen) > 1:
            raise InvalidValue("Only one value can be primary.")
        self._look()
        for place, value in list(self._kept.items()):
            if place not in chosen and value.get("primary") is True:
                self.put(place, value | {"primary": False})

    def _check_alike(self, value: Any) -> None:
        if len(self._places.get(self._key(value), ())) >= MOST_ALIKE:
            name = self._target.name
            raise InvalidValue(
                f"More than {MOST_ALIKE} values of {name} have the same value, or none; "
                "send each once, with its value."
            )

    def _look(self, clauses: int = 1) -> None:
        """Count that every value is looked at."""
        self._look_at(clauses * len(self._kept))

    def _look_at(self, count: int) -> None:
        self._looks += max(0, count)
        if self._looks > MOST_LOOKS:
            name = self._target.name
            raise InvalidValue(
                f"These operations would look at {MOST_LOOKS} values of {name} and more; say by "
                f"value eq which are meant, or send fewer operations at once."
            )

    def _keep(self, value: Any) -> int:
        place = self._next
        self._kept[place] = value
        self._places.setdefault(self._key(value), {})[place] = None
        self._next += 1
        return place

    def _drop(self, place: int) -> None:
        self._unlink(place)
        del self._kept[place]

    def _unlink(self, place: int) -> None:
        key = self._key(self._kept[place])
        del self._places[key][place]
        if not self._places[key]:
            del self._places[key]

    def _same(self, value: Any) -> list[int]:
        return [place for place in self._bucket(value) if self._is_same(value, self._kept[place])]

    def _alike(self, value: Any) -> list[int]:
        if not isinstance(value, dict) or "value" not in value or "type" not in self._parts:
            return []
        told = self._told(value)
        return [place for place in self._bucket(value) if self._told(self._kept[place]) == told]

    def _bucket(self, value: Any) -> list[int]:
        """Return the places of the values that have the same ``value``, each of them looked at."""
        found = list(self._places.get(self._key(value), ()))
        self._look_at(len(found) - 1)
        return found

    def _is_same(self, value: Any, kept: Any) -> bool:
        if not isinstance(value, dict):
            return True
        return all(
            _comparable(given, self._parts[name]) == _comparable(kept.get(name), self._parts[name])
            for name, given in value.items()
            if name in self._parts and self._counts(self._parts[name])
        )

    def _counts(self, part: Attribute) -> bool:
        return part.mutability is not Mutability.READ_ONLY and part.name != _DERIVED

    def _told(self, value: Any) -> Hashable:
        label = self._parts.get("type")
        given = value.get("type") if isinstance(value, dict) else None
        return self._key(value), None if label is None else _comparable(given, label)

    def _key(self, value: Any) -> Hashable:
        if not isinstance(value, dict):
            return orjson.dumps(_comparable(value, self._target.attribute))
        part = self._parts.get("value")
        given = value.get("value")
        return None if part is None or given is None else _comparable(given, part)

    def _matches(self, selector: ElementMatch, value: Any) -> bool:
        holder: Mapping[str, Any] = {self._target.attribute.name: [value]}
        extension = self._target.extension
        return matches(selector, holder if extension is None else {extension: holder})


def told_value(condition: Filter) -> Literal | None:
    """Return what the ``value`` of each value is that *condition* is true of, where it says so."""
    match condition:
        case Compare(target=target, operator=Operator.EQ, value=value):
            part = target.sub_attribute
            return value if part is not None and part.name == "value" else None
        case And(operands=operands):
            told = (told_value(operand) for operand in operands)
            return next((value for value in told if value is not None), None)
    return None


def _comparable(value: Any, attribute: Attribute) -> Any:
    return fold(value) if isinstance(value, str) and not attribute.case_exact else value
