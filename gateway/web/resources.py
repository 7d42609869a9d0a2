"""The resources: lists and single ones (RFC 7644 §3.4)."""

from collections.abc import Callable
from http import HTTPStatus

import orjson
from flask import Response, g, request
from flask.views import MethodView

from gateway.scim.errors import InvalidValue, NotFound
from gateway.scim.handler import (
    Author,
    ResourceHandler,
    ResourceWriter,
    Write,
    Written,
)
from gateway.scim.input import groups_asked_for, read_replacement, read_resource
from gateway.scim.messages import list_response, read_projection, read_query
from gateway.scim.patch.message import read_patch
from gateway.scim.schema import ResourceType
from gateway.scim.search import read_search
from gateway.web.addresses import Addresses
from gateway.web.answers import (
    ScimResponse,
    error_answer,
    printable,
    provenance_headers,
    scim_answer,
)
from gateway.web.authentication import Authenticator
from gateway.web.bodies import json_body
from gateway.web.caching import freshness_wanted
from gateway.web.preconditions import IfMatch, IfNoneMatch
from gateway.web.ready import Given, Made, ReadyAnswers


class _ResourceView(MethodView):
    """What the views of one resource type share."""

    init_every_request = False

    def __init__(
        self,
        resource_type: ResourceType,
        handler: ResourceHandler,
        writer: ResourceWriter,
        *,
        authenticator: Authenticator,
        addresses: Addresses,
        ready: ReadyAnswers,
    ) -> None:
        self._type = resource_type
        self._handler = handler
        self._writer = writer
        self._authenticator = authenticator
        self._addresses = addresses
        self._ready = ready

    def dispatch_request(self, **parts: str) -> Response:
        """Let nobody in without a token, whatever is asked."""
        g.token = self._authenticator.check(request.headers.get("Authorization"))
        answer = super().dispatch_request(**parts)
        if not isinstance(answer, Response):
            raise TypeError(f"{type(self).__name__} answered {answer!r}.")
        return answer

    def _write(self) -> Write:
        """Return how the change is asked for."""
        return Write(
            author=Author(token=g.token, request_id=g.request_id),
            base_url=self._addresses.base_url(),
            projection=read_projection(request.args.to_dict(flat=False), self._type),
            is_expected=IfMatch.parse(request.headers.get("If-Match")).holds,
            is_dry_run=_is_dry_run(request.headers.get("X-Dry-Run")),
        )

    def _answer(self, written: Written, write: Write, *, status: int) -> Response:
        headers = provenance_headers(written.provenance)
        if written.notes:
            headers["X-Bitbucket-Notes"] = "; ".join(map(printable, written.notes))
        if written.plan is not None:
            return Response(
                orjson.dumps(written.plan), content_type="application/json", headers=headers
            )
        document = written.document
        if document is None:
            # Gone by the time it is answered: what was asked for was done all the same.
            return ScimResponse(status=204, headers=headers)
        location = f"{write.base_url}{self._type.endpoint}/{written.resource_id}"
        name = "Location" if status == HTTPStatus.CREATED else "Content-Location"
        headers |= {"ETag": document.version, name: location}
        return scim_answer(write.projection.json(document.json), status=status, headers=headers)


class CollectionView(_ResourceView):
    """``/Users``, ``/Groups``."""

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

    def post(self) -> Response:
        """Make a resource (RFC 7644 §3.3)."""
        body = json_body()
        attributes = read_resource(body, self._type)
        if groups := groups_asked_for(body):
            attributes["groups"] = groups
        write = self._write()
        written = self._writer.create(attributes, write)
        return self._answer(written, write, status=HTTPStatus.CREATED)


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

    def _replaced(self, resource_id: str) -> tuple[Written, Write]:
        attributes = read_replacement(json_body(), self._type)
        write = self._write()
        return self._writer.replace(resource_id, attributes, write), write

    def _patched(self, resource_id: str) -> tuple[Written, Write]:
        patch = read_patch(json_body(), self._type)
        write = self._write()
        return self._writer.patch(resource_id, patch, write), write

    def _deleted(self, resource_id: str) -> tuple[Written, Write]:
        write = self._write()
        return self._writer.delete(resource_id, write), write


class SingleView(OneView):
    """``/Users/{id}``, ``/Groups/{id}``."""

    def get(self, resource_id: str) -> Response:
        """Answer with one resource (RFC 7644 §3.4.1)."""
        absent = f"There is no {self._type.name} with the id {resource_id}."
        return self._retrieved(lambda: self._made(resource_id), absent=absent)

    def put(self, resource_id: str) -> Response:
        """Replace a resource (RFC 7644 §3.5.1)."""
        return self._answer(*self._replaced(resource_id), status=HTTPStatus.OK)

    def patch(self, resource_id: str) -> Response:
        """Change a resource (RFC 7644 §3.5.2)."""
        return self._answer(*self._patched(resource_id), status=HTTPStatus.OK)

    def delete(self, resource_id: str) -> Response:
        """Delete a resource (RFC 7644 §3.6)."""
        return self._answer(*self._deleted(resource_id), status=HTTPStatus.NO_CONTENT)


def _is_dry_run(header: str | None) -> bool:
    words = {None: False, "true": True, "false": False}
    read = words.get(header and header.strip().lower())
    if read is None:
        raise InvalidValue("The header X-Dry-Run is true or false.")
    return read


def _endpoint() -> str | None:
    return request.url_rule.rule if request.url_rule else None


def _provenance(given: Given) -> dict[str, str]:
    return provenance_headers(given.made.provenance, older_seconds=given.older_seconds)
