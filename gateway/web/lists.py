"""Lists of resources, by a query in the address or in the body (RFC 7644 §3.4.2, §3.4.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from flask import Flask, Response, request

from gateway.scim.handler import Listing, Query, ResourceHandler, RootQuery
from gateway.scim.messages import list_response, read_query, told_of
from gateway.scim.page import CursorPage, Page
from gateway.scim.schema import ResourceType
from gateway.scim.search import read_search
from gateway.web.answers import provenance_headers, scim_answer
from gateway.web.asking import Asking
from gateway.web.bodies import json_body
from gateway.web.giving import give
from gateway.web.preconditions import tag_of
from gateway.web.ready import Made
from gateway.web.views import Shared, TokenView

Q = TypeVar("Q", Query, RootQuery)


@dataclass(frozen=True, slots=True)
class Lists(Generic[Q]):
    """
    Where lists come from: of one type, or of all.

    Attributes:
        read: Reads a query of its parameters, as :func:`gateway.scim.messages.read_query` does but
            for the type.
        query: Answers it.
        revision: Returns a number that is another after every change of what answers rest on.
    """

    read: Callable[..., Q]
    query: Callable[[Q], Listing]
    revision: Callable[[], int | None]

    @classmethod
    def of(cls, resource_type: ResourceType, handler: ResourceHandler) -> "Lists[Query]":
        """Return the lists of one type."""
        read = partial(read_query, resource_type=resource_type)
        return Lists(read, handler.query, handler.revision)

    def ask(self, asking: Asking) -> tuple[Listing, Page]:
        """Return what is asked for, and the page that it is."""
        query = self.read(
            asking.parameters,
            base_url=asking.base_url,
            freshness=asking.freshness,
            caller=asking.token,
        )
        return self.query(query), query.page

    def made(self, asking: Asking) -> Made:
        """Return the answer to a GET."""
        listing, page = self.ask(asking)
        body = list_response(listing, page)
        is_on_a_walk = isinstance(page, CursorPage) and bool(page.cursor or listing.next_cursor)
        return Made(
            body,
            listing.provenance,
            # The cursors of each walk are its own: who was told that a page is the same would go
            # on with those of another walk, and miss who came since.
            {} if is_on_a_walk else {"ETag": _tag(listing, page, body)},
            asking.endpoint,
            is_once=is_on_a_walk,
        )


def _tag(listing: Listing, page: Page, body: bytes) -> str:
    if not listing.fingerprint:
        return tag_of(body)
    return tag_of(told_of(listing, page) + listing.fingerprint)


class ListView(TokenView):
    """``/``, and what ``/Users`` and ``/Groups`` are to who reads."""

    def __init__(self, lists: Lists[Query] | Lists[RootQuery], shared: Shared) -> None:
        super().__init__(shared.authenticator)
        self._lists = lists
        self._shared = shared

    def get(self) -> Response:
        """Answer a query (RFC 7644 §3.4.2)."""
        return give(self._shared.ready, self._lists.revision, self._made)

    def _made(self) -> Made:
        return self._lists.made(self._shared.asking(request.args.to_dict(flat=False)))


class SearchView(TokenView):
    """``/.search`` and those of each type: queries that no log of addresses shows."""

    def __init__(self, lists: Lists[Query] | Lists[RootQuery], shared: Shared) -> None:
        super().__init__(shared.authenticator)
        self._lists = lists
        self._shared = shared

    def post(self) -> Response:
        """Answer a query (RFC 7644 §3.4.3)."""
        listing, page = self._lists.ask(self._shared.asking(read_search(json_body())))
        # No ETag: that is for what GET answers at the same address (RFC 9110 §8.8.3).
        headers = provenance_headers(listing.provenance)
        return scim_answer(list_response(listing, page), headers=headers)


def add_lists(
    app: Flask,
    name: str,
    path: str,
    lists: Lists[Query] | Lists[RootQuery],
    shared: Shared,
    *,
    view: type[ListView] = ListView,
) -> None:
    """Add the endpoints of lists at *path*, under *name*: by GET, and by a query in the body."""
    app.add_url_rule(path, view_func=view.as_view(f"{name}.list", lists, shared))
    shared.straight.add(path, lists.made, lists.revision)
    search = SearchView.as_view(f"{name}.search", lists, shared)
    app.add_url_rule(f"{path.rstrip('/')}/.search", view_func=search)
