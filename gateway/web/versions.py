"""The version of the protocol, which a request's address may leave out (RFC 7644 §3.13)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.scim.version import with_version
from gateway.web.addresses import ROOT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


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
        environ["PATH_INFO"] = with_version(environ["PATH_INFO"], ROOT)
        return self._application(environ, start_response)
