"""What a request is called by, and what the log says of it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from structlog.typing import EventDict


@pytest.fixture
def events() -> Iterator[list[EventDict]]:
    """What is logged, with what is bound to the request."""
    logged: list[EventDict] = []

    def keep(_logger: Any, _method: str, event: EventDict) -> EventDict:
        logged.append(dict(event))
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep])
    yield logged
    structlog.contextvars.clear_contextvars()


def test_the_id_a_client_gave_comes_back(anonymous: FlaskClient) -> None:
    """So that both logs can be laid side by side."""
    answer = anonymous.get("/healthz", headers={"X-Request-Id": "A-1.b_2"})

    assert answer.headers["X-Request-Id"] == "A-1.b_2"


@pytest.mark.parametrize("sent", [None, "", "a b", "a" * 129, "é", "a;b", '{"a":1}'])
def test_another_id_is_made_where_none_fits(anonymous: FlaskClient, sent: str | None) -> None:
    """What a client sends can't forge lines of the log."""
    headers = {} if sent is None else {"X-Request-Id": sent}
    answer = anonymous.get("/healthz", headers=headers)

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_two_requests_have_two_ids(anonymous: FlaskClient) -> None:
    """An id is one request's."""
    first, second = (anonymous.get("/healthz").headers["X-Request-Id"] for _ in range(2))

    assert first != second


def test_every_failure_has_an_id_too(client: FlaskClient) -> None:
    """Also those that the framework finds."""
    for path in ("/nope", "/scim/v3", "/scim/v2/Users?count=x"):
        assert client.get(path).headers["X-Request-Id"]


def test_one_event_tells_of_a_request(client: FlaskClient, events: list[EventDict]) -> None:
    """It names the endpoint, the outcome and what it cost."""
    client.get("/scim/v2/Users", headers={"X-Request-Id": "r1"})

    (event,) = events
    assert event.pop("duration_ms") >= 0
    assert event == {
        "event": "request",
        "request_id": "r1",
        "method": "GET",
        "endpoint": "/scim/v2/Users",
        "status": 200,
        "calls": "3",
    }


@pytest.mark.rule("7644-7.5.2-no-personal-data-in-logs")
@pytest.mark.parametrize(
    "path", ["/scim/v2/Users?filter=userName eq {}", "/scim/v2/Users/{}", "/{}?{}={}"]
)
def test_the_log_tells_neither_who_was_asked_for_nor_the_token(
    client: FlaskClient, events: list[EventDict], bearer: dict[str, str], path: str
) -> None:
    """Filters hold e-mail addresses (RFC 7644 §7.5.2)."""
    client.get(path.replace("{}", '"ann@acme.com"'))
    client.get("/scim/v2/Users", headers={"Authorization": f"{bearer['Authorization']}-mistyped"})

    assert [event["status"] for event in events][1:] == [401]
    assert "ann" not in str(events)
    assert bearer["Authorization"].removeprefix("Bearer ") not in str(events)


def test_a_fault_is_logged_with_its_trace(
    client: FlaskClient, users: Any, events: list[EventDict]
) -> None:
    """Each time that it was tried; the client is told the id by which it is found."""
    users.failure = RuntimeError("a fault")
    client.get("/scim/v2/Users", headers={"X-Request-Id": "r2"})

    first, failed = events[:2]
    assert (first["event"], failed["event"]) == ("request.tried_again", "request.failed")
    for event in (first, failed):
        assert event["request_id"] == "r2"
        assert event["exc_info"] is users.failure
