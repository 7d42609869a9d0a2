"""What all views of resources stand on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, g, request
from flask.views import MethodView

from gateway.web.addresses import Addresses
from gateway.web.asking import Asking
from gateway.web.authentication import Authenticator
from gateway.web.caching import freshness_wanted
from gateway.web.ready import ReadyAnswers
from gateway.web.straight import Straight
from gateway.web.tracing import endpoint_of_request


@dataclass(frozen=True, slots=True)
class Shared:
    """
    What all views are handed.

    Attributes:
        authenticator: Lets in who has a token.
        addresses: Where clients find the service.
        ready: What was answered before.
        straight: The addresses that are answered past the framework.
    """

    authenticator: Authenticator
    addresses: Addresses
    ready: ReadyAnswers
    straight: Straight

    def asking(self, parameters: Mapping[str, Sequence[str]]) -> Asking:
        """Return what the request at hand asks for by *parameters*."""
        return Asking(
            endpoint_of_request(),
            g.token,
            parameters,
            self.addresses.base_url(),
            freshness_wanted(request.headers.get("Cache-Control")),
        )


class TokenView(MethodView):
    """A view that lets nobody in without a token."""

    init_every_request = False

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    def dispatch_request(self, **parts: str) -> Response:
        """Look for the token first, whatever is asked."""
        g.token = self._authenticator.check(request.headers.get("Authorization"))
        answer = super().dispatch_request(**parts)
        if not isinstance(answer, Response):
            raise TypeError(f"{type(self).__name__} answered {answer!r}.")
        return answer
