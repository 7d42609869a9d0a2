"""Messages of PATCH, their paths, and what is refused (RFC 7644 §3.5.2)."""

from typing import Any

import pytest

from tests.rules.person import AT_WORK, HOME, WORK, person
from tests.rules.service import ENTERPRISE, PATCH, USER, Json, Service, refused, succeeded


@pytest.fixture(scope="module")
def unchanged(service: Service) -> Json:
    """Such a user, whom no test changes."""
    return person(service)


def of(user: Json, attribute: str) -> Any:
    """Return an attribute, of the core or of the enterprise extension, without its place there."""
    return user.get(attribute, user.get(ENTERPRISE, {}).get(attribute))


#: The path of an operation, its value, the attribute that changes, and what becomes of it.
PATHS: list[tuple[str, Any, str, Any]] = [
    ("displayName", "Zed", "displayName", "Zed"),
    ("DISPLAYNAME", "Zed", "displayName", "Zed"),
    (f"{USER}:displayName", "Zed", "displayName", "Zed"),
    ("name.givenName", "Zed", "name", {"givenName": "Zed", "familyName": "Lee"}),
    (f"{USER}:name.givenName", "Zed", "name", {"givenName": "Zed", "familyName": "Lee"}),
    (AT_WORK, {"value": "a@b.example"}, "emails", [{"value": "a@b.example"}, HOME]),
    (f"{AT_WORK}.value", "a@b.example", "emails", [WORK | {"value": "a@b.example"}, HOME]),
    (f"{USER}:{AT_WORK}.value", "a@b.example", "emails", [WORK | {"value": "a@b.example"}, HOME]),
    ("emails.display", "x", "emails", [WORK | {"display": "x"}, HOME | {"display": "x"}]),
    (f"{ENTERPRISE}:costCenter", "8", "costCenter", "8"),
    (f"{ENTERPRISE.upper()}:COSTCENTER", "8", "costCenter", "8"),
    (f"{ENTERPRISE}:manager.value", "boss", "manager", {"value": "boss"}),
    (ENTERPRISE, {"costCenter": "8", "division": "East"}, "division", "East"),
    (USER, {"displayName": "Zed"}, "displayName", "Zed"),
]


@pytest.mark.rule("7644-3.5.2-paths", "7644-3.5.2-answer", "interop-selected-values-have-a-part")
@pytest.mark.parametrize(
    ("path", "value", "attribute", "wanted"), PATHS, ids=[each[0] for each in PATHS]
)
def test_a_path_says_what_changes(
    service: Service, path: str, value: Any, attribute: str, wanted: Any
) -> None:
    """And nothing else does; the answer is what is read afterwards."""
    before = person(service)
    where = f"/Users/{before['id']}"
    after = service.patched(where, {"op": "replace", "path": path, "value": value})
    assert of(after, attribute) == wanted
    assert after == service.get(where)
    untouched = {"userName", "externalId", "active", "displayName", "name", "emails"} - {attribute}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}


#: What a value without a path may hold, the attribute that changes, and what becomes of it.
WITHOUT_A_PATH: list[tuple[Json, str, Any]] = [
    ({"displayName": "Zed"}, "displayName", "Zed"),
    ({"name": {"givenName": "Zed"}}, "name", {"givenName": "Zed", "familyName": "Lee"}),
    ({"name.givenName": "Zed"}, "name", {"givenName": "Zed", "familyName": "Lee"}),
    ({f"{USER}:displayName": "Zed"}, "displayName", "Zed"),
    ({f"{ENTERPRISE}:costCenter": "8"}, "costCenter", "8"),
    ({ENTERPRISE: {"costCenter": "8"}}, "costCenter", "8"),
    ({f"{AT_WORK}.value": "a@b.example"}, "emails", [WORK | {"value": "a@b.example"}, HOME]),
]


@pytest.mark.rule(
    "7644-3.5.2.1-without-a-path", "7644-3.5.2-names-are-no-paths", "interop-pathless-patch"
)
@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize(
    ("value", "attribute", "wanted"),
    WITHOUT_A_PATH,
    ids=[next(iter(v)) for v, _, _ in WITHOUT_A_PATH],
)
def test_without_a_path_the_value_says_what_changes(
    service: Service, op: str, value: Json, attribute: str, wanted: Any
) -> None:
    """By names, and by paths in their place."""
    user_id = person(service)["id"]
    after = service.patched(f"/Users/{user_id}", {"op": op, "value": value})
    assert of(after, attribute) == wanted


