"""What clients send is read by the characteristics of its schema."""

from typing import Any

import pytest

from gateway.scim.errors import InvalidSyntax, InvalidValue, ScimError
from gateway.scim.input import read_replacement, read_resource
from gateway.scim.schema import Registry, ResourceType

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER: dict[str, Any] = {"userName": "ann"}
TWICE = {"GIVENNAME": "Ann", "givenName": "Ann"}
TWO_PRIMARIES = [{"value": "a", "primary": True}, {"value": "b", "primary": "true"}]


@pytest.mark.rule(
    "7643-2.1-names-ignore-case", "7643-2.3.2-no-booleans-in-strings", "7643-3-foreign-schemas"
)
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


@pytest.mark.rule("7644-3.3-read-only", "7644-3.5.1-read-only")
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


@pytest.mark.rule("7643-2.5-nothing-is-nothing")
@pytest.mark.parametrize("nothing", [None, []])
def test_null_and_an_empty_list_are_unassigned(registry: Registry, nothing: object) -> None:
    """RFC 7643 §2.5: they are the same as a missing attribute."""
    body = {"displayName": "Devs", "members": nothing, "externalId": nothing, EXTENSION: nothing}

    assert read_resource(body, registry.group) == {"displayName": "Devs"}


@pytest.mark.rule("7643-2.5-nothing-is-nothing")
@pytest.mark.parametrize("nothing", [{"undeclared": None}, {"undeclared": []}])
def test_what_no_schema_declares_may_be_unassigned(
    registry: Registry, nothing: dict[str, Any]
) -> None:
    """It is the same as missing, as anything unassigned; with a value it is refused."""
    body = {"userName": "ann", "name": nothing, ENTERPRISE: nothing} | nothing
    email = {"value": "ann@acme.example"}

    read = read_resource(body | {"emails": [email | nothing]}, registry.user)
    assert read == {"userName": "ann", "emails": [email]}


@pytest.mark.rule("7643-2.5-nothing-is-nothing")
@pytest.mark.parametrize(
    "empty",
    [
        {"name": {}},
        {"name": {"givenName": None}},
        {ENTERPRISE: {}},
        {ENTERPRISE: {"manager": {}}},
        {ENTERPRISE: {"manager": {"displayName": "read-only"}}},
    ],
)
def test_what_holds_nothing_is_unassigned(registry: Registry, empty: dict[str, Any]) -> None:
    """An object, a list or an extension whose parts are all unassigned is so too."""
    assert read_resource({"userName": "ann"} | empty, registry.user) == {"userName": "ann"}


@pytest.mark.rule("7644-3.1-unserved-attributes", "7643-2.4-usual-parts")
def test_what_rfc_7643_has_and_these_resources_have_not_is_ignored(registry: Registry) -> None:
    """RFC 7644 §3.1 doesn't ask clients to strip it, and Okta and Databricks don't."""
    user = {
        "userName": "ann",
        "password": "t1meMa$heen",
        "phoneNumbers": [{"value": "1"}],
        "name": {"givenName": "Ann", "middleName": "B", "HonorificPrefix": "Dr"},
        "emails": [{"value": "ann@acme.com", "$ref": "x"}],
    }
    group = {"displayName": "Devs", "members": [{"value": "u1", "primary": False, "$ref": None}]}

    assert read_resource(user, registry.user) == {
        "userName": "ann",
        "name": {"givenName": "Ann"},
        "emails": [{"value": "ann@acme.com"}],
    }
    assert read_resource(group, registry.group) == {
        "displayName": "Devs",
        "members": [{"value": "u1"}],
    }


@pytest.mark.rule("7644-3.5.2-managers-are-objects")
@pytest.mark.parametrize(("manager", "read"), [("b0b", {"manager": {"value": "b0b"}}), ("", None)])
def test_a_manager_is_told_by_an_id_alone(
    registry: Registry, manager: str, read: dict[str, Any] | None
) -> None:
    """As Entra ID writes one; an empty text says that there is none."""
    body = {"userName": "ann", ENTERPRISE: {"manager": manager}}

    assert read_resource(body, registry.user).get(ENTERPRISE) == read


