"""Failures below HTTP: connections that stall, break, or end in the middle of an answer."""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gateway.sandbox.faults import FaultKind, Faults

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SOCKET_KEYS = ("sandbox.socket", "gunicorn.socket", "werkzeug.socket")
FAULT_KEY = "sandbox.fault"


class Disruption:
    """
    A WSGI application whose answers may fail on the wire.

    What fails is drawn here and left in the environment under :data:`FAULT_KEY`: the application
    inside finds there that it has to fail, or that it should not bother.
    """

    def __init__(self, app: "WSGIApplication", faults: Faults, *, exempt: str) -> None:
        self._app = app
        self._faults = faults
        self._exempt = exempt

    def __call__(  # noqa: D102 - the interface is WSGI's
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
        if path.startswith(self._exempt):
            return self._app(environ, start_response)
        fault = self._faults.draw(str(environ["REQUEST_METHOD"]), path)
        environ[FAULT_KEY] = fault
        body = self._app(environ, start_response)
        if fault is None or fault.kind not in BELOW_HTTP:
            return body
        return self._break(fault.kind, _whole(body), environ)

    def _break(self, kind: FaultKind, body: bytes, environ: "WSGIEnvironment") -> Iterator[bytes]:
        if kind is FaultKind.TRUNCATED:
            # Under a Content-Length that promised all of it.
            yield body[: len(body) // 2]
            _connection(environ).shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError(errno.ECONNRESET, "ended on purpose")
        if kind is FaultKind.TIMEOUT:
            self._faults.stall()
        reset(environ)
        raise ConnectionResetError(errno.ECONNRESET, "reset on purpose")


BELOW_HTTP = {FaultKind.TIMEOUT, FaultKind.RESET, FaultKind.TRUNCATED}


def reset(environ: "WSGIEnvironment") -> None:
    """Close the connection so that the other side sees a reset."""
    connection = _connection(environ)
    # With no time to linger, closing discards what is unsent and answers with RST.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # The server's files on the socket would keep a mere close() from closing.
    os.close(connection.detach())


def _whole(body: Iterable[bytes]) -> bytes:
    close: Callable[[], Any] | None = getattr(body, "close", None)
    whole = b"".join(body)
    if close:
        close()
    return whole


def _connection(environ: "WSGIEnvironment") -> socket.socket:
    found = next((environ[key] for key in SOCKET_KEYS if key in environ), None)
    if not isinstance(found, socket.socket):
        raise TypeError("this server does not lend its sockets to the application")
    return found
