"""What resources are made of (RFC 7643)."""

from uuid import UUID

import pytest

from tests.rules.service import (
    ENTERPRISE,
    GROUP,
    USER,
    Json,
    Service,
    new_address,
    refused,
    succeeded,
)

#: What every resource has (RFC 7643 §3.1), which schemas need not declare.
COMMON = {"schemas", "id", "externalId", "meta"}
#: The type of each JSON value, by the type of its attribute; all others are texts.
JSON_TYPES = {"boolean": bool, "integer": int, "decimal": float, "complex": dict}


def shown(service: Service) -> list[Json]:
    """Return all that the gateway shows, with what it shows on request."""
    extension = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
    found: list[Json] = []
    for name in ("User", "Group"):
        core = f"urn:ietf:params:scim:schemas:core:2.0:{name}"
        asked = f"{core},{ENTERPRISE},{extension}:{name}"
        found += service.get(f"/{name}s")["Resources"]
        found += service.get(f"/{name}s", attributes=asked)["Resources"]
    return found


def declared(service: Service) -> dict[str, dict[str, Json]]:
    """Return the attributes of every schema, by its URN and by their names."""
    return {
        schema["id"]: {each["name"]: each for each in schema["attributes"]}
        for schema in service.get("/Schemas")["Resources"]
    }


@pytest.mark.rule("7643-7-obeyed", "7643-2.3-json-types", "7643-2.5-nothing-is-left-out")
def test_answers_hold_what_schemas_declare_and_nothing_that_is_empty(service: Service) -> None:
    """Every attribute and part is declared, of the type that is said there, and has a value."""
    service.new_user(**{ENTERPRISE: {"department": "R&D"}, "externalId": "x"})
    schemas = declared(service)
    resources = shown(service)
    assert {"User", "Group"} <= {
        each["meta"]["resourceType"] for each in resources if "meta" in each
    }
    for resource in resources:
        core = next(urn for urn in resource["schemas"] if ":core:" in urn)
        for name, value in resource.items():
            if name in schemas:
                check(value, schemas[name], name)
            elif name not in COMMON:
                check({name: value}, schemas[core], core)


@pytest.mark.rule("7643-2.5-nothing-is-left-out")
def test_who_has_no_known_address_has_an_empty_list_of_them(service: Service) -> None:
    """Clients that take the attribute for there, as it is required, find it."""
    service.bitbucket.sandbox.world.add_member("Ignota", email=new_address())
    path = "/Users?filter=displayName%20eq%20%22Ignota%22"

    for asked in (path, f"{path}&attributes=emails"):
        answer = service.send("GET", asked, Cache_Control="no-cache")
        (found,) = succeeded(answer)["Resources"]
        assert found["emails"] == []


def check(value: Json, attributes: dict[str, Json], where: str) -> None:
    """Assert that an object has only parts that are declared, each with a value of its type."""
    for name, part in value.items():
        assert name in attributes, f"{where}: {name}"
        attribute = attributes[name]
        if (name, part) != ("emails", []):
            assert part not in (None, {}, "", []), f"{where}: {name}"
        assert isinstance(part, list) == attribute["multiValued"], f"{where}: {name}"
        for each in part if isinstance(part, list) else [part]:
            assert type(each) is JSON_TYPES.get(attribute["type"], str), f"{where}: {name}"
            if isinstance(each, dict):
                parts = {inner["name"]: inner for inner in attribute["subAttributes"]}
                check(each, parts, f"{where}: {name}")


@pytest.mark.rule("7643-3-schemas-listed", "7643-3.3-extensions")
def test_an_extension_is_there_as_long_as_it_has_a_value(service: Service) -> None:
    """With its URN in ``schemas``; without a value neither is."""
    user = service.new_user()
    path = f"/Users/{user['id']}"
    assert user["schemas"] == [USER]

    told = service.patched(path, {"op": "add", "path": f"{ENTERPRISE}:division", "value": "East"})
    assert set(told["schemas"]) == {USER, ENTERPRISE}
    assert told[ENTERPRISE] == {"division": "East"}

    left = service.patched(path, {"op": "remove", "path": f"{ENTERPRISE}:division"})
    assert left["schemas"] == [USER]
    assert ENTERPRISE not in left


