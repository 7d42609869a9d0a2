"""Every failure is SCIM's error message (RFC 7644 §3.12)."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from gateway.scim.errors import BadUpstream, Unavailable

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def refused(answer: Any, status: int, scim_type: str | None = None) -> dict[str, Any]:
    """Return the error message of an answer that has that status and type."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/scim+json"
    body: dict[str, Any] = json.loads(answer.data)
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(status)
    assert body.get("scimType") == scim_type
    assert body["detail"].endswith((".", ")"))
    assert answer.headers["Cache-Control"] == "no-store"
    return body


@pytest.mark.rule(
    "7644-3.4.2.2-malformed",
    "7644-3.4.2.4-whole-numbers",
    "7644-3.9-not-both",
    "7644-3.4.2.3-parts",
    "7644-3.8-utf-8",
)
@pytest.mark.parametrize(
    ("query", "scim_type"),
    [
        ("filter=", "invalidFilter"),
        ("filter=userName", "invalidFilter"),
        ("filter=nope%20pr", "invalidFilter"),
        ("count=ten", "invalidValue"),
        ("count=1.5", "invalidValue"),
        ("startIndex=", "invalidValue"),
        ("startIndex=1_0", "invalidValue"),
        ("count=%2B1", "invalidValue"),
        ("count=%D9%A3", "invalidValue"),
        (f"startIndex={'9' * 20}", "invalidValue"),
        (f"count={'9' * 5000}", "invalidValue"),
        ("count=1&count=2", "invalidValue"),
        ("attributes=id&attributes=id", "invalidValue"),
        ("Filter=id%20pr", "invalidValue"),
        ("startindex=1", "invalidValue"),
        ("sortOrder=up", "invalidValue"),
        ("sortBy=nope", "invalidPath"),
        ("sortBy=name", "invalidPath"),
        ("sortBy=a%20b", "invalidPath"),
        ("attributes=id&excludedAttributes=name", "invalidSyntax"),
        ("filter=%ff", "invalidSyntax"),
        ("filter=%zz", "invalidSyntax"),
        ("filter=100%", "invalidSyntax"),
        ("x=%ed%a0%80", "invalidSyntax"),
    ],
)
def test_a_malformed_query_is_refused(client: FlaskClient, query: str, scim_type: str) -> None:
    """The status is 400, and the type says what is wrong."""
    refused(client.get(f"/scim/v2/Users?{query}"), 400, scim_type)


@pytest.mark.parametrize(
    ("query", "named"),
    [("count=ten", "count"), ("startIndex=x", "startIndex"), ("COUNT=1", "count")],
)
def test_a_malformed_parameter_is_named(client: FlaskClient, query: str, named: str) -> None:
    """The detail says which of many it is."""
    assert named in refused(client.get(f"/scim/v2/Users?{query}"), 400, "invalidValue")["detail"]


@pytest.mark.parametrize("path", ["/scim/v2/Users/%ff", "/scim/v2/Users/%00", "/%ff", "/%0A"])
def test_a_malformed_address_is_refused(client: FlaskClient, path: str) -> None:
    """No handler sees a text that can't be a name."""
    refused(client.get(path), 400, "invalidSyntax")


@pytest.mark.rule("9110-13.1.1-if-match-lists")
@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("sent", ["7", "", '"7', 'W/7, "7"', '* , "7"', '"7" "8"', 'w/"7"'])
def test_a_malformed_precondition_is_refused(
    client: FlaskClient, scribe: Any, sent: str, name: str
) -> None:
    """A header that is no entity tag is told before anything is changed."""
    answer = client.delete("/scim/v2/Users/u7", headers={name: sent})

    refused(answer, 400, "invalidValue")
    assert not scribe.asked


@pytest.mark.parametrize("host", ["a b", "[::1", "a/b", 'a"b', "a,b", "acme.com:x", "x:99999", ""])
@pytest.mark.parametrize("path", ["/Users", "/Users/u7", "/Schemas"])
def test_a_host_that_is_none_is_refused(client: FlaskClient, path: str, host: str) -> None:
    """References would begin with it."""
    refused(client.get(f"/scim/v2{path}", headers={"Host": host}), 400, "invalidSyntax")


