"""The servers that are measured, each with what it needs to run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ceiling
from benchmarks.processes import ROOT, running
from benchmarks.questions import Column, Question
from benchmarks.workload import Size
from gateway.sandbox import demo_credentials
from tests.ports import unused_port

TOKEN = "a-token-for-the-benchmark"  # noqa: S105 - it opens a made-up workspace
THREADS = 4
COMMAND = [sys.executable, "-m", "gateway"]

_HOST = "127.0.0.1"
_PEERS = ROOT / "benchmarks" / "peers"
_SCIM2_SERVER = _PEERS / "scim2_server"
_SCIMMY = _PEERS / "scimmy"


class Unavailable(Exception):
    """A peer that is not installed."""


@dataclass(frozen=True, slots=True)
class Server:
    """
    A server that answers.

    Attributes:
        name: What it is called in tables.
        origin: Its address, without a path.
        pid: Its first process.
        base: What comes before ``/Users``; None if each question has a prefix of its own.
    """

    name: str
    origin: str
    pid: int
    base: str | None = None

    def prefix(self, question: Question, column: Column) -> str:
        """Return what comes before the path of a target."""
        return f"/{column.name}-{question.key}" if self.base is None else self.base


@contextmanager
def bitbucket(size: Size) -> Iterator[str]:
    """Serve a simulated Bitbucket of that size, without a limit; the block gets its address."""
    port = unused_port()
    url = f"http://{_HOST}:{port}"
    command = [*COMMAND, "sandbox", f"--port={port}", "--hourly-limit=0", *size.options]
    with running(command, f"{url}/sandbox/calls", {}):
        yield url


def settings(api_url: str, database_url: str, *, workers: int = 1) -> dict[str, str]:
    """Return the environment of a gateway to *api_url* that answers from what it has read once."""
    known = demo_credentials("acme")
    return {
        "BITBUCKET_API_URL": api_url,
        "BITBUCKET_WORKSPACE": "acme",
        "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
        "BITBUCKET_EMAIL": known.api_token.email,
        "BITBUCKET_API_TOKEN": known.api_token.token,
        "SCIM_TOKEN": TOKEN,
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_MAX_AGE": "86400",
        "GATEWAY_HOURLY_LIMIT": "0",
        "GATEWAY_REFRESH_INTERVAL": "0",
        "GATEWAY_WORKERS": str(workers),
        "GATEWAY_THREADS": str(THREADS),
        "GATEWAY_LOG_LEVEL": "warning",
    }


def fill(environment: Mapping[str, str]) -> None:
    """Read everything into a gateway's mirror."""
    subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "sync"], cwd=ROOT, env=os.environ | environment, check=True
    )


@contextmanager
def gateway(environment: Mapping[str, str]) -> Iterator[Server]:
    """Serve what a gateway knows."""
    port = unused_port()
    origin = f"http://{_HOST}:{port}"
    bound = {**environment, "GATEWAY_BIND": f"{_HOST}:{port}"}
    with running([*COMMAND, "serve"], f"{origin}/healthz", bound) as pid:
        yield Server("ours", origin, pid, "/scim/v2")


@contextmanager
def ready_bytes(
    shapes: dict[str, ceiling.Shape], folder: Path, *, workers: int
) -> Iterator[Server]:
    """Serve ready bytes under the same server as the gateway's."""
    answers = folder / "ceiling.json"
    ceiling.save(shapes, answers)
    port = unused_port()
    origin = f"http://{_HOST}:{port}"
    command = _gunicorn(Path(sys.executable), "benchmarks.ceiling:create_app()", port, workers)
    with running(command, origin, {ceiling.FILE: str(answers)}) as pid:
        yield Server("ceiling", origin, pid)


@contextmanager
def scim2_server(population: Path) -> Iterator[Server]:
    """Serve what :meth:`Population.save` wrote with scim2-server, from memory."""
    python = _SCIM2_SERVER / ".venv" / "bin" / "python"
    if not python.exists():
        raise Unavailable("scim2-server is not installed; make peers installs it.")
    port = unused_port()
    origin = f"http://{_HOST}:{port}"
    application = "benchmarks.peers.scim2_server.application:create_app()"
    environment = {"POPULATION": str(population), "TOKEN": TOKEN}
    with running(
        _gunicorn(python, application, port, 1), f"{origin}/v2/ServiceProviderConfig", environment
    ) as pid:
        yield Server("scim2-server", origin, pid, "/v2")


@contextmanager
def scimmy(population: Path) -> Iterator[Server]:
    """Serve what :meth:`Population.save` wrote with scimmy-routers, from memory."""
    node = shutil.which("node")
    if node is None or not (_SCIMMY / "node_modules" / "scimmy-routers").exists():
        raise Unavailable("scimmy-routers is not installed; make peers installs it.")
    port = unused_port()
    origin = f"http://{_HOST}:{port}"
    environment = {"POPULATION": str(population), "TOKEN": TOKEN, "PORT": str(port)}
    command = [node, str(_SCIMMY / "server.mjs")]
    with running(command, f"{origin}/scim/ServiceProviderConfig", environment) as pid:
        yield Server("scimmy-routers", origin, pid, "/scim")


PEERS = (scim2_server, scimmy)


def peer_versions() -> list[str]:
    """Return the names and versions of the peers that are installed."""
    found: list[str] = []
    python = _SCIM2_SERVER / ".venv" / "bin" / "python"
    if python.exists():
        ask = "from importlib.metadata import version; print(version('scim2-server'))"
        found.append(f"scim2-server {_told(python, '-c', ask)}")
    node = shutil.which("node")
    if node is not None and (_SCIMMY / "node_modules" / "scimmy-routers").exists():
        manifest = _SCIMMY / "node_modules" / "scimmy-routers" / "package.json"
        told = _told(Path(node), "-p", f"require({str(manifest)!r}).version")
        found.append(f"scimmy-routers {told} on Node.js {_told(Path(node), '--version')}")
    return found


def _gunicorn(python: Path, application: str, port: int, workers: int) -> list[str | Path]:
    """Return the command that serves as ``gateway serve`` does."""
    return [
        *(python, "-m", "gunicorn", "--worker-class=gthread", f"--workers={workers}"),
        *(f"--threads={THREADS}", "--keep-alive=75", "--limit-request-line=8190"),
        *("--log-level=warning", "--no-control-socket", f"--bind={_HOST}:{port}", application),
    ]


def _told(program: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - the interpreter of a peer
        [program, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
