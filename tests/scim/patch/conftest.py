"""A user and a group to be changed."""

import copy
from typing import Any

import pytest

ANN, BOB, CAT = (f"0000000{n}-0000-4000-8000-000000000000" for n in (1, 2, 3))
USER_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
GROUP_EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_USER: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", USER_EXTENSION],
    "id": ANN,
    "userName": "ann@acme.example",
    "name": {"formatted": "Ann Lee", "givenName": "Ann", "familyName": "Lee"},
    "displayName": "Ann Lee",
    "active": True,
    "emails": [
        {"value": "ann@acme.example", "type": "work", "primary": True},
        {"value": "ann@home.example", "type": "home"},
    ],
    "groups": [{"value": "g1", "display": "Developers", "type": "direct"}],
    "roles": [{"value": "member", "type": "workspace"}],
    "entitlements": [{"value": "repository:r1:write", "display": "acme/api: write"}],
    USER_EXTENSION: {"uuid": ANN, "membership": "member"},
    "meta": {"resourceType": "User"},
}
_GROUP: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", GROUP_EXTENSION],
    "id": "g1",
    "displayName": "Developers",
    "members": [{"value": ANN, "type": "User"}, {"value": BOB, "type": "User"}],
    GROUP_EXTENSION: {
        "slug": "developers",
        "entitlements": [{"value": "project:p1:read"}, {"value": "repository:r1:write"}],
    },
    "meta": {"resourceType": "Group"},
}


@pytest.fixture
def user() -> dict[str, Any]:
    """Ann."""
    return copy.deepcopy(_USER)


@pytest.fixture
def group() -> dict[str, Any]:
    """The developers: Ann and Bob."""
    return copy.deepcopy(_GROUP)
