"""What is asked again goes past the framework, and shows no sign of it."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.scim.freshness import Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval

PATHS = ["/scim/v2/Users", "/scim/v2/Users?count=1", "/scim/v2/Users/u1"]


class Constant:
    """A handler whose answers stay, and are counted."""

    def __init__(self) -> None:
        self.asked = 0
        self.number: int | None = 1
        self.cursor: str | None = None

    def revision(self) -> int | None:
        """Change when the test says so."""
        return self.number

    def query(self, _query: Query) -> Listing:
        """Return one resource."""
        self.asked += 1
        provenance = Provenance(age_seconds=5, calls=0, ttl_seconds=300)
        return Listing(1, 1, b'{"id":"u1"}', provenance, next_cursor=self.cursor)

    def retrieve(self, resource_id: str, **_how: Any) -> Retrieval:
        """Return one resource, or none."""
        self.asked += 1
        document = Document('W/"1"', b'{"id":"u1"}') if resource_id == "u1" else None
        return Retrieval(document, Provenance(age_seconds=5, calls=0, ttl_seconds=300))


@pytest.fixture
def handler() -> Constant:
    """Nothing was asked yet."""
    return Constant()


@pytest.fixture
def client(
    serve: Callable[..., FlaskClient], handler: Constant, bearer: dict[str, str]
) -> FlaskClient:
    """A client with a token."""
    client = serve(handlers={"User": handler, "Group": handler})
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return client


@pytest.mark.parametrize("path", PATHS)
def test_it_answers_as_the_framework_does(
    client: FlaskClient, handler: Constant, path: str
) -> None:
    """The same status, body and headers, but for the id of the request."""
    first, again = client.get(path), client.get(path)

    assert handler.asked == 1
    assert (again.status, again.data) == (first.status, first.data)
    told = [{k: v for k, v in a.headers if k != "X-Request-Id"} for a in (first, again)]
    assert told[0] == told[1]
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


def test_the_id_a_client_gave_comes_back(client: FlaskClient) -> None:
    """As from the framework."""
    client.get(PATHS[0])
    assert (
        client.get(PATHS[0], headers={"X-Request-Id": "a.b-1"}).headers["X-Request-Id"] == "a.b-1"
    )


@pytest.mark.parametrize("path", PATHS)
def test_it_lets_nobody_in_without_a_token(client: FlaskClient, path: str) -> None:
    """Who was answered a moment ago is somebody else."""
    client.get(path)
    for header in ("", "Bearer wrong", "Basic eDp5"):
        answer = client.get(path, headers={"Authorization": header})
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"Cache-Control": "no-cache"}},
        {"headers": {"Authorization": "Bearer another-token-that-opens"}},
        {"base_url": "https://other.example"},
        {"query_string": "attributes=id"},
    ],
)
def test_what_differs_is_asked(
    client: FlaskClient, handler: Constant, request_: dict[str, Any]
) -> None:
    """Another age, another token, another address."""
    client.get(PATHS[0])
    client.get(PATHS[0], **request_)
    assert handler.asked == 2


def test_a_walk_begins_each_time_it_is_asked_for(client: FlaskClient, handler: Constant) -> None:
    """The one that began before may have been given up since."""
    handler.cursor = "next"
    client.get("/scim/v2/Users?cursor=")
    client.get("/scim/v2/Users?cursor=")
    assert handler.asked == 2


def test_what_changed_is_asked(client: FlaskClient, handler: Constant) -> None:
    """And while nobody can tell whether anything has, everything."""
    client.get(PATHS[0])
    handler.number = 2
    client.get(PATHS[0])
    assert handler.asked == 2
    handler.number = None
    client.get(PATHS[0])
    client.get(PATHS[0])
    assert handler.asked == 4


def test_conditions_and_absences_are_the_frameworks(client: FlaskClient) -> None:
    """A version that is known already, a resource that is not there, and HEAD."""
    client.get(PATHS[2])
    assert client.get(PATHS[2], headers={"If-None-Match": 'W/"1"'}).status_code == 304
    head = client.head(PATHS[2])
    assert (head.status_code, head.data) == (200, b"")
    for _ in range(2):
        assert client.get("/scim/v2/Users/u2").status_code == 404


def test_the_log_tells_of_it_as_of_any_other(client: FlaskClient) -> None:
    """The same event, with the same names."""
    structlog.contextvars.clear_contextvars()
    with capture_logs() as events:
        client.get(PATHS[2])
        client.get(PATHS[2], headers={"X-Request-Id": "r2"})
    requests = [event for event in events if event["event"] == "request"]
    first, again = ({**event, "duration_ms": 0} for event in requests)
    assert again.pop("request_id") == "r2"
    assert again == first
    assert again["endpoint"] == "/scim/v2/Users/<resource_id>"
