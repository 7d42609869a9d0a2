"""gunicorn's worker, which tells of requests that it could not read as SCIM does."""

import socket
from contextlib import suppress
from typing import Any

import orjson
from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from gateway.cli.unread import passing_over
from gateway.scim.errors import ERROR_SCHEMA
from gateway.web.tracing import REQUEST_ID, request_id_of

#: The longest line that gunicorn reads: a filter in the address can be long.
LONGEST_REQUEST_LINE_BYTES = 8190

_TOO_LONG = (
    f"The request line is longer than {LONGEST_REQUEST_LINE_BYTES} bytes; send a long filter in "
    "the body of POST /Users/.search or /Groups/.search."
)

#: The status, its name, and what to say. Nothing of the request is repeated: it may hold a token.
_REFUSALS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (
        LimitRequestLine,
        414,
        "URI Too Long",
        _TOO_LONG,
    ),
    (
        LimitRequestHeaders,
        431,
        "Request Header Fields Too Large",
        "The headers of the request are too many or too long; leave out what is not needed.",
    ),
    (
        UnsupportedTransferCoding,
        501,
        "Not Implemented",
        "The body is in a transfer coding that is not read here; send it plain or chunked.",
    ),
    (
        ParseException,
        400,
        "Bad Request",
        "The request is not HTTP as RFC 9112 has it; check the program that sends it.",
    ),
)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker of threads whose own refusals are error messages of SCIM (RFC 7644 §3.12)."""

    #: The application, which gunicorn sets.
    wsgi: Any

    def load_wsgi(self) -> None:
        """Load the application; called by gunicorn in each process."""
        super().load_wsgi()
        self.wsgi = passing_over(self.wsgi)

    def handle_error(
        self, req: object, client: socket.socket, addr: tuple[Any, ...], exc: Exception
    ) -> None:
        """Answer a request that could not be read; called by gunicorn, which closes it then."""
        for kind, status, reason, sentence in _REFUSALS:
            if isinstance(exc, kind):
                self.log.warning("A request could not be read: %s", reason)
                with suppress(OSError):  # Who sent it may be gone.
                    write_nonblock(client, _refusal(status, reason, sentence))
                return
        super().handle_error(req, client, addr, exc)


def _refusal(status: int, reason: str, sentence: str) -> bytes:
    body = orjson.dumps({"schemas": [ERROR_SCHEMA], "status": str(status), "detail": sentence})
    head = (
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/scim+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"{REQUEST_ID}: {request_id_of('')}",
    )
    return "\r\n".join((*head, "", "")).encode() + body
