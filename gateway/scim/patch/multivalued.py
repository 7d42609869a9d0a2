"""Operations on a multi-valued attribute."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.scim.errors import Mutability, NoTarget
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Operator
from gateway.scim.patch.merging import Value, differs, merged
from gateway.scim.patch.operation import Op, Operation
from gateway.scim.patch.values import Values, told_value
from gateway.scim.path import Target
from gateway.scim.schema import Attribute
from gateway.scim.schema import Mutability as Kind
from gateway.scim.told import TOLD_BY_VALUE, needs_value


class MultiValued:
    """
    The values of an attribute, changed by one operation after the other.

    Args:
        target: The attribute.
        values: Its values.
    """

    def __init__(self, target: Target, values: Iterable[Any]) -> None:
        self._attribute = target.attribute
        self._values = Values(target, values)
        self._made: list[int] = []

    def result(self) -> list[Any]:
        """
        Return the values after all operations.

        Raises:
            NoTarget: One was made of what a path says, and nothing says its ``value``.
        """
        # Only now: one operation may say which type it has, and the next one the value.
        for place in self._made:
            value = self._values.at(place)
            if value is not None and needs_value(self._attribute) and not value.get("value"):
                raise self._no_target()
        return list(self._values)

    def apply(self, operation: Operation) -> None:
        """See :func:`gateway.scim.patch.apply.apply_patch`."""
        values, value = self._values, operation.value
        if operation.selector is not None:
            primary = self._change_selected(operation, operation.selector)
        elif operation.target.sub_attribute is not None:
            primary = self._change_all(operation)
        elif operation.op is Op.REMOVE and value is not None:
            primary = []
            for each in value:
                values.remove(each)
        else:
            if operation.op is not Op.ADD:
                values.clear()
            added = [(values.add(each), each) for each in value or ()]
            primary = [place for place, each in added if _is_primary(each)]
        values.settle_primary(primary)
        check_required(self._attribute, values or None)

    def _change_selected(self, operation: Operation, selector: ElementMatch) -> list[int]:
        """Return the places of the values that are made primary."""
        places, parts = self._values.select(selector), _parts(operation)
        if not places and operation.op is not Op.REMOVE:
            return self._make(parts, selector)
        if parts is None:
            if operation.op is not Op.ADD:
                self._values.drop(places)
            return []
        if operation.op is not Op.ADD and _takes_value(parts) and needs_value(self._attribute):
            self._take_value(places)
        elif operation.op is Op.REPLACE and _is_whole(operation):
            self._replace(places, parts)
        else:
            is_told = operation.op is Op.REPLACE and told_value(selector.condition) is not None
            self._merge(places, parts, operation.op, may_be_another=is_told)
        return self._primary(places, parts)

    def _change_all(self, operation: Operation) -> list[int]:
        """Change a part of all values; return the places of those that are made primary."""
        parts = _parts(operation) or {}
        if not self._values:
            return self._make(parts, None)
        if operation.op is not Op.ADD and _takes_value(parts) and needs_value(self._attribute):
            raise Mutability(f"{operation.target.name} can't be removed: each one has it.")
        places = self._values.places()
        self._merge(places, parts, operation.op)
        return self._primary(places, parts)

    def _primary(self, places: list[int], parts: Value) -> list[int]:
        if not _is_primary(parts):
            return []
        return [place for place in places if self._values.at(place) is not None]

    def _make(self, parts: Value | None, selector: ElementMatch | None) -> list[int]:
        """Add the value that a path and *parts* describe; return its place if it is primary."""
        if parts is None:
            return []
        named = {name: part for name, part in parts.items() if part not in (None, "")}
        if parts and not named:
            # There is nothing to be taken away.
            return []
        described = {} if selector is None else _described(selector.condition)
        if described is None or not named:
            raise self._no_target()
        if any(differs(described, named, name, self._attribute) for name in described):
            raise self._no_target()
        if "value" in described and "value" not in named:
            # What is said of a value besides, such as its label, gives nobody access.
            raise self._no_target()
        made = described | named
        place = self._values.add(made)
        self._made.append(place)
        return [place] if _is_primary(made) else []

    def _no_target(self) -> NoTarget:
        return NoTarget(f"No value of {self._attribute.name} is selected; add one with its value.")

    def _take_value(self, places: Sequence[int]) -> None:
        """Remove addresses, of which nothing is left without the ``value``, but for the last."""
        if self._attribute.name in TOLD_BY_VALUE:
            raise Mutability(
                f"The value can't be removed: each one of {self._attribute.name} has it; remove "
                "the whole one."
            )
        if len(places) < len(self._values):
            self._values.drop(places)

    def _replace(self, places: Sequence[int], parts: Value) -> None:
        """Put one in the place of all that were selected."""
        for place in places:
            self._check_immutable(self._values.at(place), parts, nulls_go=False)
        self._values.drop(places[1:])
        self._values.put(places[0], {n: part for n, part in parts.items() if part is not None})

    def _merge(
        self, places: Iterable[int], parts: Value, op: Op, *, may_be_another: bool = False
    ) -> None:
        """Say *parts* of values; that one becomes another has to be said of that one."""
        nulls_go = op is not Op.ADD
        for place in places:
            kept = self._values.at(place)
            if kept is None:
                continue
            self._check_immutable(kept, parts, nulls_go=nulls_go)
            is_another = differs(kept, parts, "value", self._attribute)
            if is_another and self._attribute.name in TOLD_BY_VALUE and not may_be_another:
                raise Mutability(
                    f"One of {self._attribute.name} becomes another only by a replacement that "
                    "says by value eq which; add the other, and remove this one."
                )
            self._values.put(place, merged(kept, parts, self._attribute, nulls_go=nulls_go))

    def _check_immutable(self, kept: Value, parts: Value, *, nulls_go: bool) -> None:
        for part in self._attribute.sub_attributes:
            if part.mutability is not Kind.IMMUTABLE or part.name not in kept:
                continue
            is_left = parts.get(part.name) is None and not nulls_go
            if differs(kept, parts, part.name, self._attribute) and not is_left:
                raise Mutability(f"{part.name} of a value can't be changed; replace the value.")


def check_required(attribute: Attribute, value: object) -> None:
    """
    Let an attribute have *value*; None is none.

    Raises:
        Mutability: Every resource has one.
    """
    if attribute.required and value is None:
        raise Mutability(f"{attribute.name} can't be removed: every resource has it.")


def _parts(operation: Operation) -> dict[str, Any] | None:
    """Return what an operation says of the parts of each value; None of the value as a whole."""
    part, value = operation.target.sub_attribute, operation.value
    value = None if operation.op is Op.REMOVE else value
    return value if part is None else {part.name: value}


def _takes_value(parts: Value) -> bool:
    return "value" in parts and parts["value"] in (None, "")


def _is_whole(operation: Operation) -> bool:
    """
    Return whether what replaces a value is one: it has a ``value``, where there is any.

    Anything else is said of the value that is there: an address is hardly replaced by none.
    """
    attribute, part = operation.target.attribute, operation.target.sub_attribute
    if part is not None:
        return False
    return attribute.sub_attribute("value") is None or bool(operation.value.get("value"))


def _is_primary(value: object) -> bool:
    return isinstance(value, Mapping) and value.get("primary") is True


def _described(condition: Filter) -> dict[str, Any] | None:
    """Return the value that *condition* describes, if it compares parts for equality alone."""
    match condition:
        case Compare(target=target, operator=Operator.EQ, value=value):
            part = target.sub_attribute
            if part is None or part.mutability is Kind.READ_ONLY:
                return None
            return {part.name: value}
        case And(operands=operands):
            made: dict[str, Any] = {}
            for operand in operands:
                one = _described(operand)
                if one is None:
                    return None
                made |= one
            return made
    return None
