"""What can be held, from the list to the grant, through a gateway and a simulated Bitbucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, World, create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NEW = {"Cache-Control": "no-cache"}


@pytest.fixture
def world() -> World:
    """Four people, two groups, two projects with two repositories each."""
    return small_world()


@pytest.fixture
def client(world: World, tmp_path: Path) -> Iterator[Client]:
    """A gateway that knows nothing yet."""
    with (
        serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket,
        gateway(environment(world, bitbucket.url, tmp_path)) as made,
    ):
        yield made


def granted(client: Client, path: str, attribute: str, value: str) -> Any:
    """Grant a value by PATCH, and return the entitlements afterwards."""
    operation = {"op": "add", "path": attribute, "value": [{"value": value}]}
    body = {"schemas": [PATCH], "Operations": [operation]}
    answer = client.send("PATCH", path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.rule("roles-values")
def test_what_is_listed_is_granted_and_shows_by_the_same_value(client: Client) -> None:
    """Each of the list, to a user: the strongest on each place is what the user holds then."""
    listed = {each["id"]: each for each in client.all("/Entitlements")}
    ann = client.json("/Users", filter='displayName eq "Ann"')["Resources"][0]["id"]
    assert len(listed) == 2 * 4 + 4 * 3

    for value, item in listed.items():
        held = granted(client, f"/Users/{ann}", "entitlements", value)["entitlements"]
        assert {"value": value, "display": item["display"], "type": item["type"]} in held
        # One that includes others takes their place: a user has one permission on each place.
        assert not {each["value"] for each in held} & set(item.get("contains", []))

    held = client.json(f"/Users/{ann}")["entitlements"]
    assert {each["value"] for each in held} == {i for i in listed if i.endswith(":admin")}
    assert {each["value"] for each in held} <= listed.keys()


def test_a_group_is_granted_what_is_listed(client: Client) -> None:
    """The values are those of a group's extension, too."""
    urn = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
    wanted = client.json("/Entitlements", filter='display eq "acme/api-core: write"')
    value = wanted["Resources"][0]["value"]
    group = client.json("/Groups")["Resources"][0]["id"]

    told = granted(client, f"/Groups/{group}", f"{urn}:entitlements", value)

    assert [each["value"] for each in told[urn]["entitlements"]] == [value]


@pytest.mark.rule("roles-values")
def test_a_renamed_repository_keeps_the_ids(client: Client, world: World) -> None:
    """They are called otherwise, and are other versions of the same."""
    query = {"filter": 'display sw "acme/api-core:"', "attributes": "display"}
    before = client.json("/Entitlements", **query)["Resources"]
    path = f"/Entitlements/{before[1]['id']}"
    version = client.get(path).headers["ETag"]
    repository = next(each for each in world.repositories.values() if each.slug == "api-core")
    world.change_repository(repository, slug="api-heart")

    after = client.send("GET", path, **NEW)

    assert [each["display"] for each in before] == [
        f"acme/api-core: {word}" for word in ("read", "write", "admin")
    ]
    assert after.json()["id"] == before[1]["id"]
    assert after.json()["display"] == "acme/api-heart: write"
    assert after.headers["ETag"] != version
    assert client.json("/Entitlements", **query)["totalResults"] == 0


def test_a_deleted_repository_takes_its_ids_along(client: Client, world: World) -> None:
    """404, and no list has them, once the list of repositories was read anew."""
    listed = client.all("/Entitlements")
    repository = next(iter(world.repositories.values()))
    gone = [each["id"] for each in listed if repository.uuid.strip("{}") in each["id"]]
    world.remove_repository(repository)

    answer = client.send("GET", f"/Entitlements/{gone[0]}", **NEW)

    assert answer.status_code == 404
    assert [each["id"] for each in client.all("/Entitlements")] == [
        each["id"] for each in listed if each["id"] not in gone
    ]