@pytest.mark.rule("7643-3-schemas-required")
@pytest.mark.parametrize("schemas", [[], ["urn:unknown"], "urn:x", None])
def test_schemas_are_not_relied_on(registry: Registry, schemas: object) -> None:
    """Databricks sends none, Entra ID one that nobody knows."""
    read = read_resource({"schemas": schemas, "displayName": "Devs"}, registry.group)

    assert read == {"displayName": "Devs"}


@pytest.mark.rule("7643-2.4-one-of-a-type")
def test_a_value_that_is_there_twice_is_read_once(registry: Registry) -> None:
    """With all that was said of it; one of another type is another (RFC 7643 §2.4)."""
    work = {"value": "ann@acme.com", "type": "work"}
    home = {"value": "ann@acme.com", "type": "home"}
    body = {"userName": "ann", "emails": [work, home, work | {"primary": True}]}

    read = read_resource(body, registry.user)

    assert read["emails"] == [work | {"primary": True}, home]


def test_values_of_every_type_are_read(specimen: ResourceType) -> None:
    """As JSON has them; an instant in the form in which instants are kept."""
    body = {
        "size": 5,
        "share": 0.5,
        "flag": "FALSE",
        "blob": "QQ==",
        "MOMENT": "2026-11-23T01:00:00.5+01:00",
        "words": ["a", None, "b"],
        "parts": [{"type": "x", "many": ["c"]}],
    }

    assert read_resource(body, specimen) == {
        "size": 5,
        "share": 0.5,
        "flag": False,
        "blob": "QQ==",
        "moment": "2026-11-23T00:00:00.500000Z",
        "words": ["a", "b"],
        "parts": [{"type": "x", "many": ["c"]}],
    }


@pytest.mark.rule("7643-2.3-json-types")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"size": "5"}, "size must be a whole number."),
        ({"size": 5.5}, "size must be a whole number."),
        ({"size": True}, "size must be a whole number."),
        ({"share": "0.5"}, "share must be a number."),
        ({"moment": "2026-11-23"}, "moment must be a date and time with its zone."),
        ({"moment": 5}, "moment must be a date and time with its zone."),
        ({"words": "a"}, "words must be a list."),
        ({"words": ["a", 5]}, "words[1] must be a string."),
        ({"whole": {"value": "a"}}, "whole.type is required."),
        ({"parts": [{"type": "a", "many": [5]}]}, "parts[0].many[0] must be a string."),
    ],
)
def test_values_of_another_type_are_refused(
    specimen: ResourceType, body: dict[str, Any], said: str
) -> None:
    """Types are JSON's: there is no number in a string, and no boolean is a number."""
    with pytest.raises(InvalidValue) as refused:
        read_resource(body, specimen)

    assert refused.value.detail == said


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


@pytest.mark.rule("7644-3.3-wrong-value", "7643-2.4-one-primary", "7644-3.1-undeclared-attributes")
@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ([], InvalidSyntax, "The body must be an object."),
        ("x", InvalidSyntax, "The body must be an object."),
        (None, InvalidSyntax, "The body must be an object."),
        ({}, InvalidValue, "userName is required."),
        ({"userName": ""}, InvalidValue, "userName is required."),
        ({"userName": None}, InvalidValue, "userName is required."),
        ({"userName": 5}, InvalidValue, "userName must be a string."),
        ({"userName": ["a"]}, InvalidValue, "userName must be a string."),
        ({"userName": "a\0b"}, InvalidValue, "userName has a character that no text has"),
        ({"userName": "\ud800"}, InvalidValue, "userName has a character that no text has"),
        (USER | {"active": 1}, InvalidValue, "active must be true or false."),
        (USER | {"active": "yes"}, InvalidValue, "active must be true or false."),
        (USER | {"emails": [{"value": 5}]}, InvalidValue, "emails[0].value must be a string."),
        (USER | {"emails": [{}, "b"]}, InvalidValue, "emails[1] must be an object."),
        (USER | {"emails": {}}, InvalidValue, "emails must be a list."),
        (USER | {"emails": TWO_PRIMARIES}, InvalidValue, "emails has more than one primary value."),
        (USER | {"name": "Ann"}, InvalidValue, "name must be an object."),
        (USER | {ENTERPRISE: 1}, InvalidValue, f"{ENTERPRISE} must be an object."),
        (USER | {"nope": 1}, InvalidSyntax, "nope is declared by no schema;"),
        (USER | {"": 1}, InvalidSyntax, "'' is declared by no schema;"),
        (USER | {"primary": True}, InvalidSyntax, "primary is declared by no schema;"),
        (USER | {"name": {"nope": 1}}, InvalidSyntax, "name.nope is declared by no schema;"),
        (USER | {"emails": [{"a": 1}]}, InvalidSyntax, "emails[0].a is declared by no schema;"),
        (USER | {"name": {"urn:x": 1}}, InvalidSyntax, "name.urn:x is declared by no schema;"),
        (USER | {ENTERPRISE: {"x": 1}}, InvalidSyntax, f"{ENTERPRISE}.x is declared by no schema;"),
        (USER | {"USERNAME": "b"}, InvalidSyntax, "userName is there twice"),
        (USER | {"name": TWICE}, InvalidSyntax, "name.givenName is there twice, in different"),
    ],
)
def test_a_malformed_body_is_refused(
    registry: Registry, body: Any, error: type[ScimError], said: str
) -> None:
    """The attribute is named by its path, and what is wrong with it is said in a sentence."""
    with pytest.raises(error) as refused:
        read_resource(body, registry.user)

    assert said in refused.value.detail


