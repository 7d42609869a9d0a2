"""Answers in SCIM's media type (RFC 7644 §3.1, §8.1)."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import orjson
from flask import Response
from werkzeug.datastructures import Headers

from gateway.scim.errors import ScimError, TooManyRequests, Unavailable
from gateway.scim.freshness import Provenance

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MEDIA_TYPE = "application/scim+json"


class ScimResponse(Response):
    """An answer in SCIM's media type, where nothing else is said."""

    default_mimetype = MEDIA_TYPE

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        """
        Return the headers to send.

        Those of an answer with a body are sent as they are: every address in them is absolute
        and encoded, which Werkzeug would look at again.
        """
        if self.status_code in _WITH_BODY:
            return self.headers
        return super().get_wsgi_headers(environ)


_WITH_BODY = frozenset({200, 201})


def scim_answer(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer whose *body* is SCIM's JSON."""
    return ScimResponse(body, status=status, headers=dict(headers or {}))


def refusal(
    message: Mapping[str, object], *, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """
    Return the answer that holds an error *message*.

    No cache keeps it: RFC 9111 §4.2.2 would let one repeat a 404 or 501 after it ended.
    """
    kept_by_nobody = {"Cache-Control": "no-store"}
    return scim_answer(
        orjson.dumps(message), status=status, headers={**kept_by_nobody, **(headers or {})}
    )


def error_answer(error: ScimError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells of *error* (RFC 7644 §3.12)."""
    answer = refusal(error.to_json(), status=error.status, headers=headers)
    if isinstance(error, Unavailable | TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def provenance_headers(provenance: Provenance, *, older_seconds: int = 0) -> dict[str, str]:
    """
    Return the headers that say how old an answer is, what it cost, and what is not known.

    A cache must not answer a second client with what the first one was shown, and must ask again
    before it answers the first.

    Args:
        provenance: How the answer was come by.
        older_seconds: How long ago.
    """
    headers = {
        "Age": str(provenance.age_seconds + older_seconds),
        "X-Bitbucket-Calls": str(provenance.calls),
        "Cache-Status": _cache_status(provenance, provenance.ttl_seconds - older_seconds),
        "Cache-Control": "private, no-cache",
    }
    if provenance.incomplete:
        headers["X-Bitbucket-Incomplete"] = ", ".join(provenance.incomplete)
    return headers


def _cache_status(provenance: Provenance, ttl_seconds: int) -> str:
    """Return how the gateway came by the answer (RFC 9211)."""
    forwarded = provenance.forwarded
    parts = ["bitbucket-scim", f"fwd={forwarded}" if forwarded else "hit"]
    if forwarded and not provenance.detail:
        parts.append("stored")
    parts.append(f"ttl={ttl_seconds}")
    if provenance.detail:
        parts.append(f'detail="{_string(provenance.detail)}"')
    return "; ".join(parts)


def notes_header(notes: Sequence[str]) -> dict[str, str]:
    """Return the header that says what was asked for and could not be; none without *notes*."""
    return {"X-Bitbucket-Notes": "; ".join(map(_printable, notes))} if notes else {}


def _printable(text: str) -> str:
    """Return *text* as a header may hold it: in printable ASCII."""
    return "".join(each if " " <= each <= "~" else "?" for each in text)


def _string(text: str) -> str:
    """Return *text* as a structured field's string holds it (RFC 8941 §3.3.3)."""
    return _printable(text).replace("\\", "\\\\").replace('"', '\\"')
