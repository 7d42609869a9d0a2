"""Answers to GET: made or kept, and left away where the client has them already."""

from collections.abc import Callable

from flask import Response, g, request

from gateway.web.answers import ScimResponse, scim_answer
from gateway.web.preconditions import IfNoneMatch
from gateway.web.ready import Given, Made, ReadyAnswers, key_of


def give(
    ready: ReadyAnswers,
    revision: Callable[[], int | None],
    make: Callable[[], Made],
    *,
    absent: Callable[[Given], Response] | None = None,
) -> Response:
    """
    Return the answer to the request at hand; 304 where it has that version (RFC 9110 §13.1.2).

    Args:
        ready: The answers that are kept.
        revision: Returns what changes with everything that the answer rests on.
        make: Makes the answer.
        absent: Answers instead where there is no body, if that may be.
    """
    given = ready.answer(key_of(request.environ, g.token), revision, make)
    if absent is not None and not given.made.body:
        return absent(given)
    known = IfNoneMatch.of_reader(request.headers.get("If-None-Match"))
    if known.holds(given.made.entity_tag):
        return ScimResponse(status=304, headers=given.headers())
    return scim_answer(given.made.body, headers=given.headers())
