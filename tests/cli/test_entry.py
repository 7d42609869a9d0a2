"""The commands as processes: how they begin, and what they say when they can't go on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import unused_port

FULL = Path("/dev/full")


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The environment of a gateway whose Bitbucket is down."""
    return os.environ | {
        "BITBUCKET_API_URL": "http://127.0.0.1:9",
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": "0123456789abcdef",
        "SCIM_TOKEN": "0123456789abcdef",
        "GATEWAY_DATABASE_URL": f"sqlite:///{tmp_path / 'mirror.sqlite3'}",
        "GATEWAY_REFRESH_INTERVAL": "0",
        "GATEWAY_WORKERS": "1",
    }


def gateway(*arguments: str) -> Sequence[str]:
    """Return the command line of a command."""
    return [sys.executable, "-m", "gateway", *arguments]


def test_the_application_is_imported_when_a_command_wants_it() -> None:
    """Until then nothing keeps the command line from answering."""
    code = "import json, sys, gateway.cli; print(json.dumps(list(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 - our own code

    assert not {"flask", "sqlalchemy", "requests"} & set(json.loads(said.stdout))


def test_who_interrupts_the_beginning_is_shown_no_code() -> None:
    """The command ends, and says so in a word."""
    code = """
import runpy, signal, sys

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "sqlalchemy":
            signal.raise_signal(signal.SIGINT)

# As in a terminal, wherever the tests are run from.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["bitbucket-scim", "check"]
runpy.run_module("gateway", run_name="__main__")
"""
    ended = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, check=False, text=True
    )

    assert ended.returncode == 1
    assert ended.stderr.strip() == "Aborted!"


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("journal", "export"), ("explain", "active eq true"), ("sandbox", "--port=0")],
    ids=lambda arguments: arguments[0],
)
def test_output_that_can_not_be_written_is_told(
    settings: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """In a sentence with the reason, and nothing else is blamed."""
    with FULL.open("wb") as full:
        ended = subprocess.run(  # noqa: S603 - our own command
            gateway(*arguments),
            check=False,
            env=settings,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert ended.returncode == 1
    assert ended.stderr == "Error: can't write: No space left on device.\n"


@pytest.fixture
def handed_over() -> Iterator[socket.socket]:
    """A socket that listens, as systemd opens one for a service."""
    with socket.create_server(("127.0.0.1", unused_port())) as listening:
        yield listening


def test_serve_takes_the_socket_that_systemd_hands_over(
    settings: dict[str, str], handed_over: socket.socket
) -> None:
    """It opens none of its own at the same address, which would be taken."""
    host, port = handed_over.getsockname()
    settings |= {"GATEWAY_BIND": f"{host}:{port}", "LISTEN_FDS": "1"}
    # The first that is handed over is number 3, to the process that is named.
    shell = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@" 3<&0', *gateway("serve")]
    with subprocess.Popen(shell, env=settings, stdin=handed_over.fileno()) as process:  # noqa: S603 - our own command
        try:
            # Who asks before it serves waits.
            answer: Any = requests.get(f"http://{host}:{port}/healthz", timeout=30)
        finally:
            process.terminate()

    assert answer.status_code == 200


def test_a_demonstration_that_is_ended_early_leaves_nothing(tmp_path: Path) -> None:
    """Neither its folder nor a word of what went wrong."""
    with subprocess.Popen(  # noqa: S603 - our own command
        gateway("demo", "--port=0"),
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.02)
        process.terminate()
        said, _ = process.communicate(timeout=30)

    assert process.returncode == 128 + signal.SIGTERM
    assert said == b""
    assert list(tmp_path.iterdir()) == []