@pytest.mark.rule("7644-3.5.2-words", "7643-2.1-names-ignore-case")
@pytest.mark.parametrize("op", ["replace", "Replace", "REPLACE"])
def test_words_and_names_of_a_message_are_read_in_any_letter_case(
    service: Service, op: str
) -> None:
    """As Entra ID and others write them."""
    user_id = service.new_user()["id"]
    operation = {"OP": op, "Path": "DisplayName", "VALUE": "Zed"}
    body = {"Schemas": [PATCH], "operations": [operation]}
    answer = service.send("PATCH", f"/Users/{user_id}", body)
    assert succeeded(answer)["displayName"] == "Zed"


@pytest.mark.rule("7644-3.5.2-message")
@pytest.mark.parametrize(
    "body",
    [
        *({}, [], {"Operations": []}, {"Operations": {}}, {"Operations": ["remove"]}),
        {"schemas": [USER], "Operations": [{"op": "remove", "path": "externalId"}]},
        {"Operations": [{"path": "externalId"}]},
        {"Operations": [{"op": "move", "path": "externalId"}]},
    ],
)
def test_what_is_no_message_is_refused(service: Service, body: Any) -> None:
    """And changes nothing."""
    user = service.new_user(externalId="e")
    path = f"/Users/{user['id']}"
    refused(service.send("PATCH", path, body), 400, "invalidSyntax")
    assert service.get(path) == user


REFUSED: list[tuple[str, str, Json]] = [
    ("invalidPath", "7644-3.5.2-invalid-path", {"op": "replace", "path": "name..x", "value": "x"}),
    ("invalidPath", "7644-3.5.2-invalid-path", {"op": "replace", "path": "nope", "value": "x"}),
    ("invalidPath", "7644-3.5.2-invalid-path", {"op": "add", "path": "name.nope", "value": "x"}),
    ("invalidPath", "7644-3.5.2-invalid-path", {"op": "remove", "path": 'emails[type eq "work"'}),
    (
        "invalidFilter",
        "7644-3.5.2-filter-in-a-path",
        {"op": "remove", "path": 'emails[type is "x"]'},
    ),
    ("invalidFilter", "7644-3.5.2-filter-in-a-path", {"op": "remove", "path": "emails[nope pr]"}),
    (
        "invalidValue",
        "7644-3.5.2-wrong-value",
        {"op": "replace", "path": "displayName", "value": 7},
    ),
    ("invalidValue", "7644-3.5.2-wrong-value", {"op": "add", "path": "active", "value": "yes"}),
    ("invalidValue", "7644-3.5.2-wrong-value", {"op": "replace", "path": "name", "value": "Zoe"}),
    ("invalidValue", "7644-3.5.2-wrong-value", {"op": "replace", "value": "Zoe"}),
    ("mutability", "7644-3.5.2-mutability", {"op": "replace", "path": "id", "value": "other"}),
    ("mutability", "7644-3.5.2-mutability", {"op": "replace", "value": {"nickName": "Z"}}),
    (
        "mutability",
        "7644-3.5.2-mutability",
        {"op": "add", "path": "roles", "value": [{"value": "x"}]},
    ),
    ("invalidValue", "7644-3.5.2.1-without-a-value", {"op": "add", "path": "displayName"}),
    (
        "invalidValue",
        "7644-3.5.2.1-without-a-value",
        {"op": "add", "path": "emails", "value": None},
    ),
    ("noTarget", "7644-3.5.2.2-without-a-path", {"op": "remove"}),
    ("noTarget", "7644-3.5.2.2-without-a-path", {"op": "remove", "value": {"displayName": "Zoe"}}),
    ("mutability", "7644-3.5.2.2-required", {"op": "remove", "path": "userName"}),
    ("mutability", "7644-3.5.2.2-required", {"op": "remove", "path": "id"}),
    (
        "noTarget",
        "7644-3.5.2.3-no-target",
        {"op": "replace", "path": 'emails[value co "q"].type', "value": "x"},
    ),
    (
        "invalidValue",
        "7644-3.5.2-two-primaries",
        {"op": "replace", "path": "emails[value pr].primary", "value": True},
    ),
    (
        "invalidValue",
        "7644-3.5.2-two-primaries",
        {"op": "add", "path": "emails", "value": [WORK, HOME | {"primary": "true"}]},
    ),
    ("invalidSyntax", "7644-3.1-undeclared-attributes", {"op": "replace", "value": {"nope": "x"}}),
]