@pytest.mark.rule("7643-3-foreign-schemas", "7643-3-schemas-required")
@pytest.mark.parametrize(
    "body",
    [
        {
            "schemas": [
                GROUP,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ]
        },
        {"schemas": [GROUP, "urn:x:Group"], "urn:x:Group": {"colour": "red"}},
        {"schemas": ["urn:x:Group"]},
        {},
    ],
    ids=["of Entra ID", "with its attributes", "alone", "none"],
)
def test_schemas_that_nobody_knows_are_passed_over(service: Service, body: Json) -> None:
    """In POST and PUT; what is answered names those of the resource."""
    made = service.new_group(**body)
    path = f"/Groups/{made['id']}"
    put = succeeded(service.send("PUT", path, body | {"displayName": made["displayName"]}))
    for answer in (made, put):
        assert answer["schemas"] == [GROUP]
        assert "urn:x:Group" not in answer


@pytest.mark.rule(
    "7643-3.1-id",
    "7643-3.1-id-of-the-client",
    "7643-3.1-bulk-id-is-reserved",
    "7643-3.1-meta-of-the-client",
    "7644-3.3-read-only",
)
def test_the_server_says_who_a_resource_is(service: Service) -> None:
    """The id that a client sends is passed over, and so is its ``meta``; no two are the same."""
    meta = {"created": "1970-01-01T00:00:00Z", "version": "mine", "location": "https://x/1"}
    made = [service.new_user(id="bulkId", meta=meta), service.new_group(id="bulkId", meta=meta)]
    everybody = [each["id"] for each in shown(service)]
    for resource in made:
        assert str(UUID(resource["id"])) == resource["id"]
        assert not set(meta.values()) & set(resource["meta"].values())
    assert made[0]["id"] != made[1]["id"]
    assert "bulkId" not in everybody


@pytest.mark.rule("7643-3.1-external-id")
@pytest.mark.parametrize("kind", ["User", "Group"])
def test_an_external_id_is_kept_as_it_is_sent(service: Service, kind: str) -> None:
    """It is found by exactly that, and goes when it is taken away."""
    sent = f"Ext-{new_address()}"
    made = (
        service.new_user(externalId=sent) if kind == "User" else service.new_group(externalId=sent)
    )
    path = f"/{kind}s"
    assert made["externalId"] == sent

    def found(text: str) -> list[str]:
        answer = service.get(path, filter=f'externalId eq "{text}"')
        return [each["id"] for each in answer["Resources"]]

    assert (found(sent), found(sent.upper())) == ([made["id"]], [])
    service.patched(f"{path}/{made['id']}", {"op": "remove", "path": "externalId"})
    assert found(sent) == []


@pytest.mark.rule("7643-3.1-external-id-is-the-clients")
def test_who_nobody_provisioned_shows_the_account_id(service: Service) -> None:
    """Until a client gives another."""
    dan = service.get(f"/Users/{service.people['Dan']}")
    accounts = {account.account_id for account, _ in service.bitbucket.sandbox.world.members()}
    assert dan["externalId"] in accounts


@pytest.mark.rule("7643-3.1-meta", "7643-2.3.7-references", "7644-3.4.1-by-id")
def test_a_resource_is_where_it_says(service: Service) -> None:
    """So are those that it refers to; its address is in its headers."""
    user_id = service.new_user()["id"]
    group = service.new_group(user_id)
    answer = service.client.get(f"/Groups/{group['id']}")
    meta = answer.json()["meta"]

    assert set(meta) == {"resourceType", "created", "lastModified", "location", "version"}
    assert answer.headers["Content-Location"] == meta["location"]
    assert answer.headers["ETag"] == meta["version"]
    (member,) = answer.json()["members"]
    for address, wanted in ((meta["location"], group["id"]), (member["$ref"], user_id)):
        assert succeeded(service.client.session.get(address, timeout=30))["id"] == wanted


@pytest.mark.rule(
    "7643-2.4-one-primary", "7643-2.4-one-of-a-type", "7643-2.3.2-no-booleans-in-strings"
)
def test_values_of_a_body_are_told_apart(service: Service) -> None:
    """The same twice is there once; two that are primary are refused, as Entra ID writes it too."""
    name = new_address()
    work = {"value": name, "type": "work"}
    made = service.new_user(
        emails=[work | {"primary": "True"}, work, {"value": name, "type": "home"}]
    )
    assert made["emails"] == [work | {"primary": True}, {"value": name, "type": "home"}]

    two = [work | {"primary": True}, {"value": new_address(), "primary": "true"}]
    body = {"userName": new_address(), "emails": two}
    refused(service.send("POST", "/Users", body), 400, "invalidValue")
    refused(service.send("POST", "/Users", body | {"active": "yes"}), 400, "invalidValue")