@pytest.mark.rule("7644-2-challenge", "6750-3-challenge")
@pytest.mark.parametrize("path", ["/Users", "/Users/u7", "/Groups", "/Groups/g", "/Me"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x"])
def test_without_a_known_token_nothing_is_told(
    anonymous: FlaskClient, path: str, authorization: str | None
) -> None:
    """The status is 401, with the scheme to use, before anything else is looked at."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = anonymous.get(f"/scim/v2{path}?filter=broken", headers=headers)

    refused(answer, 401)
    sent_one = authorization == "Bearer x"
    error = ', error="invalid_token"' if sent_one else ""
    assert answer.headers["WWW-Authenticate"] == f'Bearer realm="SCIM"{error}'


@pytest.mark.rule("7644-2-challenge")
@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE"])
def test_no_method_is_looked_at_without_a_token(anonymous: FlaskClient, method: str) -> None:
    """The status is 401, whatever the body is."""
    assert anonymous.open("/scim/v2/Users/u7", method=method).status_code == 401


@pytest.mark.rule("7644-2-bearer", "7644-3.4.2.1-rights")
@pytest.mark.parametrize("token", ["a-token-that-opens-everything", "another-token-that-opens"])
@pytest.mark.parametrize("scheme", ["Bearer", "bEARER", "Bearer  "])
def test_each_configured_token_opens(anonymous: FlaskClient, scheme: str, token: str) -> None:
    """There may be several tokens; the scheme's name is read in any letter case."""
    answer = anonymous.get("/scim/v2/Users", headers={"Authorization": f"{scheme} {token}"})

    assert answer.status_code == 200


def test_a_token_beyond_ascii_opens_as_the_bytes_it_is_sent_as(anonymous: FlaskClient) -> None:
    """A client sends UTF-8, which a server hands over as Latin-1."""
    token = "ein-schlüssel".encode().decode("latin-1")

    def status(sent: str) -> int:
        headers = {"Authorization": f"Bearer {sent}"}
        return anonymous.get("/scim/v2/Users", headers=headers).status_code

    assert (status(token), status("ein-schlüssel"), status("ein-schl?ssel")) == (200, 401, 401)


def test_without_configured_tokens_nothing_opens(serve: Callable[..., FlaskClient]) -> None:
    """An empty list is no open door."""
    client = serve(tokens={})

    for token in ("", "x", "None"):
        answer = client.get("/scim/v2/Users", headers={"Authorization": f"Bearer {token}"})
        refused(answer, 401)


@pytest.mark.rule("7644-3.3-unreadable")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/Users"),
        ("PUT", "/Users/u1"),
        ("PATCH", "/Groups/g1"),
    ],
)
def test_a_body_that_is_not_json_is_refused(client: FlaskClient, method: str, path: str) -> None:
    """The status is 400, and nothing is changed."""
    refused(client.open(f"/scim/v2{path}", method=method, data=b"{"), 400, "invalidSyntax")


@pytest.mark.rule("9110-15.5.16-media-type")
def test_a_body_of_another_type_is_refused(client: FlaskClient) -> None:
    """The status is 415, with what to send instead."""
    refused(client.post("/scim/v2/Users", data="a=b", content_type="text/csv"), 415)


def test_a_body_that_is_compressed_is_refused(client: FlaskClient) -> None:
    """By what is wrong with it (RFC 9110 §15.5.16), not as JSON that can't be read."""
    for path in ("/Users", "/Users/.search", "/Bulk"):
        sent = gzip.compress(b"{}")
        answer = client.post(f"/scim/v2{path}", data=sent, headers={"Content-Encoding": "gzip"})
        assert "compressed" in refused(answer, 415)["detail"]

    plain = {"Content-Encoding": "identity"}
    assert client.post("/scim/v2/Users/.search", data=b"{}", headers=plain).status_code == 200


@pytest.mark.rule("7644-3.12-not-implemented")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/Me", "/Me/"])
def test_optional_endpoints_are_not_offered(client: FlaskClient, method: str, path: str) -> None:
    """The status is 501: they exist in the protocol, and not here."""
    refused(client.open(f"/scim/v2{path}", method=method, data=b"{}"), 501)


