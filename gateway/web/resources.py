"""The resources: lists and single ones (RFC 7644 §3.4)."""

from typing import NoReturn

import orjson
from flask import Response, request
from flask.views import MethodView

from gateway.scim.errors import NotFound, Unsupported
from gateway.scim.handler import Document, ResourceHandler
from gateway.scim.messages import list_response, read_projection, read_query
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType
from gateway.web.addresses import Addresses
from gateway.web.answers import (
    ScimResponse,
    error_answer,
    provenance_headers,
    scim_answer,
)
from gateway.web.authentication import Authenticator
from gateway.web.caching import freshness_wanted
from gateway.web.preconditions import IfNoneMatch


class _ResourceView(MethodView):
    """What the views of one resource type share."""

    init_every_request = False

    def __init__(
        self,
        resource_type: ResourceType,
        handler: ResourceHandler,
        *,
        authenticator: Authenticator,
        addresses: Addresses,
    ) -> None:
        self._type = resource_type
        self._handler = handler
        self._authenticator = authenticator
        self._addresses = addresses

    def dispatch_request(self, **parts: str) -> Response:
        """Let nobody in without a token, whatever is asked."""
        self._authenticator.check(request.headers.get("Authorization"))
        answer = super().dispatch_request(**parts)
        if not isinstance(answer, Response):
            raise TypeError(f"{type(self).__name__} answered {answer!r}.")
        return answer

    def _refuse(self, **_parts: str) -> NoReturn:
        raise Unsupported(
            f"This gateway reads Bitbucket and does not write to it: {request.method} of a "
            f"{self._type.name} is not offered."
        )

    post = put = patch = delete = _refuse


class CollectionView(_ResourceView):
    """``/Users``, ``/Groups``."""

    def get(self) -> Response:
        """Answer a query (RFC 7644 §3.4.2)."""
        query = read_query(
            request.args.to_dict(flat=False),
            self._type,
            base_url=self._addresses.base_url(),
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
        )
        listing = self._handler.query(query)
        resources = [_shown(document, query.projection) for document in listing.documents]
        body = list_response(listing.total_results, resources, start_index=query.page.start_index)
        return scim_answer(body, headers=provenance_headers(listing.provenance))


class SingleView(_ResourceView):
    """``/Users/{id}``, ``/Groups/{id}``."""

    def get(self, resource_id: str) -> Response:
        """Answer with one resource (RFC 7644 §3.4.1)."""
        projection = read_projection(request.args.to_dict(flat=False), self._type)
        known = IfNoneMatch.parse(request.headers.get("If-None-Match"))
        base_url = self._addresses.base_url()
        retrieval = self._handler.retrieve(
            resource_id,
            projection=projection,
            base_url=base_url,
            freshness=freshness_wanted(request.headers.get("Cache-Control")),
        )
        document = retrieval.document
        if document is None:
            absent = NotFound(f"There is no {self._type.name} with the id {resource_id}.")
            headers = provenance_headers(retrieval.provenance) | {"Cache-Control": "no-store"}
            return error_answer(absent, headers)
        headers = provenance_headers(retrieval.provenance) | {
            "ETag": document.version,
            "Content-Location": f"{base_url}{self._type.endpoint}/{resource_id}",
        }
        if known.holds(document.version):
            return ScimResponse(status=304, headers=headers)
        return scim_answer(_shown(document, projection), headers=headers)


def _shown(document: Document, projection: Projection) -> bytes:
    if projection.is_default:
        return document.json
    return orjson.dumps(projection.apply(orjson.loads(document.json)))
