"""
What the schemas of the resources come to in OpenAPI: of answers, and of what clients send.

``python -m tests.web.derived`` prints it as the end of ``openapi.yaml`` has it.
"""

from collections.abc import Iterable
from textwrap import indent
from typing import Any

import yaml

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.schema import (
    Attribute,
    AttributeType,
    Mutability,
    ResourceType,
    load_registry,
)

_JSON_TYPES = {
    AttributeType.STRING: "string",
    AttributeType.REFERENCE: "string",
    AttributeType.BINARY: "string",
    AttributeType.DATE_TIME: "string",
    AttributeType.BOOLEAN: "boolean",
    AttributeType.INTEGER: "integer",
    AttributeType.DECIMAL: "number",
}


def _or_nothing(*types: str) -> dict[str, Any]:
    """Return the schema of one of *types*, or null or [], which are unassigned (RFC 7643 §2.5)."""
    return {"type": [*types, "null", "array"], "maxItems": 0}


#: What is unassigned may have any name: it is the same as missing.
_UNASSIGNED = _or_nothing()
#: Booleans that Entra ID writes as text.
_FLAG = {
    "anyOf": [
        _or_nothing("boolean"),
        {"enum": ["true", "True", "false", "False"]},
    ]
}
#: RFC 7643 §2.4: at most one value is the primary one.
_ONE_PRIMARY = {
    "contains": {
        "type": "object",
        "required": ["primary"],
        "properties": {"primary": {"enum": [True, "true", "True"]}},
    },
    "minContains": 0,
    "maxContains": 1,
}
#: The parts that every multi-valued attribute may have (RFC 7643 §2.4).
_USUAL_PARTS = ("value", "display", "type", "primary", "$ref")
#: Values that no schema tells apart, by what holds them: they have to be there, and to be known.
_KNOWN = {
    ("entitlements", "value"): {"type": "string", "minLength": 1, "format": "entitlement"},
    ("members", "value"): {"type": "string", "minLength": 1, "format": "user-id"},
}
#: Attributes that take no other value than the canonical ones.
_CLOSED = ("workspacePermission",)


def answered(resource_type: ResourceType) -> dict[str, Any]:
    """Return the schema of a resource in an answer, which may leave out all but two members."""
    properties = {a.name: _answered(a) for a in resource_type.core_attributes()}
    for extension in resource_type.extensions:
        properties[extension.schema.id] = _object(extension.schema.attributes)
    return {
        "type": "object",
        "description": resource_type.schema.document["description"],
        "required": ["schemas", "id"],
        "additionalProperties": False,
        "properties": properties,
    }


def held(resource_type: ResourceType) -> dict[str, Any]:
    """
    Return the schema of what can be held, in an answer.

    No client has a name of its own for it, and nobody knows since when it can be held.
    """
    schema = answered(resource_type)
    properties = schema["properties"]
    del properties["externalId"]
    for part in ("created", "lastModified"):
        del properties["meta"]["properties"][part]
    return schema


def _answered(attribute: Attribute) -> dict[str, Any]:
    if attribute.type is AttributeType.COMPLEX:
        one = _object(attribute.sub_attributes)
    else:
        one = {"type": _JSON_TYPES[attribute.type]}
        if attribute.type is AttributeType.DATE_TIME:
            one["format"] = "date-time"
        if attribute.canonical_values and attribute.mutability is Mutability.READ_ONLY:
            one["enum"] = list(attribute.canonical_values)
    return _described(attribute, one)


