"""A receiver is told everything once, whatever fails between."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import structlog
from joserfc import jwt

from gateway.directory.jobs import Leasing
from gateway.events.push import Pusher
from gateway.events.receiver import Receiver
from gateway.events.tokens import Signer
from gateway.mirror.event_records import EventSet
from gateway.mirror.mirror import Mirror
from tests.events.conftest import LIFETIME, START, Tell

TOKEN = "a-token-for-the-receiver"


@dataclass
class Listener:
    """
    A receiver on this machine.

    Attributes:
        answers: What it answers next: a status, a body, and headers; after these always 202.
        heard: The headers and the body of each request.
    """

    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer one request so."""
        self.answers.append((status, body, headers))


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A receiver that listens."""
    made = Listener()

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append((dict(self.headers), body))
            status, answer, headers = made.answers.pop(0) if made.answers else (202, b"", {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/events"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Clock:
    """The time, which passes only when a test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def push(
    mirror: Mirror, signer: Signer, clock: Clock, listener: Listener
) -> Iterator[Callable[[], Pusher]]:
    """Make what pushes to the receiver, as each process does."""
    receivers = []

    def make() -> Pusher:
        receivers.append(Receiver(listener.url, TOKEN))
        return Pusher(mirror, signer, receivers[-1], LIFETIME, clock, look_seconds=0.02)

    yield make
    for receiver in receivers:
        receiver.close()


def ids(listener: Listener, signer: Signer) -> list[str]:
    """Return the ids of the tokens that arrived, each verified."""
    return [
        jwt.decode(body, signer.key, algorithms=["ES256"]).claims["jti"]
        for _, body in listener.heard
    ]


def pending(mirror: Mirror) -> list[EventSet]:
    """Return what was not delivered yet."""
    with mirror.reading() as snapshot:
        return list(snapshot.events.pending(100, since=START - LIFETIME))


def test_events_are_pushed_in_their_order(
    push: Callable[[], Pusher], listener: Listener, signer: Signer, mirror: Mirror, tell: Tell
) -> None:
    """As RFC 8935 §2.1 says, each once."""
    for jti in ("a", "b", "c"):
        tell(jti)
    push().push()
    push().push()

    assert ids(listener, signer) == ["a", "b", "c"]
    headers, _ = listener.heard[0]
    assert headers["Content-Type"] == "application/secevent+jwt"
    assert headers["Accept"] == "application/json"
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert pending(mirror) == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (503, b"down"),
        (429, b""),
        (401, b""),
        (404, b"nothing here"),
        (302, b""),
        (400, b'{"err": "invalid_key", "description": "unknown kid"}'),
        (400, b'{"err": "authentication_failed"}'),
        # What is no refusal of a token may be of something before the receiver.
        (400, b"<title>400 Request Header Or Cookie Too Large</title>"),
        (400, b'{"message": "Bad Request"}'),
        (400, b"\xff"),
        (400, b"[]"),
        (400, b""),
    ],
)
@pytest.mark.rule("9967-2-push")
def test_what_is_not_taken_is_sent_again(  # noqa: PLR0917 - what is parametrised comes by name
    status: int,
    body: bytes,
    push: Callable[[], Pusher],
    listener: Listener,
    signer: Signer,
    clock: Clock,
    tell: Tell,
) -> None:
    """Later and later, by whichever process; what comes after it waits."""
    listener.answer(status, body)
    listener.answer(status, body)
    tell("a")
    tell("b")
    push().push()
    push().push()
    assert ids(listener, signer) == ["a"]

    clock.now += timedelta(seconds=1)
    push().push()
    clock.now += timedelta(seconds=1)
    push().push()
    assert ids(listener, signer) == ["a", "a"]

    clock.now += timedelta(seconds=1)
    push().push()
    assert ids(listener, signer) == ["a", "a", "a", "b"]


def test_pauses_grow_and_end(
    push: Callable[[], Pusher], listener: Listener, clock: Clock, mirror: Mirror, tell: Tell
) -> None:
    """From a second to five minutes; once something is taken they begin anew."""
    tell("a")
    pauses = []
    for _ in range(12):
        listener.answer(500)
        push().push()
        with mirror.reading() as snapshot:
            state = snapshot.events.state()
        assert state is not None
        assert state.retry_at is not None
        pauses.append((state.retry_at - clock.now).total_seconds())
        clock.now = state.retry_at
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]

    push().push()
    with mirror.reading() as snapshot:
        state = snapshot.events.state()
    assert state is not None
    assert (state.failures, state.retry_at) == (0, None)


