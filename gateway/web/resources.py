"""The resources: lists and single ones (RFC 7644 §3.4)."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from flask import Response, g, request
from flask.views import MethodView

from gateway.scim.change import Method, read_change, status_of
from gateway.scim.errors import NotFound
from gateway.scim.freshness import Provenance, together
from gateway.scim.handler import Author, ResourceHandler, ResourceWriter, Write
from gateway.scim.messages import list_response, read_projection, read_query
from gateway.scim.schema import ResourceType
from gateway.scim.search import read_search
from gateway.web.addresses import Addresses
from gateway.web.answers import (
    ScimResponse,
    error_answer,
    notes_header,
    provenance_headers,
    scim_answer,
)
from gateway.web.authentication import Authenticator
from gateway.web.bodies import json_body
from gateway.web.caching import freshness_wanted
from gateway.web.preconditions import IfMatch, IfNoneMatch, is_dry_run
from gateway.web.ready import Given, Made, ReadyAnswers


@dataclass(frozen=True, slots=True)
class Shared:
    """
    What all views are handed.

    Attributes:
        authenticator: Lets in who has a token.
        addresses: Where clients find the service.
        ready: What was answered before.
    """

    authenticator: Authenticator
    addresses: Addresses
    ready: ReadyAnswers


class _ResourceView(MethodView):
    """What the views of one resource type share."""

    init_every_request = False

    def __init__(
        self, resource_type: ResourceType, handler: ResourceHandler, shared: Shared
    ) -> None:
        self._type = resource_type
        self._handler = handler
        self._authenticator = shared.authenticator
        self._addresses = shared.addresses
        self._ready = shared.ready

    def dispatch_request(self, **parts: str) -> Response:
        """Let nobody in without a token, whatever is asked."""
        g.token = self._authenticator.check(request.headers.get("Authorization"))
        answer = super().dispatch_request(**parts)
        if not isinstance(answer, Response):
            raise TypeError(f"{type(self).__name__} answered {answer!r}.")
        return answer


class WritableView(_ResourceView):
    """What the views of one resource type share whose resources clients change."""

    def __init__(
        self,
        resource_type: ResourceType,
        handler: ResourceHandler,
        shared: Shared,
        writer: ResourceWriter,
    ) -> None:
        super().__init__(resource_type, handler, shared)
        self._writer = writer

    def _write(self) -> Write:
        """Return how the change is asked for."""
        return Write(
            author=Author(token=g.token, request_id=g.request_id),
            base_url=self._addresses.base_url(),
            projection=read_projection(request.args.to_dict(flat=False), self._type),
            is_expected=IfMatch.parse(request.headers.get("If-Match")).holds,
            is_dry_run=is_dry_run(request.headers.get("X-Dry-Run")),
        )

    def _change(
        self, method: Method, resource_id: str | None = None, *resting_on: Provenance
    ) -> Response:
        """
        Carry out the change that is asked for.

        Args:
            method: What to do.
            resource_id: With which resource; None makes one.
            resting_on: How it is known which resource is meant, where its id was not sent.
        """
        body = None if method is Method.DELETE else json_body()
        change = read_change(method, body, self._type, resource_id)
        write = self._write()
        written = change(self._writer, write)
        provenance = together([*resting_on, written.provenance])
        headers = provenance_headers(provenance) | notes_header(written.notes)
        if written.plan is not None:
            return Response(
                orjson.dumps(written.plan), content_type="application/json", headers=headers
            )
        status, document = status_of(method, written), written.document
        if document is None:
            return ScimResponse(status=status, headers=headers)
        location = f"{write.base_url}{self._type.endpoint}/{written.resource_id}"
        name = "Location" if method is Method.POST else "Content-Location"
        headers |= {"ETag": document.version, name: location}
        return scim_answer(write.projection.json(document.json), status=status, headers=headers)


class ListView(_ResourceView):
    """The list of the resources of a type."""

    def get(self) -> Response:
        """Answer a query (RFC 7644 §3.4.2)."""
        given = self._ready.answer(self._handler.revision, self._made)
        return scim_answer(given.made.body, headers=_provenance(given))

    def _made(self) -> Made:
        query = read_query(
            request.args.to_dict(flat=False),
            self._type,
            base_url=self._addresses.base_url(),
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
            caller=g.token,
        )
        listing = self._handler.query(query)
        body = list_response(listing, query.page)
        is_on_a_walk = (listing.next_cursor, listing.previous_cursor) != (None, None)
        return Made(body, listing.provenance, endpoint=_endpoint(), is_once=is_on_a_walk)


class CollectionView(WritableView, ListView):
    """``/Users``, ``/Groups``."""

    def post(self) -> Response:
        """Make a resource (RFC 7644 §3.3)."""
        return self._change(Method.POST)


class SearchView(_ResourceView):
    """``/Users/.search``, ``/Groups/.search``: queries that no log of addresses shows."""

    def post(self) -> Response:
        """Answer a query (RFC 7644 §3.4.3)."""
        query = read_query(
            read_search(json_body()),
            self._type,
            base_url=self._addresses.base_url(),
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
            caller=g.token,
        )
        listing = self._handler.query(query)
        headers = provenance_headers(listing.provenance)
        return scim_answer(list_response(listing, query.page), headers=headers)


class OneView(_ResourceView):
    """What the views of a single resource share, by whatever address it is asked for."""

    def _retrieved(self, make: Callable[[], Made], *, absent: str) -> Response:
        """
        Answer with one resource.

        Args:
            make: Makes the answer, where none is kept.
            absent: What to say where there is no such resource.
        """
        known = IfNoneMatch.parse(request.headers.get("If-None-Match"))
        given = self._ready.answer(self._handler.revision, make)
        made, headers = given.made, _provenance(given)
        if made.version is None:
            return error_answer(NotFound(absent), headers | {"Cache-Control": "no-store"})
        headers |= {"ETag": made.version, **made.headers}
        if known.holds(made.version):
            return ScimResponse(status=304, headers=headers)
        return scim_answer(made.body, headers=headers)

    def _made(self, resource_id: str) -> Made:
        projection = read_projection(request.args.to_dict(flat=False), self._type)
        base_url = self._addresses.base_url()
        retrieval = self._handler.retrieve(
            resource_id,
            projection=projection,
            base_url=base_url,
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
        )
        document = retrieval.document
        if document is None:
            return Made(b"", retrieval.provenance, endpoint=_endpoint())
        location = {"Content-Location": f"{base_url}{self._type.endpoint}/{resource_id}"}
        shown = projection.json(document.json)
        return Made(shown, retrieval.provenance, location, document.version, _endpoint())


class ItemView(OneView):
    """A single resource of a type, by its id."""

    def get(self, resource_id: str) -> Response:
        """Answer with one resource (RFC 7644 §3.4.1)."""
        absent = f"There is no {self._type.name} with the id {resource_id}."
        return self._retrieved(lambda: self._made(resource_id), absent=absent)


class SingleView(WritableView, ItemView):
    """``/Users/{id}``, ``/Groups/{id}``."""

    def put(self, resource_id: str) -> Response:
        """Replace a resource (RFC 7644 §3.5.1)."""
        return self._change(Method.PUT, resource_id)

    def patch(self, resource_id: str) -> Response:
        """Change a resource (RFC 7644 §3.5.2)."""
        return self._change(Method.PATCH, resource_id)

    def delete(self, resource_id: str) -> Response:
        """Delete a resource (RFC 7644 §3.6)."""
        return self._change(Method.DELETE, resource_id)


def _endpoint() -> str | None:
    return request.url_rule.rule if request.url_rule else None


def _provenance(given: Given) -> dict[str, str]:
    return provenance_headers(given.made.provenance, older_seconds=given.older_seconds)
