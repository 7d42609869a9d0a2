"""What each operation of PATCH comes to (RFC 7644 §3.5.2.1 to §3.5.2.3)."""

import pytest

from tests.rules.person import AT_WORK, HOME, WORK, person
from tests.rules.service import ENTERPRISE, Json, Service, new_address, succeeded, values


@pytest.mark.rule("7644-3.5.2-primary", "7643-2.3.2-no-booleans-in-strings")
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": 'emails[type eq "home"].primary', "value": True},
        {"op": "Add", "path": 'emails[type eq "home"].primary', "value": "true"},
        {"op": "add", "path": "emails", "value": [HOME | {"primary": True}]},
        {"op": "add", "value": {"emails": [HOME | {"primary": "True"}]}},
        {"op": "replace", "path": 'emails[type eq "home"]', "value": HOME | {"primary": True}},
    ],
    ids=["a part", "as Entra ID writes it", "a value", "without a path", "a whole value"],
)
def test_what_is_made_primary_is_the_only_one(service: Service, operation: Json) -> None:
    """The other no longer is, and nothing is there twice."""
    user_id = person(service)["id"]
    after = service.patched(f"/Users/{user_id}", operation)
    assert after["emails"] == [WORK | {"primary": False}, HOME | {"primary": True}]


@pytest.mark.rule("7644-3.5.2-members-stay")
@pytest.mark.parametrize("op", ["add", "replace"])
def test_a_change_that_does_not_name_members_leaves_them(service: Service, op: str) -> None:
    """A name by its path, or in a value with the id, as Okta sends it."""
    group = service.new_group(service.people["Ann"], service.people["Cat"])
    path = f"/Groups/{group['id']}"
    service.patched(path, {"op": op, "path": "displayName", "value": new_address()})
    value = {"id": group["id"], "displayName": new_address()}
    after = service.patched(path, {"op": op, "value": value})
    assert after["displayName"] == value["displayName"]
    assert after["members"] == group["members"]


@pytest.mark.rule("7644-3.5.2-managers-are-objects")
@pytest.mark.parametrize("is_named", [True, False], ids=["by its path", "in a value"])
def test_a_manager_is_told_by_an_id_alone(service: Service, is_named: bool) -> None:  # noqa: FBT001 - what is parametrised comes by name
    """And taken away by an empty text; in a new user and in a replacement, too."""
    path = f"{ENTERPRISE}:manager"

    def setting(manager: str) -> Json:
        named = {"op": "Replace", "path": path, "value": manager}
        return named if is_named else {"op": "replace", "value": {path: manager}}

    boss, other = service.people["Cat"], service.people["Dan"]
    user = service.new_user(**{ENTERPRISE: {"manager": boss}})
    where = f"/Users/{user['id']}"
    assert user[ENTERPRISE]["manager"] == {"value": boss}
    assert service.patched(where, setting(other))[ENTERPRISE]["manager"] == {"value": other}
    assert ENTERPRISE not in service.patched(where, setting(""))
    body = {"userName": user["userName"], ENTERPRISE: {"manager": other}}
    assert succeeded(service.send("PUT", where, body))[ENTERPRISE] == {"manager": {"value": other}}


@pytest.mark.rule("7644-3.5.2.1-to-many")
def test_what_is_added_comes_besides_what_is_there(service: Service) -> None:
    """Who is a member already stays one, and when the group last changed stays too."""
    ann, cat = service.people["Ann"], service.people["Cat"]
    path = f"/Groups/{service.new_group(ann)['id']}"
    added = service.patched(path, {"op": "add", "path": "members", "value": [{"value": cat}]})
    assert set(values(added, "members")) == {ann, cat}
    for value in ([{"value": cat}, {"value": ann}], {"value": ann}, [{"value": ann.upper()}]):
        assert service.patched(path, {"op": "add", "path": "members", "value": value}) == added


@pytest.mark.rule("7644-3.5.2.1-to-one", "7644-3.5.2.3-parts-stay", "interop-replaced-as-a-whole")
@pytest.mark.parametrize("op", ["add", "replace"])
def test_parts_that_are_not_named_stay(service: Service, op: str) -> None:
    """Of a complex value; a single one gives way."""
    path = f"/Users/{person(service)['id']}"
    after = service.patched(
        path,
        {"op": op, "path": "name", "value": {"familyName": "Fox"}},
        {"op": op, "path": "displayName", "value": "Zoe Fox"},
    )
    assert after["name"] == {"givenName": "Zoe", "familyName": "Fox"}
    assert after["displayName"] == "Zoe Fox"


