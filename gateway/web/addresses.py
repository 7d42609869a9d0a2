"""The address of the service, which absolute references begin with."""

from dataclasses import dataclass

from flask import request

#: Where SCIM 2.0 is below the host (RFC 7644 §3.13).
ROOT = "/scim/v2"


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
        """Return the address of the service in the request that is answered."""
        host_url = self.public_url or request.host_url
        return f"{host_url.rstrip('/')}{ROOT}"
