"""Events over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.events import SECURITY_EVENTS
from gateway.scim.polling import Poll, Polled
from tests.web.conftest import TOKEN

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Feed:
    """A feed with one event."""

    asked: list[Poll] = field(default_factory=list)

    def poll(self, poll: Poll) -> Polled:
        """Answer with it."""
        self.asked.append(poll)
        return Polled({"a": "header.claims.signature"}, has_more=True)

    def keys(self) -> Mapping[str, object]:
        """Return one key."""
        return {"keys": [{"kty": "EC", "kid": "1"}]}


@pytest.fixture
def feed() -> Feed:
    """A feed."""
    return Feed()


@pytest.fixture
def on(serve: Callable[..., FlaskClient], feed: Feed) -> FlaskClient:
    """A client, without a token, of a gateway that has events."""
    return serve(events=feed)


def test_a_poll_is_answered_with_tokens(on: FlaskClient, feed: Feed) -> None:
    """As JSON that no cache keeps."""
    body = {"maxEvents": 5, "returnImmediately": True, "ack": ["b"]}
    answer = on.post("/scim/v2/events", json=body, headers=AUTHORIZED)

    assert answer.status_code == 200
    assert answer.json == {"sets": {"a": "header.claims.signature"}, "moreAvailable": True}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert feed.asked == [Poll(5, at_once=True, taken=("b",))]


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [(b"", "invalidSyntax"), (b"[]", "invalidSyntax"), (b'{"ack": 1}', "invalidValue")],
)
def test_a_poll_that_is_wrong_is_refused(
    on: FlaskClient, feed: Feed, body: bytes, scim_type: str
) -> None:
    """By SCIM's error, and nothing is acknowledged."""
    answer = on.post(
        "/scim/v2/events", data=body, headers=AUTHORIZED, content_type="application/json"
    )
    error: Any = answer.json
    assert (answer.status_code, error["scimType"]) == (400, scim_type)
    assert feed.asked == []


def test_a_poll_is_sent_as_json(on: FlaskClient, feed: Feed) -> None:
    """RFC 8936 has no type of its own, and SCIM's is not asked for."""
    answer = on.post("/scim/v2/events", data=b"a", headers=AUTHORIZED, content_type="text/csv")
    error: Any = answer.json
    assert answer.status_code == 415
    assert error["detail"] == "text/csv is not read here; send application/json."
    assert feed.asked == []


def test_events_are_for_who_has_a_token(on: FlaskClient, feed: Feed) -> None:
    """The keys are for everybody."""
    assert on.post("/scim/v2/events", json={}).status_code == 401
    assert feed.asked == []
    answer = on.get("/scim/v2/jwks")
    assert answer.json == {"keys": [{"kty": "EC", "kid": "1"}]}
    assert answer.headers["Content-Type"] == "application/jwk-set+json"


@pytest.mark.rule("9967-4-security-events")
def test_the_configuration_tells_of_events_where_there_are_some(
    on: FlaskClient, anonymous: FlaskClient
) -> None:
    """Absent means unsupported (RFC 9967 §4)."""
    told: Any = on.get("/scim/v2/ServiceProviderConfig").json
    untold: Any = anonymous.get("/scim/v2/ServiceProviderConfig").json
    assert told == {**untold, "securityEvents": SECURITY_EVENTS}


def test_a_gateway_without_events_says_how_to_turn_them_on(anonymous: FlaskClient) -> None:
    """By 501, so that nobody takes it for a wrong address."""
    for answer in (
        anonymous.post("/scim/v2/events", json={}, headers=AUTHORIZED),
        anonymous.get("/scim/v2/jwks"),
    ):
        error: Any = answer.json
        assert answer.status_code == 501
        assert "GATEWAY_EVENTS_KEY" in error["detail"]
