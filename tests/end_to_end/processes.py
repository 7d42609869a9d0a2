"""Gateways as processes of their own, as an administrator starts them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

import pytest
import requests

from tests.end_to_end.gateways import TOKEN
from tests.ports import unused_port

_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """
    A running ``bitbucket-scim serve``.

    Attributes:
        root: Its address.
        process: Its first process, the leader of a group.
    """

    root: str
    process: "subprocess.Popen[bytes]"

    def get(self, path: str, **headers: str) -> requests.Response:
        """Return the answer to a request with the token."""
        return requests.get(
            f"{self.root}/scim/v2{path}",
            headers={"Authorization": f"Bearer {TOKEN}", **headers},
            timeout=120,
        )

    def json(self, path: str, **headers: str) -> Any:
        """Return the JSON of an answer that succeeded."""
        answer = self.get(path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kill(self) -> None:
        """End all of its processes at once, without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serve(settings: Mapping[str, str], *, workers: int = 1) -> Iterator[Server]:
    """Run ``bitbucket-scim serve`` until the block ends."""
    port = unused_port()
    environment = {
        **{name: value for name, value in os.environ.items() if "BITBUCKET" not in name},
        **settings,
        "GATEWAY_BIND": f"127.0.0.1:{port}",
        "GATEWAY_WORKERS": str(workers),
        "GATEWAY_REFRESH_INTERVAL": "0",
    }
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"],
            env=environment,
            start_new_session=True,
            stdout=said,
            stderr=said,
        )
        server = Server(f"http://127.0.0.1:{port}", process)
        try:
            _wait_for(f"{server.root}/healthz", process, said)
            yield server
        finally:
            server.kill()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, timeout=1).raise_for_status()
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    said.seek(0)
    pytest.fail(f"the gateway did not start, and said: {said.read().decode()}")