@pytest.mark.parametrize(
    ("scim_type", "operation"),
    [
        pytest.param(
            kind,
            operation,
            id=str(operation),
            marks=pytest.mark.rule(rule, "7644-3.5.2-all-or-nothing"),
        )
        for kind, rule, operation in REFUSED
    ],
)
def test_one_operation_that_is_refused_undoes_all(
    service: Service, unchanged: Json, scim_type: str, operation: Json
) -> None:
    """With its own word, and with what came before it."""
    path = f"/Users/{unchanged['id']}"
    first = {"op": "replace", "path": "displayName", "value": "Changed"}
    refused(service.patch(path, first, operation), 400, scim_type)
    assert service.get(path) == unchanged


@pytest.mark.rule("7644-3.5.2-in-order")
def test_each_operation_sees_what_the_last_has_left(service: Service) -> None:
    """What one adds, the next selects."""
    user_id = service.new_user()["id"]
    after = service.patched(
        f"/Users/{user_id}",
        {"op": "add", "path": "emails", "value": [HOME]},
        {"op": "replace", "path": 'emails[type eq "home"].value', "value": "n@acme.example"},
        {"op": "remove", "path": 'emails[value eq "n@acme.example"].type'},
    )
    assert after["emails"][1:] == [{"value": "n@acme.example"}]


@pytest.mark.rule("7644-3.5.2-answer", "7644-3.9-writes")
def test_a_patch_is_answered_with_what_is_asked_for(service: Service) -> None:
    """By either list."""
    user_id = service.new_user()["id"]
    body = {"Operations": [{"op": "replace", "path": "displayName", "value": "Zed"}]}
    path = f"/Users/{user_id}"
    asked = succeeded(service.send("PATCH", f"{path}?attributes=displayName", body))
    assert set(asked) == {"schemas", "id", "displayName"}
    spared = succeeded(service.send("PATCH", f"{path}?excludedAttributes=emails,meta", body))
    assert not {"emails", "meta"} & set(spared)


@pytest.mark.rule("7644-3.5.2-the-same-is-no-change")
@pytest.mark.parametrize("op", ["add", "replace"])
def test_what_was_read_may_be_sent_back(service: Service, op: str) -> None:
    """As Okta and authentik do: what is read-only is the same, so nothing of it changes."""
    user = service.get(f"/Users/{service.people['Ann']}")
    named = {name: user[name] for name in ("schemas", "id", "meta", "groups", "roles", "nickName")}
    after = service.patched(f"/Users/{user['id']}", {"op": op, "value": named})
    assert after == user


@pytest.mark.rule("7644-3.5.2-unserved-attributes", "7643-4.1.1-all-attributes")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "title", "value": "Engineer"},
        {"op": "replace", "path": 'phoneNumbers[type eq "work"].value', "value": "1"},
        {"op": "replace", "path": "urn:x:2.0:User:colour", "value": "red"},
        {"op": "add", "path": "urn:x:2.0:User", "value": {"colour": "red"}},
        {"op": "replace", "value": {"password": "t0p", "urn:x:2.0:User": {"colour": "red"}}},
    ],
    ids=str,
)
def test_what_bitbucket_has_not_is_passed_over(service: Service, operation: Json) -> None:
    """What is sent with it is done."""
    user_id = service.new_user()["id"]
    change = {"op": "replace", "path": "displayName", "value": "Zed"}
    after = service.patched(f"/Users/{user_id}", operation, change)
    assert after["displayName"] == "Zed"
    assert not {"title", "phoneNumbers", "password"} & set(after)
