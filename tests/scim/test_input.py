"""What clients send is read by the characteristics of its schema."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.input import read_resource
from gateway.scim.schema import Registry

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_a_user_as_entra_sends_it(registry: Registry) -> None:
    """Names in any case, strings for booleans, foreign schemas and unknown RFC attributes pass."""
    read = read_resource(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "externalId": "0a21",
            "USERNAME": "ann@acme.com",
            "active": "True",
            "emails": [{"Primary": True, "type": "work", "value": "ann@acme.com"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ann Lee", "familyName": "Lee", "givenName": "Ann"},
            "roles": [],
            "title": "Engineer",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User": {},
            ENTERPRISE: {"Department": "R&D"},
        },
        registry.user,
    )

    assert read == {
        "externalId": "0a21",
        "userName": "ann@acme.com",
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": "ann@acme.com"}],
        "name": {"formatted": "Ann Lee", "familyName": "Lee", "givenName": "Ann"},
        ENTERPRISE: {"department": "R&D"},
    }


def test_what_is_read_only_is_ignored(registry: Registry) -> None:
    """Okta sends back the groups it was told, and everybody sends ids."""
    read = read_resource(
        {
            "id": "x",
            "userName": "ann",
            "groups": [{"value": "g"}],
            "roles": [{"value": "owner"}],
            "nickName": "a",
        },
        registry.user,
    )

    assert read == {"userName": "ann"}


@pytest.mark.parametrize("nothing", [None, []])
def test_null_and_an_empty_list_are_unassigned(registry: Registry, nothing: object) -> None:
    """RFC 7643 §2.5: they are the same as a missing attribute."""
    assert read_resource({"displayName": "Devs", "members": nothing}, registry.group) == {
        "displayName": "Devs"
    }


def test_a_group_with_its_extension(registry: Registry) -> None:
    """The extension's URN is read in any case, and its readOnly attributes are dropped."""
    read = read_resource(
        {
            "displayName": "Devs",
            "members": [{"value": "u1", "display": "Ann", "$ref": "../Users/u1"}],
            EXTENSION.upper(): {"slug": "devs", "entitlements": [{"value": "project:p:read"}]},
        },
        registry.group,
    )

    assert read == {
        "displayName": "Devs",
        "members": [{"value": "u1", "$ref": "../Users/u1"}],
        EXTENSION: {"entitlements": [{"value": "project:p:read"}]},
    }


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ([], InvalidSyntax, "must be a JSON object"),
        ("x", InvalidSyntax, "must be a JSON object"),
        ({}, InvalidValue, "userName is required."),
        ({"userName": ""}, InvalidValue, "userName is required."),
        ({"userName": None}, InvalidValue, "userName is required."),
        ({"userName": 5}, InvalidValue, "userName must be a string."),
        ({"userName": "a", "active": 1}, InvalidValue, "active must be true or false."),
        ({"userName": "a", "active": "yes"}, InvalidValue, "active must be true or false."),
        ({"userName": "a", "emails": [{"value": 5}]}, InvalidValue, "emails[0].value must be"),
        ({"userName": "a", "emails": ["b"]}, InvalidValue, "emails[0]"),
        ({"userName": "a", "emails": {}}, InvalidValue, "emails"),
        ({"userName": "a", "name": "Ann"}, InvalidValue, "name"),
        ({"userName": "a", "nope": 1}, InvalidSyntax, "No schema declares the attribute nope."),
        ({"userName": "a", "name": {"nope": 1}}, InvalidSyntax, "the attribute name.nope."),
    ],
)
def test_a_malformed_body_is_refused(
    registry: Registry, body: Any, error: type[Exception], said: str
) -> None:
    """The attribute is named by its path, and what it must be is said."""
    with pytest.raises(error) as refused:
        read_resource(body, registry.user)

    assert said in str(refused.value)