@pytest.mark.rule("7644-3.5.2.2-values", "7644-3.5.2.2-nothing-selected")
@pytest.mark.parametrize(
    ("path", "left"),
    [
        (AT_WORK, [HOME]),
        ('emails[type eq "home"].type', [WORK, {"value": HOME["value"]}]),
        ("emails.type", [{"value": WORK["value"], "primary": True}, {"value": HOME["value"]}]),
        ('emails[type eq "other"]', [WORK, HOME]),
        ('emails[type eq "other"].value', [WORK, HOME]),
    ],
)
def test_what_a_path_selects_is_removed(service: Service, path: str, left: list[Json]) -> None:
    """Values, or parts of them; nothing, if there is none."""
    where = f"/Users/{person(service)['id']}"
    assert service.patched(where, {"op": "remove", "path": path})["emails"] == left


@pytest.mark.rule("7644-3.5.2.2-values", "interop-patch-never-deletes")
@pytest.mark.parametrize("path", ["displayName", "externalId", "name", ENTERPRISE])
def test_what_is_removed_is_unassigned(service: Service, path: str) -> None:
    """And the resource is still there."""
    where = f"/Users/{person(service)['id']}"
    assert path not in service.patched(where, {"op": "remove", "path": path})
    assert path not in service.get(where)


@pytest.mark.rule("7644-3.5.2.2-value-is-no-selector", "7644-3.5.2.2-values")
def test_members_are_taken_out_one_by_one_or_all(service: Service) -> None:
    """By a filter, by the values that are sent, as Entra ID does, or without either."""
    ann, cat, dan = (service.people[name] for name in ("Ann", "Cat", "Dan"))
    path = f"/Groups/{service.new_group(ann, cat, dan)['id']}"
    by_filter = {"op": "remove", "path": f'members[value eq "{ann}"]'}
    assert set(values(service.patched(path, by_filter), "members")) == {cat, dan}
    by_value = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": dan}]}
    assert values(service.patched(path, by_value), "members") == [cat]
    assert "members" not in service.patched(path, {"op": "remove", "path": "members"})


@pytest.mark.rule("7644-3.5.2.3-values")
def test_a_replacement_takes_the_place_of_all_members(service: Service) -> None:
    """An empty list leaves none."""
    ann, cat = service.people["Ann"], service.people["Cat"]
    path = f"/Groups/{service.new_group(ann)['id']}"

    def replaced(*members: str) -> Json:
        value = [{"value": member} for member in members]
        return service.patched(path, {"op": "replace", "path": "members", "value": value})

    assert values(replaced(cat), "members") == [cat]
    assert "members" not in replaced()


@pytest.mark.rule("7644-3.5.2.3-adds", "7644-3.5.2.3-no-target")
def test_what_is_not_there_is_added_by_replacing_it(service: Service) -> None:
    """Also a value that a filter describes, as Entra ID sets a first address of a type."""
    path = f"/Users/{service.new_user()['id']}"
    home = {"op": "replace", "path": 'emails[type eq "home"].value', "value": HOME["value"]}
    name = {"op": "replace", "path": "name.familyName", "value": "Lee"}
    after = service.patched(path, home, name)
    assert after["emails"][1:] == [HOME]
    assert after["name"] == {"familyName": "Lee"}


@pytest.mark.rule("ipsie-fifty-members", "ipsie-empty-groups")
def test_a_hundred_changes_of_members_are_one_request(service: Service) -> None:
    """Of a group that was made without any."""
    ann, cat = service.people["Ann"], service.people["Cat"]
    group = service.new_group()
    assert "members" not in group
    adding: Json = {"op": "add", "path": "members", "value": [{"value": ann}, {"value": cat}]}
    removing: Json = {"op": "remove", "path": f'members[value eq "{cat}"]'}
    after = service.patched(f"/Groups/{group['id']}", *[adding, removing] * 50)
    assert values(after, "members") == [ann]
