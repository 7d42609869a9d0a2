"""
How fast warm answers are, beside a server that returns ready bytes of the same size.

Fills a mirror from a simulated workspace of 10,000 users, 500 groups and 2,000 repositories, then
asks the gateway and the ceiling in turn, over the same gunicorn configuration and connections, and
counts the calls that reach Bitbucket meanwhile: there must be none.

Run with ``make bench``; the table is written to ``benchmarks/results/read-path.md``.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from socket import create_server

import requests
from flask import Flask, Response, request

from gateway.sandbox import demo_credentials

TOKEN = "a-token-for-the-benchmark"  # noqa: S105 - it opens a made-up workspace
RESULTS = Path(__file__).parent / "results" / "read-path.md"
ROUNDS = 5
SECONDS_A_ROUND = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """A request, by the name it has in the table."""

    name: str
    path: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of a question: requests a second, and bytes an answer."""

    question: Question
    size: int
    ours: float
    ceiling: float
    calls: int


def ceiling() -> Flask:
    """Return the application that answers with ready bytes: as many as it is asked for."""
    app = Flask("ceiling")
    ready: dict[int, bytes] = {}

    @app.get("/bytes")
    def answer() -> Response:
        size = int(request.args["size"])
        body = ready.setdefault(size, b"x" * size)
        return Response(body, content_type="application/scim+json")

    return app


@contextmanager
def running(command: list[str], url: str, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends; the block begins when it answers at *url*."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                requests.get(url, timeout=5)
                break
            except requests.RequestException:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def rate(ask: Callable[[], object]) -> float:
    """Return how often a second *ask* was done, one after the other."""
    started = time.perf_counter()
    done = 0
    while time.perf_counter() - started < SECONDS_A_ROUND:
        ask()
        done += 1
    return done / (time.perf_counter() - started)


def measure(question: Question, base_url: str, ceiling_url: str, calls_url: str) -> Row:
    """Return medians over rounds in which both servers take turns."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        url = f"{base_url}{question.path}"
        first = session.get(url, params=question.parameters, timeout=60)
        first.raise_for_status()
        size = len(first.content)
        before = requests.get(calls_url, timeout=5).json()["total"]
        ours: list[float] = []
        limit: list[float] = []
        for _ in range(ROUNDS):
            ours.append(rate(lambda: session.get(url, params=question.parameters, timeout=60)))
            limit.append(rate(lambda: session.get(ceiling_url, params={"size": size}, timeout=60)))
        after = requests.get(calls_url, timeout=5).json()["total"]
    return Row(question, size, statistics.median(ours), statistics.median(limit), after - before)


def table(rows: list[Row], size: str, fill_seconds: float, fill_calls: int) -> str:
    """Return the results as Markdown."""
    machine = (
        f"{datetime.now(UTC).date()}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"gunicorn {version('gunicorn')}, SQLite"
    )
    method = (
        f"one worker of four threads, one client, {ROUNDS} rounds of {SECONDS_A_ROUND:g} s in "
        "turns, medians"
    )
    lines = [
        "# Warm reads, beside ready bytes",
        "",
        f"{size}. {machine}; {method}.",
        "",
        f"The mirror was filled once, in {fill_seconds:.0f} s and {fill_calls} Bitbucket calls.",
        "",
        "| request | bytes | ours, requests/s | ready bytes, requests/s | ratio | calls made |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {row.question.name} | {row.size:,} | {row.ours:,.0f} | {row.ceiling:,.0f} "
        f"| {row.ours / row.ceiling:.2f} | {row.calls} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fill, measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--repos", type=int, default=2_000)
    options = parser.parse_args()
    gateway_port, sandbox_port, ceiling_port = free_port(), free_port(), free_port()
    api_url = f"http://127.0.0.1:{sandbox_port}"
    base_url = f"http://127.0.0.1:{gateway_port}/scim/v2"
    known = demo_credentials("acme")
    python = [sys.executable, "-m"]
    size = [f"--users={options.users}", f"--groups={options.groups}", f"--repos={options.repos}"]
    sandbox = [*python, "gateway", "sandbox", f"--port={sandbox_port}", "--hourly-limit=0", *size]
    limit = [
        *python,
        "gunicorn",
        "-k",
        "gthread",
        "--threads=4",
        "--keep-alive=75",
        f"-b127.0.0.1:{ceiling_port}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "BITBUCKET_API_URL": api_url,
            "BITBUCKET_WORKSPACE": "acme",
            "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
            "BITBUCKET_EMAIL": known.api_token.email,
            "BITBUCKET_API_TOKEN": known.api_token.token,
            "SCIM_TOKEN": TOKEN,
            "GATEWAY_BIND": f"127.0.0.1:{gateway_port}",
            "GATEWAY_DATABASE_URL": f"sqlite:///{folder}/mirror.sqlite3",
            "GATEWAY_MAX_AGE": "86400",
            "GATEWAY_HOURLY_LIMIT": "0",
            "GATEWAY_REFRESH_INTERVAL": "0",
            "GATEWAY_WORKERS": "1",
            "GATEWAY_THREADS": "4",
            "GATEWAY_LOG_LEVEL": "warning",
        }
        with (
            running(sandbox, f"{api_url}/sandbox/calls", {}),
            running(
                [*python, "gateway", "serve"], f"http://127.0.0.1:{gateway_port}/healthz", settings
            ),
            running(
                [*limit, "benchmarks.read_path:ceiling()"], f"http://127.0.0.1:{ceiling_port}", {}
            ),
        ):
            started = time.perf_counter()
            subprocess.run(  # noqa: S603 - our own command
                [*python, "gateway", "sync"], env=os.environ | settings, check=True
            )
            fill_seconds = time.perf_counter() - started
            calls_url = f"{api_url}/sandbox/calls"
            fill_calls = requests.get(calls_url, timeout=5).json()["total"]
            headers = {"Authorization": f"Bearer {TOKEN}"}
            some = requests.get(f"{base_url}/Users?count=1", headers=headers, timeout=60).json()
            user = some["Resources"][0]
            questions = [
                Question("page of 100 at 1", "/Users", (("count", "100"),)),
                Question(
                    "page of 100 at 5,001", "/Users", (("startIndex", "5001"), ("count", "100"))
                ),
                Question(
                    "userName eq", "/Users", (("filter", f'userName eq "{user["userName"]}"'),)
                ),
                Question("one user by id", f"/Users/{user['id']}"),
                Question(
                    "groups, without members", "/Groups", (("excludedAttributes", "members"),)
                ),
            ]
            rows = [
                measure(question, base_url, f"http://127.0.0.1:{ceiling_port}/bytes", calls_url)
                for question in questions
            ]
    text = table(
        rows,
        f"{options.users:,} users, {options.groups:,} groups, {options.repos:,} repositories",
        fill_seconds,
        fill_calls,
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
