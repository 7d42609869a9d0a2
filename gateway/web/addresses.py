"""The address of the service, which absolute references begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import request
from werkzeug.wrappers import Request

from gateway.scim.errors import InvalidSyntax

#: Where SCIM 2.0 is below the host (RFC 7644 §3.13).
ROOT = "/scim/v2"
#: The names by which a service is reached are few.
_MOST_KEPT = 64
#: All of a request that tells its host.
_NAMED = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")


@dataclass(frozen=True, slots=True)
class Addresses:
    """
    Where clients find the service.

    Attributes:
        public_url: The address up to and without :data:`ROOT`, as clients reach it; None takes
            the host that each request names.
    """

    public_url: str | None

    def base_url(self) -> str:
        """
        Return the address of the service in the request that is answered, without a slash.

        Raises:
            InvalidSyntax: It is the request's host that it takes, and that is no host.
        """
        return self.base_url_in(request.environ)

    def base_url_in(self, environ: Mapping[str, Any]) -> str:
        """Return the same in any request, as WSGI has it; raises the same."""
        return f"{self._public_base_in(environ)}{ROOT}"

    def public_base(self) -> str:
        """
        Return the same up to and without :data:`ROOT`.

        Raises:
            InvalidSyntax: It is the request's host that it takes, and that is no host.
        """
        return self._public_base_in(request.environ)

    def _public_base_in(self, environ: Mapping[str, Any]) -> str:
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        return _as_named(*map(environ.get, _NAMED))


@lru_cache(maxsize=_MOST_KEPT)
def _as_named(*by: str | None) -> str:
    """Return the address that a request names, *by* all that tells it."""
    named = Request({name: told for name, told in zip(_NAMED, by, strict=True) if told is not None})
    try:
        root_url = named.root_url if named.host else None
    except UnicodeError:
        # Such as xn--a: what begins like an international name, and is none.
        root_url = None
    if root_url is None:
        raise InvalidSyntax(
            "The header Host has no host name: send the one that this service is reached by, "
            "without underscores, or have its public address configured."
        )
    return root_url.rstrip("/")
