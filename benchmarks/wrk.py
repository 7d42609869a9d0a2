"""Driving a server with wrk."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.questions import Target

#: wrk lets answers take this long before it counts them as lost.
_LONGEST_ANSWER_SECONDS = 100
_SCRIPT = Path(__file__).with_name("wrk.lua")
_MICROSECONDS = 1_000_000

CONNECTIONS = 8
THREADS = 2


class Missing(Exception):
    """wrk is not installed."""


@dataclass(frozen=True, slots=True)
class Load:
    """
    What came of driving a server for a while.

    Attributes:
        requests: How many were answered.
        rate: How many a second.
        p50_ms: How long half of them took at most, in milliseconds.
        p95_ms: How long 95 % took at most.
        failed: How many were answered with an error, or not.
    """

    requests: int
    rate: float
    p50_ms: float
    p95_ms: float
    failed: int


@dataclass(frozen=True, slots=True)
class Driver:
    """
    Drives servers.

    Attributes:
        folder: Where it may write.
        token: The bearer token that it sends.
        connections: How many ask at a time.
    """

    folder: Path
    token: str
    connections: int = CONNECTIONS

    def drive(
        self,
        origin: str,
        prefix: str,
        targets: Sequence[Target],
        *,
        seconds: int,
        begin: int = 0,
        walks: bool = False,
    ) -> Load:
        """
        Ask *targets* one after the other, round and round.

        Args:
            origin: The server, as in ``http://127.0.0.1:8080``.
            prefix: What comes before each target's path.
            targets: What to ask.
            seconds: For how long.
            begin: The number of the target to begin at.
            walks: Whether the cursor of an answer leads to the next target.
        """
        # A walk goes one step at a time: with a connection to each thread, none crosses another.
        threads = self.connections if walks else min(THREADS, self.connections)
        listed = self.folder / "targets"
        lines = (f"{target.path}\t{target.entity_tag}\n" for target in targets)
        listed.write_text("".join(lines), encoding="utf-8")
        command = [
            *(executable(), f"-t{threads}", f"-c{self.connections}", f"-d{seconds}s"),
            *(f"--timeout={_LONGEST_ANSWER_SECONDS}s", f"--script={_SCRIPT}"),
            *("-H", f"Authorization: Bearer {self.token}", origin, "--"),
            *(str(listed), prefix, str(begin), str(threads)),
            *(["walk"] if walks else []),
        ]
        driven = subprocess.run(  # noqa: S603 - our own command
            command, check=True, capture_output=True, text=True
        )
        told = json.loads(driven.stdout.strip().splitlines()[-1])
        return Load(
            requests=told["requests"],
            rate=told["requests"] * _MICROSECONDS / max(1, told["microseconds"]),
            p50_ms=told["p50"] / 1000,
            p95_ms=told["p95"] / 1000,
            failed=told["refused"] + told["broken"],
        )


def executable() -> str:
    """
    Return where wrk is.

    Raises:
        Missing: It is not installed; the sentence says how to install it.
    """
    found = shutil.which("wrk")
    if found is None:
        raise Missing("wrk is not installed; Debian has it: apt-get install wrk.")
    return found


def version() -> str:
    """Return the version of wrk."""
    told = subprocess.run(  # noqa: S603 - our own command
        [executable(), "-v"], check=False, capture_output=True, text=True
    )
    return " ".join(told.stdout.split()[:2])
