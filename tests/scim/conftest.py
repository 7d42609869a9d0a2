"""What the tests of the protocol share."""

from typing import Any

import pytest

from gateway.scim.schema import (
    Attribute,
    AttributeType,
    Mutability,
    Registry,
    ResourceType,
    Returned,
    Schema,
    Uniqueness,
    load_registry,
)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The project's own schemas."""
    return load_registry()


@pytest.fixture(scope="session")
def specimen(registry: Registry) -> ResourceType:
    """A resource type with what the project's own have not: every type, and names of any kind."""
    parts = (
        _attribute("value"),
        _attribute("type", required=True),
        _attribute("always", returned=Returned.ALWAYS),
        _attribute("never", returned=Returned.NEVER),
        _attribute("request", returned=Returned.REQUEST),
        _attribute("many", multi_valued=True),
    )
    attributes = (
        *(_attribute(name) for name in ("nullable", "trueName", "falsehood", "orders", "notes")),
        *(_attribute(name) for name in ("android", "prefix", "equal", "or", "not", "pr", "true")),
        _attribute("size", AttributeType.INTEGER),
        _attribute("share", AttributeType.DECIMAL),
        _attribute("flag", AttributeType.BOOLEAN),
        _attribute("blob", AttributeType.BINARY, case_exact=True),
        _attribute("moment", AttributeType.DATE_TIME, case_exact=True),
        _attribute("words", multi_valued=True),
        _attribute("exact", case_exact=True),
        _attribute("secret", returned=Returned.NEVER),
        _attribute("computed", multi_valued=True, returned=Returned.REQUEST),
        _attribute("parts", AttributeType.COMPLEX, multi_valued=True, sub_attributes=parts),
        _attribute("whole", AttributeType.COMPLEX, sub_attributes=parts),
    )
    return ResourceType(
        name="Specimen",
        endpoint="/Specimens",
        schema=Schema("urn:example:2.0:Specimen", "Specimen", attributes, document={}),
        extensions=(),
        common=registry.user.common,
        document={},
    )


def _attribute(
    name: str, type_: AttributeType = AttributeType.STRING, **characteristics: Any
) -> Attribute:
    usual: dict[str, Any] = {
        "description": name,
        "multi_valued": False,
        "required": False,
        "case_exact": False,
        "mutability": Mutability.READ_WRITE,
        "returned": Returned.DEFAULT,
        "uniqueness": Uniqueness.NONE,
    }
    return Attribute(name=name, type=type_, **(usual | characteristics))
