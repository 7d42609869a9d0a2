"""Queries in the body (RFC 7644 §3.4.3)."""

from typing import Any

import pytest
from flask.testing import FlaskClient

SCHEMAS = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]


@pytest.mark.rule("7644-3.4.3-search")
@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({"schemas": SCHEMAS}, {}),
        ({"schemas": SCHEMAS, "filter": 'userName eq "user7@acme.com"'}, None),
        ({"schemas": SCHEMAS, "startIndex": 3, "count": 2}, {"startIndex": 3, "count": 2}),
        (
            {"schemas": SCHEMAS, "attributes": ["userName", "active"], "count": 3},
            {"attributes": "userName,active", "count": 3},
        ),
        (
            {"schemas": SCHEMAS, "excludedAttributes": "emails,name", "count": 3},
            {"excludedAttributes": "emails,name", "count": 3},
        ),
        ({"Schemas": SCHEMAS, "COUNT": 1, "Filter": None, "unknown": {}}, {"count": 1}),
        ({}, {}),
    ],
)
def test_a_search_answers_as_the_query_does(
    client: FlaskClient, body: dict[str, Any], address: dict[str, Any] | None
) -> None:
    """Names in any letter case; what is null or unknown is passed over."""
    asked = {"filter": body["filter"]} if address is None else address

    found = client.post("/scim/v2/Users/.search", json=body)
    listed = client.get("/scim/v2/Users", query_string=asked)

    assert (found.status_code, found.content_type) == (200, "application/scim+json")
    assert found.json == listed.json
    assert found.headers["Age"] == listed.headers["Age"]


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ([], "invalidSyntax"),
        ({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}, "invalidSyntax"),
        ({"schemas": "x"}, "invalidSyntax"),
        ({"schemas": {}}, "invalidSyntax"),
        ({"count": 2**63}, "invalidValue"),
        ({"filter": "userName"}, "invalidFilter"),
        ({"filter": 5}, "invalidValue"),
        ({"filter": ['userName eq "a"']}, "invalidValue"),
        ({"sortBy": ["userName"]}, "invalidValue"),
        ({"count": "5"}, "invalidValue"),
        ({"attributes": 5}, "invalidValue"),
        ({"filter": {"userName": "x"}}, "invalidValue"),
        ({"count": True}, "invalidValue"),
        ({"count": "many"}, "invalidValue"),
        ({"attributes": [1]}, "invalidValue"),
        ({"count": 1, "Count": 2}, "invalidValue"),
        ({"cursor": "forged", "startIndex": 1}, "invalidValue"),
        ({"cursor": "", "count": 5000}, "invalidCount"),
        ({"attributes": ["id"], "excludedAttributes": ["id"]}, "invalidSyntax"),
    ],
)
def test_a_search_that_can_not_be_read_is_refused(
    client: FlaskClient, body: Any, scim_type: str
) -> None:
    """With the error that the query has."""
    answer = client.post("/scim/v2/Groups/.search", json=body)

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["scimType"] == scim_type


def test_a_search_takes_a_token_and_post(anonymous: FlaskClient, client: FlaskClient) -> None:
    """By any other method it is refused, and never taken for a resource of that id."""
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = client.open("/scim/v2/Users/.search", method=method)
        assert (answer.status_code, answer.allow.as_set()) == (405, {"options", "post"})
    assert client.options("/scim/v2/Users/.search").allow.as_set() == {"options", "post"}
    del anonymous.environ_base["HTTP_AUTHORIZATION"]
    assert anonymous.post("/scim/v2/Users/.search", json={}).status_code == 401
