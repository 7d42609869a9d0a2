"""The bodies of requests that change something (RFC 7644 §3.1)."""

import json
from collections.abc import Iterable
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from gateway.scim.errors import InvalidSyntax
from gateway.web.wellformed import LARGEST_BODY_BYTES

#: What is read as SCIM's JSON: some clients send no type, or that of forms, with JSON in it.
_ACCEPTED = frozenset({"application/scim+json", "application/json", "text/json", ""})
#: Nothing that is read here is nested half as deep; what is far deeper could not be gone through.
_DEEPEST = 64


def whole_body() -> bytes:
    """
    Return the body of the request that is answered.

    Raises:
        RequestEntityTooLarge: It is too large, which one that comes in pieces, without a
            Content-Length, does not say before (RFC 9112 §7.1).
    """
    body = request.get_data()
    if len(body) > LARGEST_BODY_BYTES:
        raise RequestEntityTooLarge
    return body


def json_body(media_type: str = "application/scim+json") -> Any:
    """
    Return the JSON of the request that is answered; *media_type* is what its sender should say.

    Raises:
        RequestEntityTooLarge: It is too large.
        UnsupportedMediaType: It is said to be something else, or compressed (RFC 9110 §8.4).
        InvalidSyntax: It is not, it is nested too deeply, or an object has a member twice.
    """
    if request.mimetype not in _ACCEPTED:
        raise UnsupportedMediaType(f"{request.mimetype} is not read here; send {media_type}.")
    if (request.content_encoding or "identity").lower() != "identity":
        raise UnsupportedMediaType("The body is compressed; send it without a Content-Encoding.")
    body = whole_body()
    read = parsed(body)
    if body.count(b"{") + body.count(b"[") > _DEEPEST:
        _check_depth(read)
    # Different readers would understand differently what is there twice (RFC 8259 §4).
    json.loads(body, object_pairs_hook=_members, parse_int=str)
    return read


def parsed(body: bytes) -> Any:
    """
    Return the value of *body*.

    Raises:
        InvalidSyntax: It is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidSyntax(f"The body is not JSON in UTF-8: see {where}.") from None


def _check_depth(read: object) -> None:
    level = [read]
    for _ in range(_DEEPEST):
        level = [
            inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InvalidSyntax(f"The body is nested deeper than {_DEEPEST} objects and lists.")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _members(pairs: list[tuple[str, object]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise InvalidSyntax(f"{name} is there twice in one object; send it once.")
        names.add(name)
