"""
Schemas and resource types, loaded from ``schemas/*.json`` (RFC 7643 §6, §7).

The documents are the only source of truth: they are served as they are, and every
other part of the protocol asks the registry that is made from them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import orjson

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.standard import DiscoveryForm, JsonObject, Standard

SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"


class AttributeType(StrEnum):
    """The data types of RFC 7643 §2.3."""

    STRING = "string"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE_TIME = "dateTime"
    REFERENCE = "reference"
    BINARY = "binary"
    COMPLEX = "complex"


class Mutability(StrEnum):
    """Whether a client may change the attribute (RFC 7643 §7)."""

    READ_ONLY = "readOnly"
    READ_WRITE = "readWrite"
    IMMUTABLE = "immutable"
    WRITE_ONLY = "writeOnly"


class Returned(StrEnum):
    """When the attribute is in an answer (RFC 7643 §7)."""

    ALWAYS = "always"
    NEVER = "never"
    DEFAULT = "default"
    REQUEST = "request"


class Uniqueness(StrEnum):
    """Among which resources a value is unique (RFC 7643 §7)."""

    NONE = "none"
    SERVER = "server"
    GLOBAL = "global"


# Of one registry there is one of each of these: they are told apart by identity, which makes
# whatever holds them quick to compare and to look up.


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """
    An attribute, or a sub-attribute, with its characteristics (RFC 7643 §7).

    ``case_exact`` is true for everything but the strings and references that say otherwise.
    ``passed_over`` are the names of further parts that RFC 7643 has and no answer does.
    """

    name: str
    type: AttributeType
    description: str
    multi_valued: bool
    required: bool
    case_exact: bool
    mutability: Mutability
    returned: Returned
    uniqueness: Uniqueness
    canonical_values: tuple[str, ...] = ()
    reference_types: tuple[str, ...] = ()
    sub_attributes: tuple["Attribute", ...] = ()
    passed_over: tuple[str, ...] = ()

    def sub_attribute(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of that name in any letter case."""
        return _named(self.sub_attributes, name)


@dataclass(frozen=True, eq=False)
class Schema:
    """
    A schema: its URN, its attributes, and the document that describes them.

    ``document["meta"]["location"]`` is relative to the base address of the service.
    ``passed_over`` are the names of further attributes that RFC 7643 has and no answer does.
    """

    id: str
    name: str
    attributes: tuple[Attribute, ...]
    document: JsonObject
    passed_over: tuple[str, ...] = ()

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of that name in any letter case (RFC 7643 §2.1)."""
        return self._by_name.get(name.lower())

    @cached_property
    def _by_name(self) -> Mapping[str, Attribute]:
        return {attribute.name.lower(): attribute for attribute in self.attributes}


@dataclass(frozen=True, slots=True)
class SchemaExtension:
    """An extension of a resource type, and whether each resource has it (RFC 7643 §6)."""

    schema: Schema
    required: bool


@dataclass(frozen=True, eq=False)
class ResourceType:
    """
    A kind of resource (RFC 7643 §6).

    ``common`` are the attributes of every resource: schemas, id, externalId, meta (§3.1).
    """

    name: str
    endpoint: str
    schema: Schema
    extensions: tuple[SchemaExtension, ...]
    common: tuple[Attribute, ...]
    document: JsonObject

    @property
    def schemas(self) -> tuple[Schema, ...]:
        """The core schema, then those of the extensions."""
        return (self.schema, *(extension.schema for extension in self.extensions))

    @property
    def described_at(self) -> str:
        """
        Where clients find what it has: one schema if that is all, else the list of them.

        A type that is not announced has one, and that list is without it.
        """
        return "/Schemas" if self.extensions else f"/Schemas/{self.schema.id}"

    def extension(self, urn: str) -> Schema | None:
        """Return the extension's schema of that URN in any letter case."""
        for extension in self.extensions:
            if extension.schema.id.lower() == urn.lower():
                return extension.schema
        return None

    def core_attribute(self, name: str) -> Attribute | None:
        """Return the common or core attribute of that name in any letter case."""
        return _named(self.common, name) or self.schema.attribute(name)

    def core_attributes(self) -> Iterator[Attribute]:
        """Yield the common attributes, then those of the core schema."""
        yield from self.common
        yield from self.schema.attributes


