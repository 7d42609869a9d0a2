"""Servers as processes: started, waited for, weighed, and ended."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent

_LONGEST_START_SECONDS = 180
_LOOK_AGAIN_SECONDS = 0.1
_LONGEST_QUIET_SECONDS = 120


class NotStarted(Exception):
    """A server that did not answer; its sentence says which."""


@contextmanager
def running(
    command: Sequence[str | Path], url: str, environment: Mapping[str, str]
) -> Iterator[int]:
    """
    Run a server until the block ends; the block begins when it answers at *url*.

    Yields:
        The id of its process.

    Raises:
        NotStarted: It ended, or did not answer in time.
    """
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(process, url)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _LONGEST_START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5)
        except requests.RequestException:
            if process.poll() is not None:
                break
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return
    raise NotStarted(f"{process.args!r} does not answer at {url}.")


def family(pid: int) -> list[int]:
    """Return a process and all that it started, directly or not."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def children(pid: int) -> list[int]:
    """Return what a process started: the workers of a server."""
    return family(pid)[1:]


def resident_kib(pids: Sequence[int]) -> int:
    """Return the memory that processes take, in KiB; what they share counts for each."""
    return sum(_memory(pid, "VmRSS") for pid in pids)


def peak_kib(pids: Sequence[int]) -> int:
    """Return the most memory that processes ever took, in KiB, since it was forgotten."""
    return sum(_memory(pid, "VmHWM") for pid in pids)


def forget_peak(pid: int) -> None:
    """Let the most memory that a process ever took be what it takes now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def wait_until_idle(pid: int) -> None:
    """
    Wait until a server and its workers are at rest.

    One that was asked more than it could answer goes on for a while after its clients have left.
    """
    deadline = time.monotonic() + _LONGEST_QUIET_SECONDS
    before = -1
    while (ticks := sum(_ticks(each) for each in family(pid))) > before:
        if time.monotonic() > deadline:
            return
        before = ticks
        time.sleep(_LOOK_AGAIN_SECONDS)


def _memory(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0


def _ticks(pid: int) -> int:
    """Return the processor time that a process had, in ticks of the clock."""
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else 0


def _stat(pid: int) -> list[str]:
    """Return what is told of a process after its name; nothing of one that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
