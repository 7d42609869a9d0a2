"""Entitlements as clients spell them, in the one spelling by which they are shown and kept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from gateway.planner.collections import LIST_OF_TYPE
from gateway.provisioning.entitlements import Asked, Places
from gateway.scim.errors import InvalidValue
from gateway.scim.filter.bound import And, Compare, ElementMatch, Filter, Not, Operator, Or
from gateway.scim.patch.operation import Operation, Patch
from gateway.scim.schema import Attribute

_NAME = "entitlements"


def spelled(text: object, places: Places) -> Any:
    """
    Return an entitlement's value as it is shown: ``repository:<uuid>:write``.

    What is none, or on no place that is known, is returned as it is: whether that is an error
    depends on what is to be done with it.
    """
    try:
        wanted = Asked.parse(text)
        place = places.place(wanted.place)
    except InvalidValue:
        return text
    return f"{place.object_type}:{place.uuid}:{wanted.permission}"


def spelled_values(values: Iterable[Mapping[str, Any]], places: Places) -> list[dict[str, Any]]:
    """
    Return the values of a multi-valued attribute in that spelling.

    Raises:
        InvalidValue: One has a type that is not that of its value.
    """
    return [_spelled(each, places) for each in values]


def _spelled(entitlement: Mapping[str, Any], places: Places) -> dict[str, Any]:
    _check_type(entitlement)
    if "value" not in entitlement:
        return {name: part for name, part in entitlement.items() if name != "type"}
    value = spelled(entitlement["value"], places)
    object_type = str(value).partition(":")[0]
    # So that a filter for the type finds it in the same request already.
    told = {"type": object_type} if object_type in LIST_OF_TYPE else {}
    return {**entitlement, "value": value, **told}


def _check_type(entitlement: Mapping[str, Any]) -> None:
    """Refuse what would hide a grant from who asks for all of its type."""
    named = str(entitlement.get("value")).partition(":")[0].lower()
    given = entitlement.get("type")
    if given is not None and named in LIST_OF_TYPE and str(given).lower() != named:
        raise InvalidValue(
            f"{entitlement['value']} is of the type {named}, not {given}; leave type out."
        )


def spelled_in(
    resource: Mapping[str, Any], places: Places, *, extension: str | None = None
) -> dict[str, Any]:
    """
    Return a resource with its entitlements in that spelling.

    Args:
        resource: The resource.
        places: The places.
        extension: The URN of the extension that holds the entitlements; None if the core does.
    """
    if extension is not None:
        if extension not in resource:
            return dict(resource)
        return {**resource, extension: spelled_in(resource[extension], places)}
    if _NAME not in resource:
        return dict(resource)
    return {**resource, _NAME: spelled_values(resource[_NAME], places)}


def spelled_patch(patch: Patch, places: Places) -> Patch:
    """
    Return operations with entitlements in that spelling: what they assign and select by.

    What they say of a ``type`` is left out: it follows from the value, and a filter for it finds
    what it is meant to find.
    """
    return tuple(
        _operation(each, places) if each.target.attribute.name == _NAME else each
        for each in patch
        if not (each.target.attribute.name == _NAME and _is_type(each.target.sub_attribute))
    )


def _is_type(part: Attribute | None) -> bool:
    return part is not None and part.name == "type"


def _operation(operation: Operation, places: Places) -> Operation:
    selector, value = operation.selector, operation.value
    if selector is not None:
        selector = ElementMatch(selector.target, _condition(selector.condition, places))
    part = operation.target.sub_attribute
    if part is not None:
        value = spelled(value, places) if part.name == "value" else value
    elif isinstance(value, list):
        value = spelled_values(value, places)
    elif isinstance(value, dict):
        (value,) = spelled_values([value], places)
    return replace(operation, selector=selector, value=value)


def _condition(condition: Filter, places: Places) -> Filter:
    match condition:
        case Compare(target=target, operator=Operator.EQ, value=str(text)):
            part = target.sub_attribute
            is_value = part is not None and part.name == "value"
            return replace(condition, value=spelled(text, places)) if is_value else condition
        case And(operands=operands) | Or(operands=operands):
            return replace(condition, operands=tuple(_condition(o, places) for o in operands))
        case Not(operand=operand):
            return Not(_condition(operand, places))
    return condition
