"""What is asked again goes past the framework, and shows no sign of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import request, request_started
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.scim.freshness import Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval, RootQuery
from gateway.web import application
from gateway.web.ready import ReadyAnswers

PATHS = ["/scim/v2/Users", "/scim/v2/Users?count=1", "/scim/v2/Users/u1", "/scim/v2/"]
OPEN = [
    "/scim/v2/ServiceProviderConfig",
    "/scim/v2/ResourceTypes",
    "/scim/v2/ResourceTypes/User",
    "/scim/v2/Schemas",
    "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
]


@pytest.fixture
def past() -> Iterator[list[str]]:
    """The paths of the requests that the framework has answered."""
    answered: list[str] = []

    def note(_app: Any, **_more: Any) -> None:
        answered.append(request.path)

    with request_started.connected_to(note):
        yield answered


def told(answer: Any) -> tuple[Any, ...]:
    """Return all of an answer but for the id of the request."""
    return answer.status, answer.data, {k: v for k, v in answer.headers if k != "X-Request-Id"}


class Constant:
    """A handler whose answers stay, and are counted."""

    def __init__(self) -> None:
        self.asked = 0
        self.number: int | None = 1
        self.cursor: str | None = None

    def revision(self) -> int | None:
        """Change when the test says so."""
        return self.number

    def query(self, _query: Query | RootQuery) -> Listing:
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
    client = serve(handlers={"User": handler, "Group": handler}, root=handler)
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return client


@pytest.mark.parametrize("path", PATHS)
def test_it_answers_as_the_framework_does(
    client: FlaskClient, handler: Constant, path: str
) -> None:
    """The same status, body and headers, but for the id of the request."""
    first, again = client.get(path), client.get(path)

    assert handler.asked == 1
    assert told(again) == told(first)
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


@pytest.mark.parametrize("path", [*PATHS, *OPEN])
def test_what_the_client_has_is_not_sent_again(
    client: FlaskClient, past: list[str], path: str
) -> None:
    """The framework and the shortcut answer the same 304, without a body."""
    tag = {"If-None-Match": f'"x", {client.get(path).headers["ETag"]}'}
    past.clear()
    again = client.get(path, headers=tag)
    assert past == []
    first = client.get(path, headers=tag | {"Cache-Control": "no-cache"})
    assert len(past) == 1

    assert told(again) == told(first)
    assert (again.status_code, again.data) == (304, b"")
    assert {"ETag", "Cache-Control"} <= set(again.headers.keys())
    assert not {"Content-Type", "Content-Length"} & set(again.headers.keys())


@pytest.mark.parametrize("path", [*PATHS, *OPEN])
def test_another_version_is_sent(client: FlaskClient, past: list[str], path: str) -> None:
    """It goes past the framework too."""
    first = client.get(path)
    past.clear()
    again = client.get(path, headers={"If-None-Match": 'W/"another"'})
    assert past == []
    assert told(again) == told(first)


@pytest.mark.parametrize("path", [*PATHS, *OPEN])
def test_a_condition_that_can_not_be_read_is_passed_over(client: FlaskClient, path: str) -> None:
    """It names no version, whether or not the answer is kept."""
    for _ in range(2):
        answer = client.get(path, headers={"If-None-Match": "1"})
        assert (answer.status_code, answer.data) == (200, client.get(path).data)


def test_absences_and_head_are_the_frameworks(client: FlaskClient) -> None:
    """A resource that is not there, and HEAD, which has the same headers."""
    got = client.get(PATHS[2])
    head = client.head(PATHS[2])
    assert (head.status_code, head.data) == (200, b"")
    assert told(head)[2] == told(got)[2]
    known = client.head(PATHS[2], headers={"If-None-Match": got.headers["ETag"]})
    assert known.status_code == 304
    for _ in range(2):
        assert client.get("/scim/v2/Users/u2").status_code == 404
        absent = client.get("/scim/v2/Users/u2", headers={"If-None-Match": "*"})
        assert absent.status_code == 404


@pytest.mark.parametrize("path", OPEN)
def test_discovery_goes_past_the_framework(client: FlaskClient, past: list[str], path: str) -> None:
    """For who has a token and for who has none: each is given again what it was answered."""
    known = [client.get(path) for _ in range(2)]
    del client.environ_base["HTTP_AUTHORIZATION"]
    unknown = [client.get(path) for _ in range(2)]

    assert len(past) == 2
    assert told(known[0]) == told(known[1])
    assert told(unknown[0]) == told(unknown[1])


def test_what_who_has_a_token_was_told_is_told_nobody_else(
    serve: Callable[..., FlaskClient], handler: Constant, bearer: dict[str, str]
) -> None:
    """Schemas suggest values to some; both answers are kept, each with an ETag of its own."""
    values = ["repository:r:write"]
    client = serve(root=handler, entitlements=lambda: values)
    path = "/scim/v2/Schemas"

    for _ in range(2):
        known, unknown = client.get(path, headers=bearer), client.get(path)
        wrong = client.get(path, headers={"Authorization": "Bearer wrong"})
        assert b"repository:r:write" in known.data
        assert b"repository:r:write" not in unknown.data
        assert told(wrong) == told(unknown)
        assert known.headers["ETag"] != unknown.headers["ETag"]
        assert known.headers["Vary"] == "Authorization"

    values.append("project:p:read")
    handler.number = 2
    anew = client.get(path, headers=bearer)
    assert b"project:p:read" in anew.data
    assert anew.headers["ETag"] != known.headers["ETag"]


def test_who_has_no_token_crowds_nobody_out(
    serve: Callable[..., FlaskClient],
    handler: Constant,
    bearer: dict[str, str],
    past: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much of what is open to everyone is asked for."""
    little = 1 << 20
    monkeypatch.setattr(application, "ReadyAnswers", lambda _most=0: ReadyAnswers(little))
    client = serve(handlers={"User": handler, "Group": handler}, root=handler)
    client.get(PATHS[0], headers=bearer)
    for number in range(2 * little // len(client.get("/scim/v2/Schemas").data)):
        client.get("/scim/v2/Schemas", query_string=f"x={number}")
    past.clear()

    assert client.get(PATHS[0], headers=bearer).status_code == 200
    assert past == []


def test_the_log_tells_of_it_as_of_any_other(client: FlaskClient) -> None:
    """The same event, with the same names."""
    structlog.contextvars.clear_contextvars()
    with capture_logs() as events:
        client.get(PATHS[2], headers={"X-Request-Id": "r1"})
        client.get(PATHS[2], headers={"X-Request-Id": "r2"})
    requests = [event for event in events if event["event"] == "request"]
    first, again = ({**event, "duration_ms": 0} for event in requests)
    assert (first.pop("request_id"), again.pop("request_id")) == ("r1", "r2")
    assert again == first
    assert again["endpoint"] == "/scim/v2/Users/<resource_id>"


@pytest.mark.parametrize("path", [PATHS[0], OPEN[0]])
def test_the_log_tells_what_was_not_sent_again(client: FlaskClient, path: str) -> None:
    """With its status, and without calls where there can be none."""
    tag = {"If-None-Match": client.get(path).headers["ETag"], "X-Request-Id": "r"}
    structlog.contextvars.clear_contextvars()
    with capture_logs() as events:
        client.get(path, headers=tag)
        client.get(path, headers=tag | {"Cache-Control": "no-cache"})
    short, long = ({**event, "duration_ms": 0} for event in events if event["event"] == "request")
    assert short.pop("request_id") == "r"
    assert short == long
    assert short["status"] == 304