def _object(attributes: Iterable[Attribute]) -> dict[str, Any]:
    properties = {attribute.name: _answered(attribute) for attribute in attributes}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def sent(resource_type: ResourceType) -> dict[str, Any]:
    """Return the schema of a resource that a client sends; null and [] are the same as missing."""
    attributes = tuple(resource_type.core_attributes())
    properties = {a.name: _sent(a) for a in attributes}
    for extension in resource_type.extensions:
        one = _sent_object(extension.schema.attributes)
        properties[extension.schema.id] = one | _or_nothing("object")
    properties |= {name: {} for name in resource_type.schema.passed_over}
    return {
        "type": "object",
        "description": (
            f"A {resource_type.name} as clients send it: names in any letter case; what is "
            "readOnly, of a schema that is not served, or without a description is passed over, "
            "and null and [] are the same as missing."
        ),
        **_required(attributes),
        "additionalProperties": _UNASSIGNED,
        "properties": properties,
        "patternProperties": {"^([Uu][Rr][Nn]:|[Hh][Tt][Tt][Pp][Ss]?:)": {}},
    }


def _required(attributes: Iterable[Attribute]) -> dict[str, list[str]]:
    names = [
        attribute.name
        for attribute in attributes
        if attribute.required and not attribute.multi_valued
        if attribute.mutability is not Mutability.READ_ONLY
    ]
    return {"required": names} if names else {}


def _sent(attribute: Attribute, *, within: str = "") -> dict[str, Any]:
    if attribute.mutability is Mutability.READ_ONLY:
        return {"description": attribute.description, "readOnly": True}
    if attribute.type is AttributeType.COMPLEX:
        passed_over = _USUAL_PARTS if attribute.multi_valued else ()
        also = (*attribute.passed_over, *passed_over)
        one = _sent_object(attribute.sub_attributes, also=also, within=attribute.name)
        if not attribute.multi_valued:
            # The value of one may stand alone.
            text = ("string",) if attribute.sub_attribute("value") else ()
            one |= _or_nothing("object", *text)
    elif attribute.type is AttributeType.BOOLEAN:
        one = dict(_FLAG)
    else:
        one = _or_nothing(_JSON_TYPES[attribute.type])
        if attribute.required and not within:
            # Not blank, as Python sees it: to ECMAScript some separators are no space.
            one = {"type": "string", "pattern": r"[^\s\x1C-\x1F\x85]"}
        if attribute.type is AttributeType.DATE_TIME:
            one["format"] = "date-time"
        if attribute.name in _CLOSED:
            one["enum"] = [*attribute.canonical_values, None, []]
        one = _KNOWN.get((within, attribute.name), one)
    return _described(attribute, one, may_be_null=True)


def _sent_object(
    attributes: Iterable[Attribute], *, also: Iterable[str] = (), within: str = ""
) -> dict[str, Any]:
    properties = {attribute.name: _sent(attribute, within=within) for attribute in attributes}
    needed = [name for name in properties if (within, name) in _KNOWN]
    return {
        "type": "object" if needed else ["object", "null"],
        **({"required": needed} if needed else {}),
        "additionalProperties": _UNASSIGNED,
        "properties": properties | {name: {} for name in also if name not in properties},
    }


def _described(
    attribute: Attribute, one: dict[str, Any], *, may_be_null: bool = False
) -> dict[str, Any]:
    if not attribute.multi_valued:
        return {"description": attribute.description, **one}
    array = ["array", "null"] if may_be_null else "array"
    at_most = _ONE_PRIMARY if may_be_null and attribute.sub_attribute("primary") else {}
    return {"description": attribute.description, "type": array, **at_most, "items": one}


class _Plain(yaml.SafeDumper):
    """Writes out what is there twice."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def derived() -> dict[str, Any]:
    """Return the schemas that follow from ``schemas/``, by their names."""
    registry = load_registry()
    types = registry.resource_types
    schemas = {each.name: answered(each) for each in types}
    schemas |= {f"{each.name}Input": sent(each) for each in types}
    schemas |= {each.name: held(each) for each in registry.catalogue}
    okta = load_registry(CatalogueForm.OKTA).catalogue
    return schemas | {f"Okta{each.name}": held(each) for each in okta}


def main() -> None:
    """Print the schemas."""
    schemas = derived()
    text = yaml.dump(schemas, Dumper=_Plain, sort_keys=False, default_flow_style=None, width=100)
    print(indent(text, "    "), end="")  # noqa: T201 - it is what it does


if __name__ == "__main__":
    main()
