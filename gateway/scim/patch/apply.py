"""Applying operations to a resource: all of them, or none."""

from collections.abc import Mapping
from typing import Any

from gateway.scim.errors import Mutability, NoTarget
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Operator
from gateway.scim.patch.merging import (
    check_part,
    contradicts,
    leaves_value_out,
    merged,
    replaced,
)
from gateway.scim.patch.operation import Op, Operation, Patch
from gateway.scim.patch.values import Values
from gateway.scim.path import Target
from gateway.scim.schema import Attribute, AttributeType, ResourceType, Returned
from gateway.scim.schema import Mutability as Kind
from gateway.scim.text import fold

Resource = Mapping[str, Any]


def apply_patch(resource: Resource, patch: Patch, resource_type: ResourceType) -> dict[str, Any]:
    """
    Return *resource* as it is after every operation of *patch*, each on the result of the last.

    Args:
        resource: The whole resource as JSON, by canonical names; it stays as it is.
        patch: The operations.
        resource_type: The type of the resource.

    Returns:
        The same form, without what was unassigned; ``schemas`` and ``meta`` are as they were.

    Raises:
        Mutability: Something would change that clients may not change, or be removed that every
            resource has.
        NoTarget: A path selects no value, and does not say what a new one would be, or says it
            otherwise than the value does.
        InvalidValue: Two values are made primary at once.
    """
    working = _Working(resource, resource_type)
    for operation in patch:
        working.apply(operation)
    return working.result()


class _Working:
    """A copy of a resource that is being changed."""

    def __init__(self, resource: Resource, resource_type: ResourceType) -> None:
        urns = [extension.schema.id for extension in resource_type.extensions]
        self._resource = {
            name: dict(value) if name in urns else value for name, value in resource.items()
        }
        self._urns = urns
        self._lists: dict[str, tuple[Target, Values]] = {}
        self._made: list[tuple[Values, int]] = []

    def result(self) -> dict[str, Any]:
        for values, place in self._made:
            # Only now: one operation may say which type it has, and the next one the value.
            values.check_told(place)
        for target, values in self._lists.values():
            self._put(target, list(values))
        return {
            name: value for name, value in self._resource.items() if name not in self._urns or value
        }

    def apply(self, operation: Operation) -> None:
        target = operation.target
        if Kind.READ_ONLY in (target.attribute.mutability, target.leaf.mutability):
            self._check_unchanged(operation)
        elif target.attribute.multi_valued:
            self._change_values(operation)
        elif target.attribute.type is AttributeType.COMPLEX:
            self._change_complex(operation)
        else:
            self._change_single(operation)

    # --- single-valued ------------------------------------------------------------------

    def _change_single(self, operation: Operation) -> None:
        value = None if operation.op is Op.REMOVE else operation.value
        _check_required(operation.target.attribute, value)
        self._put(operation.target, value)

    def _change_complex(self, operation: Operation) -> None:
        target = operation.target
        part = target.sub_attribute
        kept = dict(self._get(target) or {})
        value = None if operation.op is Op.REMOVE else operation.value
        if part is not None:
            kept = _with(kept, part.name, value)
        elif value is None:
            kept = {}
        else:
            kept = merged(kept, operation)
        _check_required(target.attribute, kept or None)
        self._put(target, kept)

    # --- multi-valued -------------------------------------------------------------------

    def _change_values(self, operation: Operation) -> None:
        target, selector = operation.target, operation.selector
        values = self._values(target)
        primary: list[int] = []
        if selector is not None:
            primary = self._change_selected(operation, values, selector)
        elif target.sub_attribute is not None:
            primary = self._change_part_of_all(operation, values, target.sub_attribute)
        elif operation.op is Op.REMOVE and operation.value is not None:
            for value in operation.value:
                values.remove(value)
        else:
            if operation.op is not Op.ADD:
                values.clear()
            added = [(values.add(value), value) for value in operation.value or ()]
            primary = [place for place, value in added if _is_primary(value)]
        values.settle_primary(primary)
        _check_required(target.attribute, values or None)

    def _change_selected(
        self, operation: Operation, values: Values, selector: ElementMatch
    ) -> list[int]:
        """Return the places of the values that are made primary."""
        places = values.select(selector)
        part = operation.target.sub_attribute
        if operation.op is Op.REMOVE:
            if part is None:
                values.drop(places)
            else:
                self._set_part(values, places, part, None)
            return []
        if not places:
            made = _described(operation, selector)
            return [] if made is None else self._make(values, made)
        if part is not None:
            self._set_part(values, places, part, operation.value)
        elif operation.value is None:
            if operation.op is Op.REPLACE:
                values.drop(places)
        else:
            keep = operation.op is Op.ADD or leaves_value_out(operation)
            new = [replaced(values.at(place), operation, keep=keep) for place in places]
            if not keep:
                # One takes the place of all that were selected, and is there once.
                values.drop(places[1:])
            for place, value in zip(places, new, strict=True):
                values.put(place, value)
        return places if _says_primary(operation) else []

    def _change_part_of_all(
        self, operation: Operation, values: Values, part: Attribute
    ) -> list[int]:
        """Return the places of the values that are made primary."""
        value = None if operation.op is Op.REMOVE else operation.value
        if not values and value is not None:
            return self._make(values, {part.name: value})
        self._set_part(values, values.places(), part, value)
        return values.places() if _says_primary(operation) else []

    def _make(self, values: Values, made: dict[str, Any]) -> list[int]:
        """Add a value; return its place if it is primary."""
        place = values.add(made)
        self._made.append((values, place))
        return [place] if _is_primary(made) else []

    def _set_part(self, values: Values, places: list[int], part: Attribute, value: object) -> None:
        for place in places:
            if (kept := values.at(place)) is not None:
                check_part(values.attribute, part, kept, value)
                values.put(place, _with(kept, part.name, value))

    # --- what nobody changes ------------------------------------------------------------

    def _check_unchanged(self, operation: Operation) -> None:
        """Let a value pass that is there already: clients send back what they were told."""
        target = operation.target
        current = self._get(Target(target.extension, target.attribute))
        given = operation.value
        takes_away = operation.op is Op.REMOVE or given in (None, [])
        if takes_away and operation.is_named and target.attribute.returned is Returned.REQUEST:
            # It is worked out for each answer, so nobody knows here whether there is any.
            is_same = False
        elif operation.op is Op.REMOVE:
            is_same = not current
        elif target.attribute.multi_valued:
            is_same = _holds(current or [], given, target)
            if operation.is_named and operation.op is Op.REPLACE:
                # Fewer values than there are would have to be taken away.
                is_same = is_same and len(_listed(given)) >= len(current or ())
        elif target.sub_attribute is not None:
            is_same = (current or {}).get(target.sub_attribute.name) == given
        else:
            is_same = current == given or given in (None, "", [], {})
            is_same = is_same and (given is not None or not operation.is_named or not current)
        if not is_same:
            raise Mutability(f"{target.name} is read-only; leave it out.")

    # --- where attributes are -----------------------------------------------------------

    def _values(self, target: Target) -> Values:
        whole = Target(target.extension, target.attribute)
        if whole.name not in self._lists:
            self._lists[whole.name] = whole, Values(whole, self._get(whole) or ())
        return self._lists[whole.name][1]

    def _get(self, target: Target) -> Any:
        holder = self._resource if target.extension is None else self._of(target.extension)
        return holder.get(target.attribute.name)

    def _put(self, target: Target, value: Any) -> None:
        holder = self._resource if target.extension is None else self._of(target.extension)
        if value in (None, [], {}):
            holder.pop(target.attribute.name, None)
        else:
            holder[target.attribute.name] = value

    def _of(self, urn: str) -> dict[str, Any]:
        return self._resource.setdefault(urn, {})


