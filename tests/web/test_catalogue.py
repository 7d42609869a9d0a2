"""What can be held, over HTTP: read as everything else, and never changed."""

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.catalogue import CatalogueForm
from gateway.scim.errors import ERROR_SCHEMA

CORE, OKTA = "urn:ietf:params:scim:schemas:core:2.0", "urn:okta:scim:schemas:core:1.0"
PATHS = ("/Roles", "/Roles/owner", "/Entitlements", "/Entitlements/project:p1:read")
ANNOUNCED = (CatalogueForm.LISTED, CatalogueForm.OKTA)


def told(client: FlaskClient, path: str) -> Any:
    """Return the JSON of an answer that succeeded."""
    answer = client.get(f"/scim/v2{path}")
    assert answer.status_code == 200, answer.text
    return answer.json


def ids(client: FlaskClient, path: str) -> set[str]:
    """Return the ids in a list."""
    return {each["id"] for each in told(client, path)["Resources"]}


@pytest.mark.rule("roles-catalogue")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_of_it_is_changed(client: FlaskClient, method: str, path: str) -> None:
    """405 with what is offered, whatever the body is, and how to grant something instead."""
    answer = client.open(f"/scim/v2{path}", method=method, data=b"{")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.content_type == "application/scim+json"
    assert answer.json is not None
    assert answer.json["schemas"] == [ERROR_SCHEMA]
    assert answer.json["status"] == "405"
    assert "PATCH the entitlements of a user or a group" in answer.json["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_offered_is_told(client: FlaskClient, path: str) -> None:
    """OPTIONS names what can be done, and no change."""
    answer = client.options(f"/scim/v2{path}")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *product(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), PATHS),
        ("POST", "/Entitlements/.search"),
    ],
)
def test_it_takes_a_token(anonymous: FlaskClient, method: str, path: str) -> None:
    """Names of repositories are told to nobody else, nor what is offered."""
    assert anonymous.open(f"/scim/v2{path}", method=method).status_code == 401


def test_it_is_read_as_everything_else(client: FlaskClient) -> None:
    """By list and by id, filtered, projected, by a query in the body, with ages and versions."""
    path = "/scim/v2/Entitlements"
    listed = client.get(f"{path}?filter=value%20ew%20%22write%22&attributes=value")
    assert listed.json is not None
    assert listed.json["Resources"] == [
        {"schemas": [f"{CORE}:Entitlement"], "id": "project:p1:write", "value": "project:p1:write"}
    ]
    assert (listed.headers["Age"], listed.headers["X-Bitbucket-Calls"]) == ("17", "3")
    assert listed.headers["Cache-Control"] == "private, no-cache"

    searched = client.post(f"{path}/.search", json={"filter": 'value ew "write"', "count": 0})
    assert searched.json is not None
    assert searched.json["totalResults"] == 1

    one = client.get(f"{path}/project%3Ap1%3Aread")
    assert one.json is not None
    assert one.json["id"] == "project:p1:read"
    assert one.headers["Content-Location"] == one.json["meta"]["location"]
    known = {"If-None-Match": one.headers["ETag"]}
    assert client.get(f"{path}/project:p1:read", headers=known).status_code == 304
    assert client.get(f"{path}/project:p2:read").status_code == 404
    assert client.get(f"{path}?filter=userName%20pr").status_code == 400


@pytest.mark.rule("roles-configuration")
def test_unless_it_is_announced_it_is_found_by_name_alone(client: FlaskClient) -> None:
    """Suites write to every type that is listed, and some clients refuse a longer configuration."""
    assert ids(client, "/ResourceTypes") == {"User", "Group"}
    assert not {urn for urn in ids(client, "/Schemas") if urn.endswith((":Role", ":Entitlement"))}
    assert "RolesAndEntitlements" not in told(client, "/ServiceProviderConfig")

    assert told(client, "/ResourceTypes/Role")["endpoint"] == "/Roles"
    assert told(client, f"/Schemas/{CORE}:Entitlement")["name"] == "Entitlement"


@pytest.mark.parametrize("path", ["/Roles", "/Entitlements"])
@pytest.mark.parametrize("query", ["filter=nope%20pr", "sortBy=nope"])
def test_a_refusal_names_the_schema_that_tells_what_there_is(
    client: FlaskClient, path: str, query: str
) -> None:
    """By the address that answers: /Schemas does not list it."""
    answer = client.get(f"/scim/v2{path}?{query}")

    assert answer.status_code == 400
    assert answer.json is not None
    (address,) = re.findall(r"; (/Schemas/\S+) lists those it has\.", answer.json["detail"])
    names = {each["name"] for each in told(client, address)["attributes"]}
    assert {"value", "display", "type", "supported"} <= names


@pytest.mark.rule("roles-configuration")
@pytest.mark.parametrize("form", ANNOUNCED)
def test_announced_it_is_discovered(serve: Callable[..., FlaskClient], form: CatalogueForm) -> None:
    """Okta takes the types whose schemas are its own; the draft's clients begin with the config."""
    client = serve(form)
    urn = OKTA if form is CatalogueForm.OKTA else CORE
    types = {each["id"]: each for each in told(client, "/ResourceTypes")["Resources"]}

    assert types.keys() == {"User", "Group", "Role", "Entitlement"}
    for name, endpoint in (("Role", "/Roles"), ("Entitlement", "/Entitlements")):
        assert types[name]["endpoint"] == endpoint
        assert types[name]["schema"] == f"{urn}:{name}"
        assert told(client, f"/ResourceTypes/{name}") == types[name]
        assert f"{urn}:{name}" in ids(client, "/Schemas")
    announced = told(client, "/ServiceProviderConfig").get("RolesAndEntitlements")
    assert (announced is None) is (form is CatalogueForm.OKTA)
    if announced is not None:
        assert announced["roles"]["supported"] is announced["entitlements"]["supported"] is True


@pytest.mark.parametrize("path", [*PATHS, f"/Schemas/{CORE}:Role", "/ResourceTypes/Entitlement"])
def test_off_there_is_none(
    serve: Callable[..., FlaskClient], bearer: dict[str, str], path: str
) -> None:
    """Not even for who knows the name."""
    client = serve(CatalogueForm.OFF)

    assert client.get(f"/scim/v2{path}", headers=bearer).status_code == 404
