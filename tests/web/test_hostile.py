"""Whatever is sent, the gateway answers in SCIM's words and never fails."""

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

#: A header, or an address, as a server hands it over: bytes read as Latin-1.
WIRE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
METHODS = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "get"]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_CHARSET", "HTTP_IF_NONE_MATCH"),
            *("HTTP_IF_MATCH", "HTTP_X_REQUEST_ID", "HTTP_X_FORWARDED_HOST", "HTTP_RANGE"),
            *("HTTP_TRANSFER_ENCODING", "HTTP_COOKIE", "CONTENT_TYPE", "CONTENT_LENGTH"),
        ]
    ),
    WIRE | st.sampled_from(['W/"1"', "*", "localhost", "-1", "9" * 30, "bytes=0-1", "chunked"]),
    max_size=4,
)
PATHS = st.sampled_from(["/scim/v2/Users", "/scim/v2/Users/u1", "/scim/v2/Schemas", "/scim/v2/"])
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["filter", "startIndex", "count", "sortBy", "attributes", "Filter", "x"]),
        WIRE,
    ).map("=".join),
    max_size=4,
).map("&".join)

many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@many
@given(METHODS, PATHS | WIRE.map("/{}".format), QUERIES | WIRE, HEADERS)
@example("GET", "/scim/v2/Users", "startIndex=" + "9" * 30, {})
@example("GET", "/scim/v2/Me/", "", {})
@example("GET", "/scim/v2//Users", "", {})
@example("GET", "/scim/v2/Users/u1", "", {"HTTP_HOST": "\xe9"})
@example("POST", "/scim/v2/Users", "", {"CONTENT_LENGTH": "-1"})
def test_no_request_makes_the_gateway_fail(
    client: FlaskClient, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    """The status is never 5xx but 501, and every body is SCIM's JSON."""
    answer = client.open(
        method=method,
        environ_overrides={"PATH_INFO": path, "QUERY_STRING": query, **headers},
    )

    assert answer.status_code < 500 or answer.status_code == 501, answer.text
    assert answer.headers["X-Request-Id"]
    if answer.data:
        assert answer.content_type == "application/scim+json"
        body = json.loads(answer.data)
        if answer.status_code >= 400:
            assert body["status"] == str(answer.status_code)


@pytest.mark.rule("7644-2-challenge")
@many
@given(WIRE | WIRE.map("Bearer {}".format))
@example("Bearer \xff")
@example("Bearer a-token-that-opens-everything\xa0x")
def test_no_guess_opens(anonymous: FlaskClient, authorization: str) -> None:
    """Whatever is sent instead of a token, the status is 401."""
    answer = anonymous.get(
        "/scim/v2/Users", environ_overrides={"HTTP_AUTHORIZATION": authorization}
    )

    assert answer.status_code == 401
