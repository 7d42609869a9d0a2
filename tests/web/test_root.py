"""The resources of all types, over HTTP (RFC 7644 §3.4.2.1, §3.4.3)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.catalogue import CatalogueForm
from tests.web.conftest import user
from tests.web.test_catalogue import ANNOUNCED, CORE, OKTA

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def groups(groups: Any) -> Any:
    """Two groups."""
    groups.resources = [
        {
            "schemas": [GROUP],
            "id": f"g{number}",
            "displayName": f"Group {number}",
            "meta": {
                "resourceType": "Group",
                "location": f"http://localhost/scim/v2/Groups/g{number}",
                "version": f'W/"{number}"',
            },
        }
        for number in range(2)
    ]
    return groups


@pytest.fixture
def users(users: Any) -> Any:
    """Three users."""
    users.resources = [user(number) for number in range(3)]
    return users


def ids(answer: Any) -> list[str]:
    """Return the ids of a list that succeeded."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/scim+json"
    return [resource["id"] for resource in json.loads(answer.data)["Resources"]]


@pytest.mark.parametrize("path", ["", "/", "/?aadOptscim062020", "/?x=1"])
@pytest.mark.usefixtures("groups")
def test_everything_is_listed_at_the_base_address(client: FlaskClient, path: str) -> None:
    """With and without a slash, and with the flags that identity providers add to it."""
    answer = client.get(f"/scim/v2{path}")

    assert ids(answer) == ["u0", "u1", "u2", "g0", "g1"]
    body = json.loads(answer.data)
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (5, 1, 5)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]


@pytest.mark.rule("7644-3.4.2.1-all-types", "7644-3.4.3-search-all-types")
@pytest.mark.usefixtures("groups")
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"filter": 'meta.resourceType eq "User"'}, ["u0", "u1", "u2"]),
        ({"filter": 'meta.resourceType eq "Group"', "count": 1}, ["g0"]),
        ({"filter": 'userName eq "user1@acme.com" or displayName eq "group 1"'}, ["u1", "g1"]),
        ({"filter": 'displayName ne "group 1"'}, ["u0", "u1", "u2", "g0"]),
        ({"filter": 'meta.resourceType eq "Device"'}, []),
        ({"filter": 'not (meta.resourceType eq "Role")', "count": 1}, ["u0"]),
        ({"startIndex": 3, "count": 2}, ["u2", "g0"]),
        ({"startIndex": 6}, []),
        ({"count": 0}, []),
    ],
)
def test_a_search_answers_as_the_query_does(
    client: FlaskClient, asked: dict[str, Any], expected: list[str]
) -> None:
    """What a type lacks has no value there."""
    listed = client.get("/scim/v2/", query_string=asked)
    found = client.post("/scim/v2/.search", json=asked)

    assert ids(listed) == ids(found) == expected
    assert listed.json == found.json
    for name in ("Age", "X-Bitbucket-Calls", "Cache-Control"):
        assert listed.headers[name] == found.headers[name]


@pytest.mark.usefixtures("groups")
def test_each_type_shows_what_it_has_of_what_is_asked_for(client: FlaskClient) -> None:
    """With what is always returned."""
    answer = client.get("/scim/v2/?attributes=userName,displayName&startIndex=3&count=2")

    assert json.loads(answer.data)["Resources"] == [
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "u2",
            "userName": "user2@acme.com",
        },
        {"schemas": [GROUP], "id": "g0", "displayName": "Group 0"},
    ]


@pytest.mark.parametrize(
    ("asked", "scim_type"),
    [
        ({"filter": "nope pr"}, "invalidFilter"),
        ({"filter": 'meta.resourceType eq "User" or nope pr'}, "invalidFilter"),
        ({"sortBy": "nope"}, "invalidPath"),
        ({"startIndex": "x"}, "invalidValue"),
        ({"cursor": "", "startIndex": 1}, "invalidValue"),
        ({"cursor": "", "count": 5000}, "invalidCount"),
        ({"attributes": "id", "excludedAttributes": "id"}, "invalidSyntax"),
    ],
)
def test_what_no_type_can_answer_is_refused(
    client: FlaskClient, asked: dict[str, Any], scim_type: str
) -> None:
    """By both addresses, before anything is read."""
    for answer in (
        client.get("/scim/v2/", query_string=asked),
        client.post("/scim/v2/.search", json=asked),
    ):
        assert answer.status_code == 400
        assert json.loads(answer.data)["scimType"] == scim_type


@pytest.mark.rule("7644-3.4.2.1-all-types", "7644-3.4.3-search-all-types")
@pytest.mark.parametrize("form", [CatalogueForm.UNLISTED, *ANNOUNCED])
@pytest.mark.parametrize("name", ["Role", "Entitlement"])
def test_who_asks_for_what_is_listed_elsewhere_is_told_where(
    serve: Callable[..., FlaskClient], bearer: dict[str, str], form: CatalogueForm, name: str
) -> None:
    """An empty list would say that there is none."""
    client = serve(form)
    urn = f"{OKTA if form is CatalogueForm.OKTA else CORE}:{name}"
    for asked in (
        f'meta.resourceType eq "{name}"',
        f'METa.resourceTYPE EQ "{name}" or meta.resourceType eq "User"',
        f'schemas eq "{urn}" and id pr',
    ):
        for answer in (
            client.get("/scim/v2/", query_string={"filter": asked}, headers=bearer),
            client.post("/scim/v2/.search", json={"filter": asked}, headers=bearer),
        ):
            assert answer.status_code == 400
            assert answer.json is not None
            assert answer.json["scimType"] == "invalidFilter"
            assert answer.json["detail"].startswith(
                f"Only users and groups are listed together; ask /{name}s for what is listed there."
            )


def test_where_nothing_is_listed_elsewhere_there_is_none(
    serve: Callable[..., FlaskClient], bearer: dict[str, str]
) -> None:
    """A type that is not served is one of which there are none."""
    client = serve(CatalogueForm.OFF)
    assert not ids(client.get('/scim/v2/?filter=meta.resourceType eq "Role"', headers=bearer))


def test_an_attribute_that_only_others_have_is_said_to_be_theirs(client: FlaskClient) -> None:
    """The sentence claims nothing of the types that are listed elsewhere."""
    for query in ("filter=supported pr", "sortBy=supported"):
        answer = client.get(f"/scim/v2/?{query}")
        assert answer.status_code == 400
        assert answer.json is not None
        assert answer.json["detail"].startswith("Neither users nor groups have an attribute ")


def test_another_case_of_a_parameter_is_refused(client: FlaskClient) -> None:
    """As by every query: passing over Filter= would answer with everybody."""
    assert client.get("/scim/v2/?Filter=id%20pr").status_code == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/.search"), ("HEAD", "/")])
def test_it_takes_a_token(anonymous: FlaskClient, method: str, path: str) -> None:
    """As the lists of each type do."""
    assert anonymous.open(f"/scim/v2{path}", method=method, json={}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/.search", {"POST", "OPTIONS"}),
    ],
)
def test_other_methods_are_not_allowed(
    client: FlaskClient, method: str, path: str, allowed: set[str]
) -> None:
    """405, with those that are."""
    answer = client.open(f"/scim/v2{path}", method=method, json={})
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_the_failure_of_one_type_is_that_of_the_list(client: FlaskClient, groups: Any) -> None:
    """Never a shorter list."""
    groups.failure = RuntimeError("A fault.")
    assert client.get("/scim/v2/").status_code == 500
    assert len(ids(client.get('/scim/v2/?filter=meta.resourceType eq "User"'))) == 3
