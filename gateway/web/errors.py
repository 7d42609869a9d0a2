"""Every failure as SCIM's error message, the framework's own included (RFC 7644 §3.12)."""

import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from gateway.scim.errors import ERROR_SCHEMA, BadUpstream, ScimError, Unavailable
from gateway.web.answers import error_answer, refusal
from gateway.web.authentication import TokenRefused

_LOG = structlog.get_logger(__name__)

#: What to say where the framework refuses; the rest is said in its own words.
_SENTENCES = {
    404: "There is no such endpoint; /scim/v2/ResourceTypes tells where the resources are, "
    "such as /scim/v2/Users and /scim/v2/Groups.",
    405: "This endpoint does not offer that method; the header Allow lists those it does.",
    413: "The body of the request is larger than 1 MiB.",
}
_KEPT_HEADERS = frozenset({"Allow", "Retry-After"})


def register_errors(app: Flask) -> None:
    """Make every failure of *app* an error message of SCIM."""
    app.register_error_handler(ScimError, _scim_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, unforeseen)


def _scim_error(error: ScimError) -> Response:
    if isinstance(error, BadUpstream | Unavailable):
        _LOG.warning("request.unanswered", status=error.status, reason=error.detail)
    challenge = {"WWW-Authenticate": error.challenge} if isinstance(error, TokenRefused) else {}
    return error_answer(error, challenge)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    detail = _SENTENCES.get(status, error.description or error.name)
    return refusal(_message(status, detail), status=status, headers=headers)


def unforeseen(error: Exception) -> Response:
    """Answer where the gateway failed; the log tells why."""
    _LOG.error("request.failed", exc_info=error)
    detail = f"The gateway failed; its log tells why, under the request id {g.request_id}."
    return refusal(_message(500, detail), status=500)


def _message(status: int, detail: str) -> dict[str, object]:
    return {"schemas": [ERROR_SCHEMA], "status": str(status), "detail": detail}
