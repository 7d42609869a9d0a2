"""Inbound bearer tokens (RFC 6750)."""

import hmac
from collections.abc import Mapping

from gateway.scim.errors import Unauthorized

_REALM = 'Bearer realm="SCIM"'


class TokenRefused(Unauthorized):
    """
    The request carries no token, or one that is not known.

    Attributes:
        challenge: The value of ``WWW-Authenticate``.
    """

    def __init__(self, detail: str, *, challenge: str) -> None:
        super().__init__(detail)
        self.challenge = challenge


class Authenticator:
    """
    Knows the tokens that open the resources.

    Args:
        tokens: The tokens, by their names.
    """

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {name: token.encode() for name, token in tokens.items()}

    def check(self, authorization: str | None) -> str:
        """
        Let a request with that ``Authorization`` pass, and return the name of its token.

        Raises:
            TokenRefused: It holds no bearer token, or an unknown one.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefused(
                "This takes a token: send it as Authorization: Bearer <token>.", challenge=_REALM
            )
        # WSGI hands over the bytes of a header as Latin-1.
        sent = token.strip().encode("latin-1", "replace")
        # Each comparison takes as long as any, and all are made.
        known = [n for n, token in self._tokens.items() if hmac.compare_digest(sent, token)]
        if not known:
            raise TokenRefused(
                "The token is not known here; check that it was copied whole.",
                challenge=f'{_REALM}, error="invalid_token"',
            )
        return known[0]
