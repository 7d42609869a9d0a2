"""Lists have entity tags too: who has the same already is sent nothing (RFC 9110 §13.1.2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.freshness import Provenance
from gateway.scim.handler import Listing, Query, RootQuery
from gateway.scim.page import CursorPage

LISTS = ["/scim/v2/Users?count=3", "/scim/v2/Groups", "/scim/v2/", "/scim/v2/Schemas"]
WEAK = re.compile(r'W/"[0-9a-f]{32}"')


class Walked:
    """A handler of a list that is walked through."""

    next_cursor: str | None = "next"

    def revision(self) -> int:
        """Stay."""
        return 1

    def query(self, query: Query | RootQuery) -> Listing:
        """Return one resource, and where the walk goes on but behind the last."""
        is_going_on = isinstance(query.page, CursorPage) and query.page.cursor != "last"
        provenance = Provenance(age_seconds=5, calls=0, ttl_seconds=300)
        following = self.next_cursor if is_going_on else None
        return Listing(1, 1, b'{"id":"u1"}', provenance, next_cursor=following)


@pytest.mark.parametrize("path", LISTS)
def test_the_same_list_has_the_same_tag(
    serve: Callable[..., FlaskClient], bearer: dict[str, str], path: str
) -> None:
    """In every process, whatever it took to answer: it is made of the content alone."""
    first, second = (serve().get(path, headers=bearer) for _ in range(2))

    assert first.data == second.data
    assert first.headers["ETag"] == second.headers["ETag"]
    assert WEAK.fullmatch(first.headers["ETag"])


def test_another_list_has_another_tag(client: FlaskClient, users: Any) -> None:
    """As soon as a resource on the page, the number of all, or what is shown is another."""

    def tag(path: str = "/scim/v2/Users?count=3") -> str:
        return client.get(path).headers["ETag"]

    tags = [tag(), tag("/scim/v2/Users?count=2"), tag("/scim/v2/Users?count=3&attributes=id")]
    users.resources = users.resources[:-1]
    tags.append(tag())
    users.resources = [users.resources[0] | {"active": False}, *users.resources[1:]]
    tags.append(tag())

    assert len(set(tags)) == 5


@pytest.mark.rule("9110-13.1.2-if-none-match-on-lists")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("sent", ["{}", '"x", {} , "y"', "*"])
def test_a_known_list_is_not_sent_again(
    client: FlaskClient, path: str, sent: str, method: str
) -> None:
    """304 without a body, with the tag."""
    tag = client.get(path).headers["ETag"]
    for each in (sent.format(tag), sent.format(tag.removeprefix("W/"))):
        answer = client.open(path, method=method, headers={"If-None-Match": each})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == tag


@pytest.mark.parametrize("path", LISTS)
def test_another_list_is_sent(client: FlaskClient, path: str) -> None:
    """200 with the whole of it."""
    answer = client.get(path, headers={"If-None-Match": 'W/"0"'})
    assert answer.status_code == 200
    assert answer.data


@pytest.mark.rule("9110-13.1.1-if-match-on-reads")
@pytest.mark.parametrize("path", LISTS)
def test_a_read_is_meant_for_any_version(client: FlaskClient, path: str) -> None:
    """The answer tells which it is of, the first time and again."""
    tag = client.get(path).headers["ETag"]
    for _ in range(2):
        answer = client.get(path, headers={"If-Match": 'W/"another"'})
        assert (answer.status_code, answer.headers["ETag"]) == (200, tag)


@pytest.mark.rule("9110-13.1.2-if-none-match-unreadable")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", [*LISTS, "/scim/v2/Users/u7"])
@pytest.mark.parametrize("sent", ["", " ", "garbage", '"x', 'W/x, "x"', '* , "x"', 'w/"x"'])
def test_a_condition_that_can_not_be_read_names_no_version(
    client: FlaskClient, path: str, sent: str, method: str
) -> None:
    """So the answer is sent, with its tag, the first time and whenever it is given again."""
    for _ in range(2):
        answer = client.open(path, method=method, headers={"If-None-Match": sent})
        assert answer.status_code == 200
        assert answer.headers["ETag"]
        assert bool(answer.data) is (method == "GET")


@pytest.mark.parametrize("path", ["/scim/v2/Users", "/scim/v2/"])
def test_a_page_of_a_walk_has_no_tag(
    serve: Callable[..., FlaskClient], bearer: dict[str, str], path: str
) -> None:
    """Its cursors are those of that walk alone; what one page holds whole is like every list."""
    handler = Walked()
    client = serve(handlers={"User": handler}, root=handler)

    for query, is_tagged in (("cursor=", False), ("cursor=last", False), ("", True)):
        answer = client.get(f"{path}?{query}", headers=bearer)
        assert ("ETag" in answer.headers) is is_tagged, query
    handler.next_cursor = None
    whole = client.get(f"{path}?cursor=", headers=bearer)
    assert WEAK.fullmatch(whole.headers["ETag"])


def test_a_search_has_no_tag(client: FlaskClient) -> None:
    """A tag is for what GET answers at the same address; a condition is passed over."""
    for path in ("/scim/v2/Users/.search", "/scim/v2/.search"):
        answer = client.post(path, json={}, headers={"If-None-Match": "*"})
        assert answer.status_code == 200
        assert "ETag" not in answer.headers


def test_an_error_is_no_version(client: FlaskClient) -> None:
    """It has no tag, and is told whatever the client has."""
    for path in ("/scim/v2/Users?filter=x", "/scim/v2/Schemas/urn:x", "/scim/v2/Users/nobody"):
        answer = client.get(path, headers={"If-None-Match": "*"})
        assert answer.status_code in (400, 404)
        assert "ETag" not in answer.headers
