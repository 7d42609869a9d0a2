"""The rules of RFC 7644 §3.5.2, and what breaks them."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    ScimError,
)
from gateway.scim.patch.apply import apply_patch
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import Registry, load_registry
from tests.scim.patch.conftest import ANN, BOB, GROUP_EXTENSION, USER_EXTENSION

Operations = list[dict[str, Any]]

REGISTRY = load_registry()

REFUSED: dict[str, tuple[Operations, type[ScimError]]] = {
    "an add without a value": ([{"op": "add", "path": "displayName"}], InvalidValue),
    "an add of null": ([{"op": "add", "path": "emails", "value": None}], InvalidValue),
    "a removal without a path": ([{"op": "remove"}], NoTarget),
    "another word than the three": ([{"op": "move", "path": "name"}], InvalidSyntax),
    "no object": ([{"op": "replace", "value": "x"}], InvalidValue),
    "an unknown attribute in a path": (
        [{"op": "replace", "path": "nonsense", "value": 1}],
        InvalidPath,
    ),
    "an unknown attribute in a value": (
        [{"op": "replace", "value": {"nonsense": 1}}],
        InvalidSyntax,
    ),
    "a path that is none": ([{"op": "replace", "path": "name..x", "value": 1}], InvalidPath),
    "a path without its end": (
        [{"op": "remove", "path": 'emails[type eq "work"'}],
        InvalidPath,
    ),
    "a filter that is none": ([{"op": "remove", "path": "emails[type is x]"}], InvalidFilter),
    "a value of another type": (
        [{"op": "replace", "path": "displayName", "value": 7}],
        InvalidValue,
    ),
    "a word where a boolean is wanted": (
        [{"op": "replace", "path": "active", "value": "maybe"}],
        InvalidValue,
    ),
    "an attribute twice, in different letter cases": (
        [{"op": "replace", "value": {"displayName": "A", "DisplayName": "B"}}],
        InvalidSyntax,
    ),
    "an attribute twice, by its name and in full": (
        [
            {
                "op": "add",
                "value": {
                    "displayName": "A",
                    "urn:ietf:params:scim:schemas:core:2.0:User:displayName": "B",
                },
            }
        ],
        InvalidSyntax,
    ),
    "an attribute of an extension twice": (
        [
            {
                "op": "replace",
                "value": {USER_EXTENSION: {"justification": "A", "Justification": "B"}},
            }
        ],
        InvalidSyntax,
    ),
    "another id": ([{"op": "replace", "value": {"id": "other"}}], Mutability),
    "groups, which are read-only": (
        [{"op": "add", "path": "groups", "value": [{"value": "g2"}]}],
        Mutability,
    ),
    "all roles": ([{"op": "remove", "path": "roles", "value": []}], Mutability),
    "the user name": ([{"op": "remove", "path": "userName"}], Mutability),
    "two primaries": (
        [
            {
                "op": "add",
                "path": "emails",
                "value": [
                    {"value": "a@x.example", "primary": True},
                    {"value": "b@x.example", "primary": True},
                ],
            }
        ],
        InvalidValue,
    ),
    "all e-mails made primary": (
        [{"op": "replace", "path": "emails.primary", "value": True}],
        InvalidValue,
    ),
    "a thousand times the same e-mail, but for its letters": (
        [
            {
                "op": "add",
                "path": "emails",
                "value": [{"value": "a@x.example", "display": str(n)} for n in range(1000)],
            }
        ],
        InvalidValue,
    ),
    "a selector that describes no value": (
        [{"op": "replace", "path": 'emails[value co "q"].type', "value": "work"}],
        NoTarget,
    ),
}


@pytest.mark.rule("7644-3.5.2-all-or-nothing")
@pytest.mark.parametrize("what", REFUSED)
def test_is_refused(user: dict[str, Any], what: str) -> None:
    """With its own word, and nothing is changed."""
    operations, error = REFUSED[what]
    before = copy.deepcopy(user)
    first = {"op": "replace", "path": "displayName", "value": "Changed"}
    with pytest.raises(error):
        apply_patch(
            user, read_patch({"Operations": [first, *operations]}, REGISTRY.user), REGISTRY.user
        )
    assert user == before


@pytest.mark.rule("7644-3.5.2-message")
@pytest.mark.parametrize(
    "body",
    [
        *(None, [], "x", {}, {"Operations": []}, {"Operations": {}}, {"Operations": [1]}),
        {"schemas": ["urn:other"], "Operations": [{"op": "remove", "path": "name"}]},
        {"schemas": "urn:other", "Operations": [{"op": "remove", "path": "name"}]},
        {"schemas": {}, "Operations": [{"op": "remove", "path": "name"}]},
    ],
)
def test_what_is_no_patch_is_refused(body: object) -> None:
    """It is invalidSyntax."""
    with pytest.raises(InvalidSyntax):
        read_patch(body, REGISTRY.user)


@pytest.mark.parametrize("value", [True, 7, 1.5, "x", {"a": "b"}, [], [True], [[]], [{}]])
@pytest.mark.parametrize("name", ["schemas", "groups", "id", "meta", "meta.version"])
def test_what_nobody_changes_may_be_sent_as_anything(
    user: dict[str, Any], name: str, value: object
) -> None:
    """It is refused or passed over: no type that JSON has makes it fail."""
    before = copy.deepcopy(user)
    operations = [{"op": "replace", "path": name, "value": value}]
    try:
        changed = apply_patch(
            user, read_patch({"Operations": operations}, REGISTRY.user), REGISTRY.user
        )
    except Mutability:
        return
    assert changed == before


@pytest.mark.rule("7644-3.5.2-primary")
def test_a_value_that_is_made_primary_is_the_only_one(user: dict[str, Any]) -> None:
    """Also one that a path describes and that was not there (RFC 7644 §3.5.2)."""
    path = 'emails[type eq "other" and primary eq true].value'
    operation = {"op": "replace", "path": path, "value": "ann@other.example"}
    patch = read_patch({"Operations": [operation]}, REGISTRY.user)
    emails = apply_patch(user, patch, REGISTRY.user)["emails"]
    assert [e["value"] for e in emails if e.get("primary")] == ["ann@other.example"]


@pytest.mark.rule("7643-2.4-one-of-a-type", "7644-3.5.2.1-to-many")
def test_a_value_that_is_there_is_not_added_again(user: dict[str, Any]) -> None:
    """What is said of it besides is added to it (RFC 7643 §2.4); another type is another value."""
    home = {"value": "ANN@home.example", "type": "home"}
    operations: Operations = [
        {"op": "add", "path": "emails", "value": [home | {"primary": True}]},
        {"op": "add", "path": "emails", "value": [home | {"type": "other"}]},
    ]
    patch = read_patch({"Operations": operations}, REGISTRY.user)
    emails = apply_patch(user, patch, REGISTRY.user)["emails"]
    assert [(e["value"], e["type"], e.get("primary", False)) for e in emails] == [
        ("ann@acme.example", "work", False),
        ("ANN@home.example", "home", True),
        ("ANN@home.example", "other", False),
    ]


@pytest.mark.rule("7643-4.2-members")
def test_a_member_is_never_turned_into_another(group: dict[str, Any]) -> None:
    """What says who it is is immutable: RFC 7643 §4.2."""
    operation = {"op": "replace", "path": f'members[value eq "{ANN}"].value', "value": BOB}
    with pytest.raises(Mutability):
        apply_patch(group, read_patch({"Operations": [operation]}, REGISTRY.group), REGISTRY.group)


def test_the_group_s_entitlements_are_in_its_extension(group: dict[str, Any]) -> None:
    """Their path begins with the URN; the filter's does not, inside the brackets."""
    path = f'{GROUP_EXTENSION}:entitlements[value eq "project:p1:read"]'
    patch = read_patch({"Operations": [{"op": "remove", "path": path}]}, REGISTRY.group)
    changed = apply_patch(group, patch, REGISTRY.group)
    assert changed[GROUP_EXTENSION]["entitlements"] == [{"value": "repository:r1:write"}]


