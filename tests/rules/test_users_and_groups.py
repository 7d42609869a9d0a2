"""What users and groups are made of (RFC 7643 §4)."""

from typing import Any

import pytest

from tests.rules.service import ENTERPRISE, Json, Service, new_address, refused, succeeded, values


@pytest.mark.rule("7643-4.1.1-user-name", "7644-3.3-wrong-value")
@pytest.mark.parametrize("body", [{}, {"userName": ""}, {"userName": None}, {"userName": 7}])
def test_a_user_needs_a_name(service: Service, body: Json) -> None:
    """It is required, a text, and not empty."""
    detail = refused(service.send("POST", "/Users", body), 400, "invalidValue")["detail"]
    assert "userName" in detail


@pytest.mark.rule("7643-4.2-display-name", "7644-3.3-wrong-value")
@pytest.mark.parametrize("body", [{}, {"displayName": ""}, {"displayName": ["x"]}])
def test_a_group_needs_a_name(service: Service, body: Json) -> None:
    """It is required, a text, and not empty."""
    detail = refused(service.send("POST", "/Groups", body), 400, "invalidValue")["detail"]
    assert "displayName" in detail


@pytest.mark.rule(
    "7643-4.1.1-user-name-is-unique",
    "7643-4.2-names-may-be-equal",
    "7643-7-case-exact",
    "7644-3.3-duplicate",
)
def test_a_name_is_somebody_s(service: Service) -> None:
    """In any letter case, for who is new and for who is renamed; a filter finds the same."""
    cases: tuple[tuple[str, str, Json, Json], ...] = (
        ("/Users", "userName", service.new_user(), service.new_user()),
        ("/Groups", "displayName", service.new_group(), service.new_group()),
    )
    for path, name, first, second in cases:
        taken = first[name].upper()
        refused(service.send("POST", path, {name: taken}), 409, "uniqueness")
        operation = {"op": "replace", "path": name, "value": taken}
        refused(service.patch(f"{path}/{second['id']}", operation), 409, "uniqueness")
        found = service.get(path, filter=f'{name} eq "{taken}"')["Resources"]
        assert [each["id"] for each in found] == [first["id"]]


@pytest.mark.rule(
    "7643-4.1.1-password", "7643-4.1.1-all-attributes", "7644-3.1-unserved-attributes"
)
def test_a_password_is_neither_kept_nor_shown(service: Service) -> None:
    """Nor is it found by anything; what else the standard has and Bitbucket has not is like it."""
    more = {"title": "Engineer", "locale": "de-CH", "phoneNumbers": [{"value": "1"}]}
    made = service.new_user(password="t0p-secret", **more)
    again = service.get(f"/Users/{made['id']}", attributes="password,title")
    for answer in (made, again):
        assert not {"password", *more} & set(answer)
    assert "t0p-secret" not in str(made)
    for text in ("password pr", 'password eq "t0p-secret"', "title pr"):
        refused(service.client.get("/Users", filter=text), 400, "invalidFilter")
    refused(service.client.get("/Users", sortBy="password"), 400, "invalidPath")


@pytest.mark.rule("7643-4.1.1-active", "7644-7.6-access-ends-at-once")
def test_who_is_deactivated_is_readable_and_in_no_group(service: Service) -> None:
    """By id, by name and by ``active``; Bitbucket has taken it out once it is answered."""
    world = service.bitbucket.sandbox.world
    user = service.new_member()
    account = world.account(f"{{{user['id']}}}")
    assert account is not None
    service.new_group(user["id"])
    assert world.groups_of(account)

    operation = {"op": "replace", "path": "active", "value": False}
    gone = service.patched(f"/Users/{user['id']}", operation)

    assert not world.groups_of(account)
    assert (gone["active"], "groups" in gone) == (False, False)
    assert service.get(f"/Users/{user['id']}") == gone
    for text in ("active eq false", f'userName eq "{user["userName"]}"'):
        found = service.get("/Users", filter=f'{text} and id eq "{user["id"]}"')
        assert found["Resources"] == [gone]


@pytest.mark.rule("7643-4.1.2-emails-are-optional")
def test_a_user_has_an_address(service: Service) -> None:
    """A user name that is one stands for it; it can't be taken away."""
    made = service.new_user()
    assert values(made, "emails") == [made["userName"]]
    removal = {"op": "remove", "path": "emails"}
    refused(service.patch(f"/Users/{made['id']}", removal), 400, "mutability")
    refused(service.send("POST", "/Users", {"userName": "no-address"}), 400, "invalidValue")


