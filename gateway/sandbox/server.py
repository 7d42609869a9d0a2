"""The simulated Bitbucket on a socket: HTTP/1.1, connections kept alive, one thread for each."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from gateway.sandbox.app import Sandbox, sandbox_of

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import WSGIEnvironment

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Serving:
    """A simulated Bitbucket that is being served, and the address it is served at."""

    url: str
    sandbox: Sandbox


@contextmanager
def serving(
    app: Flask, *, port: int = 0, listening: socket.socket | None = None
) -> Iterator[Serving]:
    """
    Serve *app* in the background until the block ends.

    Args:
        app: Made by :func:`gateway.sandbox.create_app`.
        port: The port of this machine alone to listen on; 0 takes a free one.
        listening: A socket that listens already, instead; it stays its opener's to close.
    """
    sandbox = sandbox_of(app)
    sandbox.faults.hold()
    host, port = listening.getsockname()[:2] if listening else ("127.0.0.1", port)
    fd = listening.fileno() if listening else None
    server = _Server(host, port, app, _Handler, fd=fd)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield Serving(f"http://{f'[{host}]' if ':' in host else host}:{server.port}", sandbox)
    finally:
        sandbox.faults.release()
        server.shutdown()
        server.end_connections()
        thread.join()


class _Server(ThreadedWSGIServer):
    """Knows its connections, so that none outlives it."""

    daemon_threads = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Tell every thread that nothing more will come, and that nobody waits."""
        with self._lock:
            for connection in self._open:
                # A thread may be closing its own at this moment.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    """
    Answers one request after another on one connection.

    The handler this one extends closes the connection after every answer.
    """

    protocol_version = "HTTP/1.1"
    # An answer leaves at once instead of waiting for the acknowledgement of its head.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        # Read whole, because what is left unread would be taken for the next request.
        environ["wsgi.input"] = io.BytesIO(_body(environ))
        environ["sandbox.socket"] = self.connection
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: "OptExcInfo | None" = None,  # noqa: ARG001 - a parameter of WSGI
        ) -> Any:
            started[:] = [(status, headers)]

        body = self.server.app(environ, start_response)
        parts = iter(body)
        try:
            # The application may only know its status once its first part is made.
            first = next(parts, b"")
            self._send_head(*started[0])
            for part in chain([first], parts):
                self.wfile.write(part)
        except ConnectionError:
            self.close_connection = True
        finally:
            close = getattr(body, "close", None)
            if close:
                close()

    def _send_head(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, message = status.partition(" ")
        self.send_response(int(code), message)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a test run would drown in it."""


def _body(environ: "WSGIEnvironment") -> bytes:
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(environ["wsgi.input"].read(int(length)))
    return bytes(environ["wsgi.input"].read()) if environ.get("wsgi.input_terminated") else b""