def test_too_many_operations_are_refused_at_once() -> None:
    """A thousand is the most."""
    operation = {"op": "replace", "path": "displayName", "value": "x"}
    with pytest.raises(InvalidValue, match="1001 operations"):
        read_patch({"Operations": [operation] * 1001}, REGISTRY.user)


def test_a_hundred_changes_of_ten_thousand_members_look_at_few_of_them(
    registry: Registry, group: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members are found by their ids, not one after the other."""
    group["members"] = [{"value": f"m{number}", "type": "User"} for number in range(10_000)]
    operations: Operations = [
        {"op": "remove", "path": f'members[value eq "m{number}"]'} for number in range(50)
    ] + [{"op": "add", "path": "members", "value": [{"value": f"n{n}"}]} for n in range(50)]

    def never(*_: object) -> bool:
        raise AssertionError("a filter was tried on a value")

    monkeypatch.setattr("gateway.scim.patch.values.matches", never)
    patch = read_patch({"Operations": operations}, registry.group)
    changed = apply_patch(group, patch, registry.group)

    values = {member["value"] for member in changed["members"]}
    assert len(changed["members"]) == 10_000
    assert values >= {"m50", "n0", "n49"}
    assert not values & {"m0", "m49"}


@pytest.mark.parametrize(
    "again",
    [
        {"op": "remove", "path": 'emails[value co "nobody"]'},
        {"op": "replace", "path": 'emails[not (value eq "x")].type', "value": "x"},
        {"op": "replace", "path": "emails.type", "value": "x"},
        {"op": "add", "path": "emails", "value": [{"value": "x", "primary": True}]},
        {"op": "replace", "path": 'emails[value eq "0@x.example"].primary', "value": True},
    ],
)
def test_operations_that_look_at_all_values_again_and_again_are_refused(
    user: dict[str, Any], again: dict[str, Any]
) -> None:
    """A thousand times nine thousand took a minute."""
    many = [{"value": f"{number}@x.example"} for number in range(9000)]
    operations = [{"op": "add", "path": "emails", "value": many}, *[again] * 999]
    patch = read_patch({"Operations": operations}, REGISTRY.user)

    with pytest.raises(InvalidValue, match="100000 values of emails"):
        apply_patch(user, patch, REGISTRY.user)


def test_clauses_count_of_what_is_looked_at(user: dict[str, Any]) -> None:
    """Two hundred values are soon looked at, but not with fifty clauses twenty times."""
    many = [{"value": f"{number}@x.example"} for number in range(200)]
    clauses = " or ".join(['value co "z"'] * 50)
    path = f"emails[{clauses}]"
    for times, is_refused in ((5, False), (20, True)):
        operations = [{"op": "add", "path": "emails", "value": many}]
        operations += [{"op": "remove", "path": path}] * times
        patch = read_patch({"Operations": operations}, REGISTRY.user)
        try:
            apply_patch(user, patch, REGISTRY.user)
        except InvalidValue:
            assert is_refused
        else:
            assert not is_refused


def test_a_value_that_is_told_is_looked_at_alone(user: dict[str, Any]) -> None:
    """Whatever else a selector says of it, and however many others there are."""
    many = [{"value": f"{number}@x.example", "type": "work"} for number in range(9000)]
    operations: Operations = [{"op": "add", "path": "emails", "value": many}]
    for number in range(400):
        value = f'value eq "{number}@X.example"'
        type_ = "work" if number % 2 else "home"
        operations.append({"op": "remove", "path": f'emails[type eq "{type_}" and {value}]'})

    patch = read_patch({"Operations": operations}, REGISTRY.user)
    left = {each["value"] for each in apply_patch(user, patch, REGISTRY.user)["emails"]}

    assert len(left) == 2 + 9000 - 200
    assert "0@x.example" in left
    assert "1@x.example" not in left


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "add", "value": {f'emails[value eq "{n}"].type': "x" for n in range(5001)}}],
        [{"op": "remove", "path": f"emails[{' or '.join(['type pr'] * 400)}]"}] * 13,
        [{"op": "add", "path": "emails", "value": [{"value": f"{n}"} for n in range(21)]}] * 960,
        [{"op": "add", "path": "emails", "value": [{"value": f"{n}"} for n in range(20_001)]}],
    ],
)
def test_too_much_in_the_operations_is_refused_at_once(operations: Operations) -> None:
    """However few they are: attributes, what selects values, and values."""
    with pytest.raises(InvalidValue, match=r"send fewer at once\."):
        read_patch({"Operations": operations}, REGISTRY.user)


_IDS = st.sampled_from(["a", "b", "c", "A", "d"])
_MEMBERS = st.lists(st.builds(lambda value: {"value": value}, _IDS), max_size=4)
_OPERATIONS = st.one_of(
    st.builds(
        lambda op, value: {"op": op, "path": "members", "value": value},
        st.sampled_from(["add", "replace", "remove"]),
        _MEMBERS.filter(bool),
    ),
    st.builds(lambda value: {"op": "remove", "path": f'members[value eq "{value}"]'}, _IDS),
    st.just({"op": "remove", "path": "members"}),
    st.just({"op": "replace", "path": "members", "value": []}),
)


@pytest.mark.rule("7644-3.5.2-in-order", "7644-3.5.2.2-value-is-no-selector", "7644-3.5.2.3-values")
@given(before=_MEMBERS, operations=st.lists(_OPERATIONS, min_size=1, max_size=5))
def test_members_are_a_set_that_operations_change(
    before: list[dict[str, str]], operations: Operations
) -> None:
    """The oracle is Python's sets, of ids in any letter case."""
    wanted = {each["value"].lower() for each in before}
    for operation in operations:
        wanted = _changed(wanted, operation)
    group = {"id": "g", "displayName": "G", "members": before}

    once = apply_patch(
        group, read_patch({"Operations": operations}, REGISTRY.group), REGISTRY.group
    )

    assert {each["value"].lower() for each in once.get("members", ())} == wanted
    assert "members" in once or not wanted


def _changed(members: set[str], operation: dict[str, Any]) -> set[str]:
    named = {each["value"].lower() for each in operation.get("value") or ()}
    if "[" in operation["path"]:
        return members - {operation["path"].split('"')[1].lower()}
    if operation["op"] == "add":
        return members | named
    if operation["op"] == "replace":
        return named
    return members - named if named else set()


@pytest.mark.rule("7644-3.5.2.1-to-many")
@given(operation=_OPERATIONS, before=_MEMBERS)
def test_the_same_operation_twice_is_as_once(
    operation: dict[str, Any], before: list[dict[str, str]]
) -> None:
    """So a request that is repeated does no harm."""
    group: dict[str, Any] = {"id": "g", "displayName": "G", "members": before}
    patch = read_patch({"Operations": [operation]}, REGISTRY.group)
    once = apply_patch(group, patch, REGISTRY.group)
    assert apply_patch(once, patch, REGISTRY.group) == once


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
_PATHS = st.sampled_from(
    [
        *("name", "name.givenName", "emails", 'emails[type eq "work"]', "emails.value", "active"),
        *('emails[type eq "work"].primary', "groups", "id", "schemas", "urn:x:y", "[", "a[b"),
    ]
) | st.text(max_size=12)
_HOSTILE = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "Add", 1])},
    optional={"path": _PATHS | _JSON, "value": _JSON},
)


@given(operations=st.lists(_HOSTILE | _JSON, max_size=3))
def test_anything_is_applied_or_refused(operations: list[Any]) -> None:
    """Whatever JSON it is, it is never a failure of the gateway."""
    user = {"id": "u", "userName": "ann", "emails": [{"value": "a@b.example", "type": "work"}]}
    try:
        patch = read_patch({"Operations": operations}, REGISTRY.user)
        changed = apply_patch(user, patch, REGISTRY.user)
    except ScimError:
        return
    assert changed["userName"]
