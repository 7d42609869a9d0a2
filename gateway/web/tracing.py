"""A request's id, and one event in the log for each request."""

import re
import time
from random import getrandbits

import structlog
from flask import Flask, Response, g, request

_LOG = structlog.get_logger(__name__)

#: The header that names a request.
REQUEST_ID = "X-Request-Id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")


def trace_requests(app: Flask) -> None:
    """
    Give every request of *app* an id, the client's own if it sent one, and log its end.

    The query is not logged: filters hold e-mail addresses (RFC 7644 §7.5.2).
    """
    app.before_request(_begin)
    app.after_request(_end)


def request_id_of(sent: str) -> str:
    """Return what a request is called: as the client calls it, if that can be a header."""
    if _ACCEPTED.fullmatch(sent):
        return sent
    # Nobody has to be kept from guessing it, and the system's own randomness takes a call.
    return f"{getrandbits(128):032x}"


def endpoint_of_request() -> str | None:
    """Return the rule of addresses that the request at hand is made to, as the log names it."""
    return request.url_rule.rule if request.url_rule else None


def log_request(
    method: str,
    endpoint: str | None,
    status: int,
    *,
    calls: str | None,
    started: float,
    **more: str,
) -> None:
    """Log the end of a request that was *started* at a moment of :func:`time.perf_counter`."""
    duration_ms = round((time.perf_counter() - started) * 1000, 1)
    _LOG.info(
        "request",
        method=method,
        endpoint=endpoint,
        status=status,
        calls=calls,
        duration_ms=duration_ms,
        **more,
    )


def _begin() -> None:
    g.request_id = request_id_of(request.headers.get(REQUEST_ID, ""))
    g.started = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID] = g.request_id
    log_request(
        request.method,
        endpoint_of_request(),
        response.status_code,
        calls=response.headers.get("X-Bitbucket-Calls"),
        started=g.started,
    )
    return response
