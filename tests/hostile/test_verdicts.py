"""What is asked of every answer can be missed, one by one."""

from dataclasses import replace
from random import Random

import orjson
import pytest

from tests.hostile.application import Answer
from tests.hostile.requests import DOORS, Request
from tests.hostile.source import Source
from tests.hostile.verdicts import problems

_MESSAGE = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
    "status": "400",
    "scimType": "invalidFilter",
    "detail": "The filter is empty.",
}
_HEADERS = [("Content-Type", "application/scim+json"), ("X-Request-Id", "1")]
ASKED = Request("GET", "/scim/v2/Users", "filter=")
REFUSED = Answer(400, _HEADERS, orjson.dumps(_MESSAGE), 0.1)


def message(**members: object) -> bytes:
    """Return the body of the refusal with other members."""
    return orjson.dumps(_MESSAGE | members)


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"status": 500, "body": message(status="500", scimType=None)}, "It failed: 500."),
        ({"status": 501, "body": message(status="501")}, "It failed: 501."),
        ({"seconds": 2.1}, "It took 2.10 s."),
        ({"headers": [*_HEADERS, ("ETag", "a\nb")]}, "The header ETag can't be sent"),
        ({"headers": [*_HEADERS, ("ETag", "漢")]}, "The header ETag is not Latin-1"),
        ({"headers": _HEADERS[:1]}, "It has no X-Request-Id."),
        ({"headers": [("Content-Type", "text/html"), *_HEADERS[1:]]}, "Its type is text/html."),
        ({"body": b"<html>"}, "Its body is not JSON."),
        ({"body": b"[]"}, "Its body is no error message."),
        ({"body": message(schemas=[])}, "Its body is no error message."),
        ({"body": message(status=400)}, "Its status is 400."),
        ({"body": message(status="404")}, "Its status is '404'."),
        ({"body": message(detail="")}, "It has no detail."),
        ({"body": message(scimType="badFilter")}, "Its scimType is 'badFilter'."),
        ({"status": 404, "body": message(status="404")}, "Its scimType is 'invalidFilter'."),
        ({"body": message(trace="x")}, "It has other members"),
    ],
)
def test_each_fault_is_seen(other: dict[str, object], problem: str) -> None:
    """And nothing is wrong with an answer that has none."""
    assert list(problems(ASKED, REFUSED)) == []

    found = list(problems(ASKED, replace(REFUSED, **other)))  # type: ignore[arg-type]  # each of its own type

    assert any(each.startswith(problem) for each in found), found


def test_a_forged_cursor_is_to_be_refused() -> None:
    """Any success is a fault."""
    listed = orjson.dumps({"schemas": ["x"]})
    walked = replace(REFUSED, status=200, body=listed)
    assert list(problems(ASKED, walked)) == []
    assert list(problems(replace(ASKED, is_forged=True), walked)) == [
        "It went on with a walk by a cursor that was not given for it."
    ]


def test_what_is_honestly_not_done_is_no_fault() -> None:
    """501 where nothing is offered, 504 for who wants nothing read, and for nobody else."""
    not_offered = message(status="501")
    refused = replace(REFUSED, status=501, body=not_offered.replace(b'"scimType"', b'"detail"'))
    assert not [each for each in problems(Request("POST", "/scim/v2/Me"), refused) if "501" in each]
    cached = {"HTTP_CACHE_CONTROL": "only-if-cached, max-age=0"}
    late = replace(REFUSED, status=504)
    assert "It failed: 504." not in problems(replace(ASKED, headers=cached), late)
    assert "It failed: 504." in problems(ASKED, late)


def test_the_doors_are_all_of_it() -> None:
    """Their shares make a whole, and the same seed the same text."""
    assert sum(DOORS.values()) == pytest.approx(1)
    texts = [Source(Random(7), ["x"]).damaged("userName") for _ in range(2)]
    assert texts[0] == texts[1]