@pytest.mark.rule("7644-4-read-only", "9110-15.5.6-allow")
@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_discovery_is_read_only(client: FlaskClient, method: str, path: str) -> None:
    """The status is 405, and Allow says what is offered."""
    answer = client.open(f"/scim/v2{path}", method=method)

    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.rule("7644-3.12-message")
@pytest.mark.parametrize(
    "path",
    ["/nope", "/scim/v2/Nope", "/scim/v2/Users/u7/nope", "/scim/v2//Users", "/scim/v2/users"],
)
def test_an_unknown_address_is_not_found(client: FlaskClient, path: str) -> None:
    """The framework's own 404 has SCIM's body too."""
    refused(client.get(path), 404)


@pytest.mark.rule("7644-3.4.1-by-id", "7644-6-tenants")
def test_an_unknown_id_is_not_found(client: FlaskClient) -> None:
    """The status is 404, and the detail names the id."""
    assert "u999" in refused(client.get("/scim/v2/Users/u999"), 404)["detail"]


@pytest.mark.rule("7644-3.13-refused")
@pytest.mark.parametrize("path", ["/scim/v1/Users", "/scim/v3", "/scim/v20/Users", "/scim/v2.0/"])
def test_another_version_is_refused(client: FlaskClient, path: str) -> None:
    """RFC 7644 §3.13: 400 invalidVers, which names both versions as addresses do."""
    error = refused(client.get(path), 400, "invalidVers")

    version = path.split("/")[2]
    assert error["detail"] == f"The address names the version {version}; the one here is v2."


@pytest.mark.rule("7644-3.13-omitted")
@pytest.mark.parametrize("path", ["/Users/u7", "/Users", "/Schemas", "/ServiceProviderConfig/"])
def test_without_a_version_the_latest_is_meant(client: FlaskClient, path: str) -> None:
    """RFC 7644 §3.13; what is told of where things are has the version in it."""
    meant = client.get(f"/scim/v2{path}")
    answer = client.get(f"/scim{path}")

    assert (answer.status_code, answer.data) == (200, meant.data)
    assert answer.headers.get("Content-Location") == meant.headers.get("Content-Location")


@pytest.mark.parametrize("path", ["/scimUsers", "/scim/Nope", "/scim/vUsers", "/x/scim/Users"])
def test_an_address_of_something_else_is_left_alone(client: FlaskClient, path: str) -> None:
    """Nothing is guessed into an address."""
    refused(client.get(path), 404)


@pytest.mark.rule("9110-15.5.14-too-large")
def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    """The status is 413 before the body is read."""
    limit = 1 << 20

    refused(client.post("/scim/v2/Users", data=b"x" * (limit + 1)), 413)
    refused(client.post("/scim/v2/Users", data=b"x" * limit), 400, "invalidSyntax")


def test_bitbucket_refusing_the_gateway_is_a_bad_gateway(client: FlaskClient, users: Any) -> None:
    """The status is 502, never the client's 401 or 403, and the detail says what to mend."""
    users.failure = BadUpstream("Set BITBUCKET_API_TOKEN.")

    with capture_logs() as events:
        assert refused(client.get("/scim/v2/Users"), 502)["detail"] == "Set BITBUCKET_API_TOKEN."
    assert events[0] == {
        "event": "request.unanswered",
        "log_level": "warning",
        "status": 502,
        "reason": "Set BITBUCKET_API_TOKEN.",
    }


@pytest.mark.rule("9110-15.6.4-retry-after")
def test_bitbucket_failing_says_when_to_come_back(client: FlaskClient, users: Any) -> None:
    """The status is 503 with Retry-After."""
    users.failure = Unavailable("Bitbucket is down.", retry_after_seconds=30)
    answer = client.get("/scim/v2/Users")

    refused(answer, 503)
    assert answer.headers["Retry-After"] == "30"


@pytest.mark.rule("7644-3.12-message")
def test_a_fault_of_ours_tells_nothing_but_where_to_look(client: FlaskClient, users: Any) -> None:
    """The status is 500; the detail has the request id, and nothing of the fault."""
    users.failure = RuntimeError("secret internals")
    answer = client.get("/scim/v2/Users", headers={"X-Request-Id": "req-1"})

    body = refused(answer, 500)
    assert "req-1" in body["detail"]
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"] == "req-1"
