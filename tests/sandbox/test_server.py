"""The server: connections stay open while it runs, and none is left when it ends."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from gateway.sandbox import DEMO, Behaviour, World, create_app, sandbox_of, serving
from gateway.sandbox.calls import Made
from gateway.sandbox.wsgi import VARIABLE, application
from tests.ports import unused_port
from tests.sandbox.reader import Reader

WORKSPACE = "/2.0/workspaces/acme"


def test_one_connection_serves_many_calls(reader: Reader) -> None:
    """HTTP/1.1 with connections kept alive, for errors as for answers."""
    with (
        socket.create_connection(("127.0.0.1", port(reader))) as connection,
        connection.makefile("rb") as lines,
    ):
        for path, status in (("/nowhere", b"404"), (WORKSPACE, b"200"), ("/sandbox/calls", b"200")):
            authorization = reader.headers()["Authorization"]
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
            connection.sendall(request.encode())
            assert lines.readline().split()[:2] == [b"HTTP/1.1", status]
            length = 0
            while (line := lines.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert len(lines.read(length)) == length > 0


def port(reader: Reader) -> int:
    """Where a sandbox listens."""
    return int(reader.served.url.rsplit(":", 1)[1])


def test_a_body_that_nobody_reads_does_no_harm(reader: Reader) -> None:
    """The next call on the same connection is understood."""
    url = f"{reader.served.url}{WORKSPACE}"
    assert reader.session.post(url, data=b"x" * 100_000, timeout=10).status_code == 405
    assert reader.get(WORKSPACE).ok

    def chunks() -> Iterator[bytes]:
        yield b"x" * 1000

    assert reader.session.post(url, data=chunks(), timeout=10).status_code == 405
    assert reader.get(WORKSPACE).ok


def test_many_may_read_at_once(serve: Callable[..., Reader], generated: World) -> None:
    """While the world changes under them, nobody sees half a change."""
    reader = serve(generated)
    headers, url = reader.headers(), f"{reader.served.url}{WORKSPACE}/permissions?pagelen=100"
    answers: list[int] = []

    def read() -> None:
        answers.extend(requests.get(url, headers=headers, timeout=10).status_code for _ in range(5))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20


def test_closing_is_quick_and_leaves_nothing(world: World) -> None:
    """Neither a kept connection nor a stalled call holds it up, and its threads are gone."""
    app = create_app(world)
    before = threading.active_count()
    with serving(app) as served, requests.Session() as session:
        session.get(f"{served.url}/nowhere", timeout=10)
        served.sandbox.faults.plan("timeout")
        with pytest.raises(requests.ReadTimeout):
            requests.get(served.url, timeout=0.05)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert threading.active_count() == before


def test_who_hangs_up_early_makes_no_noise(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """A client that gives up, or never reads, neither fills the log nor holds up the end."""
    app = create_app(world, behaviour=Behaviour(latency_seconds=0.1))
    with serving(app) as served:
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{served.url}/nowhere", timeout=0.02)
        address = ("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        with socket.create_connection(address) as silent:
            silent.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
    assert capfd.readouterr() == ("", "")


def test_an_application_can_be_served_again(world: World) -> None:
    """A Bitbucket that was away comes back as it was, and stalls as before."""
    app = create_app(world)
    with serving(app) as served:
        served.sandbox.calls.count("before", Made("GET", "/before"))
    with serving(app) as served:
        assert served.sandbox.calls.by_resource == {"before": 1}
        served.sandbox.faults.plan("timeout")
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{served.url}/nowhere", timeout=0.1)


def test_breaking_a_connection_takes_one(world: World) -> None:
    """Without a socket, a fault of the wire cannot be simulated, and says so."""
    app = create_app(world)
    sandbox_of(app).faults.plan("reset")
    with pytest.raises(TypeError, match="socket"):
        app.test_client().get("/nowhere")


def test_a_server_takes_the_port_it_is_given(world: World) -> None:
    """And no other."""
    wanted = unused_port()
    with serving(create_app(world), port=wanted) as served:
        assert served.url == f"http://127.0.0.1:{wanted}"


def test_other_applications_are_not_served(world: World) -> None:
    """Only what ``create_app`` made has a sandbox behind it."""
    app = create_app(world)
    assert sandbox_of(app).world is world
    app.extensions["sandbox"] = None
    with pytest.raises(TypeError):
        sandbox_of(app)


def test_options_make_an_application() -> None:
    """Sizes of the world, behaviour, faults and the state of administration."""
    app = application(
        json.dumps(
            {
                "users": 12,
                "slug": "beta",
                "paging": "opaque",
                "hourly_limit": 7,
                "fault_rate": 0.5,
                "fault_kinds": ["500"],
                "administration_moved": True,
            }
        )
    )
    sandbox = sandbox_of(app)
    assert len(sandbox.world.memberships) == 12
    assert sandbox.world.slug == "beta"
    assert sandbox.world.administration_moved
    assert sandbox.behaviour == Behaviour(paging=sandbox.behaviour.paging, hourly_limit=7)
    assert (sandbox.faults.rate, sandbox.faults.kinds) == (0.5, ["500"])


def test_options_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing there means a world of the usual size."""
    monkeypatch.setenv(VARIABLE, '{"users": 3}')
    assert len(sandbox_of(application()).world.memberships) == 3
    monkeypatch.delenv(VARIABLE)
    assert len(sandbox_of(application()).world.memberships) == 200


@pytest.mark.parametrize(
    ("options", "error"),
    [("{", ValueError), ("[]", TypeError), ('{"usres": 1}', ValueError)],
)
def test_wrong_options_are_refused(options: str, error: type[Exception]) -> None:
    """An option that there is not is never ignored."""
    with pytest.raises(error):
        application(options)


def test_gunicorn_serves_it() -> None:
    """One worker with threads; faults below HTTP work there as well."""
    address = f"127.0.0.1:{unused_port()}"
    command = [sys.executable, "-m", "gunicorn", "--threads", "2", "--bind", address]
    target = 'gateway.sandbox.wsgi:application(\'{"users": 5, "groups": 1}\')'
    with subprocess.Popen([*command, target], stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own server
        try:
            assert_served_by(f"http://{address}")
        finally:
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=20)[1]
    assert "Traceback" not in said


def assert_served_by(url: str) -> None:
    """Reads from a sandbox in another process, with and without trouble."""
    deadline = time.monotonic() + 20
    while True:
        try:
            requests.get(f"{url}/sandbox/calls", timeout=5)
            break
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    auth = (DEMO.api_token.email, DEMO.api_token.token)
    for kind in ("reset", "truncated"):
        requests.post(f"{url}/sandbox/faults", json={"kind": kind}, timeout=5)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            requests.get(f"{url}{WORKSPACE}", auth=auth, timeout=5)
    members = requests.get(f"{url}{WORKSPACE}/members", auth=auth, timeout=5).json()
    assert members["size"] == 5
