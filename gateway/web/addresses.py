"""The address of the service, which absolute references begin with."""

from dataclasses import dataclass

from flask import request

from gateway.scim.errors import InvalidSyntax

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
        """
        Return the address of the service in the request that is answered, without a slash.

        Raises:
            InvalidSyntax: It is the request's host that it takes, and that is no host.
        """
        if self.public_url is None and not request.host:
            raise InvalidSyntax(
                "The header Host has no host name: send the one that this service is reached by, "
                "without underscores, or have its public address configured."
            )
        return f"{(self.public_url or request.root_url).rstrip('/')}{ROOT}"
