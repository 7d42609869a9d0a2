"""What is at hand goes past the framework the first time, and shows no sign of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from flask import request, request_started
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import EnvironBuilder

from gateway.scim.errors import NotStored
from gateway.scim.freshness import AT_HAND, FreshnessWanted, Provenance
from gateway.scim.handler import Document, Listing, Query, Retrieval, RootQuery

#: An age that any answer has: it is asked of the framework.
ANY_AGE = {"Cache-Control": "max-age=1000"}
PLAIN = [
    "/scim/v2/Users",
    "/scim/v2/Users?count=1&startIndex=2&filter=userName%20eq%20%22%C3%A9%22",
    "/scim/v2/Users?cursor=",
    "/scim/v2/Groups?attributes=displayName",
    "/scim/v2/Users/u1",
    "/scim/v2/Users/u1?attributes=id",
    "/scim/v2/",
]


class AtHand:
    """A handler that has everything at hand, or has to read it first."""

    def __init__(self) -> None:
        self.asked: list[FreshnessWanted] = []
        self.is_at_hand = True

    def revision(self) -> int:
        """Nothing changes."""
        return 1

    def query(self, query: Query | RootQuery) -> Listing:
        """Return one resource."""
        provenance = self._provenance(query.freshness)
        next_cursor = None if hasattr(query.page, "start_index") else "next"
        return Listing(1, 1, b'{"id":"u1"}', provenance, next_cursor=next_cursor)

    def retrieve(self, resource_id: str, *, freshness: FreshnessWanted, **_how: Any) -> Retrieval:
        """Return one resource, or none."""
        provenance = self._provenance(freshness)
        is_there = resource_id == "u1"
        return Retrieval(Document('W/"1"', b'{"id":"u1"}') if is_there else None, provenance)

    def _provenance(self, freshness: FreshnessWanted) -> Provenance:
        self.asked.append(freshness)
        if self.is_at_hand:
            return Provenance(age_seconds=5, calls=0, ttl_seconds=300)
        if freshness.at_hand:
            raise NotStored("Something has to be read first.")
        return Provenance(age_seconds=0, calls=3, ttl_seconds=300, forwarded="miss")


@pytest.fixture
def handler() -> AtHand:
    """Nothing was asked yet."""
    return AtHand()


@pytest.fixture
def client(
    serve: Callable[..., FlaskClient], handler: AtHand, bearer: dict[str, str]
) -> FlaskClient:
    """A client with a token."""
    client = serve(handlers={"User": handler, "Group": handler}, root=handler)
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return client


@pytest.fixture
def framework() -> Iterator[list[str]]:
    """The paths of the requests that the framework has answered."""
    answered: list[str] = []

    def note(_app: Any, **_more: Any) -> None:
        answered.append(request.path)

    with request_started.connected_to(note):
        yield answered


@pytest.mark.parametrize("path", PLAIN)
def test_the_framework_would_answer_the_same(
    client: FlaskClient, framework: list[str], path: str
) -> None:
    """Status, body and headers, but for the id of the request."""
    straight = client.get(path)
    assert framework == []
    theirs = client.get(path, headers=ANY_AGE)
    assert len(framework) == 1

    assert (straight.status, straight.data) == (theirs.status, theirs.data)
    assert _headers(straight) == _headers(theirs)


@pytest.mark.parametrize(
    "of_environ",
    [
        {"QUERY_STRING": None},
        {"QUERY_STRING": "&&x=1&x=2"},
        {"QUERY_STRING": "x=\xc3\xa9"},
        {"QUERY_STRING": "count=-1&startIndex=0"},
        {"QUERY_STRING": "x" + "&y" * 2000},
        {"HTTP_HOST": None, "SERVER_NAME": "::1", "SERVER_PORT": "8443"},
        {"HTTP_HOST": "LOCALHOST.:80"},
        {"SCRIPT_NAME": "/b\xc3\xbcro/"},
        {"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_HOST": "other.example"},
        {"CONTENT_LENGTH": "0"},
        {"HTTP_ACCEPT": "text/html", "HTTP_PREFER": "return=minimal", "HTTP_RANGE": "bytes=0-1"},
        {"HTTP_IF_NONE_MATCH": "*", "HTTP_IF_MATCH": '"x"'},
    ],
)
@pytest.mark.parametrize("path", ["/scim/v2/Users", "/scim/v2/Users/u1", "/scim/v2/"])
def test_it_would_whatever_the_server_hands_over(
    client: FlaskClient, framework: list[str], path: str, of_environ: dict[str, str | None]
) -> None:
    """As PEP 3333 lets it: all of the answer, and what is logged of it."""
    environ = EnvironBuilder(path).get_environ() | client.environ_base | of_environ
    environ = {name: value for name, value in environ.items() if value is not None}
    wsgi = client.application.wsgi_app
    straight = _told(wsgi, dict(environ))
    assert framework == []
    theirs = _told(wsgi, {**environ, "HTTP_CACHE_CONTROL": "max-age=1000"})
    assert len(framework) == 1

    assert straight == theirs


@pytest.mark.parametrize("host", ["xn--a.example", "a_b", "a b"])
def test_an_address_of_no_host_is_refused(client: FlaskClient, host: str) -> None:
    """What looks like an international name and is none, too."""
    environ = EnvironBuilder("/scim/v2/Users").get_environ() | client.environ_base
    status, _, body, _ = _told(client.application.wsgi_app, environ | {"HTTP_HOST": host})
    assert status == "400 BAD REQUEST"
    assert b"invalidSyntax" in body


def test_what_has_to_be_read_is_read_once_by_the_framework(
    client: FlaskClient, handler: AtHand, framework: list[str]
) -> None:
    """The way past it waits for nothing, and makes no call."""
    handler.is_at_hand = False
    answer = client.get("/scim/v2/Users/u1")

    assert answer.status_code == 200
    assert answer.headers["X-Bitbucket-Calls"] == "3"
    assert handler.asked == [AT_HAND, FreshnessWanted()]
    assert len(framework) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/scim/v2/Users/u2", 404),
        ("/scim/v2/Users?filter=userName%20eq", 400),
        ("/scim/v2/Users?filter=%zz", 400),
        ("/scim/v2/Users?filter=%ff", 400),
        ("/scim/v2/Users?startIndex=1&cursor=", 400),
        ("/scim/v2/Users/u%C3%A9", 404),
        ("/scim/v2/Users/.search", 405),
    ],
)
def test_errors_are_the_frameworks(
    client: FlaskClient, framework: list[str], path: str, status: int
) -> None:
    """It words and logs them."""
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["status"] == str(status)
    assert len(framework) == 1


def test_a_body_is_for_the_framework_to_read(client: FlaskClient, framework: list[str]) -> None:
    """A GET that the framework refuses is refused though its answer is kept."""
    assert client.get("/scim/v2/Users").status_code == 200
    assert framework == []
    too_large = b"x" * ((1 << 20) + 1)
    assert client.get("/scim/v2/Users", data=too_large).status_code == 413
    assert len(framework) == 1


def test_a_failure_that_nobody_foresaw_is_the_frameworks(
    client: FlaskClient, handler: AtHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked is told as SCIM tells errors."""

    def fail(*_: Any, **_how: Any) -> Retrieval:
        raise LookupError("a secret")

    monkeypatch.setattr(handler, "retrieve", fail)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    with capture_logs() as events:
        answer = client.get("/scim/v2/Users/u1")

    assert answer.status_code == 500
    assert answer.mimetype == "application/scim+json"
    assert b"secret" not in answer.data
    first = next(event for event in events if event["event"] == "request.tried_again")
    assert isinstance(first["exc_info"], LookupError)
    assert first["request_id"] == answer.headers["X-Request-Id"]


