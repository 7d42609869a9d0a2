"""What RFC 7644 has and this gateway does not offer: 501, so that nobody takes it for a 404."""

from collections.abc import Callable
from typing import NoReturn

from flask import Flask, request

from gateway.scim.errors import Unsupported
from gateway.web.addresses import ROOT
from gateway.web.authentication import Authenticator

#: What to say of each endpoint. The first is what Entra ID's base address with a flag comes to.
_SENTENCES = {
    "/": "A query over all resource types is not offered; ask /Users or /Groups.",
    "/.search": "A search over all types is not offered; ask /Users/.search or /Groups/.search.",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def add_unsupported(app: Flask, authenticator: Authenticator) -> None:
    """Add the endpoints, which tell so to those who have a token."""
    for path, sentence in _SENTENCES.items():
        view = _refusing(sentence, authenticator)
        app.add_url_rule(f"{ROOT}{path}", endpoint=path, view_func=view, methods=_METHODS)


def _refusing(sentence: str, authenticator: Authenticator) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        authenticator.check(request.headers.get("Authorization"))
        raise Unsupported(sentence)

    return refuse
