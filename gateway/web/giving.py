"""Answers to GET: made or kept, and left away where the client has them already."""

from collections.abc import Callable

from flask import Response, request

from gateway.scim.handler import Listing
from gateway.scim.messages import list_response
from gateway.scim.page import CursorPage, Page
from gateway.web.answers import ScimResponse, scim_answer
from gateway.web.preconditions import IfNoneMatch, tag_of
from gateway.web.ready import Given, Made, ReadyAnswers
from gateway.web.tracing import endpoint_of_request


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
    given = ready.answer(revision, make)
    if absent is not None and not given.made.body:
        return absent(given)
    known = IfNoneMatch.of_reader(request.headers.get("If-None-Match"))
    if known.holds(given.made.entity_tag):
        return ScimResponse(status=304, headers=given.headers())
    return scim_answer(given.made.body, headers=given.headers())


def made_list(listing: Listing, page: Page) -> Made:
    """Return the answer that is a page of a list."""
    body = list_response(listing, page)
    is_on_a_walk = isinstance(page, CursorPage) and bool(page.cursor or listing.next_cursor)
    return Made(
        body,
        listing.provenance,
        # The cursors of each walk are its own: who was told that a page is the same would go on
        # with those of another walk, and miss who came since.
        {} if is_on_a_walk else {"ETag": tag_of(body)},
        endpoint_of_request(),
        is_once=is_on_a_walk,
    )
