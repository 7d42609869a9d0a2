"""Every failure as SCIM's error message, the framework's own included (RFC 7644 §3.12)."""

import orjson
import structlog
from flask import Flask, Response, g, request
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import HTTPException

from gateway.scim.errors import ERROR_SCHEMA, ScimError
from gateway.web.answers import error_answer, scim_answer
from gateway.web.authentication import TokenRefused

_LOG = structlog.get_logger(__name__)

#: What to say where the framework refuses; the rest is said in its own words.
_SENTENCES = {
    404: "There is no such endpoint; the resources are at /scim/v2/Users and /scim/v2/Groups.",
    405: "This endpoint does not offer that method.",
    413: "The body of the request is larger than 1 MiB.",
}


def register_errors(app: Flask) -> None:
    """Make every failure of *app* an error message of SCIM."""
    app.register_error_handler(ScimError, _scim_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unforeseen)


def _scim_error(error: ScimError) -> Response:
    challenge = {"WWW-Authenticate": error.challenge} if isinstance(error, TokenRefused) else {}
    return error_answer(error, challenge)


def _http_error(error: HTTPException) -> WerkzeugResponse:
    status = error.code or 500
    if error.response is not None or status < 400:  # noqa: PLR2004 - a redirect is no failure
        return error.get_response(request.environ)
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")
    }
    detail = _SENTENCES.get(status, error.description or error.name)
    return scim_answer(_message(status, detail), status=status, headers=headers)


def _unforeseen(error: Exception) -> Response:
    _LOG.error("request.failed", exc_info=error)
    detail = f"The gateway failed; its log tells why, under the request id {g.request_id}."
    return scim_answer(_message(500, detail), status=500)


def _message(status: int, detail: str) -> bytes:
    return orjson.dumps({"schemas": [ERROR_SCHEMA], "status": str(status), "detail": detail})
