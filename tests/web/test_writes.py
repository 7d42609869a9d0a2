"""How writes are asked for and answered; what they do is the writer's."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.scim.errors import (
    Conflict,
    Mutability,
    NotFound,
    ScimError,
    Uniqueness,
    Unsupported,
    VersionChanged,
)
from tests.web.conftest import Scribe

USER = {"userName": "ann@acme.example"}
PATCH = {"Operations": [{"op": "replace", "path": "active", "value": False}]}


@pytest.mark.rule("7644-3.3-created")
def test_what_is_made_is_answered_with_its_address(client: FlaskClient, scribe: Scribe) -> None:
    """201, Location, ETag, and the resource (RFC 7644 §3.3)."""
    answer = client.post("/scim/v2/Users", json=USER)

    assert answer.status_code == 201
    assert answer.content_type == "application/scim+json"
    assert answer.headers["Location"] == "http://localhost/scim/v2/Users/new"
    assert answer.headers["ETag"] == json.loads(answer.data)["meta"]["version"] == 'W/"0e1"'
    assert answer.headers["X-Bitbucket-Calls"] == "2"
    ((action, _, attributes, write),) = scribe.asked
    assert (action, attributes) == ("create", USER)
    assert write.author.token == "first"
    assert write.author.request_id == answer.headers["X-Request-Id"]
    assert not write.is_dry_run


@pytest.mark.rule("7644-3.5.1-answer", "7644-3.5.2-answer")
@pytest.mark.parametrize(("method", "body"), [("PUT", USER), ("PATCH", PATCH)])
def test_what_is_changed_is_answered(
    client: FlaskClient, scribe: Scribe, method: str, body: Any
) -> None:
    """200 with the resource, for PATCH too."""
    scribe.notes = ("not given back: group Zürich",)
    answer = client.open("/scim/v2/Users/u1", method=method, json=body)

    assert answer.status_code == 200
    assert answer.headers["Content-Location"] == "http://localhost/scim/v2/Users/u1"
    assert answer.headers["ETag"] == json.loads(answer.data)["meta"]["version"] == 'W/"0e1"'
    assert answer.headers["X-Bitbucket-Notes"] == "not given back: group Z?rich"


@pytest.mark.rule("7644-3.6-deleted")
def test_what_is_deleted_is_answered_with_nothing(client: FlaskClient) -> None:
    """204, without a body."""
    answer = client.delete("/scim/v2/Groups/g1")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.rule("7644-3.9-writes")
def test_projection_holds_for_writes_too(client: FlaskClient) -> None:
    """RFC 7644 §3.9."""
    answer = client.put("/scim/v2/Users/u1?attributes=userName", json=USER)
    assert set(json.loads(answer.data)) == {"schemas", "id", "userName"}


@pytest.mark.parametrize("value", ["true", "True"])
def test_a_dry_run_is_answered_with_the_plan(client: FlaskClient, value: str) -> None:
    """As JSON of ours."""
    answer = client.patch("/scim/v2/Users/u1", json=PATCH, headers={"X-Dry-Run": value})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert json.loads(answer.data) == {"dryRun": True, "calls": []}


def test_a_dry_run_that_is_asked_for_wrongly_is_refused(
    client: FlaskClient, scribe: Scribe
) -> None:
    """It must not become a real one."""
    answer = client.patch("/scim/v2/Users/u1", json=PATCH, headers={"X-Dry-Run": "yes"})
    assert answer.status_code == 400
    assert not scribe.asked


@pytest.mark.rule(
    "7644-3.14-if-match",
    "9110-13.1.1-if-match-lists",
    "9110-13.1.2-if-none-match-on-writes",
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"If-Match": "*"}, True),
        ({"If-Match": 'W/"a"'}, True),
        ({"If-Match": '"a"'}, True),
        ({"If-Match": 'W/"b", W/"a"'}, True),
        ({"If-Match": 'W/"b"'}, False),
        ({"If-None-Match": "*"}, False),
        ({"If-None-Match": '"a"'}, False),
        ({"If-None-Match": 'W/"b", W/"a"'}, False),
        ({"If-None-Match": 'W/"b"'}, True),
        ({"If-Match": 'W/"a"', "If-None-Match": 'W/"b"'}, True),
        ({"If-Match": 'W/"a"', "If-None-Match": 'W/"a"'}, False),
        ({"If-Match": 'W/"b"', "If-None-Match": 'W/"b"'}, False),
    ],
)
def test_a_request_is_meant_for_some_versions(
    client: FlaskClient,
    scribe: Scribe,
    method: str,
    headers: dict[str, str],
    expected: bool,  # noqa: FBT001 - what is parametrised comes by name
) -> None:
    """Both headers are compared weakly, may be lists, and have to hold (RFC 9110 §13)."""
    body = {"PUT": USER, "PATCH": PATCH, "DELETE": None}[method]
    client.open("/scim/v2/Users/u1", method=method, json=body, headers=headers)
    ((_, _, _, write),) = scribe.asked
    assert write.is_expected(['W/"a"']) is expected


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/Users"), ("PUT", "/Users/u1"), ("PATCH", "/Users/u1"), ("DELETE", "/Users/u1")],
)
def test_a_condition_that_can_not_be_read_is_refused(
    client: FlaskClient, scribe: Scribe, name: str, method: str, path: str
) -> None:
    """Nothing is changed on a guess."""
    body = {"PATCH": PATCH}.get(method, USER)
    answer = client.open(f"/scim/v2{path}", method=method, json=body, headers={name: "a"})
    assert (answer.status_code, json.loads(answer.data)["scimType"]) == (400, "invalidValue")
    assert not scribe.asked


@pytest.mark.parametrize("sent", ["*", 'W/"a"'])
def test_what_is_made_has_no_version_yet(client: FlaskClient, scribe: Scribe, sent: str) -> None:
    """So If-None-Match always holds, and If-Match never: then nothing is made."""
    made = client.post("/scim/v2/Users", json=USER, headers={"If-None-Match": sent})
    assert made.status_code == 201

    answer = client.post("/scim/v2/Users", json=USER, headers={"If-Match": sent})
    assert answer.status_code == 412
    assert len(scribe.asked) == 1


@pytest.mark.rule("7644-3.12-status", "7644-3.12-scim-type")
@pytest.mark.parametrize(
    ("error", "status", "scim_type"),
    [
        (Uniqueness("Taken."), 409, "uniqueness"),
        (Conflict("No."), 409, None),
        (Mutability("No."), 400, "mutability"),
        (VersionChanged("Old."), 412, None),
        (NotFound("None."), 404, None),
        (Unsupported("Elsewhere."), 501, None),
    ],
)
def test_a_refusal_is_scim_s_error(
    client: FlaskClient, scribe: Scribe, error: ScimError, status: int, scim_type: str | None
) -> None:
    """With its type only at 400 and 409 (RFC 7644 §3.12)."""
    scribe.failure = error
    answer = client.patch("/scim/v2/Users/u1", json=PATCH)
    body = json.loads(answer.data)
    assert (answer.status_code, body["status"]) == (status, str(status))
    assert body.get("scimType") == scim_type


@pytest.mark.rule("9110-15.5.6-allow")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/Users", "GET, HEAD, OPTIONS, POST"), ("POST", "/Groups/g1", None)],
)
def test_other_methods_are_not_allowed(
    client: FlaskClient, method: str, path: str, allowed: str | None
) -> None:
    """405, with those that are."""
    answer = client.open(f"/scim/v2{path}", method=method, json=USER)
    assert answer.status_code == 405
    told = ", ".join(sorted(answer.headers["Allow"].split(", ")))
    assert allowed is None or told == allowed


def test_groups_asked_for_reach_the_writer(client: FlaskClient, scribe: Scribe) -> None:
    """Of a user that is made; otherwise they are readOnly."""
    client.post("/scim/v2/Users", json=USER | {"groups": [{"value": "g1"}, {"display": "x"}]})
    client.put("/scim/v2/Users/u1", json=USER | {"groups": [{"value": "g1"}]})
    assert scribe.asked[0][2]["groups"] == [{"value": "g1"}]
    assert "groups" not in scribe.asked[1][2]


@pytest.mark.rule("8259-4-names-are-unique")
def test_a_member_that_is_there_twice_is_refused(client: FlaskClient, scribe: Scribe) -> None:
    """Readers take different ones of them (RFC 8259 §4), so nobody knows what was meant."""
    for body in ('{"userName": "a", "userName": "b"}', '{"name": {"x": 1, "x": 2}}'):
        answer = client.post("/scim/v2/Users", data=body, content_type="application/scim+json")
        told = json.loads(answer.data)
        assert (answer.status_code, told["scimType"]) == (400, "invalidSyntax")
        assert "twice" in told["detail"]
    assert scribe.asked == []


@pytest.mark.parametrize("path", ["/Users", "/Users/.search", "/Bulk"])
@pytest.mark.parametrize("opening", ["[", '{"data":'])
def test_a_body_is_nested_64_deep_at_most(client: FlaskClient, path: str, opening: str) -> None:
    """What reads it goes as deep as it is: no depth makes the gateway fail."""
    closing = "]" if opening == "[" else "}"
    for depth in (65, 300, 1000, 1024, 5000):
        inner = f"{opening * depth}1{closing * depth}"
        for body in (inner, f'{{"Operations":[{{"data":{inner}}}]}}'):
            answer = client.post(f"/scim/v2{path}", data=body)
            assert answer.status_code == 400
            assert answer.json
            assert answer.json["scimType"] == "invalidSyntax"
            assert depth > 1000 or "deeper than 64" in answer.json["detail"]


def test_a_body_may_be_wide(client: FlaskClient, scribe: Scribe) -> None:
    """How many objects and lists stand beside one another is no depth, nor is what texts hold."""
    members = [{"value": "u", "display": "[" * 100} for _ in range(90)]
    deepest = json.loads("[" * 63 + "]" * 63)

    answer = client.post("/scim/v2/Groups", json={"displayName": "A", "members": members})
    asked = client.post("/scim/v2/Users/.search", json={"x": deepest})

    assert answer.status_code == 201, answer.text
    assert len(scribe.asked) == 1
    assert asked.status_code == 200, asked.text