def test_a_failure_that_passes_is_logged(
    client: FlaskClient, handler: AtHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked has an answer, and who runs the service knows that it took two tries."""
    retrieve, failures = handler.retrieve, [LookupError()]

    def fail_once(*args: Any, **how: Any) -> Retrieval:
        if failures:
            raise failures.pop()
        return retrieve(*args, **how)

    monkeypatch.setattr(handler, "retrieve", fail_once)
    with capture_logs() as events:
        assert client.get("/scim/v2/Users/u1").status_code == 200
    assert [event["event"] for event in events] == ["request.tried_again", "request"]


def test_a_request_with_a_body_is_looked_at_by_the_framework(
    client: FlaskClient, framework: list[str]
) -> None:
    """What is too large is refused, though nobody reads it."""
    assert client.get("/scim/v2/Users", data=b"x" * ((1 << 20) + 1)).status_code == 413
    client.get("/scim/v2/Users", headers={"Transfer-Encoding": "chunked"})
    assert len(framework) == 2


def test_who_has_the_version_is_sent_nothing(client: FlaskClient, framework: list[str]) -> None:
    """The first time, too."""
    answer = client.get("/scim/v2/Users/u1", headers={"If-None-Match": 'W/"1"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert framework == []


def _told(wsgi: Any, environ: dict[str, Any]) -> tuple[Any, ...]:
    """Return all of an answer and of its log, but for what is another each time."""
    began: list[Any] = []
    structlog.contextvars.clear_contextvars()
    with capture_logs() as events:
        body = b"".join(wsgi(environ, lambda *start: began.extend(start[:2])))
    status, headers = began
    own = {"request_id", "duration_ms"}
    return (
        status,
        {name: value for name, value in headers if name != "X-Request-Id"},
        body,
        [{name: told for name, told in event.items() if name not in own} for event in events],
    )


def _headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name != "X-Request-Id"}
