"""The version of the protocol, which a request's address may leave out (RFC 7644 §3.13)."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.web.addresses import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WITHOUT_VERSION = re.compile(r"/scim(?!/v[0-9])(?=/|$)")


class LatestVersion:
    """
    Reads an address that names no version, such as ``/scim/Users``, as one of the latest.

    Every other request is handed on as it is.

    Args:
        application: Answers all requests.
    """

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request, as WSGI has it (PEP 3333)."""
        path = environ["PATH_INFO"]
        if _WITHOUT_VERSION.match(path):
            environ["PATH_INFO"] = _WITHOUT_VERSION.sub(ROOT, path, count=1)
        return self._application(environ, start_response)