@pytest.mark.rule("7643-4.1.2-roles-are-writable", "7643-4.1.2-groups-are-read-only")
@pytest.mark.parametrize("attribute", ["roles", "groups"])
def test_roles_and_groups_of_a_user_are_read_only(service: Service, attribute: str) -> None:
    """In POST and PUT passed over, in PATCH refused."""
    admin = service.people["Dan"]
    sent = {attribute: [{"value": "owner", "type": "x", "primary": True}]}
    name = service.get(f"/Users/{admin}")["userName"]
    put = succeeded(service.send("PUT", f"/Users/{admin}", {"userName": name} | sent))
    assert "owner" not in values(put, attribute)
    operation = {"op": "add", "path": attribute, "value": sent[attribute]}
    refused(service.patch(f"/Users/{admin}", operation), 400, "mutability")


@pytest.mark.rule("7643-4.1.2-entitlements")
def test_an_entitlement_is_added_and_taken_away(service: Service) -> None:
    """It is a permission in Bitbucket."""
    user_id = service.new_member()["id"]
    (repository, *_) = service.bitbucket.sandbox.world.repositories.values()
    value = f"repository:{repository.uuid.strip('{}')}:write"
    path = f"/Users/{user_id}"
    added = service.patched(
        path, {"op": "add", "path": "entitlements", "value": [{"value": value}]}
    )
    assert value in values(added, "entitlements")
    selected = f'entitlements[value eq "{value}"]'
    removed = service.patched(path, {"op": "remove", "path": selected})
    assert value not in values(removed, "entitlements")


@pytest.mark.rule("7643-4.2-members")
@pytest.mark.parametrize(("part", "value"), [("type", "Group"), ("value", "x")])
def test_a_member_is_not_turned_into_another(service: Service, part: str, value: str) -> None:
    """Its value, its type and its reference say who it is; others may come and go."""
    user_id = service.new_user()["id"]
    group = service.new_group(user_id)
    (member,) = group["members"]
    assert (member["value"], member["type"]) == (user_id, "User")
    assert member["$ref"].endswith(f"/Users/{user_id}")
    path = f'members[value eq "{user_id}"].{part}'
    operation = {"op": "replace", "path": path, "value": value}
    refused(service.patch(f"/Groups/{group['id']}", operation), 400, "mutability")


@pytest.mark.rule("7643-4.2-groups-in-groups", "7643-4.2-unknown-members")
@pytest.mark.parametrize("kind", ["Group", "nobody"])
def test_a_member_is_a_user(service: Service, kind: str) -> None:
    """A group is none, nor is who is not there; whoever is sent with it is not added either."""
    other = service.new_group()["id"] if kind == "Group" else "0000"
    ann = service.people["Ann"]
    group = service.new_group()
    members = [{"value": ann}, {"value": other, "type": "Group"}]
    body = {"displayName": group["displayName"], "members": members}
    path = f"/Groups/{group['id']}"
    refused(
        service.patch(path, {"op": "add", "path": "members", "value": members}), 400, "invalidValue"
    )
    refused(service.send("PUT", path, body), 400, "invalidValue")
    assert values(service.get(path), "members") == []


@pytest.mark.rule("7643-4.3-enterprise", "7643-4.3-managers-name")
def test_the_enterprise_extension_is_kept(service: Service) -> None:
    """All of it is shown and found; what a manager is called is not the client's to say."""
    boss = service.people["Bob"]
    number = new_address()
    sent: dict[str, Any] = {
        "employeeNumber": number,
        "costCenter": "4130",
        "organization": "Acme",
        "division": "East",
        "department": "R&D",
        "manager": {"value": boss},
    }
    named = {"manager": {"value": boss, "displayName": "The boss"}}
    made = service.new_user(**{ENTERPRISE: sent | named})
    assert made[ENTERPRISE] == sent

    for path in (*sent, "manager.value"):
        value = boss if path.startswith("manager") else sent[path]
        if path == "manager":
            continue
        text = f'{ENTERPRISE}:{path} eq "{value}" and {ENTERPRISE}:employeeNumber eq "{number}"'
        assert service.get("/Users", filter=text)["totalResults"] == 1, path
    operation = {"op": "replace", "path": f"{ENTERPRISE}:manager.displayName", "value": "Boss"}
    refused(service.patch(f"/Users/{made['id']}", operation), 400, "mutability")
