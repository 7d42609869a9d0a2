"""The counter where an OAuth consumer buys its bearer token (RFC 6749 §4.4)."""

import orjson
from flask import Response, request

from gateway.sandbox.credentials import ACCESS_TOKEN_SECONDS, Keyring
from gateway.sandbox.errors import Refusal
from gateway.sandbox.partial import JsonObject

TOKEN_RULE = "/site/oauth2/access_token"  # noqa: S105 - a path
GRANT_TYPE = "client_credentials"


def access_token(keyring: Keyring) -> Response:
    """``POST /site/oauth2/access_token``."""
    try:
        token, consumer = keyring.issue(request.headers.get("Authorization"))
    except Refusal:
        return _oauth_error("invalid_client", "Invalid OAuth client credentials", status=401)
    if request.form.get("grant_type") != GRANT_TYPE:
        return _oauth_error("unsupported_grant_type", "Unsupported grant type", status=400)
    return _json(
        {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": ACCESS_TOKEN_SECONDS,
            "scopes": " ".join(sorted(consumer.scopes)),
            "state": GRANT_TYPE,
        },
        status=200,
    )


def _oauth_error(error: str, description: str, *, status: int) -> Response:
    return _json({"error": error, "error_description": description}, status=status)


def _json(body: JsonObject, *, status: int) -> Response:
    # RFC 6749 §5.1: nobody keeps a copy of a token.
    return Response(
        orjson.dumps(body),
        status,
        mimetype="application/json",
        headers={"Cache-Control": "no-store"},
    )
