"""Answers in SCIM's media type (RFC 7644 §3.1, §8.1)."""

from collections.abc import Mapping

import orjson
from flask import Response

from gateway.scim.errors import ScimError, Unavailable
from gateway.scim.handler import Provenance

MEDIA_TYPE = "application/scim+json"


def scim_answer(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer whose *body* is SCIM's JSON."""
    return Response(body, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def error_answer(error: ScimError, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells of *error* (RFC 7644 §3.12)."""
    answer = scim_answer(orjson.dumps(error.to_json()), status=error.status, headers=headers)
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer


def provenance_headers(provenance: Provenance) -> dict[str, str]:
    """
    Return the headers that say how old an answer is and what it cost.

    A cache must not answer a second client with what the first one was shown, and must ask again
    before it answers the first.
    """
    return {
        "Age": str(provenance.age_seconds),
        "X-Bitbucket-Calls": str(provenance.calls),
        "Cache-Control": "private, no-cache",
    }
