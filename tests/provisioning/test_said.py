"""What requests say of a resource, and whether two say something of the same."""

from typing import Any

import pytest

from gateway.provisioning.said import EVERYTHING, NOTHING, Said
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import Registry, load_registry
from tests.provisioning.office import GROUP_EXTENSION

ANN, BOB = "00000001-0000-4000-8000-000000000000", "00000002-0000-4000-8000-000000000000"
PLACE = f"repository:{ANN}"
ENTITLEMENTS = f"{GROUP_EXTENSION}:entitlements"

BEFORE: dict[str, Any] = {"displayName": "A", "members": [{"value": BOB}]}
#: What a change that stopped was to come to, and operations that say otherwise, or something else.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same member": (
        {"members": [{"value": ANN}, {"value": BOB}]},
        {"op": "remove", "path": "members", "value": [{"value": ANN.upper()}]},
        True,
    ),
    "the same member, by a filter": (
        {"members": []},
        {"op": "remove", "path": f'members[value eq "{BOB}"]'},
        True,
    ),
    "another member": (
        {"members": []},
        {"op": "add", "path": "members", "value": [{"value": ANN}]},
        False,
    ),
    "members by another filter": (
        {"members": []},
        {"op": "remove", "path": 'members[type eq "User"]'},
        True,
    ),
    "all members": ({"members": []}, {"op": "remove", "path": "members"}, True),
    "only these members": (
        {"members": []},
        {"op": "replace", "path": "members", "value": [{"value": ANN}]},
        True,
    ),
    "the name": (
        {"displayName": "B"},
        {"op": "replace", "value": {"displayName": "C"}},
        True,
    ),
    "another attribute": (
        {"displayName": "B"},
        {"op": "replace", "path": "externalId", "value": "x"},
        False,
    ),
    "another permission on the same place": (
        {GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}},
        {"op": "add", "path": ENTITLEMENTS, "value": [{"value": f"{PLACE}:read"}]},
        True,
    ),
    "another place": (
        {GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}},
        {"op": "add", "path": ENTITLEMENTS, "value": [{"value": f"repository:{BOB}:read"}]},
        False,
    ),
    "a place by a name that no place has": (
        {GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}},
        {"op": "add", "path": ENTITLEMENTS, "value": [{"value": "repository:acme/api:read"}]},
        False,
    ),
    "what another place is called": (
        {GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}},
        {
            "op": "replace",
            "path": f'{ENTITLEMENTS}[value eq "repository:{BOB}:read"].display',
            "value": "Docs",
        },
        False,
    ),
    "another place in the stead of one": (
        {GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}},
        {
            "op": "replace",
            "path": f'{ENTITLEMENTS}[value eq "repository:{BOB}:read"].value',
            "value": f"{PLACE}:read",
        },
        True,
    ),
    "one of two members": (
        {"members": []},
        {"op": "remove", "path": f'members[value eq "{ANN}" or value eq "{BOB}"]'},
        True,
    ),
    "another member, as a filter has it": (
        {"members": []},
        {"op": "remove", "path": f'members[type eq "User" and value eq "{ANN}"]'},
        False,
    ),
    "nobody": ({"members": []}, {"op": "add", "path": "members", "value": []}, False),
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The schemas."""
    return load_registry()


@pytest.mark.parametrize(("wanted", "operation", "is_same"), CASES.values(), ids=CASES)
def test_who_says_something_of_the_same(
    registry: Registry, wanted: dict[str, Any], operation: dict[str, Any], *, is_same: bool
) -> None:
    """Values of members and entitlements are told apart, all other attributes are one."""
    said = Said.by(read_patch({"Operations": [operation]}, registry.group))
    earlier = Said.between(BEFORE, BEFORE | wanted)
    assert said.is_about(earlier) is is_same
    assert EVERYTHING.is_about(earlier)
    assert said.is_about(Said.between(BEFORE, None))
    assert not NOTHING.is_about(earlier)
    assert not NOTHING.is_about(EVERYTHING)


@pytest.mark.parametrize("active", [False, True])
def test_who_is_inactive_is_to_have_nothing(registry: Registry, *, active: bool) -> None:
    """Whatever was asked for before; that somebody is active says nothing of entitlements."""
    operation = {"op": "replace", "path": "active", "value": active}
    patched = Said.by(read_patch({"Operations": [operation]}, registry.user))
    put = Said.with_body({"userName": "ann", "active": active}, ["entitlements"])
    revoked = Said.between({"entitlements": [{"value": f"{PLACE}:write"}]}, {})
    assert patched.is_about(Said.between({"active": True}, {"active": False}))
    assert patched.is_about(revoked) is not active
    assert put.is_about(revoked) is not active


@pytest.mark.parametrize("is_named", [False, True])
def test_a_body_says_nothing_of_what_it_leaves_as_it_is(*, is_named: bool) -> None:
    """What is left out and none then is said, and so is what an extension holds."""
    body: dict[str, Any] = {"displayName": "A"}
    if is_named:
        body[GROUP_EXTENSION] = {"entitlements": []}
    said = Said.with_body(body, ["entitlements"])
    revoked = Said.between({GROUP_EXTENSION: {"entitlements": [{"value": f"{PLACE}:write"}]}}, {})
    assert said.is_about(revoked) is is_named
    assert revoked.is_about(said) is is_named
    assert said.is_about(Said.between({"members": [{"value": ANN}]}, {}))
    assert said.is_about(EVERYTHING)
    assert not NOTHING.is_about(said)
