"""
Hostile input, door by door, against the whole application.

Hypothesis draws a batch of seeds and some texts; each seed unfolds into one request that is made of
them. A request is a case, so that a batch is a hundred. How many cases there are in all is
``HOSTILE_CASES`` in the environment, from which seed on ``HOSTILE_SEED``.
"""

import gc
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.hostile.application import Answer, Application
from tests.hostile.requests import DOORS, Request, Requests
from tests.hostile.source import Source
from tests.hostile.verdicts import problems

CASES = int(os.environ.get("HOSTILE_CASES", "50000"))
FIRST_SEED = int(os.environ.get("HOSTILE_SEED", "1"))

#: Of the cases, so many are asked of PostgreSQL, by the doors that come to its statements.
_ON_POSTGRESQL = 0.06
_READING = (Requests.filter, Requests.attribute_paths, Requests.cursor)
_BATCH = 100
#: Hypothesis remembers all it has drawn until a round ends.
_BATCHES_A_ROUND = 30
#: What the process may grow by after its first cases, however many follow. The answers that are
#: given again are a part of it, for which there are 32 MiB.
_MOST_GROWTH_BYTES = 64 << 20

_SEEDS = st.lists(st.integers(0, 2**64 - 1), min_size=_BATCH, max_size=_BATCH)
_TEXTS = st.lists(st.text(max_size=40), min_size=5, max_size=5)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_whatever_is_sent_is_answered_in_scims_words(
    on_sqlite: Application, door: Callable[[Requests], Request]
) -> None:
    """Soon, without a failure or a change by what was refused, and in as much memory as before."""
    besiege(on_sqlite, door, cases=math.ceil(CASES * DOORS[door]))


@pytest.mark.parametrize("door", _READING, ids=lambda door: door.__name__)
def test_postgresql_fails_no_more_than_sqlite(
    on_postgresql: Application, door: Callable[[Requests], Request]
) -> None:
    """Whose texts hold no null, and whose numbers have bounds of their own."""
    besiege(on_postgresql, door, cases=math.ceil(CASES * _ON_POSTGRESQL / len(_READING)))


def besiege(application: Application, door: Callable[[Requests], Request], *, cases: int) -> None:
    """Send so many cases, in rounds of fresh seeds, and look at the memory between them."""
    rounds = math.ceil(cases / _BATCH / _BATCHES_A_ROUND)
    batches = math.ceil(cases / _BATCH / rounds)
    sent = 0

    @settings(
        max_examples=batches,
        deadline=None,
        database=None,
        # A request that fails says all of itself; to look for a smaller batch would take hours.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_SEEDS, _TEXTS)
    def send(seeds: Sequence[int], texts: Sequence[str]) -> None:
        nonlocal sent
        send_batch(application, door, seeds, texts)
        sent += len(seeds)

    warm = 0
    for number in range(rounds):
        # What tests have left behind is not looked through while an answer is measured.
        gc.collect()
        gc.freeze()
        try:
            seed(FIRST_SEED + number)(send)()
        finally:
            gc.unfreeze()
        if number <= rounds // 10:
            warm = resident_bytes()
    assert sent >= cases
    assert resident_bytes() - warm < _MOST_GROWTH_BYTES


def send_batch(
    application: Application,
    door: Callable[[Requests], Request],
    seeds: Sequence[int],
    texts: Sequence[str],
) -> None:
    """Send a request for each seed, and look at every answer."""
    before = application.content()
    for each in seeds:
        request = door(application.requests(Source(Random(each), texts)))
        calls = application.writes()
        answer = application.answer(request)
        wrong = list(problems(request, answer))
        if application.is_sqlite:
            after = application.content()
            if after != before and is_refused(request, answer):
                wrong.append("What was refused has changed the mirror.")
            before = after
        if application.writes() != calls and is_refused(request, answer):
            wrong.append("What was refused has changed the workspace.")
        if wrong:
            # Whole, so that it can be sent again.
            raise AssertionError(f"{wrong}\n{request}\n{answer.status} {answer.body[:2000]!r}")
    if not application.is_sqlite:
        assert application.content() == before


def is_refused(request: Request, answer: Answer) -> bool:
    """Tell whether nothing is to have changed: of a bulk request, if no operation succeeded."""
    if request.path.endswith("/Bulk") and answer.status == 200:
        operations = orjson.loads(answer.body)["Operations"]
        return all(each["status"] >= "400" for each in operations)
    is_asked_alone = request.method in ("GET", "HEAD", "OPTIONS") or "search" in request.path
    is_dry = request.headers.get("HTTP_X_DRY_RUN") == "true"
    return answer.status >= 400 or is_asked_alone or is_dry


def resident_bytes() -> int:
    """Return how much memory this process has; 0 where the system doesn't say."""
    gc.collect()
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0
