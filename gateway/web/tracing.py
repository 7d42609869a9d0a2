"""A request's id, and one event in the log for each request."""

import re
import time
from random import getrandbits

import structlog
from flask import Flask, Response, g, request

_LOG = structlog.get_logger(__name__)

_HEADER = "X-Request-Id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")


def trace_requests(app: Flask) -> None:
    """
    Give every request of *app* an id, the client's own if it sent one, and log its end.

    The query is not logged: filters hold e-mail addresses (RFC 7644 §7.5.2).
    """
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    sent = request.headers.get(_HEADER, "")
    g.request_id = sent if _ACCEPTED.fullmatch(sent) else _new_id()
    g.started = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _new_id() -> str:
    # Nobody has to be kept from guessing it, and the system's own randomness takes a call.
    return f"{getrandbits(128):032x}"


def _end(response: Response) -> Response:
    response.headers[_HEADER] = g.request_id
    _LOG.info(
        "request",
        method=request.method,
        endpoint=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        calls=response.headers.get("X-Bitbucket-Calls"),
        duration_ms=round((time.perf_counter() - g.started) * 1000, 1),
    )
    return response
