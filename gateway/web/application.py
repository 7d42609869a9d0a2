"""The web application: every endpoint, with what it is handed."""

import re
from collections.abc import Collection, Mapping
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.scim.errors import InvalidSyntax, InvalidVersion, Unsupported
from gateway.scim.handler import ResourceHandler
from gateway.scim.schema import Registry
from gateway.web.addresses import ROOT, Addresses
from gateway.web.authentication import Authenticator
from gateway.web.discovery import Discovery
from gateway.web.errors import register_errors
from gateway.web.health import Readiness, add_health
from gateway.web.resources import CollectionView, SingleView
from gateway.web.tracing import trace_requests

_LARGEST_BODY_BYTES = 1 << 20
_OTHER_VERSION = re.compile(r"/scim/v(?!2(?:/|$))([0-9][^/]*)")

#: What RFC 7644 has and this gateway does not offer.
_UNSUPPORTED = {
    "/": "A query over all resource types",
    "/.search": "A search over all resource types",
    "/Me": "The alias of the authenticated user",
    "/Bulk": "Bulk requests",
    "/Users/.search": "A search by POST; send the query by GET instead. It",
    "/Groups/.search": "A search by POST; send the query by GET instead. It",
}


def create_web(
    registry: Registry,
    handlers: Mapping[str, ResourceHandler],
    *,
    tokens: Collection[str],
    readiness: Readiness,
    public_url: str | None = None,
) -> Flask:
    """
    Return the application.

    Args:
        registry: The schemas and resource types.
        handlers: Who knows the resources, by the name of their type.
        tokens: The bearer tokens that open the resources.
        readiness: Returns why the gateway can't serve, if it can't.
        public_url: The address under which clients reach the service, without ``/scim/v2``.
    """
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    app.url_map.strict_slashes = False
    addresses = Addresses(public_url)
    authenticator = Authenticator(tokens)
    trace_requests(app)
    app.before_request(_refuse_malformed)
    register_errors(app)
    add_health(app, readiness)
    Discovery(registry, addresses).add_to(app)
    for resource_type in registry.resource_types:
        name, handler = resource_type.name, handlers[resource_type.name]
        shared = {"authenticator": authenticator, "addresses": addresses}
        path = f"{ROOT}{resource_type.endpoint}"
        collection = CollectionView.as_view(f"{name}.list", resource_type, handler, **shared)
        single = SingleView.as_view(f"{name}.single", resource_type, handler, **shared)
        app.add_url_rule(path, view_func=collection)
        app.add_url_rule(f"{path}/<resource_id>", view_func=single)
    _add_unsupported(app, authenticator)
    return app


def _refuse_malformed() -> None:
    if (request.content_length or 0) > _LARGEST_BODY_BYTES:
        raise RequestEntityTooLarge
    version = _OTHER_VERSION.match(request.path)
    if version:
        raise InvalidVersion(f"Version {version[1]} of SCIM is not served; use {ROOT}.")
    # A path that is no UTF-8 was decoded with the replacement character; a query, without it.
    if "\ufffd" in request.path or not _is_utf8(unquote_to_bytes(request.query_string)):
        raise InvalidSyntax("The address is not UTF-8, percent-encoded.")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _add_unsupported(app: Flask, authenticator: Authenticator) -> None:
    def refuse() -> NoReturn:
        authenticator.check(request.headers.get("Authorization"))
        raise Unsupported(f"{_UNSUPPORTED[request.path.removeprefix(ROOT) or '/']} is not offered.")

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for path in _UNSUPPORTED:
        app.add_url_rule(f"{ROOT}{path}", endpoint=path, view_func=refuse, methods=methods)
