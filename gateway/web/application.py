"""The web application: every endpoint, with what it is handed."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from gateway.scim.events import SECURITY_EVENTS
from gateway.scim.handler import ResourceHandler, ResourceWriter, RootHandler
from gateway.scim.messages import read_root_query
from gateway.scim.polling import EventFeed
from gateway.scim.schema import Registry
from gateway.web.addresses import ROOT, Addresses
from gateway.web.answers import ScimResponse
from gateway.web.authentication import Authenticator
from gateway.web.bulk import add_bulk
from gateway.web.catalogue import add_catalogue
from gateway.web.discovery import Discovery, Entitlements
from gateway.web.documentation import add_documentation
from gateway.web.errors import register_errors
from gateway.web.events import add_events
from gateway.web.explanation import Explain, add_explanation
from gateway.web.health import Readiness, add_health
from gateway.web.lists import Lists, add_lists
from gateway.web.me import MeView
from gateway.web.rates import RequestCounter
from gateway.web.ready import ReadyAnswers
from gateway.web.resources import CreationView, Items, SingleView, add_items
from gateway.web.shortcut import Shortcut
from gateway.web.straight import Straight
from gateway.web.throttle import Throttle
from gateway.web.tracing import trace_requests
from gateway.web.versions import LatestVersion
from gateway.web.views import Shared
from gateway.web.wellformed import LARGEST_BODY_BYTES, refuse_malformed

#: How many bytes of answers are kept for those who have no token.
_MOST_OPEN_BYTES = 4 << 20


class _Application(Flask):
    """Flask, but for what no request here needs."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return *func* as it is: none is a coroutine, which Flask would look for each time."""
        return func


class _Segment(BaseConverter):
    """A name or an id in an address: never the word for a search (RFC 7644 §3.4.3)."""

    regex = r"(?!\.search$)[^/]+"
    part_isolating = True


def create_web(
    registry: Registry,
    handlers: Mapping[str, ResourceHandler],
    writers: Mapping[str, ResourceWriter],
    *,
    root: RootHandler,
    tokens: Mapping[str, str],
    users: Mapping[str, str] | None = None,
    readiness: Readiness,
    explain: Explain,
    entitlements: Entitlements = tuple,
    public_url: str | None = None,
    counter: RequestCounter | None = None,
    events: EventFeed | None = None,
) -> Flask:
    """
    Return the application.

    Args:
        registry: The schemas and resource types.
        handlers: Who knows the resources, by the name of their type.
        writers: Who changes them, likewise.
        root: Who knows the resources of all types.
        tokens: The bearer tokens that open the resources, by their names.
        users: Whom tokens are for, by the names of the tokens: a user's id or ``userName``.
        readiness: Returns why the gateway can't serve, if it can't.
        explain: Returns what a query would cost.
        entitlements: Returns some of the values that entitlements can have.
        public_url: The address under which clients reach the service, without ``/scim/v2``.
        counter: Counts the requests by the names of their tokens, and says which are too many;
            None takes any number.
        events: Keeps what changed, to be told; None tells of nothing.
    """
    app = _Application("gateway", static_folder=None)
    app.response_class = ScimResponse
    # One more is read, or what is cut off could not be told from what ends there.
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES + 1
    app.url_map.strict_slashes = False
    # A redirect would have a body that is not SCIM's, and an address made of an untrusted Host.
    app.url_map.merge_slashes = False
    app.url_map.converters["default"] = _Segment
    addresses = Addresses(public_url)
    authenticator = Authenticator(tokens)
    ready, open_to_all = ReadyAnswers(), ReadyAnswers(_MOST_OPEN_BYTES)
    trace_requests(app)
    app.before_request(refuse_malformed)
    register_errors(app)
    add_health(app, readiness)
    add_documentation(app, addresses)
    abilities = {} if events is None else {"securityEvents": SECURITY_EVENTS}
    Discovery(
        registry,
        addresses,
        authenticator,
        entitlements,
        revision=root.revision,
        ready=ready,
        open_to_all=open_to_all,
        abilities=abilities,
    ).add_to(app)
    straight = Straight(addresses)
    shared = Shared(authenticator, addresses, ready, straight)
    read_root = partial(
        read_root_query, resource_types=registry.resource_types, apart=registry.catalogue
    )
    add_lists(app, "root", f"{ROOT}/", Lists(read_root, root.query, root.revision), shared)
    for resource_type in registry.resource_types:
        name, handler = resource_type.name, handlers[resource_type.name]
        path = f"{ROOT}{resource_type.endpoint}"
        add_lists(app, name, path, Lists.of(resource_type, handler), shared)
        parts = (resource_type, handler, shared, writers[name])
        app.add_url_rule(path, view_func=CreationView.as_view(f"{name}.creation", *parts))
        single = SingleView.as_view(f"{name}.single", *parts)
        add_items(app, path, Items(resource_type, handler), shared, single)
        if resource_type is registry.user:
            me = MeView.as_view("me", *parts, users=users or {})
            app.add_url_rule(f"{ROOT}/Me", view_func=me)
    add_catalogue(app, registry, handlers, shared)
    add_bulk(app, registry, handlers, writers, authenticator=authenticator, addresses=addresses)
    add_explanation(app, registry, explain, authenticator=authenticator, addresses=addresses)
    add_events(app, events, authenticator)
    # What was answered before was asked for by its version: the way past the framework comes first.
    inner = LatestVersion(app.wsgi_app)
    app.wsgi_app = Shortcut(inner, ready, open_to_all, straight, authenticator)  # type: ignore[method-assign]  # Flask's way to add a middleware
    if counter is not None:
        app.wsgi_app = Throttle(app.wsgi_app, authenticator, counter)  # type: ignore[method-assign]  # the same
    return app