@dataclass(frozen=True)
class Registry:
    """
    Everything that ``schemas/`` says, ready to be obeyed.

    Attributes:
        schemas: The schemas that are announced.
        resource_types: The types of what is in the workspace.
        catalogue: The types of what can be held there: Role and Entitlement, or none.
        is_catalogue_listed: Whether those are announced.
        told_as: The standard that discovery is held to; None tells what is served.
    """

    schemas: tuple[Schema, ...]
    resource_types: tuple[ResourceType, ...]
    service_provider_config: JsonObject
    catalogue: tuple[ResourceType, ...] = ()
    is_catalogue_listed: bool = False
    told_as: Standard | None = None

    @property
    def listed_resource_types(self) -> tuple[ResourceType, ...]:
        """The types that are announced."""
        return self.resource_types + (self.catalogue if self.is_catalogue_listed else ())

    def schema(self, urn: str) -> Schema | None:
        """Return the schema of that URN in any letter case, announced or not."""
        every = (*self.schemas, *(each.schema for each in self.catalogue))
        return next((s for s in every if s.id.lower() == urn.lower()), None)

    def resource_type(self, name: str) -> ResourceType | None:
        """Return the resource type of exactly that name, announced or not."""
        every = self.resource_types + self.catalogue
        return next((t for t in every if t.name == name), None)

    def told_configuration(self, abilities: JsonObject) -> JsonObject:
        """Return the configuration for clients, with *abilities* that it does not have itself."""
        whole = {**self.service_provider_config, **abilities}
        return whole if self.told_as is None else self.told_as.configuration(whole)

    def told_schema(self, schema: Schema) -> JsonObject:
        """Return the document of *schema* for clients."""
        return schema.document if self.told_as is None else self.told_as.schema(schema.document)

    @property
    def user(self) -> ResourceType:
        """The resource type of the workspace's members."""
        return self._by_type_name["User"]

    @property
    def group(self) -> ResourceType:
        """The resource type of the workspace's groups."""
        return self._by_type_name["Group"]

    @cached_property
    def _by_type_name(self) -> Mapping[str, ResourceType]:
        return {resource_type.name: resource_type for resource_type in self.resource_types}


def load_registry(
    catalogue: CatalogueForm = CatalogueForm.UNLISTED,
    discovery: DiscoveryForm = DiscoveryForm.SERVED,
) -> Registry:
    """
    Read ``schemas/*.json``; the caller keeps the registry, as nothing is cached here.

    Args:
        catalogue: How what can be held is listed.
        discovery: What clients are told of all this.
    """
    documents = {
        entry.name: orjson.loads(entry.read_bytes())
        for entry in sorted(_folder().iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".json")
    }
    standard = Standard(**documents["rfc7643.json"])
    schemas = tuple(
        _schema(document, standard)
        for document in documents.values()
        if isinstance(document, dict) and SCHEMA_URN in document.get("schemas", ())
    )
    make = partial(
        _resource_type,
        schemas={schema.id: schema for schema in schemas},
        common=_attributes(documents["common.json"]["attributes"]),
    )
    forms = documents["catalogue.json"]
    of_catalogue = {made["schema"] for form in forms.values() for made in form["resourceTypes"]}
    chosen = forms["okta" if catalogue is CatalogueForm.OKTA else "draft"]
    types = () if catalogue is CatalogueForm.OFF else tuple(map(make, chosen["resourceTypes"]))
    announced = {made.schema.id for made in types} if catalogue.is_announced else set()
    also = chosen["serviceProviderConfig"] if catalogue.is_announced else {}
    return Registry(
        schemas=tuple(s for s in schemas if s.id not in of_catalogue - announced),
        resource_types=tuple(map(make, documents["resource-types.json"])),
        service_provider_config=documents["service-provider-config.json"] | also,
        catalogue=types,
        is_catalogue_listed=catalogue.is_announced,
        told_as=standard if discovery is DiscoveryForm.RFC7643 else None,
    )


def _resource_type(
    document: Any, *, schemas: Mapping[str, Schema], common: tuple[Attribute, ...]
) -> ResourceType:
    return ResourceType(
        name=document["name"],
        endpoint=document["endpoint"],
        schema=schemas[document["schema"]],
        extensions=tuple(
            SchemaExtension(schemas[extension["schema"]], required=extension["required"])
            for extension in document["schemaExtensions"]
        ),
        common=common,
        document=document,
    )


def _folder() -> Traversable:
    # A wheel carries the documents inside the package, a checkout beside it.
    packaged = files("gateway") / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "schemas"


def _schema(document: dict[str, object], standard: Standard) -> Schema:
    urn = str(document["id"])
    passed_over = standard.passed_over(urn)
    attributes = tuple(
        replace(attribute, passed_over=passed_over.get(attribute.name, ()))
        for attribute in _attributes(document["attributes"])
    )
    served = {attribute.name for attribute in attributes}
    return Schema(
        id=urn,
        name=str(document["name"]),
        attributes=attributes,
        document=document,
        passed_over=tuple(name for name in passed_over if name not in served),
    )


def _attributes(documents: object) -> tuple[Attribute, ...]:
    if not isinstance(documents, list):
        return ()
    return tuple(_attribute(document) for document in documents)


def _attribute(document: dict[str, object]) -> Attribute:
    return Attribute(
        name=str(document["name"]),
        type=AttributeType(str(document["type"])),
        description=str(document["description"]),
        multi_valued=document["multiValued"] is True,
        required=document["required"] is True,
        case_exact=document.get("caseExact", True) is True,
        mutability=Mutability(str(document["mutability"])),
        returned=Returned(str(document["returned"])),
        uniqueness=Uniqueness(str(document.get("uniqueness", "none"))),
        canonical_values=_strings(document.get("canonicalValues")),
        reference_types=_strings(document.get("referenceTypes")),
        sub_attributes=_attributes(document.get("subAttributes")),
    )


def _strings(values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _named(attributes: Sequence[Attribute], name: str) -> Attribute | None:
    wanted = name.lower()
    return next((a for a in attributes if a.name.lower() == wanted), None)
