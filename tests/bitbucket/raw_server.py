"""An HTTP server on loopback that answers with exactly the bytes it is told to, faults included."""

import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from enum import Enum, auto
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qs, urlsplit

_PHRASES: Mapping[int, str] = {200: "OK", 429: "Too Many Requests"}


class Then(Enum):
    """What the server does with the connection after a reply."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    STALL = auto()


@dataclass(frozen=True)
class Reply:
    """Bytes, and what becomes of the connection."""

    data: bytes = b""
    then: Then = Then.KEEP


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    target: str
    headers: Message
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


Handler = Callable[[Received], Reply]


@dataclass
class RawServer:
    """The server: replies in the order they were given, the last one again and again."""

    url: str
    received: list[Received] = field(default_factory=list)
    handler: Handler | None = None
    _replies: list[Reply] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def reply(self, *replies: Reply) -> None:
        """Give the replies to come."""
        with self._lock:
            self._replies = list(replies)

    def answer(self, request: Received) -> Reply:
        """Take note of *request* and return its reply."""
        with self._lock:
            self.received.append(request)
            if self.handler is None:
                return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return self.handler(request)


def raw(status: int, body: bytes, **headers: str) -> Reply:
    """Return a reply with these headers, their dashes written as underscores."""
    lines = [
        f"HTTP/1.1 {status} {_PHRASES.get(status, 'Status')}",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return Reply("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def as_json(value: object, status: int = 200, **headers: str) -> Reply:
    """Return *value* as JSON."""
    body = json.dumps(value).encode()
    return raw(status, body, Content_Type="application/json", **headers)


def as_error(status: int, message: str, *, detail: object = None, **headers: str) -> Reply:
    """Return an error as Bitbucket words it."""
    error = {"message": message} | ({} if detail is None else {"detail": detail})
    return as_json({"type": "error", "error": error}, status, **headers)


def truncated(value: object) -> Reply:
    """Return *value* as JSON that ends too soon."""
    body = json.dumps(value).encode()
    whole = raw(200, body, Content_Type="application/json")
    return Reply(whole.data[:-5], Then.CLOSE)


@contextmanager
def serving() -> Iterator[RawServer]:
    """Run a server for as long as the block."""
    over = Event()
    connections: list[int] = []

    class Connection(StreamRequestHandler):
        def handle(self) -> None:
            connections.append(1)
            number = len(connections)
            while (request := _read(self.rfile.readline, self.rfile.read, number)) is not None:
                reply = raw_server.answer(request)
                self.wfile.write(reply.data)
                self.wfile.flush()
                if reply.then is Then.STALL:
                    over.wait(30)
                if reply.then is Then.RESET:
                    _reset(self.connection)
                if reply.then is not Then.KEEP:
                    return

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A client that goes away is what some tests are about."""

    with Server(("127.0.0.1", 0), Connection) as server:
        raw_server = RawServer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield raw_server
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _read(
    read_line: Callable[[], bytes], read: Callable[[int], bytes], connection: int
) -> Received | None:
    first = read_line().decode().split()
    if not first:
        return None
    lines = []
    while (line := read_line()).strip():
        lines.append(line)
    headers = BytesParser().parsebytes(b"".join(lines))
    body = read(int(headers.get("Content-Length", 0)))
    return Received(first[0], first[1], headers, body, connection)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
