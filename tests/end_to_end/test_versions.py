"""Every answer names the version of its resource, and every verb obeys it (RFC 7644 §3.14)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.directory.users import USER_EXTENSION
from gateway.sandbox import create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world
from tests.provisioning.office import GROUP_EXTENSION

OLD = 'W/"0"'
USER = {"userName": "new@acme.example", "name": {"givenName": "New", "familyName": "Comer"}}
GROUP = {"displayName": "Newly made"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A gateway to a small workspace."""
    world = small_world()
    folder: Path = tmp_path_factory.mktemp("versions")
    with (
        serving(create_app(world)) as bitbucket,
        gateway(environment(world, bitbucket.url, folder)) as made,
    ):
        yield made


def version(answer: Any, status: int = 200) -> str:
    """Return the version of the resource in an answer, which its ETag has to be."""
    assert answer.status_code == status, answer.text
    found: str = answer.json()["meta"]["version"]
    assert answer.headers["ETag"] == found
    return found


def id_of(client: Client, name: str, path: str = "/Users") -> str:
    """Return the id of the resource of that name."""
    (found,) = client.json(path, filter=f'displayName eq "{name}"', attributes="id")["Resources"]
    return str(found["id"])


@pytest.mark.rule(
    "7644-3.14-entity-tags",
    "7644-3.14-if-none-match",
    "7644-3.14-if-match",
    "9110-13.1.2-if-none-match-on-writes",
)
@pytest.mark.parametrize(
    ("kind", "made", "changed", "patch"),
    [
        ("Users", USER, USER | {"externalId": "e1"}, {"path": "externalId", "value": "e2"}),
        ("Groups", GROUP, {"displayName": "Renamed"}, {"path": "displayName", "value": "Again"}),
    ],
)
def test_each_verb_tells_and_obeys_the_version(
    client: Client, kind: str, made: Any, changed: Any, patch: Any
) -> None:
    """What a client was told is what it may ask by next; what is older, or is unwanted, is 412."""
    answer = client.send("POST", f"/{kind}", made)
    path, first = f"/{kind}/{answer.json()['id']}", version(answer, 201)
    assert version(client.get(path)) == first
    operations = {"Operations": [{"op": "replace", **patch}]}

    for method, body in (("PUT", changed), ("PATCH", operations), ("DELETE", None)):
        for refused in ({"If-Match": OLD}, {"If-None-Match": first}, {"If-None-Match": "*"}):
            assert client.send(method, path, body, **refused).status_code == 412
    assert version(client.get(path)) == first

    second = version(client.send("PUT", path, changed, **{"If-Match": f"{OLD}, {first}"}))
    assert second != first
    third = version(client.send("PATCH", path, operations, **{"If-None-Match": first}))
    assert third != second
    assert version(client.send("PATCH", path, operations, **{"If-Match": third})) == third
    assert version(client.get(path)) == third
    head = client.send("HEAD", path)
    assert (head.status_code, head.headers["ETag"]) == (200, third)
    assert client.send("GET", path, **{"If-None-Match": third}).status_code == 304

    assert client.send("DELETE", path, **{"If-Match": "*"}).status_code == 204
    # RFC 9110 §13.2.1: what is refused without a condition is refused for the same reason with one.
    for condition in ({"If-Match": OLD}, {"If-None-Match": "*"}):
        assert client.send("PUT", path, changed, **condition).status_code == 404


@pytest.mark.rule("7644-3.14-entity-tags", "7644-3.14-if-match", "7644-3.14-if-none-match")
def test_a_version_that_tells_of_access_is_one_to_ask_by(client: Client) -> None:
    """However a user is shown with it: as itself, in a list, by a search, or once changed."""
    path, asked = f"/Users/{id_of(client, 'Admin')}", f"attributes={USER_EXTENSION}"
    search = {"filter": 'displayName eq "Admin"', "attributes": ["meta", USER_EXTENSION]}

    def justified(why: str, **headers: str) -> Any:
        change = {"op": "replace", "path": f"{USER_EXTENSION}:justification", "value": why}
        return client.send("PATCH", f"{path}?{asked}", {"Operations": [change]}, **headers)

    plain = version(client.get(path))
    first = version(client.get(path, attributes=f"{USER_EXTENSION},meta"))
    assert first != plain
    (found,) = client.send("POST", "/Users/.search", search).json()["Resources"]
    assert found["meta"]["version"] == first

    assert justified("none", **{"If-None-Match": first}).status_code == 412
    assert justified("none", **{"If-Match": OLD}).status_code == 412
    answer = justified("by search", **{"If-Match": found["meta"]["version"]})
    read = client.get(path, attributes=USER_EXTENSION)
    assert answer.status_code == 200, answer.text
    assert answer.json()[USER_EXTENSION]["access"]
    assert answer.json() == read.json()
    second = answer.headers["ETag"]
    assert second == read.headers["ETag"]
    assert justified("too late", **{"If-Match": first}).status_code == 412

    operation = {"method": "PATCH", "path": path, "version": second}
    data = {"Operations": [{"op": "replace", "path": "externalId", "value": "e9"}]}
    done = client.send("POST", "/Bulk", {"Operations": [operation | {"data": data}]}).json()
    assert [each["status"] for each in done["Operations"]] == ["200"]


def test_a_version_tells_of_access_that_a_group_gives(client: Client) -> None:
    """It is another as soon as that is, where nothing else of the user has changed."""
    path = f"/Users/{id_of(client, 'Cat')}"
    plain = version(client.get(path))
    assert client.get(path, attributes=f"{USER_EXTENSION}:access").headers["ETag"] == plain
    group = f"/Groups/{id_of(client, 'Testers', '/Groups')}"
    before = [plain]
    for permission in ("read", "write"):
        held = [{"value": f"repository:acme/api-core:{permission}"}]
        grant = {"op": "replace", "path": f"{GROUP_EXTENSION}:entitlements", "value": held}
        assert client.send("PATCH", group, {"Operations": [grant]}).status_code == 200
        before.append(client.get(path, attributes=f"{USER_EXTENSION}:access").headers["ETag"])
    assert version(client.get(path)) == plain
    assert len(set(before)) == 3

    change = {"Operations": [{"op": "replace", "path": "externalId", "value": "cat"}]}
    assert client.send("PATCH", path, change, **{"If-Match": before[1]}).status_code == 412
    assert client.send("PATCH", path, change, **{"If-Match": before[2]}).status_code == 200


def test_a_list_is_another_as_soon_as_a_resource_is(client: Client) -> None:
    """And the same as long as none is, for each list that it is on."""
    group = client.send("POST", "/Groups", {"displayName": "Listed"}).json()["id"]
    lists = ("/Groups", "/", '/?filter=displayName eq "Listed"')
    tags = [client.get(path).headers["ETag"] for path in lists]
    for path, tag in zip(lists, tags, strict=True):
        assert client.send("GET", path, **{"If-None-Match": tag}).status_code == 304
    users = client.get("/Users").headers["ETag"]

    client.send("PUT", f"/Groups/{group}", {"displayName": "Listed", "externalId": "e"})

    for path, tag in zip(lists, tags, strict=True):
        answer = client.send("GET", path, **{"If-None-Match": tag})
        assert answer.status_code == 200
        assert answer.headers["ETag"] != tag
    assert client.send("GET", "/Users", **{"If-None-Match": users}).status_code == 304
