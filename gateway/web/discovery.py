"""What the service is and has: configuration, resource types, schemas (RFC 7644 §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from flask import Flask, Response, request

from gateway.scim.errors import Forbidden, NotFound
from gateway.scim.messages import list_response
from gateway.scim.schema import JsonObject, Registry
from gateway.web.addresses import ROOT, Addresses
from gateway.web.answers import scim_answer


@dataclass(frozen=True, slots=True)
class Discovery:
    """
    Serves the documents of the registry as they are.

    They are open to everyone: identity providers look at them before they have a token.
    """

    registry: Registry
    addresses: Addresses

    def add_to(self, app: Flask) -> None:
        """Add the endpoints."""
        app.add_url_rule(f"{ROOT}/ServiceProviderConfig", view_func=self.service_provider_config)
        app.add_url_rule(f"{ROOT}/ResourceTypes", view_func=self.resource_types)
        app.add_url_rule(f"{ROOT}/ResourceTypes/<name>", view_func=self.resource_type)
        app.add_url_rule(f"{ROOT}/Schemas", view_func=self.schemas)
        app.add_url_rule(f"{ROOT}/Schemas/<urn>", view_func=self.schema)

    def service_provider_config(self) -> Response:
        """Answer with what is supported (RFC 7643 §5)."""
        _refuse_filter()
        return scim_answer(self._json(self.registry.service_provider_config))

    def resource_types(self) -> Response:
        """Answer with all resource types (RFC 7643 §6)."""
        return self._list([found.document for found in self.registry.resource_types])

    def resource_type(self, name: str) -> Response:
        """Answer with one resource type."""
        found = self.registry.resource_type(name)
        if found is None:
            raise NotFound(f"There is no resource type {name}.")
        return scim_answer(self._json(found.document))

    def schemas(self) -> Response:
        """Answer with all schemas (RFC 7643 §7)."""
        return self._list([found.document for found in self.registry.schemas])

    def schema(self, urn: str) -> Response:
        """Answer with one schema."""
        found = self.registry.schema(urn)
        if found is None:
            raise NotFound(f"There is no schema {urn}.")
        return scim_answer(self._json(found.document))

    def _list(self, documents: Sequence[JsonObject]) -> Response:
        _refuse_filter()
        found = [self._json(document) for document in documents]
        return scim_answer(list_response(len(found), found, start_index=1))

    def _json(self, document: JsonObject) -> bytes:
        meta = document["meta"]
        if not isinstance(meta, Mapping):
            raise TypeError("A document without meta.")
        location = f"{self.addresses.base_url()}{meta['location']}"
        return orjson.dumps({**document, "meta": {**meta, "location": location}})


def _refuse_filter() -> None:
    # RFC 7644 §4: the other parameters of a query are ignored.
    if "filter" in request.args:
        raise Forbidden("What the service offers can't be filtered; read the whole of it.")
