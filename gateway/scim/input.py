"""
What clients send of a resource, read by marshmallow schemas compiled from the registry.

A schema obeys the characteristics of RFC 7643 §7: types, required and multi-valued attributes;
what is readOnly is dropped, as RFC 7644 §3.3 asks, and so is what is unassigned.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields

from gateway.scim.fields import TYPES, UNASSIGNED, DistinctValues, ObjectOrValue, Values
from gateway.scim.members import Members, NamedParts, name_of, refusal
from gateway.scim.no_attribute import is_ignored
from gateway.scim.path import AttributePath, Target
from gateway.scim.qualified import in_place
from gateway.scim.schema import Attribute, AttributeType, Mutability, ResourceType

#: What RFC 7643 §2.4 lets every multi-valued attribute have.
_USUAL_PARTS = ("value", "display", "type", "primary", "$ref")


def read_resource(body: object, resource_type: ResourceType) -> dict[str, Any]:
    """
    Return the attributes that *body* assigns, by their canonical names.

    Args:
        body: The JSON of a POST or PUT. Names are read in any letter case, and in full with the
            URN of their schema; null and ``[]`` are the same as missing (RFC 7643 §2.5).
            ``schemas`` is not relied on: it may be missing,
            and it and the body may have schemas that are not known here, as Entra ID's do.
        resource_type: The type of the resource.

    Returns:
        JSON values; instants in the form of :func:`gateway.scim.text.instant`.

    Raises:
        InvalidSyntax: *body* is no object, has an attribute twice, or one no schema declares.
        InvalidValue: A value is of the wrong type, a required one is missing, or two are primary;
            the attribute is named.

    RFC 7644 §3.3, §3.5.1.
    """
    return _read(_in_place(body, resource_type), resource_type)


def read_replacement(body: object, resource_type: ResourceType) -> dict[str, Any]:
    """
    Return the same of the body of a PUT, with ``[]`` for each list it says is to have no value.

    A list that is left out and one that is null or ``[]`` are the same state (RFC 7643 §2.5), but
    of what a PUT leaves out a service provider may keep the value (RFC 7644 §3.5.1).
    """
    members = _in_place(body, resource_type)
    read = _read(members, resource_type)
    for name in _emptied(members, resource_type.core_attributes()):
        read[name] = []
    written = {name.lower(): value for name, value in members.items()}
    for extension in resource_type.extensions:
        urn = extension.schema.id
        inner = written.get(urn.lower())
        for name in _emptied(inner or {}, extension.schema.attributes):
            read.setdefault(urn, {})[name] = []
    return read


def _in_place(body: object, resource_type: ResourceType) -> Any:
    return in_place(body, resource_type) if isinstance(body, Mapping) else body


def _read(members: Any, resource_type: ResourceType) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = compile_input(resource_type).load(members)
    except ValidationError as error:
        raise refusal(error) from None
    return loaded


def _emptied(members: Mapping[str, Any], attributes: Iterable[Attribute]) -> list[str]:
    written = {name.lower(): value for name, value in members.items()}
    return [
        attribute.name
        for attribute in attributes
        if attribute.multi_valued
        # What every resource has, nobody can say that it has not (RFC 7643 §7).
        and not attribute.required
        and attribute.mutability is not Mutability.READ_ONLY
        and written.get(attribute.name.lower(), ...) in (None, [])
    ]


def compile_input(resource_type: ResourceType) -> Schema:
    """Return the schema that reads resources of *resource_type*; it raises ValidationError."""
    members = _fields(resource_type.core_attributes())
    for extension in resource_type.extensions:
        members[extension.schema.id] = _object(extension.schema.attributes)
    return _compiled(_Body, members, also_dropped=resource_type.schema.passed_over)


def read_value(target: Target, value: object) -> Any:
    """
    Return what a client assigns to an attribute or sub-attribute; None if it is nothing.

    Of a multi-valued attribute that is a list: one value, or the ``value`` of a complex one, may
    stand alone, as some clients write it.

    Raises:
        InvalidSyntax: It has a part that no schema declares.
        InvalidValue: It is of the wrong type; the attribute is named.
    """
    leaf = target.leaf
    many = leaf.multi_valued
    if many and value is not None:
        value = [_whole(leaf, each) for each in (value if isinstance(value, list) else [value])]
    try:
        read = _reader(leaf).deserialize(value)
    except ValidationError as error:
        raise refusal(error, at=target.name) from None
    return None if read in UNASSIGNED else read


def read_parts(target: Target, value: object) -> dict[str, Any]:
    """
    Return the parts that a client names of a complex value, to be merged into the one there is.

    A part that is null, and so to be taken away, is None. What is passed over is not among them:
    nothing may be left, which says nothing.

    Args:
        target: A complex attribute; of a multi-valued one, *value* is one of its values.
        value: The parts, or the ``value`` alone, as some clients write it.

    Raises:
        InvalidSyntax: It has a part that no schema declares.
        InvalidValue: It is of the wrong type; the attribute is named.
    """
    try:
        read: dict[str, Any] = _parts_reader(target.leaf).deserialize(_whole(target.leaf, value))
    except ValidationError as error:
        raise refusal(error, at=target.name) from None
    return read


def groups_asked_for(body: object) -> list[dict[str, str]]:
    """
    Return the groups that the *body* of a POST names by their ids.

    A user's ``groups`` are readOnly, and what belongs to them is changed through the groups
    (RFC 7643 §4.1.2); an invitation, though, is into groups from the start.
    """
    members = body if isinstance(body, dict) else {}
    given = next((v for name, v in members.items() if str(name).lower() == "groups"), None)
    values = given if isinstance(given, list) else []
    ids = [each.get("value") if isinstance(each, dict) else each for each in values]
    return [{"value": each} for each in ids if isinstance(each, str)]


def is_passed_over(path: AttributePath, resource_type: ResourceType) -> bool:
    """Return whether *path* names what a schema that is not served here, or RFC 7643, declares."""
    if path.urn is not None and path.urn.lower() != resource_type.schema.id.lower():
        return resource_type.extension(path.urn) is None
    if is_ignored(path, resource_type):
        return True
    attribute = resource_type.core_attribute(path.name)
    if attribute is None or not attribute.multi_valued or path.sub_name is None:
        return False
    return path.sub_name.lower() in _USUAL_PARTS


class _Body(Members):
    """The members of a resource."""

    def _drops(self, name: str, value: object) -> bool:
        is_extension = name.startswith(("urn:", "http:", "https:"))
        is_foreign = is_extension and name not in map(str.lower, map(name_of, self.fields.values()))
        return is_foreign or super()._drops(name, value)


_REQUIRED: dict[str, Any] = {"required": "is required"}


def _compiled(
    base: type[Members],
    members: Mapping[str, fields.Field[Any] | None],
    *,
    also_dropped: Iterable[str] = (),
) -> Schema:
    read_only = [name for name, field in members.items() if field is None]
    unserved = [name for name in also_dropped if name not in members]
    written: dict[str, Any] = {
        "dropped": frozenset(name.lower() for name in (*read_only, *unserved))
    }
    for name, field in members.items():
        if field is not None:
            field.data_key = name
            # To marshmallow a dot in a field's own name is a path; URNs have dots.
            written[name.replace(".", "_")] = field
    made: type[Schema] = type("Input", (base,), written)
    return made()


def _fields(attributes: Iterable[Attribute]) -> dict[str, fields.Field[Any] | None]:
    """Return the field of each attribute by its name; None of what is readOnly."""
    return {
        attribute.name: None
        if attribute.mutability is Mutability.READ_ONLY
        else _values(attribute, DistinctValues, are_told_apart=True)
        if attribute.multi_valued
        else _value(attribute)
        for attribute in attributes
    }


def _values(
    attribute: Attribute, kind: type[Values] = Values, *, are_told_apart: bool = False
) -> fields.Field[Any]:
    # What stands for a value that is missing, or its part, knows who uses it: that an address may
    # be a user's name, say.
    parts = tuple(replace(part, required=False) for part in attribute.sub_attributes)
    one = _value(replace(attribute, required=False, sub_attributes=parts))
    return kind(one, attribute, are_told_apart=are_told_apart)


def _value(attribute: Attribute) -> fields.Field[Any]:
    if attribute.type is AttributeType.COMPLEX:
        usual = _USUAL_PARTS if attribute.multi_valued else ()
        is_told_by_value = not attribute.multi_valued and attribute.sub_attribute("value")
        return _object(
            attribute.sub_attributes,
            also_dropped=(*attribute.passed_over, *usual),
            required=attribute.required,
            kind=ObjectOrValue if is_told_by_value else fields.Nested,
        )
    kind, expected = TYPES[attribute.type]
    messages = _REQUIRED | {"invalid": f"must be {expected}"}
    return kind(required=attribute.required, error_messages=messages)


@cache
def _parts_reader(attribute: Attribute) -> fields.Field[Any]:
    usual = _USUAL_PARTS if attribute.multi_valued else ()
    parts = tuple(replace(part, required=False) for part in attribute.sub_attributes)
    return _object(parts, also_dropped=(*attribute.passed_over, *usual), base=NamedParts)


@cache
def _reader(attribute: Attribute) -> fields.Field[Any]:
    field = _values(attribute) if attribute.multi_valued else _value(attribute)
    field.allow_none = True
    return field


def _whole(attribute: Attribute, value: object) -> object:
    """Return one of many values, or the object whose ``value`` it is."""
    is_part = attribute.type is AttributeType.COMPLEX and isinstance(value, str)
    return {"value": value} if is_part and attribute.sub_attribute("value") else value


def _object(
    attributes: Iterable[Attribute],
    *,
    also_dropped: Iterable[str] = (),
    required: bool = False,
    kind: type[fields.Nested] = fields.Nested,
    base: type[Members] = Members,
) -> fields.Field[Any]:
    members = _compiled(base, _fields(attributes), also_dropped=also_dropped)
    return kind(members, required=required, error_messages=_REQUIRED)
