"""Every failure is SCIM's error message (RFC 7644 §3.12)."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

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
    return body


@pytest.mark.parametrize(
    ("query", "scim_type"),
    [
        ("filter=", "invalidFilter"),
        ("filter=userName", "invalidFilter"),
        ("filter=nope%20pr", "invalidFilter"),
        ("count=ten", "invalidValue"),
        ("count=1.5", "invalidValue"),
        ("startIndex=", "invalidValue"),
        ("count=1&count=2", "invalidValue"),
        ("sortOrder=up", "invalidValue"),
        ("sortBy=nope", "invalidPath"),
        ("sortBy=name", "invalidPath"),
        ("sortBy=a%20b", "invalidPath"),
        ("attributes=id&excludedAttributes=name", "invalidSyntax"),
        ("filter=%ff", "invalidSyntax"),
    ],
)
def test_a_malformed_query_is_refused(client: FlaskClient, query: str, scim_type: str) -> None:
    """The status is 400, and the type says what is wrong."""
    refused(client.get(f"/scim/v2/Users?{query}"), 400, scim_type)


def test_a_malformed_precondition_is_refused(client: FlaskClient) -> None:
    """A header that is no entity tag is told, not passed over."""
    answer = client.get("/scim/v2/Users/u7", headers={"If-None-Match": "7"})

    refused(answer, 400, "invalidValue")


@pytest.mark.parametrize("path", ["/Users", "/Users/u7", "/Groups", "/Groups/g", "/Me", "/Bulk"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x"])
def test_without_a_known_token_nothing_is_told(
    anonymous: FlaskClient, path: str, authorization: str | None
) -> None:
    """The status is 401, with the scheme to use, before anything else is looked at."""
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = anonymous.get(f"/scim/v2{path}?filter=broken", headers=headers)

    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="SCIM"')


@pytest.mark.parametrize("token", ["a-token-that-opens-everything", "another-token-that-opens"])
def test_each_configured_token_opens(anonymous: FlaskClient, token: str) -> None:
    """There may be several tokens; the scheme's name is read in any letter case."""
    answer = anonymous.get("/scim/v2/Users", headers={"Authorization": f"bEARER {token}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/Users", "/Users/u7", "/Groups", "/Groups/g"])
def test_writes_are_not_offered(client: FlaskClient, method: str, path: str) -> None:
    """The status is 501, whatever is sent."""
    refused(client.open(f"/scim/v2{path}", method=method, data=b"{"), 501)


@pytest.mark.parametrize("path", ["/", "/.search", "/Bulk", "/Me", "/Users/.search"])
def test_optional_endpoints_are_not_offered(client: FlaskClient, path: str) -> None:
    """The status is 501: they exist in the protocol, and not here."""
    refused(client.post(f"/scim/v2{path}", data=b"{}"), 501)


@pytest.mark.parametrize("path", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_discovery_is_read_only(client: FlaskClient, method: str, path: str) -> None:
    """The status is 405, and Allow says what is offered."""
    answer = client.open(f"/scim/v2{path}", method=method)

    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/nope", "/scim/v2/Nope", "/scim/v2/Users/u7/nope"])
def test_an_unknown_address_is_not_found(client: FlaskClient, path: str) -> None:
    """The framework's own 404 has SCIM's body too."""
    refused(client.get(path), 404)


def test_an_unknown_id_is_not_found(client: FlaskClient) -> None:
    """The status is 404, and the detail names the id."""
    assert "u999" in refused(client.get("/scim/v2/Users/u999"), 404)["detail"]


@pytest.mark.parametrize("path", ["/scim/v1/Users", "/scim/v3", "/scim/v20/Users"])
def test_another_version_is_refused(client: FlaskClient, path: str) -> None:
    """RFC 7644 §3.13: 400 invalidVers."""
    refused(client.get(path), 400, "invalidVers")


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    """The status is 413 before the body is read."""
    refused(client.post("/scim/v2/Users", data=b"x" * ((1 << 20) + 1)), 413)


def test_bitbucket_refusing_the_gateway_is_a_bad_gateway(client: FlaskClient, users: Any) -> None:
    """The status is 502, never the client's 401 or 403, and the detail says what to mend."""
    users.failure = BadUpstream("Set BITBUCKET_API_TOKEN.")

    assert refused(client.get("/scim/v2/Users"), 502)["detail"] == "Set BITBUCKET_API_TOKEN."


def test_bitbucket_failing_says_when_to_come_back(client: FlaskClient, users: Any) -> None:
    """The status is 503 with Retry-After."""
    users.failure = Unavailable("Bitbucket is down.", retry_after_seconds=30)
    answer = client.get("/scim/v2/Users")

    refused(answer, 503)
    assert answer.headers["Retry-After"] == "30"


def test_a_fault_of_ours_tells_nothing_but_where_to_look(client: FlaskClient, users: Any) -> None:
    """The status is 500; the detail has the request id, and nothing of the fault."""
    users.failure = RuntimeError("secret internals")
    answer = client.get("/scim/v2/Users", headers={"X-Request-Id": "req-1"})

    body = refused(answer, 500)
    assert "req-1" in body["detail"]
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"] == "req-1"
