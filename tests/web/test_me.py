"""``/Me`` is the user that the token is for (RFC 7644 §3.11)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.scim.errors import BadUpstream, VersionChanged
from gateway.scim.freshness import Provenance, together
from tests.web.conftest import Memory, Scribe, user
from tests.web.test_shortcut import Constant

ME = "/scim/v2/Me"
ID = "5d0e8a6c-3c0b-4a54-9d5e-0b7a8d0f6a11"
LOCATION = "http://localhost/scim/v2/Users/u7"
PATCH = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
WRITES = [("PUT", {"userName": "user7@acme.com"}), ("PATCH", PATCH), ("DELETE", None)]

Bind = Callable[..., FlaskClient]


def body(answer: TestResponse) -> Any:
    """Return the JSON of an answer."""
    return json.loads(answer.data)


@pytest.fixture
def bind(serve: Callable[..., FlaskClient], bearer: Mapping[str, str]) -> Bind:
    """Make a client whose token is for a user, or for nobody."""

    def client(name: str | None = None, **other: Any) -> FlaskClient:
        made = serve(users={"first": name} if name else {}, **other)
        made.environ_base["HTTP_AUTHORIZATION"] = bearer["Authorization"]
        return made

    return client


@pytest.mark.rule("7644-3.11-me")
@pytest.mark.parametrize("name", ["user7@acme.com", "User7@ACME.com"])
def test_it_answers_as_the_users_own_address_does(bind: Bind, name: str) -> None:
    """Whatever the letter case of the userName; but for Location, which tells that address."""
    client = bind(name)
    me, own = client.get(ME), client.get("/scim/v2/Users/u7")

    assert me.status_code == 200
    assert me.data == own.data
    assert me.headers["Location"] == me.headers["Content-Location"] == LOCATION
    assert me.headers["ETag"] == own.headers["ETag"]


def test_a_token_is_for_an_id_too(bind: Bind, users: Memory) -> None:
    """What has the form of an id is taken for one."""
    users.resources = [user(1), {**user(2), "id": ID}, {**user(3), "userName": ID}]
    assert body(bind(ID).get(ME))["userName"] == "user2@acme.com"


def test_it_shows_what_is_asked_for(bind: Bind) -> None:
    """RFC 7644 §3.9."""
    shown = body(bind("user7@acme.com").get(f"{ME}?excludedAttributes=emails,name,active"))
    assert set(shown) == {"schemas", "id", "userName", "meta"}


def test_a_version_that_is_known_is_not_sent_again(bind: Bind) -> None:
    """304, with the address of the user."""
    answer = bind("user7@acme.com").get(ME, headers={"If-None-Match": 'W/"7"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Location"] == LOCATION


def test_its_age_and_cost_are_those_of_all_that_was_asked(bind: Bind) -> None:
    """Who it is was asked first."""
    answer = bind("user7@acme.com").get(ME)
    assert (answer.headers["Age"], answer.headers["X-Bitbucket-Calls"]) == ("17", "3")


@pytest.mark.rule("7644-3.11-me")
@pytest.mark.parametrize(("method", "sent"), WRITES)
def test_a_write_is_of_the_user(
    bind: Bind, scribe: Scribe, method: str, sent: Mapping[str, Any] | None
) -> None:
    """With the address of the user, and all calls counted."""
    answer = bind("user7@acme.com").open(ME, method=method, json=sent)

    assert answer.status_code == (204 if method == "DELETE" else 200)
    assert answer.headers["Location"] == LOCATION
    assert answer.headers["X-Bitbucket-Calls"] == "5"
    ((_, resource_id, _, write),) = scribe.asked
    assert (resource_id, write.author.token) == ("u7", "first")


@pytest.mark.parametrize(("method", "sent"), WRITES)
def test_a_write_is_conditional_and_dry_as_any(
    bind: Bind, scribe: Scribe, method: str, sent: Mapping[str, Any] | None
) -> None:
    """If-Match and X-Dry-Run are handed on."""
    headers = {"X-Dry-Run": "true", "If-Match": 'W/"7"'}
    answer = bind("user7@acme.com").open(ME, method=method, json=sent, headers=headers)

    assert body(answer) == {"dryRun": True, "calls": []}
    ((*_, write),) = scribe.asked
    assert write.is_dry_run
    assert write.is_expected(['W/"7"'])
    assert not write.is_expected(['W/"8"'])


def test_an_error_of_the_user_tells_its_address(bind: Bind, scribe: Scribe) -> None:
    """The RFC wants it in any response."""
    scribe.failure = VersionChanged("Old.")
    answer = bind("user7@acme.com").patch(ME, json=PATCH)
    assert (answer.status_code, answer.headers["Location"]) == (412, LOCATION)


@pytest.mark.rule("7644-3.11-nobody")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_token_for_nobody_is_told_what_to_set(bind: Bind, method: str) -> None:
    """501, as the RFC has it for who does not offer it."""
    answer = bind().open(ME, method=method, json={"userName": "x"})
    assert answer.status_code == 501
    assert "first_USER" in body(answer)["detail"]
    assert "Location" not in answer.headers


@pytest.mark.parametrize(("method", "sent"), [("GET", None), *WRITES])
@pytest.mark.parametrize("name", ["gone@acme.com", ID])
def test_a_token_for_somebody_who_is_not_there_is_told_so(
    bind: Bind, scribe: Scribe, name: str, method: str, sent: Mapping[str, Any] | None
) -> None:
    """404, without the address of the one who was meant; nothing is written."""
    answer = bind(name).open(ME, method=method, json=sent)
    assert answer.status_code == 404
    assert "first_USER" in body(answer)["detail"]
    assert name not in answer.text
    assert not scribe.asked


def test_nobody_is_taken_for_another(bind: Bind, users: Memory, scribe: Scribe) -> None:
    """Two who have the name are none."""
    users.resources = [user(7), {**user(7), "id": "another"}]
    client = bind("user7@acme.com")
    assert [client.get(ME).status_code, client.delete(ME).status_code] == [409, 409]
    assert not scribe.asked


def test_nobody_registers(bind: Bind, scribe: Scribe) -> None:
    """POST is 501, whomever the token is for."""
    for client in (bind(), bind("user7@acme.com")):
        answer = client.post(ME, json={"userName": "x"})
        assert (answer.status_code, body(answer)["status"]) == (501, "501")
        assert "POST /Users" in body(answer)["detail"]
    assert not scribe.asked


def test_who_it_is_is_looked_up_each_time(bind: Bind, users: Memory) -> None:
    """People come and go."""
    client = bind("user7@acme.com")
    assert body(client.get(ME))["id"] == "u7"
    users.resources = [{**user(7), "id": "anew"}]
    assert body(client.get(ME))["id"] == "anew"
    users.resources = []
    assert client.get(ME).status_code == 404


def test_who_it_is_must_be_known(bind: Bind, users: Memory) -> None:
    """What can't be looked up is no absence."""
    users.failure = BadUpstream("Set BITBUCKET_API_TOKEN.")
    assert bind("user7@acme.com").get(ME).status_code == 502


