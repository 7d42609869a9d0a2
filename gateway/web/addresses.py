"""The address of the service, which absolute references begin with."""

from dataclasses import dataclass
from functools import lru_cache

from flask import request

from gateway.scim.errors import InvalidSyntax

#: Where SCIM 2.0 is below the host (RFC 7644 §3.13).
ROOT = "/scim/v2"
#: The names by which a service is reached are few.
_MOST_KEPT = 64


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
        return f"{self.public_base()}{ROOT}"

    def public_base(self) -> str:
        """
        Return the same up to and without :data:`ROOT`.

        Raises:
            InvalidSyntax: It is the request's host that it takes, and that is no host.
        """
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        named = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME")
        return _as_named(*map(request.environ.get, named))


@lru_cache(maxsize=_MOST_KEPT)
def _as_named(*_by: str | None) -> str:
    """Return the address that the request at hand names, *_by* all that tells it."""
    if not request.host:
        raise InvalidSyntax(
            "The header Host has no host name: send the one that this service is reached by, "
            "without underscores, or have its public address configured."
        )
    return request.root_url.rstrip("/")
