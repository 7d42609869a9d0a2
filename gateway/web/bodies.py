"""The bodies of requests that change something (RFC 7644 §3.1)."""

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
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidSyntax("The body is not JSON.") from None
