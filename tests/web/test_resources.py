"""Lists and single resources (RFC 7644 §3.4)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.scim.freshness import Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def get(client: FlaskClient, path: str, **parameters: str | int) -> Any:
    """Return the JSON of an answer that succeeded."""
    answer = client.get(f"/scim/v2{path}", query_string=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/scim+json"
    return json.loads(answer.data)


@pytest.mark.rule("7644-3.4.2-numbers")
def test_a_list_says_where_it_stands(client: FlaskClient) -> None:
    """Without parameters as many come as a page may have, with the number of all."""
    body = get(client, "/Users")

    assert body["schemas"] == [LIST]
    assert (body["totalResults"], body["startIndex"], body["itemsPerPage"]) == (250, 1, 250)
    assert len(body["Resources"]) == 250


@pytest.mark.rule(
    "7644-3.4.2.4-start-index",
    "7644-3.4.2.4-count",
    "7644-3.4.2.4-capped",
    "7644-3.4.2.4-past-the-end",
)
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
        (1, (1 << 63) - 1, 1, 250),
        ((1 << 63) - 1, 5, (1 << 63) - 1, 0),
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


@pytest.mark.rule("7644-3.4.2-list-response")
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


@pytest.mark.rule("7643-3.1-meta", "7644-3.14-entity-tags")
def test_a_resource_comes_with_its_version_and_location(client: FlaskClient) -> None:
    """ETag equals meta.version, Content-Location meta.location."""
    answer = client.get("/scim/v2/Users/u7")
    body = json.loads(answer.data)

    assert answer.headers["ETag"] == body["meta"]["version"] == 'W/"7"'
    assert answer.headers["Content-Location"] == body["meta"]["location"]


@pytest.mark.rule("7644-3.14-if-none-match")
@pytest.mark.parametrize("sent", ['W/"7"', '"7"', '"x", W/"7"', ',W/"6",, "7" ,', "*", " * "])
def test_a_known_version_is_not_sent_again(client: FlaskClient, sent: str) -> None:
    """The comparison is weak, lists and the star are understood, and the body is empty."""
    answer = client.get("/scim/v2/Users/u7", headers={"If-None-Match": sent})

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == 'W/"7"'


@pytest.mark.parametrize("sent", ['W/"8"', '""', '"7,"', '"77"', '"W/7"'])
def test_another_version_is_sent(client: FlaskClient, sent: str) -> None:
    """A tag of another version does not match."""
    answer = client.get("/scim/v2/Users/u7", headers={"If-None-Match": sent})

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


PATHS = ["id", "userName", "active", "emails", "emails.value", "name.familyName", "meta", "nope"]


@pytest.mark.rule("7644-3.9-attributes")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PATHS), min_size=1), st.sampled_from([str, str.upper, str.lower]))
def test_nothing_is_shown_that_was_not_asked_for(
    client: FlaskClient, asked: list[str], written: Any
) -> None:
    """With attributes come those, id and schemas, and nothing else."""
    resource = get(client, "/Users/u7", attributes=",".join(map(written, asked)))

    assert {"id", "schemas"} <= resource.keys()
    assert resource.keys() <= {"id", "schemas"} | {path.partition(".")[0] for path in asked}
    if "emails" not in asked:
        assert all(email.keys() == {"value"} for email in resource.get("emails", ()))
    assert resource.get("name", {}).keys() <= {"familyName"}


@dataclass
class AsStored:
    """A handler of one resource, whose bytes no reader of JSON would take."""

    document = Document('W/"1"', b"<as stored>")

    def revision(self) -> int:
        """Nothing ever changes."""
        return 1

    def query(self, _query: Query) -> Listing:
        """Return it twice."""
        twice = b",".join([self.document.json] * 2)
        return Listing(2, 2, twice, Provenance(age_seconds=0, calls=0))

    def retrieve(self, resource_id: str, **_how: Any) -> Retrieval:
        """Return it."""
        assert resource_id
        return Retrieval(self.document, Provenance(age_seconds=0, calls=0))


def test_whole_resources_are_passed_on_as_they_are_stored(
    serve: Callable[..., FlaskClient], bearer: dict[str, str]
) -> None:
    """Where nothing is left out, nothing is decoded."""
    client = serve(handlers={"User": AsStored(), "Group": AsStored()})

    listed = client.get("/scim/v2/Users", headers=bearer)
    assert listed.data.endswith(b'"Resources":[<as stored>,<as stored>]}')
    assert client.get("/scim/v2/Groups/g", headers=bearer).data == b"<as stored>"


@pytest.mark.rule("9110-15.4-no-redirects")
@pytest.mark.parametrize("path", ["/Users", "/Users/", "/Users/u7", "/Users/u7/"])
def test_a_slash_at_the_end_is_tolerated(client: FlaskClient, path: str) -> None:
    """Addresses are often put together of parts; there is no redirect."""
    assert get(client, path)["schemas"]


@pytest.mark.rule("7644-3.8-answers")
@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", "application/vnd.github+json", "text/html;q=0.1", "", "nonsense"],
)
def test_any_accept_is_answered_in_scims_media_type(client: FlaskClient, accept: str) -> None:
    """Clients send many; none is refused with 406."""
    answer = client.get("/scim/v2/Users", headers={"Accept": accept})

    assert (answer.status_code, answer.content_type) == (200, "application/scim+json")


@pytest.mark.rule("9110-9.3.2-head")
def test_head_is_get_without_a_body(client: FlaskClient) -> None:
    """Its headers are the same."""
    head, got = client.head("/scim/v2/Users/u7"), client.get("/scim/v2/Users/u7")

    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Age", "Content-Length", "Content-Location", "Content-Type"):
        assert head.headers[name] == got.headers[name]


def test_options_says_the_methods(anonymous: FlaskClient) -> None:
    """It tells nothing of the resources, and takes no token."""
    answer = anonymous.options("/scim/v2/Users")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_type == "application/scim+json"
    assert {"GET", "HEAD", "OPTIONS"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/scim/v2/Users?count=1", "/scim/v2/Users/u7"])
def test_handlers_learn_the_address_of_the_service(
    serve: Callable[..., FlaskClient], bearer: dict[str, str], path: str
) -> None:
    """References begin with what is configured, else with the host of the request."""
    seen: list[str] = []

    class Noting(AsStored):
        def query(self, query: Query) -> Listing:
            seen.append(query.base_url)
            return super().query(query)

        def retrieve(self, resource_id: str, **how: Any) -> Retrieval:
            seen.append(how["base_url"])
            return super().retrieve(resource_id, **how)

    handlers = {"User": Noting(), "Group": Noting()}
    serve(handlers=handlers).get(path, headers=bearer, base_url="https://acme.com:8443")
    serve(handlers=handlers, public_url="https://scim.acme.com").get(path, headers=bearer)

    assert seen == ["https://acme.com:8443/scim/v2", "https://scim.acme.com/scim/v2"]
