"""What is asked of every answer, whatever the request."""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from tests.hostile.application import Answer
from tests.hostile.requests import Request

#: As long as an answer may be computed.
MOST_SECONDS = 2.0

_ERROR, _LIST, _BULK = (
    f"urn:ietf:params:scim:api:messages:2.0:{name}"
    for name in ("Error", "ListResponse", "BulkResponse")
)
#: RFC 7644 §3.12, table 9, and RFC 9865 §2.1.
_TYPES = frozenset(
    {
        *("invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath"),
        *("noTarget", "invalidValue", "invalidVers", "sensitive"),
        *("invalidCursor", "expiredCursor", "invalidCount"),
    }
)
_TYPED = (400, 409)
_REFUSED, _LOWEST_ERROR, _LOWEST_FAILURE = 400, 400, 500
#: What is honestly not offered: nobody registers at /Me, and events are turned off here.
_NOT_OFFERED = re.compile(r"/scim/v2/(Me|events|jwks)/?")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def problems(request: Request, answer: Answer) -> Iterator[str]:
    """Yield a sentence for all that is wrong with an answer."""
    if answer.status >= _LOWEST_FAILURE and not _is_honest(request, answer.status):
        yield f"It failed: {answer.status}."
    if answer.seconds > MOST_SECONDS:
        yield f"It took {answer.seconds:.2f} s."
    if request.is_forged and answer.status != _REFUSED:
        yield "It went on with a walk by a cursor that was not given for it."
    yield from _of_headers(answer)
    if answer.status >= _LOWEST_ERROR:
        yield from _of_error(request, answer)
    elif answer.body.startswith(b'{"schemas":'):
        yield from _of_success(orjson.loads(answer.body))


def _is_honest(request: Request, status: int) -> bool:
    if status == 504:
        return "only-if-cached" in request.headers.get("HTTP_CACHE_CONTROL", "").lower()
    return status == 501 and _NOT_OFFERED.fullmatch(request.path) is not None


def _of_headers(answer: Answer) -> Iterator[str]:
    for name, value in answer.headers:
        if _UNPRINTABLE.search(value):
            yield f"The header {name} can't be sent: {value!r}."
        elif not _is_latin(value):
            yield f"The header {name} is not Latin-1: {value!r}."
    if not any(name == "X-Request-Id" for name, _ in answer.headers):
        yield "It has no X-Request-Id."


def _of_error(request: Request, answer: Answer) -> Iterator[str]:
    headers = dict(answer.headers)
    if request.method == "HEAD":
        if answer.body:
            yield "An answer to HEAD has a body."
        return
    if headers.get("Content-Type") != "application/scim+json":
        yield f"Its type is {headers.get('Content-Type')}."
    try:
        message = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        yield "Its body is not JSON."
        return
    yield from of_message(message, answer.status)


def _of_success(message: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a list, or with the answer to a bulk request."""
    match message["schemas"]:
        case [urn] if urn == _LIST:
            found = len(message["Resources"])
            if not message["itemsPerPage"] == found <= message["totalResults"]:
                yield "Its numbers are not those of its resources."
        case [urn] if urn == _BULK:
            for operation in message["Operations"]:
                status = int(operation["status"])
                if status >= _LOWEST_FAILURE:
                    yield f"An operation failed: {status}."
                if status >= _LOWEST_ERROR:
                    yield from of_message(operation.get("response"), status)


def of_message(message: object, status: int) -> Iterator[str]:
    """Yield what is wrong with an error message (RFC 7644 §3.12)."""
    if not isinstance(message, dict) or message.get("schemas") != [_ERROR]:
        yield "Its body is no error message."
        return
    if message.keys() - {"schemas", "status", "scimType", "detail"}:
        yield f"It has other members: {sorted(message)}."
    if message.get("status") != str(status):
        yield f"Its status is {message.get('status')!r}."
    if not isinstance(message.get("detail"), str) or not message["detail"]:
        yield "It has no detail."
    scim_type = message.get("scimType")
    if "scimType" in message and (status not in _TYPED or scim_type not in _TYPES):
        yield f"Its scimType is {scim_type!r}."


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
