"""From answers to errors."""

from collections.abc import Callable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.errors import (
    BadAnswer,
    BadRequest,
    BitbucketError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    RateLimited,
    Rejected,
    SeatLimit,
    Unauthorized,
    Unavailable,
)
from tests.bitbucket.raw_server import RawServer, as_error, raw

TEMPLATE = "/2.0/workspaces/{workspace}/members"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b'{"values": [', "no JSON"),
        (b"", "an empty body"),
    ],
)
def test_what_is_not_json_is_a_bad_answer(
    body: bytes, problem: str, server: RawServer, read: Callable[[], Answer]
) -> None:
    """A page for people, a part of JSON, or nothing, is not what Bitbucket says."""
    server.reply(raw(200, body))

    with pytest.raises(BadAnswer, match=problem) as failure:
        read().json()
    assert failure.value.evidence.resource == TEMPLATE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def answered(body: bytes) -> Answer:
    """Return an answer with that body."""
    return Answer(Request(method="GET", url="", resource=TEMPLATE, path=""), 200, {}, body)


@given(st.lists(JSON))
def test_the_items_of_an_array_are_those_of_its_json(values: list[object]) -> None:
    """Whatever they are, though none is held longer than it is looked at."""
    answer = answered(orjson.dumps(values))
    assert list(answer.items()) == answer.json() == values


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
        (b'[{"slug": "one"}, {"slug": "two"', "not all of it"),
        (b'[{"slug": "one"}', "not all of it"),
        (b'[{"slug": "one"}]]', "not all of it"),
        (b"[nothing]", "no JSON"),
        (b'["\xff"]', "no JSON"),
        (b'{"values": []}', "no list of values"),
        (b'{"values": [', "no JSON"),
        (b"", "an empty body"),
    ],
)
def test_what_is_no_whole_array_is_a_bad_answer(body: bytes, problem: str) -> None:
    """A part of a list is never taken for all of it."""
    with pytest.raises(BadAnswer, match=problem):
        list(answered(body).items())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (402, SeatLimit),
        (403, Forbidden),
        (404, NotFound),
        (405, Rejected),
        (409, Conflict),
        (410, Gone),
        (429, RateLimited),
        (500, Unavailable),
    ],
)
def test_each_status_has_its_error(
    status: int, kind: type[BitbucketError], server: RawServer, write: Callable[[], Answer]
) -> None:
    """The error carries the call, the status and Bitbucket's words."""
    server.reply(as_error(status, "Because.", detail={"key": "value"}))

    with pytest.raises(BitbucketError) as failure:
        write()
    evidence = failure.value.evidence
    assert type(failure.value) is kind
    assert (evidence.method, evidence.resource, evidence.status) == ("PUT", "/2.0/x", status)
    assert (evidence.message, evidence.detail) == ("Because.", {"key": "value"})
    assert str(failure.value).startswith("PUT /2.0/x ")
    assert str(failure.value).endswith('Bitbucket says: "Because."')


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Internal Server Error", '"Internal Server Error".'),
        ("Why not? ", '"Why not?"'),
    ],
)
def test_the_words_of_bitbucket_are_quoted_and_ended(
    words: str, told: str, server: RawServer, write: Callable[[], Answer]
) -> None:
    """More sentences may follow."""
    server.reply(as_error(400, words))
    with pytest.raises(BitbucketError) as failure:
        write()
    assert str(failure.value).endswith(f" Bitbucket says: {told}")


def test_a_missing_scope_is_named(server: RawServer, write: Callable[[], Answer]) -> None:
    """Bitbucket's lists of scopes are attributes, and the needed one is in the sentence."""
    detail = {"required": ["project:admin"], "granted": ["account", "project"]}
    server.reply(as_error(403, "Forbidden", detail=detail))

    with pytest.raises(Forbidden, match="needs the scope project:admin") as failure:
        write()
    assert failure.value.required == ("project:admin",)
    assert failure.value.granted == ("account", "project")


def test_an_error_page_keeps_its_status(server: RawServer, write: Callable[[], Answer]) -> None:
    """An error in HTML is still the error of its status."""
    server.reply(raw(404, b"<html>Nothing here</html>", Content_Type="text/html"))

    with pytest.raises(NotFound) as failure:
        write()
    assert failure.value.evidence.message is None
