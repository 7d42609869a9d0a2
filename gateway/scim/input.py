"""
What clients send of a resource, read by marshmallow schemas compiled from the registry.

A schema obeys the characteristics of RFC 7643 §7: types, required and multi-valued attributes;
what is readOnly is dropped, as RFC 7644 §3.3 asks, and so is what is unassigned.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.schema import Attribute, AttributeType, Mutability, ResourceType

#: Attributes of RFC 7643 that these resources don't have; clients need not strip them.
_ELSEWHERE = frozenset(
    name.lower()
    for name in (
        "password",
        "title",
        "preferredLanguage",
        "locale",
        "timezone",
        "phoneNumbers",
        "ims",
        "addresses",
        "x509Certificates",
        "middleName",
        "honorificPrefix",
        "honorificSuffix",
    )
)


def read_resource(body: object, resource_type: ResourceType) -> dict[str, Any]:
    """
    Return the attributes that *body* assigns, by their canonical names.

    Args:
        body: The JSON of a POST or PUT. Names are read in any letter case; null and ``[]`` are
            the same as missing (RFC 7643 §2.5); ``schemas`` may be missing, and may name schemas
            that are not known here, as Entra ID's does.
        resource_type: The type of the resource.

    Raises:
        InvalidSyntax: *body* is no object, or has an attribute that no schema declares.
        InvalidValue: A value is of the wrong type, or a required one is missing; the attribute is
            named.

    RFC 7644 §3.3, §3.5.1.
    """
    if not isinstance(body, Mapping):
        raise InvalidSyntax("The body must be a JSON object.")
    try:
        loaded: dict[str, Any] = compile_input(resource_type).load(body)
    except ValidationError as error:
        raise _refusal(error) from None
    return {name: value for name, value in loaded.items() if value not in ({}, [], None)}


def compile_input(resource_type: ResourceType) -> Schema:
    """Return the schema that reads resources of *resource_type*."""
    members = _fields(resource_type.core_attributes())
    for extension in resource_type.extensions:
        members[extension.schema.id] = _nested(extension.schema.attributes)
    return _schema(members)


class _AnyCase(Schema):
    """Members in any letter case; those that are unassigned or readOnly are dropped."""

    class Meta:
        unknown = RAISE

    read_only: frozenset[str] = frozenset()

    @pre_load
    def _canonical(self, data: Any, **_: object) -> Any:
        if not isinstance(data, Mapping):
            return data
        names = {name.lower(): name for name in map(_name_of, self.fields.values())}
        kept: dict[str, Any] = {}
        for name, value in data.items():
            lowered = str(name).lower()
            if value in (None, []) or lowered in self.read_only:
                continue
            if lowered in names:
                kept[names[lowered]] = value
            elif lowered not in _ELSEWHERE and not _is_foreign_schema(lowered):
                kept[str(name)] = value
        return kept

    @post_load
    def _named(self, loaded: dict[str, Any], **_: object) -> dict[str, Any]:
        return {_name_of(self.fields[key]): value for key, value in loaded.items()}


class _Flag(fields.Boolean):
    """
    A boolean of JSON.

    Entra ID sends ``"True"`` and ``"False"`` as strings, unless a flag in its address says not to.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_kwargs: Any) -> bool:  # noqa: ARG002 - marshmallow hands them over
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise self.make_error("invalid", input=value)


class _Text(fields.String):
    """A string of JSON; a required one is not empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if self.required and not text:
            raise self.make_error("required")
        return text


def _schema(members: Mapping[str, fields.Field[Any] | None]) -> Schema:
    written: dict[str, fields.Field[Any]] = {}
    for name, field in members.items():
        if field is not None:
            field.data_key = name
            # To marshmallow a dot in a field's own name is a path; URNs have dots.
            written[name.replace(".", "_")] = field
    read_only = frozenset(name.lower() for name, field in members.items() if field is None)
    made: type[Schema] = type("Input", (_AnyCase,), {"read_only": read_only, **written})
    return made()


def _name_of(field: fields.Field[Any]) -> str:
    return field.data_key or field.name or ""


def _fields(attributes: "Iterator[Attribute] | tuple[Attribute, ...]") -> Any:
    return {attribute.name: _field(attribute) for attribute in attributes}


def _nested(attributes: tuple[Attribute, ...]) -> fields.Field[Any]:
    return fields.Nested(_schema(_fields(attributes)))


def _field(attribute: Attribute) -> fields.Field[Any] | None:
    if attribute.mutability is Mutability.READ_ONLY:
        return None
    messages = {"required": "is required", "null": "is required"}
    options: dict[str, Any] = {
        "required": attribute.required,
        "error_messages": messages | {"invalid": f"must be {_EXPECTED[attribute.type]}"},
    }
    if attribute.type is AttributeType.COMPLEX:
        one: fields.Field[Any] = _nested(attribute.sub_attributes)
        one.required = attribute.required
    else:
        one = _TYPES[attribute.type](**options)
    return fields.List(one, required=attribute.required) if attribute.multi_valued else one


_TYPES: Mapping[AttributeType, type[fields.Field[Any]]] = {
    AttributeType.STRING: _Text,
    AttributeType.REFERENCE: _Text,
    AttributeType.BINARY: _Text,
    AttributeType.BOOLEAN: _Flag,
    AttributeType.INTEGER: fields.Integer,
    AttributeType.DECIMAL: fields.Decimal,
    AttributeType.DATE_TIME: fields.AwareDateTime,
}
_EXPECTED: Mapping[AttributeType, str] = {
    AttributeType.STRING: "a string",
    AttributeType.REFERENCE: "a string",
    AttributeType.BINARY: "a string",
    AttributeType.BOOLEAN: "true or false",
    AttributeType.INTEGER: "a whole number",
    AttributeType.DECIMAL: "a number",
    AttributeType.DATE_TIME: "a date and time with its zone",
    AttributeType.COMPLEX: "an object",
}


def _is_foreign_schema(name: str) -> bool:
    return name.startswith(("urn:", "http:", "https:"))


def _refusal(error: ValidationError) -> InvalidSyntax | InvalidValue:
    path, reason = _first(error.messages)
    if reason == "Unknown field.":
        return InvalidSyntax(f"No schema declares the attribute {path}.")
    if not path:
        return InvalidSyntax("The body must be a JSON object.")
    return InvalidValue(f"{path} {reason.rstrip('.')}.")


def _first(messages: Any) -> tuple[str, str]:
    """Return the path of the first problem, as emails[0].value, and what is wrong there."""
    if isinstance(messages, list):
        return "", str(messages[0])
    key, below = next(iter(messages.items()))
    path, reason = _first(below)
    if isinstance(key, int):
        return f"[{key}]{path and f'.{path}'}", reason
    if key == "_schema":
        return path, "must be an object"
    separator = "" if not path or path.startswith("[") else "."
    return f"{key}{separator}{path}", reason
