"""The bodies of requests that change something (RFC 7644 §3.1)."""

import json
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from gateway.scim.errors import InvalidSyntax

#: What is read as SCIM's JSON: some clients send no type, or that of forms, with JSON in it.
_ACCEPTED = frozenset({"application/scim+json", "application/json", "text/json", ""})


def json_body() -> Any:
    """
    Return the JSON of the request that is answered.

    Raises:
        UnsupportedMediaType: It is said to be something else.
        InvalidSyntax: It is not, or an object has a member twice.
    """
    if request.mimetype not in _ACCEPTED:
        raise UnsupportedMediaType(
            f"{request.mimetype} is not read here; send application/scim+json."
        )
    body = request.get_data()
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidSyntax("The body is not JSON.") from None
    _check_members(body)
    return read


def _check_members(body: bytes) -> None:
    """Refuse what different readers would understand differently (RFC 8259 §4)."""
    try:
        json.loads(body, object_pairs_hook=_members, parse_int=str)
    except RecursionError:
        raise InvalidSyntax("The body is nested too deeply.") from None


def _members(pairs: list[tuple[str, object]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise InvalidSyntax(f"{name} is there twice in one object; send it once.")
        names.add(name)
