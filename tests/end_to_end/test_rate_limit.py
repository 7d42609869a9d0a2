"""The processes of a gateway keep the limit on requests together."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from gateway.sandbox import generate
from tests.end_to_end.gateways import environment
from tests.end_to_end.processes import Server, serve

_LIMIT = 30
_WORKERS = 2
_START_SECONDS = 30
#: It takes neither Bitbucket nor the database, which a process may be stopped in the midst of.
_ASKED = "/ServiceProviderConfig"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Two workers, which together answer thirty requests a minute; Bitbucket is not there."""
    world = generate(users=1, groups=1, projects=1, repositories=1)
    settings = environment(world, "http://127.0.0.1:9", tmp_path)
    settings["GATEWAY_REQUESTS_PER_MINUTE"] = str(_LIMIT)
    with serve(settings, workers=_WORKERS) as server:
        yield server


def workers_of(server: Server) -> list[int]:
    """Return the processes that serve; the first one may answer before the last one is there."""
    first = server.process.pid
    children = Path(f"/proc/{first}/task/{first}/children")
    if not children.exists():
        pytest.skip("the children of a process are not told here")
    deadline = time.monotonic() + _START_SECONDS
    while len(pids := children.read_text(encoding="ascii").split()) < _WORKERS:
        assert time.monotonic() < deadline, "the workers did not start"
        time.sleep(0.02)
    return [int(pid) for pid in pids]


@contextmanager
def without(pid: int, server: Server) -> Iterator[None]:
    """Let a worker do nothing until the block ends, which begins when another one answers."""
    deadline = time.monotonic() + _START_SECONDS
    os.kill(pid, signal.SIGSTOP)
    try:
        while not is_alive(server):
            assert time.monotonic() < deadline, "the other worker did not start"
            # The other may be waiting for what this one has begun.
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.1)
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def is_alive(server: Server) -> bool:
    """Tell whether any worker answers; that is not counted."""
    try:
        answer = requests.get(f"{server.root}/healthz", timeout=0.5)
    except requests.Timeout:
        return False
    return answer.status_code == 200 and "x-rate-limit-limit" not in answer.headers


def remaining(answer: requests.Response) -> int:
    """Return how many requests are left, as an answer tells."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-rate-limit-limit"] == str(_LIMIT)
    return int(answer.headers["x-rate-limit-remaining"])


@pytest.mark.rule("6585-4-too-many-requests")
def test_what_is_left_is_true_of_all_workers_together(server: Server) -> None:
    """Each goes on where the other was; of many at once as many are answered as are left."""
    one, other = workers_of(server)
    with without(other, server):
        by_one = [remaining(server.get(_ASKED)) for _ in range(10)]
    with without(one, server):
        by_other = [remaining(server.get(_ASKED)) for _ in range(10)]
    assert by_one + by_other == list(range(29, 9, -1))

    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda _: server.get(_ASKED), range(25)))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 429: 15}
    answered = [answer for answer in answers if answer.status_code == 200]
    assert sorted(map(remaining, answered)) == list(range(10))

    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["status"] == "429"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["x-rate-limit-retry-after-seconds"] == refused.headers["Retry-After"]
    assert is_alive(server)
    strange = server.get("/Users", Authorization="Bearer wrong")
    assert (strange.status_code, strange.headers["x-rate-limit-remaining"]) == (401, "29")
