"""Lists and single resources (RFC 7644 §3.4)."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def get(client: FlaskClient, path: str, **parameters: str | int) -> Any:
    """Return the JSON of an answer that succeeded."""
    answer = client.get(f"/scim/v2{path}", query_string=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/scim+json"
    return json.loads(answer.data)


def test_a_list_says_where_it_stands(client: FlaskClient) -> None:
    """Without parameters the first hundred come, with the number of all."""
    body = get(client, "/Users")

    assert body["schemas"] == [LIST]
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (250, 1, 100)
    assert len(body["Resources"]) == 100


@pytest.mark.parametrize(
    ("start_index", "count", "expected_start", "expected_items"),
    [
        (1, 10, 1, 10),
        (241, 100, 241, 10),
        (251, 100, 251, 0),
        (0, 5, 1, 5),
        (-7, 5, 1, 5),
        (1, 0, 1, 0),
        (1, -1, 1, 0),
        (1, 10_000, 1, 250),
    ],
)
def test_a_page_out_of_range_is_put_right(
    client: FlaskClient, start_index: int, count: int, expected_start: int, expected_items: int
) -> None:
    """Below the range counts as its begin, above as its end, and the total stays right."""
    body = get(client, "/Users", startIndex=start_index, count=count)

    assert body["totalResults"] == 250
    assert (body["startIndex"], body["itemsPerPage"]) == (expected_start, expected_items)
    assert len(body["Resources"]) == expected_items


def test_a_filter_that_matches_nothing_is_an_empty_list(client: FlaskClient) -> None:
    """The answer is 200 with no resources, never 404."""
    body = get(client, "/Users", filter='userName eq "nobody"')

    assert (body["totalResults"], body["Resources"]) == (0, [])


def test_a_filter_selects(client: FlaskClient) -> None:
    """Only what matches comes, whatever the letter case of names and operators."""
    body = get(client, "/Users", filter='USERNAME Eq "USER7@acme.com"')

    assert [resource["id"] for resource in body["Resources"]] == ["u7"]


def test_sorting_reaches_the_handler(client: FlaskClient, users: Any) -> None:
    """SortBy and sortOrder are bound to the schema before anything is read."""
    get(client, "/Users", sortBy="NAME.familyname", sortOrder="descending")

    sort = users.queries[-1].sort
    assert (sort.target.name, sort.descending) == ("name.familyName", True)


def test_an_answer_says_how_old_it_is_and_what_it_cost(client: FlaskClient) -> None:
    """Age is in seconds; the calls are those that this request made."""
    answer = client.get("/scim/v2/Users")

    assert answer.headers["Age"] == "17"
    assert answer.headers["X-Bitbucket-Calls"] == "3"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_resource_comes_with_its_version_and_location(client: FlaskClient) -> None:
    """ETag equals meta.version, Content-Location meta.location."""
    answer = client.get("/scim/v2/Users/u7")
    body = json.loads(answer.data)

    assert answer.headers["ETag"] == body["meta"]["version"] == 'W/"7"'
    assert answer.headers["Content-Location"] == body["meta"]["location"]


@pytest.mark.parametrize("sent", ['W/"7"', '"7"', '"x", W/"7"', "*"])
def test_a_known_version_is_not_sent_again(client: FlaskClient, sent: str) -> None:
    """The comparison is weak, lists and the star are understood, and the body is empty."""
    answer = client.get("/scim/v2/Users/u7", headers={"If-None-Match": sent})

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == 'W/"7"'


def test_another_version_is_sent(client: FlaskClient) -> None:
    """A tag of another version does not match."""
    answer = client.get("/scim/v2/Users/u7", headers={"If-None-Match": 'W/"8"'})

    assert answer.status_code == 200


def test_attributes_are_shown_as_asked(client: FlaskClient) -> None:
    """Only the named attributes come, with those that are always returned."""
    body = get(client, "/Users/u7", attributes="USERNAME,emails.value,nope")

    assert body == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "u7",
        "userName": "user7@acme.com",
        "emails": [{"value": "user7@acme.com"}],
    }


def test_attributes_are_left_out_as_asked(client: FlaskClient) -> None:
    """All but the named attributes come; what is always returned can't be left out."""
    body = get(client, "/Users/u7", excludedAttributes="id,emails,name.givenName")

    assert body["id"] == "u7"
    assert "emails" not in body
    assert body["name"] == {"familyName": "7"}


def test_unknown_parameters_are_ignored(client: FlaskClient) -> None:
    """Clients add flags of their own to the address."""
    assert get(client, "/Users", aadOptscim062020="")["totalResults"] == 250


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            ["filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "cursor", "x"]
        ),
        st.text(max_size=40)
        | st.integers().map(str)
        | st.sampled_from(["id", "userName", "id pr", "ascending"]),
    )
)
def test_whatever_is_asked_is_answered_or_refused(
    client: FlaskClient, parameters: dict[str, str]
) -> None:
    """No query makes the gateway fail: 200, or 400 with an error message."""
    answer = client.get("/scim/v2/Users", query_string=parameters)

    assert answer.status_code in (200, 400), answer.text
