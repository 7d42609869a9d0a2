"""The registry says what ``schemas/`` says."""

import pytest

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.schema import (
    Attribute,
    AttributeType,
    Mutability,
    Registry,
    Returned,
    load_registry,
)

_CORE = "urn:ietf:params:scim:schemas:core:2.0"


def test_resource_types_have_their_schemas(registry: Registry) -> None:
    """The core schema comes first, then the extensions."""
    assert [schema.name for schema in registry.user.schemas] == [
        "User",
        "EnterpriseUser",
        "BitbucketUser",
    ]
    assert [schema.name for schema in registry.group.schemas] == ["Group", "BitbucketGroup"]


def test_schemas_and_types_are_found_by_name(registry: Registry) -> None:
    """A URN in any letter case (RFC 8141 §3.1), a resource type by exactly its name."""
    assert registry.schema(registry.user.schema.id.upper()) is registry.user.schema
    assert registry.schema("urn:x") is None
    assert registry.resource_type("Group") is registry.group
    assert registry.resource_type("group") is None


def test_characteristics_are_read(registry: Registry) -> None:
    """Each is a value that the code obeys."""
    user_name = registry.user.core_attribute("USERNAME")
    assert user_name is not None
    assert (user_name.type, user_name.required, user_name.case_exact) == (
        AttributeType.STRING,
        True,
        False,
    )
    access = registry.user.schemas[2].attribute("access")
    assert access is not None
    assert (access.returned, access.mutability) == (Returned.REQUEST, Mutability.READ_ONLY)


def test_every_attribute_says_every_characteristic(registry: Registry) -> None:
    """RFC 7643 §7: nothing is left to a client's guess."""
    okta = load_registry(CatalogueForm.OKTA)
    for schema in (*registry.schemas, *(t.schema for t in registry.catalogue + okta.catalogue)):
        documents = schema.document["attributes"]
        assert isinstance(documents, list)
        for document in documents:
            _assert_complete(document)


@pytest.mark.parametrize("form", CatalogueForm)
def test_what_can_be_held_is_told_as_it_is_set(form: CatalogueForm) -> None:
    """Two types, or none; they are among those that are announced, or found by name alone."""
    registry = load_registry(form)
    urn = "urn:okta:scim:schemas:core:1.0" if form == "okta" else _CORE
    is_listed = form in ("listed", "okta")

    assert [each.name for each in registry.resource_types] == ["User", "Group"]
    assert [each.schema.id for each in registry.catalogue] == (
        [] if form == "off" else [f"{urn}:Role", f"{urn}:Entitlement"]
    )
    assert ("Role" in {each.name for each in registry.listed_resource_types}) is is_listed
    assert (f"{urn}:Role" in {each.id for each in registry.schemas}) is is_listed
    assert (registry.schema(f"{urn}:Role") is None) is (form == "off")
    assert (registry.resource_type("Entitlement") is None) is (form == "off")
    assert ("RolesAndEntitlements" in registry.service_provider_config) is (form == "listed")


def _assert_complete(document: dict[str, object]) -> None:
    expected = {"name", "type", "multiValued", "description", "required", "mutability", "returned"}
    assert expected <= document.keys(), document["name"]
    assert None not in document.values()
    assert ("caseExact" in document) == (document["type"] in ("string", "reference"))
    parts = document.get("subAttributes", [])
    assert isinstance(parts, list)
    for part in parts:
        _assert_complete(part)


def test_only_complex_attributes_have_parts(registry: Registry) -> None:
    """And all of them do."""

    def check(attribute: Attribute) -> None:
        is_complex = attribute.type is AttributeType.COMPLEX
        assert bool(attribute.sub_attributes) == is_complex, attribute.name
        for part in attribute.sub_attributes:
            check(part)

    for schema in registry.schemas:
        for attribute in schema.attributes:
            check(attribute)
