"""What the service is and has: configuration, resource types, schemas (RFC 7644 §4)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Flask, Response, g, request

from gateway.scim.errors import Forbidden, NotFound
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Listing
from gateway.scim.messages import list_response
from gateway.scim.page import IndexPage
from gateway.scim.schema import Registry, Schema
from gateway.scim.standard import JsonObject
from gateway.web.addresses import ROOT, Addresses
from gateway.web.authentication import Authenticator, TokenRefused
from gateway.web.giving import give
from gateway.web.preconditions import tag_of
from gateway.web.ready import Made, ReadyAnswers
from gateway.web.tracing import endpoint_of_request

#: Returns some of the values that entitlements can have, all of one type.
Entitlements = Callable[[], Sequence[str]]

_ENTITLEMENTS = "entitlements"
#: Of what the service says of itself: it is never old.
_OWN = Provenance(age_seconds=0, calls=0)
#: A cache may keep it, for others who are known or unknown alike, and asks whether it is the same.
_KEPT = {"Cache-Control": "no-cache", "Vary": "Authorization"}


@dataclass(frozen=True, slots=True)
class Discovery:
    """
    Serves the documents of the registry as it tells them.

    They are open to everyone: identity providers look at them before they have a token. Who has
    one is told of entitlements that can be granted, too: they name what is in the workspace.

    Attributes:
        registry: The documents.
        addresses: Where they are served.
        authenticator: Knows the tokens.
        entitlements: Returns some of the values that entitlements can have, all of one type.
        revision: Returns a number that is another whenever those may have changed.
        ready: The answers that are kept for those who have a token.
        open_to_all: Those that are kept for everybody else.
        abilities: What the service supports besides what its document says, by how it is set up.
    """

    registry: Registry
    addresses: Addresses
    authenticator: Authenticator
    entitlements: Entitlements
    revision: Callable[[], int | None]
    ready: ReadyAnswers
    open_to_all: ReadyAnswers
    abilities: JsonObject = field(default_factory=dict)

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
        return self._answer(lambda: self._json(self.registry.told_configuration(self.abilities)))

    def resource_types(self) -> Response:
        """Answer with all resource types (RFC 7643 §6)."""
        return self._list(lambda: [found.document for found in self.registry.listed_resource_types])

    def resource_type(self, name: str) -> Response:
        """Answer with one resource type."""
        found = self.registry.resource_type(name)
        if found is None:
            raise NotFound(f"There is no resource type {name}.")
        return self._answer(lambda: self._json(found.document))

    def schemas(self) -> Response:
        """Answer with all schemas (RFC 7643 §7)."""
        return self._list(lambda: [self._told(each) for each in self.registry.schemas])

    def schema(self, urn: str) -> Response:
        """Answer with one schema."""
        found = self.registry.schema(urn)
        if found is None:
            raise NotFound(f"There is no schema {urn}.")
        return self._answer(lambda: self._json(self._told(found)))

    def _answer(self, body: Callable[[], bytes]) -> Response:
        """Return a kept answer, or else one of *body*."""
        try:
            g.token = self.authenticator.check(request.headers.get("Authorization"))
        except TokenRefused:
            g.token = None
        if g.token is None:
            # Apart, so that who has no token can't crowd out what is kept for those who have.
            return give(self.open_to_all, lambda: 0, lambda: _made(body()))
        return give(self.ready, self.revision, lambda: _made(body()))

    def _told(self, schema: Schema) -> JsonObject:
        """Return a schema whose entitlements suggest values (RFC 7643 §7), for who may know."""
        document = self.registry.told_schema(schema)
        attributes = document.get("attributes")
        if not isinstance(attributes, list) or g.token is None:
            return document
        if not any(attribute["name"] == _ENTITLEMENTS for attribute in attributes):
            return document
        values = list(self.entitlements())
        if schema in self._extensions:
            # Suites add an extension as a whole and then each list of it, and expect to find what
            # they added last: that is so where both times it is the same value.
            del values[1:]
        return {**document, "attributes": [_suggested(each, values) for each in attributes]}

    @property
    def _extensions(self) -> Collection[Schema]:
        return [each.schema for of in self.registry.resource_types for each in of.extensions]

    def _list(self, documents: Callable[[], Sequence[JsonObject]]) -> Response:
        _refuse_filter()

        def body() -> bytes:
            found = [self._json(document) for document in documents()]
            everything = Listing(len(found), len(found), b",".join(found), _OWN)
            return list_response(everything, IndexPage())

        return self._answer(body)

    def _json(self, document: JsonObject) -> bytes:
        meta = document["meta"]
        if not isinstance(meta, Mapping):
            raise TypeError("A document without meta.")
        location = f"{self.addresses.base_url()}{meta['location']}"
        return orjson.dumps({**document, "meta": {**meta, "location": location}})


def _made(body: bytes) -> Made:
    return Made(body, None, {"ETag": tag_of(body), **_KEPT}, endpoint_of_request())


def _suggested(attribute: dict[str, Any], values: list[str]) -> dict[str, Any]:
    if attribute["name"] != _ENTITLEMENTS or not values:
        return attribute
    # Whoever fills an entitlement with what is suggested fills it with what goes together.
    types = sorted({value.partition(":")[0] for value in values})
    suggested = {"value": values, "type": types}
    parts = [
        part | {"canonicalValues": suggested[part["name"]]} if part["name"] in suggested else part
        for part in attribute["subAttributes"]
    ]
    return attribute | {"subAttributes": parts}


def _refuse_filter() -> None:
    # RFC 7644 §4: the other parameters of a query are ignored.
    if "filter" in request.args:
        raise Forbidden("What the service offers can't be filtered; read the whole of it.")