def test_members_of_another_type_are_refused(registry: Registry) -> None:
    """What a user has, a group has not: nothing of it is dropped in silence."""
    with pytest.raises(InvalidSyntax, match="title is declared by no schema"):
        read_resource({"displayName": "Devs", "title": "x"}, registry.group)


@pytest.mark.parametrize(
    "one", [None, {}, {"value": None}, {"value": ""}, {"display": "Ann"}, {"$ref": "Users/1"}]
)
def test_an_address_without_a_value_is_none(registry: Registry, one: object) -> None:
    """It is passed over, with what is said of it: nobody can be written to by it."""
    email = {"value": "ann@acme.example"}
    assert "emails" not in read_replacement({**USER, "emails": [one]}, registry.user)
    assert read_resource({**USER, "emails": [one, email]}, registry.user)["emails"] == [email]


@pytest.mark.rule("7643-2.4-one-of-a-type")
def test_addresses_are_the_same_in_any_letter_case(registry: Registry) -> None:
    """So they are one."""
    emails = [{"value": "Q@x.example", "type": "work"}, {"value": "q@x.example", "type": "Work"}]
    assert len(read_resource({**USER, "emails": emails}, registry.user)["emails"]) == 1


@pytest.mark.parametrize(
    "one", [None, {}, {"value": None}, {"value": ""}, {"display": "Ann"}, {"$ref": "Users/1"}]
)
def test_what_gives_access_is_refused_without_a_value(registry: Registry, one: object) -> None:
    """Passed over, it would leave fewer members than were sent, and of one alone none."""
    group: dict[str, Any] = {"displayName": "Developers"}
    refused = "(entitlements|members) has one without a value"

    with pytest.raises(InvalidValue, match=refused):
        read_replacement({**group, "members": [{"value": "a"}, one]}, registry.group)
    with pytest.raises(InvalidValue, match=refused):
        read_resource({**group, EXTENSION: {"entitlements": [one]}}, registry.group)
    with pytest.raises(InvalidValue, match=refused):
        read_resource({**USER, "entitlements": [one]}, registry.user)


@pytest.mark.rule("7644-3.5.1-left-out")
@pytest.mark.parametrize("nothing", [None, []])
def test_a_replacement_tells_what_it_empties_from_what_it_leaves_out(
    registry: Registry, nothing: object
) -> None:
    """Of lists alone, in any letter case, of the extensions too."""
    body = {"displayName": "A", "MEMBERS": nothing, EXTENSION: {"Entitlements": nothing}}
    read = read_replacement(body, registry.group)
    assert read == {"displayName": "A", "members": [], EXTENSION: {"entitlements": []}}
    assert read_replacement({"displayName": "A"}, registry.group) == {"displayName": "A"}
    assert read_resource(body, registry.group) == {"displayName": "A"}


@pytest.mark.parametrize("value", [{}, "", {"value": "a"}, 1])
def test_a_list_has_20000_values_at_most(registry: Registry, value: object) -> None:
    """Whatever they are: more are not looked at."""
    with pytest.raises(InvalidValue, match="emails has more than 20000 values"):
        read_resource({**USER, "emails": [value] * 20_001}, registry.user)
