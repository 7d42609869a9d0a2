"""No more requests than a token may make."""

import json
from collections.abc import Callable, Mapping

import pytest
import structlog
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.web.rates import RequestCounter
from tests.web.conftest import TOKEN, Scribe
from tests.web.test_rates import Clock
from tests.web.test_shortcut import Constant

USERS = "/scim/v2/Users"
WRONG = {"Authorization": "Bearer wrong"}
NAMES = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")

Serve = Callable[..., FlaskClient]


@pytest.fixture
def clock() -> Clock:
    """It stands still."""
    return Clock()


@pytest.fixture
def client(serve: Serve, clock: Clock, bearer: Mapping[str, str]) -> FlaskClient:
    """A client that may make three requests a minute."""
    client = serve(counter=RequestCounter(3, ["first", "second", "third"], clock))
    client.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
    return client


def told(answer: object) -> tuple[str | None, ...]:
    """Return what the headers of an answer say."""
    headers: Mapping[str, str] = getattr(answer, "headers")  # noqa: B009 - of any kind of answer
    return tuple(headers.get(name) for name in NAMES)


def test_each_answer_tells_what_is_left(client: FlaskClient, clock: Clock) -> None:
    """Whatever it is."""
    first = client.get(USERS)
    clock.now += 10
    second = client.get(f"{USERS}?filter=x")
    third = client.delete(f"{USERS}/u1")

    assert [a.status_code for a in (first, second, third)] == [200, 400, 204]
    assert list(map(told, (first, second, third))) == [
        ("3", "2", "60"),
        ("3", "1", "50"),
        ("3", "0", "50"),
    ]


def test_what_is_given_again_is_counted_too(serve: Serve, bearer: Mapping[str, str]) -> None:
    """Past the framework there is no way past the count."""
    handler = Constant()
    counter = RequestCounter(2, ["first", "second", "third"])
    client = serve(handlers={"User": handler, "Group": handler}, counter=counter)
    answers = [client.get(USERS, headers=bearer) for _ in range(3)]

    assert handler.asked == 1
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [told(answer)[1] for answer in answers] == ["1", "0", "0"]


@pytest.mark.rule("6585-4-too-many-requests")
def test_one_too_many_is_told_when_to_come_again(
    client: FlaskClient, clock: Clock, scribe: Scribe
) -> None:
    """429 as SCIM's error; nothing is done."""
    for _ in range(3):
        client.get(USERS)
    clock.now += 22.5
    answer = client.delete(f"{USERS}/u1", headers={"X-Request-Id": "r1"})

    assert answer.status_code == 429
    assert answer.content_type == "application/scim+json"
    body = json.loads(answer.data)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert body["status"] == "429"
    assert "with this token: the gateway takes 3 a minute" in body["detail"]
    assert "38 s." in body["detail"]
    assert told(answer) == ("3", "0", "38")
    assert answer.headers["Retry-After"] == "38"
    assert answer.headers["x-rate-limit-retry-after-seconds"] == "38"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"] == "r1"
    assert not scribe.asked

    clock.now += 38
    assert client.delete(f"{USERS}/u1").status_code == 204


def test_a_head_that_is_too_many_has_no_body(client: FlaskClient) -> None:
    """As any HEAD."""
    answers = [client.head(USERS) for _ in range(4)]
    assert (answers[-1].status_code, answers[-1].data) == (429, b"")


@pytest.mark.rule("6585-4-too-many-requests")
def test_only_one_too_many_says_when_to_retry(client: FlaskClient) -> None:
    """A client that reads it on others would wait for nothing."""
    answer = client.get(USERS)
    assert "x-rate-limit-retry-after-seconds" not in answer.headers
    assert "Retry-After" not in answer.headers


def test_each_token_has_its_own(client: FlaskClient) -> None:
    """What one uses up is not another's."""
    for _ in range(4):
        client.get(USERS)
    other = client.get(USERS, headers={"Authorization": "Bearer another-token-that-opens"})
    assert (other.status_code, told(other)[1]) == (200, "2")


def test_wrong_tokens_are_counted_together(client: FlaskClient) -> None:
    """With those that are missing, wherever they come; never against who has a token."""
    statuses = [
        client.get(USERS, headers=WRONG).status_code,
        client.get("/scim/v2/Schemas", headers={"Authorization": ""}).status_code,
        client.post(USERS, headers={"Authorization": "Bearer guessed-again"}).status_code,
        client.get("/scim/v2/Schemas", headers=WRONG).status_code,
    ]
    assert statuses == [401, 200, 401, 429]
    assert told(client.get(USERS))[1] == "2"


def test_discovery_is_counted_and_health_is_not(client: FlaskClient) -> None:
    """Who asks for the latter has no token, and must be answered."""
    assert told(client.get("/scim/v2/ResourceTypes"))[1] == "2"
    for path in ("/healthz", "/readyz", "/healthz/") * 2:
        answer = client.get(path)
        assert (answer.status_code, told(answer)) == (200, (None, None, None))


def test_without_a_limit_nothing_is_said(serve: Serve, bearer: Mapping[str, str]) -> None:
    """And nothing counted."""
    answer = serve().get(USERS, headers=bearer)
    assert told(answer) == (None, None, None)


def test_the_log_names_the_token_and_never_shows_it(client: FlaskClient) -> None:
    """One event, as for every request."""
    structlog.contextvars.clear_contextvars()
    with capture_logs() as events:
        for _ in range(4):
            client.get(USERS, headers={"X-Request-Id": "r1"})
    refused = {**events[-1], "duration_ms": 0}
    assert len(events) == 4
    assert refused == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "endpoint": None,
        "status": 429,
        "calls": None,
        "duration_ms": 0,
        "request_id": "r1",
        "token": "first",
    }
    assert TOKEN not in repr(events)
