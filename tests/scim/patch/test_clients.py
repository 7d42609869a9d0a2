"""What each client sends, and what comes of it."""

from typing import Any

import pytest

from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import Registry
from tests.scim.patch.conftest import ANN, BOB, CAT, ENTERPRISE

#: Client: what it does, its operations, who is a member then, and the name.
OF_GROUPS: dict[str, tuple[list[dict[str, Any]], list[str], str]] = {
    "Entra ID adds a member": (
        [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": CAT}]}],
        [ANN, BOB, CAT],
        "Developers",
    ),
    "Entra ID removes a member by value": (
        [{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": ANN}]}],
        [BOB],
        "Developers",
    ),
    "Entra ID removes a member by filter, with its flag": (
        [{"op": "remove", "path": f'members[value eq "{ANN}"]'}],
        [BOB],
        "Developers",
    ),
    "Entra ID renames": (
        [{"op": "Replace", "path": "displayName", "value": "Builders"}],
        [ANN, BOB],
        "Builders",
    ),
    "Entra ID adds and removes the same member at once": (
        [
            {"op": "Add", "path": "members", "value": [{"value": CAT}]},
            {"op": "Remove", "path": "members", "value": [{"value": CAT}]},
        ],
        [ANN, BOB],
        "Developers",
    ),
    "Okta renames with the id in the value": (
        [{"op": "replace", "value": {"id": "g1", "displayName": "Builders"}}],
        [ANN, BOB],
        "Builders",
    ),
    "Okta swaps members": (
        [
            {"op": "remove", "path": f'members[value eq "{ANN}"]'},
            {"op": "add", "path": "members", "value": [{"value": CAT, "display": "Cat"}]},
        ],
        [BOB, CAT],
        "Developers",
    ),
    "Okta pushes all members": (
        [{"op": "replace", "path": "members", "value": [{"value": CAT, "display": "Cat"}]}],
        [CAT],
        "Developers",
    ),
    "Okta pushes nobody": (
        [{"op": "replace", "path": "members", "value": []}],
        [],
        "Developers",
    ),
    "authentik replaces all but the members": (
        [
            {
                "op": "replace",
                "value": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                    "id": "g1",
                    "displayName": "Builders",
                },
            }
        ],
        [ANN, BOB],
        "Builders",
    ),
    "authentik removes by a list of values": (
        [{"op": "remove", "path": "members", "value": [{"value": ANN}, {"value": CAT}]}],
        [BOB],
        "Developers",
    ),
    "ConductorOne removes by replacing": (
        [{"op": "replace", "path": "members", "value": [{"value": BOB}]}],
        [BOB],
        "Developers",
    ),
    "JumpCloud removes one member, not in a list": (
        [{"op": "remove", "path": "members", "value": {"value": ANN}}],
        [BOB],
        "Developers",
    ),
    "a client names ids alone": (
        [{"op": "add", "path": "members", "value": [CAT]}],
        [ANN, BOB, CAT],
        "Developers",
    ),
    "a client adds who is in": (
        [{"op": "add", "path": "members", "value": [{"value": ANN.upper()}]}],
        [ANN, BOB],
        "Developers",
    ),
    "a client removes everybody": ([{"op": "remove", "path": "members"}], [], "Developers"),
}


@pytest.mark.rule("7644-3.5.2-members-stay", "7644-3.5.2.2-value-is-no-selector")
@pytest.mark.parametrize("client", OF_GROUPS)
def test_groups_are_changed_as_each_client_writes_it(
    registry: Registry, group: dict[str, Any], client: str
) -> None:
    """The members and the name are what was asked for, and nothing else changes."""
    operations, members, name = OF_GROUPS[client]

    patch = read_patch({"Operations": operations}, registry.group)
    changed = apply_patch(group, patch, registry.group)

    assert [member["value"] for member in changed.get("members", [])] == members
    assert changed["displayName"] == name
    untouched = {"members", "displayName"}
    assert {k: v for k, v in changed.items() if k not in untouched} == {
        k: v for k, v in group.items() if k not in untouched
    }


#: Client: its operations, and the attributes that are changed by them; None is unassigned.
OF_USERS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "Entra ID deactivates with a text": (
        [{"op": "Replace", "path": "active", "value": "False"}],
        {"active": False},
    ),
    "Okta deactivates without a path": (
        [{"op": "replace", "value": {"active": False}}],
        {"active": False},
    ),
    "Entra ID replaces the address at work": (
        [{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "a@b.example"}],
        {
            "emails": [
                {"value": "a@b.example", "type": "work", "primary": True},
                {"value": "ann@home.example", "type": "home"},
            ]
        },
    ),
    "Entra ID replaces an address that is not there": (
        [{"op": "Add", "path": 'emails[type eq "other"].value', "value": "a@b.example"}],
        {
            "emails": [
                {"value": "ann@acme.example", "type": "work", "primary": True},
                {"value": "ann@home.example", "type": "home"},
                {"value": "a@b.example", "type": "other"},
            ]
        },
    ),
    "Entra ID writes dotted names and whole names of extensions": (
        [
            {
                "op": "replace",
                "value": {
                    "displayName": "Ann Fox",
                    "name.familyName": "Fox",
                    f"{ENTERPRISE}:department": "R&D",
                    'emails[type eq "work"].value': "fox@acme.example",
                },
            }
        ],
        {
            "displayName": "Ann Fox",
            "name": {"formatted": "Ann Lee", "givenName": "Ann", "familyName": "Fox"},
            ENTERPRISE: {"department": "R&D"},
            "emails": [
                {"value": "fox@acme.example", "type": "work", "primary": True},
                {"value": "ann@home.example", "type": "home"},
            ],
        },
    ),
    "Entra ID names a manager by a text": (
        [{"op": "Add", "path": f"{ENTERPRISE}:manager", "value": BOB}],
        {ENTERPRISE: {"manager": {"value": BOB}}},
    ),
    "Entra ID takes a manager away by an empty text": (
        [
            {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": BOB},
            {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": ""},
        ],
        {},
    ),
    "SailPoint adds an entitlement": (
        [{"op": "add", "path": "entitlements", "value": [{"value": "project:p1:read"}]}],
        {
            "entitlements": [
                {"value": "repository:r1:write", "display": "acme/api: write"},
                {"value": "project:p1:read"},
            ]
        },
    ),
    "a client revokes an entitlement": (
        [{"op": "remove", "path": 'entitlements[value eq "repository:r1:write"]'}],
        {"entitlements": None},
    ),
    "Databricks names an attribute by its path": (
        [{"op": "replace", "path": "displayName", "value": "Ann Fox"}],
        {"displayName": "Ann Fox"},
    ),
    "a client sends back what it was told": (
        [
            {
                "op": "replace",
                "value": {
                    "id": ANN,
                    "groups": [{"value": "g1"}],
                    "roles": [{"value": "member"}],
                    "meta": {"resourceType": "User", "version": "old"},
                    "title": "Engineer",
                    "active": True,
                },
            }
        ],
        {},
    ),
    "a client replaces a whole extension": (
        [{"op": "add", "path": ENTERPRISE, "value": {"costCenter": "7", "division": "East"}}],
        {ENTERPRISE: {"costCenter": "7", "division": "East"}},
    ),
    "another address becomes primary": (
        [{"op": "replace", "path": 'emails[type eq "home"].primary', "value": "true"}],
        {
            "emails": [
                {"value": "ann@acme.example", "type": "work", "primary": False},
                {"value": "ann@home.example", "type": "home", "primary": True},
            ]
        },
    ),
    "a new address is primary": (
        [{"op": "add", "path": "emails", "value": {"value": "x@y.example", "primary": True}}],
        {
            "emails": [
                {"value": "ann@acme.example", "type": "work", "primary": False},
                {"value": "ann@home.example", "type": "home"},
                {"value": "x@y.example", "primary": True},
            ]
        },
    ),
}


@pytest.mark.rule("7644-3.5.2-names-are-no-paths", "7644-3.5.2.3-no-target")
@pytest.mark.parametrize("client", OF_USERS)
def test_users_are_changed_as_each_client_writes_it(
    registry: Registry, user: dict[str, Any], client: str
) -> None:
    """The named attributes are what was asked for, and nothing else changes."""
    operations, changes = OF_USERS[client]

    patch = read_patch({"Operations": operations}, registry.user)
    changed = apply_patch(user, patch, registry.user)

    wanted = {name: value for name, value in (user | changes).items() if value is not None}
    assert changed == wanted
