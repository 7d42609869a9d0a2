"""Members that a client names in full."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.input import read_replacement, read_resource
from gateway.scim.message_schemas import is_declared
from gateway.scim.schema import Registry

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANN = {"userName": "ann"}


@pytest.mark.rule("7644-3.10-urns")
@pytest.mark.parametrize(
    ("named", "read"),
    [
        ({f"{CORE}:displayName": "Ann"}, {"displayName": "Ann"}),
        ({f"{CORE.upper()}:DISPLAYNAME": "Ann"}, {"displayName": "Ann"}),
        ({CORE: {"displayName": "Ann"}}, {"displayName": "Ann"}),
        ({CORE: None}, {}),
        ({f"{ENTERPRISE}:department": "R&D"}, {ENTERPRISE: {"department": "R&D"}}),
        (
            {ENTERPRISE.upper(): {"division": "East"}, f"{ENTERPRISE}:department": "R&D"},
            {ENTERPRISE: {"division": "East", "department": "R&D"}},
        ),
        ({f"{ENTERPRISE}X:department": "R&D"}, {}),
    ],
)
def test_what_is_named_in_full_is_where_it_belongs(
    registry: Registry, named: dict[str, Any], read: dict[str, Any]
) -> None:
    """Of the core and of extensions, in any letter case; a foreign schema is passed over."""
    assert read_resource(ANN | named, registry.user) == ANN | read


def test_a_list_that_is_named_in_full_is_emptied_by_a_replacement(registry: Registry) -> None:
    """As one that is not."""
    body: dict[str, Any] = {**ANN, f"{CORE}:entitlements": []}
    assert read_replacement(body, registry.user) == ANN | {"entitlements": []}


@pytest.mark.parametrize(
    "twice",
    [
        {"displayName": "A", f"{CORE}:displayName": "B"},
        {CORE: {"displayName": "A"}, "DisplayName": "B"},
        {ENTERPRISE: {"department": "A"}, f"{ENTERPRISE}:Department": "B"},
    ],
)
def test_what_is_there_twice_is_refused(registry: Registry, twice: dict[str, Any]) -> None:
    """Whatever the spellings are."""
    with pytest.raises(InvalidSyntax, match="is there twice"):
        read_resource(ANN | twice, registry.user)


@pytest.mark.parametrize("urn", [CORE, ENTERPRISE])
def test_a_schema_holds_an_object(registry: Registry, urn: str) -> None:
    """Nothing else."""
    with pytest.raises(InvalidValue, match="must be an object"):
        read_resource(ANN | {urn: "x"}, registry.user)


@pytest.mark.rule("7643-2.1-names-ignore-case")
def test_the_message_of_a_request_is_known_in_any_letter_case() -> None:
    """As every URN."""
    assert is_declared(["URN:IETF:x"], "urn:ietf:X")
    assert not is_declared(["urn:ietf:y"], "urn:ietf:x")
    assert not is_declared("urn:ietf:x", "urn:ietf:x")


@pytest.mark.rule("7644-3.5.1-left-out")
def test_a_replacement_does_not_empty_what_every_user_has(registry: Registry) -> None:
    """An empty list of addresses says no more than none."""
    assert read_replacement(ANN | {"emails": []}, registry.user) == ANN
