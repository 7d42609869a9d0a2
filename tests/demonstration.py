"""The demonstration, started as a newcomer starts it."""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

_START_SECONDS = 60
_SMALL = ("--users=20", "--groups=4", "--repos=4")


@dataclass(frozen=True, slots=True)
class Demo:
    """
    A running demonstration.

    Attributes:
        printed: What it said.
        base_url: The base URL, as printed; so too the token.
    """

    printed: str
    base_url: str
    token: str


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """``bitbucket-scim demo`` on a free port."""
    with demonstration() as started:
        yield started


@pytest.fixture(scope="session")
def standard_demo() -> Iterator[Demo]:
    """A smaller one, whose discovery tells what RFC 7643 has."""
    with demonstration(*_SMALL, GATEWAY_DISCOVERY="rfc7643") as started:
        yield started


@contextmanager
def demonstration(*options: str, **settings: str) -> Iterator[Demo]:
    """Run ``bitbucket-scim demo`` on a free port, so set up, until the block ends."""
    command = [sys.executable, "-m", "gateway", "demo", "--port=0", *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"} | settings
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_copy, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        printed = _printed(lines)
        base_url, token = (re.search(rf"{name} +(\S+)", printed) for name in ("Base URL", "Token"))
        assert base_url
        assert token
        yield Demo(printed, base_url[1], token[1])
    finally:
        process.terminate()
        process.wait(timeout=30)
        reader.join()
        process.stdout.close()


def _copy(stream: Iterator[str], lines: "queue.Queue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _printed(lines: "queue.Queue[str | None]") -> str:
    """Return what it says until it has told the last of the calls to try."""
    printed = ""
    while "excludedAttributes=members" not in printed:
        try:
            line = lines.get(timeout=_START_SECONDS)
        except queue.Empty:
            pytest.fail(f"the demonstration says nothing more after: {printed}")
        if line is None:
            pytest.fail(f"the demonstration ended after: {printed}")
        printed += line
    return printed
