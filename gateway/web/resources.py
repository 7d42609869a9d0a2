"""The resources of one type: those that are made, and single ones (RFC 7644 §3.3 to §3.6)."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from flask import Flask, Response, g, request
from flask.typing import RouteCallable

from gateway.scim.change import Method, read_change, status_of
from gateway.scim.errors import NotFound
from gateway.scim.freshness import Provenance, together
from gateway.scim.handler import Author, ResourceHandler, ResourceWriter, Write
from gateway.scim.messages import read_projection
from gateway.scim.schema import ResourceType
from gateway.web.answers import (
    ScimResponse,
    error_answer,
    notes_header,
    provenance_headers,
    scim_answer,
)
from gateway.web.asking import Asking
from gateway.web.bodies import json_body
from gateway.web.giving import give
from gateway.web.preconditions import expected_version, is_dry_run, refuse_version
from gateway.web.ready import Given, Made
from gateway.web.views import Shared, TokenView


@dataclass(frozen=True, slots=True)
class Items:
    """
    Single resources of one type.

    Attributes:
        resource_type: Their type.
        handler: Knows them.
    """

    resource_type: ResourceType
    handler: ResourceHandler

    def made(self, asking: Asking, resource_id: str, *resting_on: Provenance) -> Made:
        """
        Return the answer to a GET of one resource; without a body if there is none.

        Args:
            asking: How it is asked for.
            resource_id: Its id.
            resting_on: How it is known which resource is meant, where its id was not sent.
        """
        projection = read_projection(asking.parameters, self.resource_type)
        retrieval = self.handler.retrieve(
            resource_id,
            projection=projection,
            base_url=asking.base_url,
            freshness=asking.freshness,
        )
        found, document = retrieval.provenance, retrieval.document
        provenance = together([*resting_on, found]) if resting_on else found
        if document is None:
            return Made(b"", provenance, endpoint=asking.endpoint)
        headers = {
            "ETag": document.version,
            "Content-Location": f"{asking.base_url}{self.resource_type.endpoint}/{resource_id}",
        }
        return Made(projection.json(document.json), provenance, headers, asking.endpoint)


class _ResourceView(TokenView):
    """What the views of one resource type share."""

    def __init__(
        self, resource_type: ResourceType, handler: ResourceHandler, shared: Shared
    ) -> None:
        super().__init__(shared.authenticator)
        self._type = resource_type
        self._handler = handler
        self._items = Items(resource_type, handler)
        self._addresses = shared.addresses
        self._shared = shared


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
            is_expected=expected_version(request.headers),
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
        if method is Method.POST:
            refuse_version(request.headers)
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


class CreationView(WritableView):
    """What ``/Users`` and ``/Groups`` are to who writes."""

    def post(self) -> Response:
        """Make a resource (RFC 7644 §3.3)."""
        return self._change(Method.POST)


class OneView(_ResourceView):
    """What the views of a single resource share, by whatever address it is asked for."""

    def _retrieved(self, make: Callable[[], Made], *, absent: str) -> Response:
        """
        Answer with one resource.

        Args:
            make: Makes the answer, where none is kept.
            absent: What to say where there is no such resource.
        """

        def refusal(given: Given) -> Response:
            headers = given.headers() | {"Cache-Control": "no-store"}
            return error_answer(NotFound(absent), headers)

        return give(self._shared.ready, self._handler.revision, make, absent=refusal)

    def _made(self, resource_id: str, *resting_on: Provenance) -> Made:
        """Return the answer; see :meth:`Items.made`."""
        asking = self._shared.asking(request.args.to_dict(flat=False))
        return self._items.made(asking, resource_id, *resting_on)


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


def add_items(app: Flask, path: str, items: Items, shared: Shared, view: RouteCallable) -> None:
    """Add the endpoint of single resources below *path*, whose requests *view* answers."""
    rule = f"{path}/<resource_id>"
    app.add_url_rule(rule, view_func=view)
    shared.straight.add_below(path, rule, items.made, items.handler.revision)
