"""Events by polling (RFC 8936), and the keys they are verified with (RFC 7517)."""

import orjson
from flask import Flask, Response, request

from gateway.scim.errors import Unsupported
from gateway.scim.polling import EventFeed, read_poll
from gateway.web.addresses import ROOT
from gateway.web.authentication import Authenticator
from gateway.web.bodies import json_body

_OFF = "Events are not offered: an administrator turns them on by GATEWAY_EVENTS_KEY."
#: A new key is seen by everybody after so long.
_KEYS_SECONDS = 300


def add_events(app: Flask, feed: EventFeed | None, authenticator: Authenticator) -> None:
    """Add ``/events`` for who has a token, and ``/jwks`` for everybody; None tells of no events."""

    def poll() -> Response:
        authenticator.check(request.headers.get("Authorization"))
        polled = _there(feed).poll(read_poll(json_body("application/json")))
        return Response(
            orjson.dumps(polled.to_json()),
            headers={"Cache-Control": "no-store"},
            content_type="application/json",
        )

    def keys() -> Response:
        return Response(
            orjson.dumps(dict(_there(feed).keys())),
            headers={"Cache-Control": f"public, max-age={_KEYS_SECONDS}"},
            content_type="application/jwk-set+json",
        )

    app.add_url_rule(f"{ROOT}/events", endpoint="events", view_func=poll, methods=["POST"])
    app.add_url_rule(f"{ROOT}/jwks", endpoint="jwks", view_func=keys)


def _there(feed: EventFeed | None) -> EventFeed:
    if feed is None:
        raise Unsupported(_OFF)
    return feed
