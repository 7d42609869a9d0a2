"""``POST /admin/explain``: a query in the body, explained and not made."""

from typing import Any

import pytest
from flask.testing import FlaskClient

ADDRESS = "/admin/explain"


def test_a_query_is_explained(client: FlaskClient, users: Any) -> None:
    """The filter arrives bound, with what the client wants of its age; nothing is asked."""
    answer = client.post(
        ADDRESS,
        json={"resourceType": "Group", "filter": 'displayName eq "x"', "count": 3},
        headers={"Cache-Control": "no-cache"},
    )

    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.json is not None
    assert answer.json["needs"] == [{"need": "Group", "ageSeconds": None}]
    assert "displayName" in answer.json["text"]
    assert "no_cache=True" in answer.json["text"]
    assert not users.queries


def test_the_users_are_meant_if_nothing_is_said(client: FlaskClient) -> None:
    """An empty body is a query for all of them."""
    answer = client.post(ADDRESS, data=b"")

    assert answer.json is not None
    assert answer.json["needs"][0]["need"] == "User"


def test_nobody_is_told_without_a_token(anonymous: FlaskClient) -> None:
    """Not even that the query is malformed."""
    answer = anonymous.post(ADDRESS, json={"filter": "nope"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"[]", "Send a JSON object"),
        (b'{"resourceType": "Me"}', "resourceType must be User or Group."),
        (b'{"resourceType": null}', "resourceType must be User or Group."),
        (b'{"Filter": "id pr"}', "A query has no Filter; it may have resourceType, filter, att"),
        (b'{"Filter": "id pr"}', ", sortBy, sortOrder, startIndex and count."),
        (b'{"filter": 7}', "filter must be a string."),
        (b'{"sortBy": null}', "sortBy must be a string."),
        (b'{"count": "7"}', "count must be a whole number, without quotes."),
        (b'{"startIndex": 1.5}', "startIndex must be a whole number, without quotes."),
        (b'{"count": true}', "count must be a whole number, without quotes."),
        (b'{"filter": "nope pr"}', "nope"),
        (b'{"attributes": "id", "excludedAttributes": "id"}', "not both"),
    ],
)
def test_a_malformed_query_is_refused(client: FlaskClient, body: bytes, said: str) -> None:
    """As a SCIM error that says what to mend."""
    answer = client.post(ADDRESS, data=body)

    assert answer.status_code == 400
    assert answer.json is not None
    assert said in answer.json["detail"]
