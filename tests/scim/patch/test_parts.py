"""What a PATCH says of parts of a complex value, and of a value that is not there."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidSyntax, InvalidValue, Mutability, NoTarget, ScimError
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import load_registry
from tests.scim.patch.conftest import ANN, BOB, CAT, ENTERPRISE, USER_EXTENSION

REGISTRY = load_registry()
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
WORK = 'emails[type eq "work"]'
GRANT = 'entitlements[value eq "repository:r1:write"]'
OTHER_GRANT = 'entitlements[value eq "repository:r1:admin"]'

Resource = dict[str, Any]


def patched(resource: Resource, *operations: Resource) -> Resource:
    """Return a user, or a group, after operations."""
    resource_type = REGISTRY.user if "userName" in resource else REGISTRY.group
    patch = read_patch({"Operations": list(operations)}, resource_type)
    return apply_patch(resource, patch, resource_type)


def setting(path: str, value: object, *, op: str = "replace") -> Resource:
    """Return an operation."""
    return {"op": op, "path": path, "value": value}


# --- parts that are not served ----------------------------------------------------------


@pytest.mark.rule("7644-3.5.2-unserved-attributes", "7644-3.5.2.3-parts-stay")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", {"honorificPrefix": "Dr"}),
        ("name", {}),
        (MANAGER, {"displayName": "Boss"}),
        (WORK, {"$ref": "x"}),
        (WORK, {}),
        (GRANT, {"$ref": "x"}),
    ],
)
def test_what_is_passed_over_takes_nothing_away(
    user: Resource, op: str, path: str, value: object
) -> None:
    """Neither the other parts, nor the value, whether or not a path names it."""
    user[ENTERPRISE] = {"manager": {"value": BOB}}
    before = copy.deepcopy(user)
    assert patched(user, setting(path, value, op=op)) == before
    assert patched(user, {"op": op, "value": {path: value}}) == before


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    "value", [{"display": "Ann L."}, {"primary": True}, {}, [{"display": "A"}]]
)
def test_a_member_that_is_said_something_of_stays(group: Resource, op: str, value: object) -> None:
    """Only its removal takes it out, or null."""
    before = copy.deepcopy(group)
    path = f'members[value eq "{ANN}"]'
    assert patched(group, setting(path, value, op=op)) == before
    assert [m["value"] for m in patched(group, setting(path, None))["members"]] == [BOB]


_PARTS = st.dictionaries(
    st.sampled_from(["display", "type", "primary", "$ref", "honorificPrefix", "operation"]),
    st.sampled_from(["x", "User", "repository", True, "true"]),
    max_size=3,
)


@given(
    op=st.sampled_from(["add", "replace"]),
    name=st.sampled_from(["members", "entitlements", "emails"]),
    condition=st.sampled_from(
        [f'value eq "{ANN}"', 'value eq "repository:r1:write"', 'type eq "work"', "value pr"]
    ),
    value=_PARTS,
)
def test_parts_give_and_take_no_access(op: str, name: str, condition: str, value: object) -> None:
    """Whatever they are: the same people are members then, with the same entitlements."""
    resource: Resource = {
        "id": "x",
        **({"displayName": "Developers"} if name == "members" else {"userName": "ann"}),
        "members": [{"value": ANN, "type": "User"}, {"value": BOB, "type": "User"}],
        "entitlements": [{"value": "repository:r1:write"}],
        "emails": [{"value": "ann@acme.example", "type": "work"}],
    }
    try:
        after = patched(resource, setting(f"{name}[{condition}]", value, op=op))
    except ScimError:
        return
    assert [each["value"] for each in after[name]] == [each["value"] for each in resource[name]]


# --- parts that are null ----------------------------------------------------------------


@pytest.mark.rule("7643-2.5-nothing-is-nothing")
@pytest.mark.parametrize("nothing", [None, []])
def test_a_part_that_is_replaced_by_null_goes(user: Resource, nothing: object) -> None:
    """And the others stay, or are what is said of them."""
    value = {"givenName": nothing, "familyName": "Fox"}
    assert patched(user, setting("name", value))["name"] == {
        "formatted": "Ann Lee",
        "familyName": "Fox",
    }
    assert patched(user, setting(WORK, {"primary": nothing}))["emails"][0] == {
        "value": "ann@acme.example",
        "type": "work",
    }


def test_to_add_null_changes_nothing(user: Resource) -> None:
    """There is nothing to add."""
    value = {"givenName": None, "familyName": "Lee"}
    assert patched(user, setting("name", value, op="add")) == user


@pytest.mark.rule("7644-3.5.2.2-required")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "emails.value"},
        {"op": "remove", "path": f"{GRANT}.value"},
        setting(f"{GRANT}.value", ""),
        setting(GRANT, {"value": None}),
        setting(GRANT, {"value": ""}),
        {"op": "remove", "path": f"{USER_EXTENSION}:access"},
        setting(f"{USER_EXTENSION}:access", []),
    ],
)
def test_what_is_always_there_is_not_taken_away(user: Resource, operation: Resource) -> None:
    """The ``value`` that tells one from another, and what is worked out for each answer."""
    with pytest.raises(Mutability):
        patched(user, operation)


@pytest.mark.rule("7643-7-obeyed")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize("value", [{"type": "work"}, {"display": "x"}, {"value": ""}, {}, None])
def test_an_address_without_its_value_is_none(user: Resource, op: str, value: object) -> None:
    """It is passed over: a leaver whose address is gone has to become inactive all the same."""
    leaving = {"op": op, "value": {"active": False, "emails": [value]}}
    assert patched(user, leaving) == user | {"active": False}

    new = {"value": "new@acme.example"}
    emails = patched(user, setting("emails", [value, new], op=op))["emails"]
    assert emails == ([new] if op == "replace" else [*user["emails"], new])


@pytest.mark.rule("7644-3.5.2.2-required")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": f"{WORK}.value"},
        setting(f"{WORK}.value", None),
        setting(f"{WORK}.value", ""),
        setting(WORK, {"value": None}),
        setting(WORK, {"value": "", "type": "work"}),
    ],
)
def test_an_address_goes_with_its_value(user: Resource, operation: Resource) -> None:
    """But for the last, which every user has: what else is asked for is done."""
    assert patched(user, operation)["emails"] == user["emails"][1:]

    user["emails"] = user["emails"][:1]
    leaving = setting("active", value=False)
    assert patched(user, leaving, operation) == user | {"active": False}


# --- values that are not there ----------------------------------------------------------


@pytest.mark.rule("7644-3.5.2.3-no-target")
@pytest.mark.parametrize(
    "operation",
    [
        setting(f"{OTHER_GRANT}.display", "Old label"),
        setting(f"{OTHER_GRANT}.primary", value=False),
        setting(OTHER_GRANT, {"display": "x"}),
        setting(OTHER_GRANT, {}),
        setting(OTHER_GRANT, {"value": "repository:r2:admin"}),
        setting('entitlements[type eq "project"].display', "x"),
        setting('emails[type eq "other"].primary', "False"),
        setting('emails[type eq "other"].type', "work"),
        setting('emails[type eq "other" and value eq "a@x.example"]', {"value": "b@x.example"}),
    ],
)
def test_what_is_said_of_no_value_makes_none(user: Resource, operation: Resource) -> None:
    """Nobody is granted anything by a label, nor by what contradicts the filter."""
    with pytest.raises(NoTarget):
        patched(user, operation)


@pytest.mark.rule("7644-3.5.2.3-no-target")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("part", "value"),
    [(".type", "User"), (".$ref", "../Users/x"), ("", {"type": "User"}), ("", {"value": BOB})],
)
def test_nobody_becomes_a_member_by_what_is_said_besides(
    group: Resource, op: str, part: str, value: object
) -> None:
    """Only by an operation that says who."""
    with pytest.raises(NoTarget):
        patched(group, setting(f'members[value eq "{CAT}"]{part}', value, op=op))
    made = patched(group, setting(f'members[value eq "{CAT}"]', {"value": CAT}, op=op))
    assert [each["value"] for each in made["members"]] == [ANN, BOB, CAT]


def test_a_value_may_be_made_by_several_operations(user: Resource) -> None:
    """In any order: only in the end it has to be one."""
    other = 'emails[type eq "other"]'
    operations = setting(f"{other}.primary", "True"), setting(f"{other}.value", "a@x.example")
    made = {"value": "a@x.example", "type": "other", "primary": True}
    assert patched(user, *operations)["emails"][-1] == made
    assert patched(user, *reversed(operations))["emails"][-1] == made


@pytest.mark.parametrize(
    "operation",
    [
        setting("entitlements.value", "project:p1:read", op="add"),
        setting("entitlements.value", "project:p1:read"),
        setting('entitlements[type eq "repository"]', {"value": "project:p1:read"}, op="add"),
        setting('entitlements[type eq "repository"].value', "project:p1:read", op="add"),
        setting('entitlements[type eq "repository"].value', "project:p1:read"),
        setting(GRANT, {"value": "project:p1:read"}, op="add"),
    ],
)
def test_to_add_an_entitlement_revokes_no_other(user: Resource, operation: Resource) -> None:
    """One becomes another only where the operation says which."""
    user["entitlements"][0]["type"] = "repository"
    with pytest.raises(Mutability, match="becomes another"):
        patched(user, operation)

    named = setting(f"{GRANT}.value", "project:p1:read")
    assert [each["value"] for each in patched(user, named)["entitlements"]] == ["project:p1:read"]


# --- values that become the same --------------------------------------------------------


@pytest.mark.rule("7643-2.4-one-of-a-type")
@pytest.mark.parametrize(
    "operation",
    [
        setting('emails[type eq "home"]', {"value": "ann@acme.example", "type": "work"}),
        setting('emails[type eq "home"].type', "work"),
    ],
)
def test_values_that_become_the_same_are_one(user: Resource, operation: Resource) -> None:
    """No two have one value and one type."""
    if operation["path"].endswith(".type"):
        user["emails"][1]["value"] = "ANN@acme.example"
    (email,) = patched(user, operation)["emails"]
    assert (email["value"].lower(), email["type"]) == ("ann@acme.example", "work")
    assert email["primary"] is True


def test_values_are_not_made_alike_by_the_thousand(user: Resource) -> None:
    """To compare each with each would take too long."""
    many = [{"value": f"{n}@x.example", "type": str(n)} for n in range(1000)]
    operations = setting("emails", many), setting("emails.value", "a@x.example")
    with pytest.raises(InvalidValue, match="More than 100 values"):
        patched(user, *operations)


def test_alike_values_are_not_looked_at_again_and_again(user: Resource) -> None:
    """Each of a hundred, by each of thousands of operations, would take seconds."""
    many = [{"value": "a@x.example", "type": str(n)} for n in range(100)]
    again = [setting("emails", many[:10], op="add")] * 200
    with pytest.raises(InvalidValue, match="send fewer operations at once"):
        patched(user, setting("emails", many), *again)


# --- who is meant, and the address of the same ------------------------------------------


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (MANAGER, {"value": CAT}),
        (MANAGER, CAT),
        (f"{MANAGER}.value", CAT),
        (MANAGER, {"value": CAT, "$ref": None}),
    ],
)
def test_a_reference_goes_with_whom_it_is_of(
    user: Resource, op: str, path: str, value: object
) -> None:
    """Another manager is not to be found at the address of the one before."""
    user[ENTERPRISE] = {"manager": {"value": BOB, "$ref": f"../Users/{BOB}"}}
    changed = patched(user, setting(path, value, op=op))
    assert changed[ENTERPRISE] == {"manager": {"value": CAT}}


@pytest.mark.parametrize(
    ("path", "value", "manager"),
    [
        (MANAGER, {"value": BOB.upper()}, {"value": BOB.upper(), "$ref": f"../Users/{BOB}"}),
        (MANAGER, {"$ref": f"../Users/{CAT}"}, {"value": BOB, "$ref": f"../Users/{CAT}"}),
        (MANAGER, {"value": None}, None),
        (MANAGER, {"value": ""}, None),
        (f"{MANAGER}.value", None, None),
    ],
)
def test_a_manager_is_told_by_the_value(
    user: Resource, path: str, value: object, manager: object
) -> None:
    """There is none without it, and it stays whatever is said besides."""
    user[ENTERPRISE] = {"manager": {"value": BOB, "$ref": f"../Users/{BOB}"}}
    changed = patched(user, setting(path, value))
    assert changed.get(ENTERPRISE, {}).get("manager") == manager


# --- names in full ----------------------------------------------------------------------


@pytest.mark.rule("7644-3.10-urns")
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    "value", [{CORE: {"displayName": "X"}}, {CORE.upper(): {"DISPLAYNAME": "X"}}]
)
def test_the_urn_of_the_core_schema_holds_its_attributes(
    user: Resource, op: str, value: object
) -> None:
    """As a key too, as it does as a path; what it does not have is refused."""
    assert patched(user, {"op": op, "value": value})["displayName"] == "X"
    with pytest.raises(InvalidSyntax):
        patched(user, {"op": op, "value": {CORE: {"nonsense": "X"}}})


def test_a_whole_resource_is_not_removed_by_its_schema(user: Resource) -> None:
    """That is said by DELETE."""
    with pytest.raises(NoTarget, match="DELETE takes it away"):
        patched(user, {"op": "remove", "path": CORE})