def test_what_is_asked_again_is_answered_the_same(bind: Bind) -> None:
    """Past the framework, with the address of the user."""
    handler = Constant()
    client = bind("user1@acme.com", handlers={"User": handler, "Group": handler})
    first, again = client.get(ME), client.get(ME)

    assert handler.asked == 2
    told = [{k: v for k, v in a.headers if k != "X-Request-Id"} for a in (first, again)]
    assert told[0] == told[1]
    assert told[1]["Location"] == "http://localhost/scim/v2/Users/u1"


def test_each_token_is_for_its_own_user(serve: Callable[..., FlaskClient]) -> None:
    """The name of the token decides."""
    client = serve(
        tokens={"a": "a" * 16, "b": "b" * 16, "c": "c" * 16},
        users={"a": "user1@acme.com", "b": "user2@acme.com"},
    )
    answers = [client.get(ME, headers={"Authorization": f"Bearer {t * 16}"}) for t in "abc"]
    assert [body(answer).get("id") for answer in answers] == ["u1", "u2", None]


def test_an_answer_that_rests_on_another_is_as_old_and_dear_as_both() -> None:
    """And gets too old when the first of them does."""
    first = Provenance(
        age_seconds=9, calls=1, ttl_seconds=4, forwarded="stale", incomplete=("emails",)
    )
    then = Provenance(
        age_seconds=5, calls=2, ttl_seconds=7, detail="Busy.", incomplete=("entitlements",)
    )
    assert together([first, then]) == Provenance(
        age_seconds=9,
        calls=3,
        ttl_seconds=4,
        forwarded="stale",
        detail="Busy.",
        incomplete=("emails", "entitlements"),
    )
