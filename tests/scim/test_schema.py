"""The registry says what ``schemas/`` says."""

from gateway.scim.schema import Attribute, AttributeType, Mutability, Registry, Returned


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
    for schema in registry.schemas:
        documents = schema.document["attributes"]
        assert isinstance(documents, list)
        for document in documents:
            _assert_complete(document)


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