def test_a_receiver_says_when_to_come_back(
    push: Callable[[], Pusher], listener: Listener, signer: Signer, clock: Clock, tell: Tell
) -> None:
    """It is heard, within an hour."""
    listener.answer(503, Retry_After="120")
    listener.answer(503, Retry_After="999999")
    tell("a")
    push().push()
    for seconds, times in ((119, 1), (1, 2), (3599, 2), (1, 3)):
        clock.now += timedelta(seconds=seconds)
        push().push()
        assert len(ids(listener, signer)) == times


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            b'{"err": "invalid_request", "description": "ann@acme.example is nobody"}',
            "invalid_request",
        ),
        (b'{"err": "ann@acme.example"}', "unreadable"),
        (b'{"err": ""}', "unreadable"),
    ],
)
@pytest.mark.rule("9967-2-push")
def test_what_is_refused_is_given_up(  # noqa: PLR0917 - what is parametrised comes by name
    body: bytes,
    code: str,
    push: Callable[[], Pusher],
    listener: Listener,
    signer: Signer,
    tell: Tell,
) -> None:
    """It would be refused again (RFC 8935 §2); the log has its id and the reason, nothing else."""
    listener.answer(400, body)
    tell("a")
    tell("b")
    with structlog.testing.capture_logs() as logs:
        push().push()

    assert ids(listener, signer) == ["a", "b"]
    assert logs == [
        {"event": "events.refused", "jti": "a", "code": f"400 {code}", "log_level": "error"}
    ]


def test_what_is_accepted_is_done_with_whatever_comes_of_the_body(
    push: Callable[[], Pusher], listener: Listener, signer: Signer, mirror: Mirror, tell: Tell
) -> None:
    """The status says it (RFC 8935 §2.2): a body that can't be read is no reason to send again."""
    listener.answer(202, b"no such thing", Content_Encoding="gzip")
    tell("a")
    push().push()

    assert ids(listener, signer) == ["a"]
    assert pending(mirror) == []


def test_a_receiver_that_is_away_is_waited_for(
    mirror: Mirror, signer: Signer, clock: Clock, tell: Tell
) -> None:
    """Nothing is lost, and neither its address nor its token is in the log."""
    tell("a")
    receiver = Receiver("http://127.0.0.1:1/secret-path", TOKEN)
    with structlog.testing.capture_logs() as logs:
        Pusher(mirror, signer, receiver, LIFETIME, clock).push()
    receiver.close()

    assert [event.jti for event in pending(mirror)] == ["a"]
    assert [e["event"] for e in logs] == ["events.not_taken"]
    assert "secret" not in str(logs)
    assert TOKEN not in str(logs)


def test_it_is_pushed_in_the_background(
    push: Callable[[], Pusher], listener: Listener, mirror: Mirror, signer: Signer, tell: Tell
) -> None:
    """Soon after it happened, and once, however many processes there are."""
    pushers = [push() for _ in range(3)]
    threads = [pusher.start() for pusher in pushers]
    for jti in "abcdef":
        tell(jti)
    deadline = time.monotonic() + 20
    while pending(mirror) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pusher in pushers:
        pusher.stopping.set()
    for thread in threads:
        thread.join()

    assert ids(listener, signer) == list("abcdef")


def test_one_process_pushes_at_a_time(
    push: Callable[[], Pusher], listener: Listener, mirror: Mirror, clock: Clock, tell: Tell
) -> None:
    """As long as another holds the lease, nothing is sent."""
    leasing = Leasing(mirror, "another", clock, timedelta(seconds=60))
    leasing.acquire(["event push"])
    tell("a")
    pusher = push()
    thread = pusher.start()
    time.sleep(0.2)
    assert listener.heard == []

    leasing.release(["event push"])
    deadline = time.monotonic() + 20
    while not listener.heard and time.monotonic() < deadline:
        time.sleep(0.02)
    pusher.stopping.set()
    thread.join()
    assert len(listener.heard) == 1


def test_what_nobody_foresaw_does_not_end_it(
    push: Callable[[], Pusher], listener: Listener, mirror: Mirror, tell: Tell
) -> None:
    """It is logged, and the next look goes well."""
    pusher = push()
    failures = iter([True])
    real = mirror.reading

    def reading() -> Any:
        if next(failures, False):
            raise ZeroDivisionError
        return real()

    mirror.reading = reading  # type: ignore[method-assign]  # it is to fail
    tell("a")
    with structlog.testing.capture_logs() as logs:
        thread = pusher.start()
        deadline = time.monotonic() + 20
        while not listener.heard and time.monotonic() < deadline:
            time.sleep(0.02)
        pusher.stopping.set()
        thread.join()
    assert len(listener.heard) == 1
    assert "events.push_failed" in [e["event"] for e in logs]