def _described(operation: Operation, selector: ElementMatch) -> dict[str, Any] | None:
    """Return the value that a selector describes, where it selects none; None if none is wanted."""
    attribute, given = operation.target.attribute, operation.value
    if given is None:
        return None
    described = _selected_by(selector.condition)
    part = operation.target.sub_attribute
    given = given if part is None else {part.name: given}
    named = {name: value for name, value in given.items() if value is not None}
    if described is None or not named or contradicts(attribute, described, named):
        raise NoTarget(f"No value of {attribute.name} is selected.")
    if "value" in described and "value" not in named:
        # What is said of a value besides, such as its label, gives nobody access.
        raise NoTarget(f"No value of {attribute.name} is selected; add it first.")
    return described | named


def _with(kept: dict[str, Any], name: str, value: object) -> dict[str, Any]:
    if value is None:
        return {other: each for other, each in kept.items() if other != name}
    return kept | {name: value}


def _check_required(attribute: Attribute, value: object) -> None:
    if attribute.required and value is None:
        raise Mutability(f"{attribute.name} can't be removed: every resource has it.")


def _says_primary(operation: Operation) -> bool:
    """Return whether an operation makes primary whatever it is about."""
    part = operation.target.sub_attribute
    if operation.op is Op.REMOVE:
        return False
    if part is None:
        return _is_primary(operation.value)
    return part.name == "primary" and operation.value is True


def _is_primary(value: object) -> bool:
    return isinstance(value, dict) and value.get("primary") is True


def _selected_by(condition: Filter) -> dict[str, Any] | None:
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
                one = _selected_by(operand)
                if one is None:
                    return None
                made |= one
            return made
    return None


def _holds(current: list[Any], given: object, target: Target) -> bool:
    """Return whether every value of *given* is among *current*, as far as it can be told."""
    known = {fold(str(_part(each))) for each in current}
    return all(each is None or fold(str(_part(each))) in known for each in _listed(given)) or (
        target.attribute.name == "schemas"
    )


def _listed(given: object) -> list[Any]:
    """Return the values of a list, of which one may stand alone: nobody has read it before."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _part(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value
