"""The budget that all processes share: whoever calls, however often, it is never overdrawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway import sandbox
from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.budget import Budget
from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import ApiToken, Kind
from gateway.bitbucket.errors import RateLimited
from gateway.bitbucket.quota import COUNTED_FOR, Heard, Quota, ResourceGroup, Urgency
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.budget import SharedLedger
from gateway.mirror.engine import migrate, open_database, reading
from gateway.mirror.ledger import Counter, LedgerReader

API_TOKEN = ApiToken(sandbox.DEMO.api_token.email, sandbox.DEMO.api_token.token)
BY_API_TOKEN = Quota(Kind.API_TOKEN, ResourceGroup.V2)

INTERACTIVE, BACKGROUND = Urgency.INTERACTIVE, Urgency.BACKGROUND
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Time:
    """The time, which passes only when a test says so."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """Return the time of day."""
        return NOON + timedelta(seconds=self.seconds)


@dataclass
class Fleet:
    """Processes that share a budget, and when their calls went out."""

    integration: str
    ledger: SharedLedger
    time: Time
    processes: list[Budget] = field(default_factory=list)
    sent: dict[Urgency, list[datetime]] = field(
        default_factory=lambda: {urgency: [] for urgency in Urgency}
    )

    def start(self) -> Budget:
        """Return a new process."""
        return Budget(self.ledger, [Kind.API_TOKEN], now=self.time.now)

    def call(self, process: Budget, urgency: Urgency) -> int | None:
        """Make a call; return None, or the seconds to wait when it was not let through."""
        try:
            process.admit(request(urgency))
        except RateLimited as error:
            return error.retry_after_seconds
        self.sent[urgency].append(self.time.now())
        return None

    def most_in_an_hour(self, *urgencies: Urgency) -> int:
        """Return the most calls in any rolling hour."""
        moments = sorted(moment for urgency in urgencies for moment in self.sent[urgency])
        return max(
            (sum(start <= moment < start + HOUR for moment in moments) for start in moments),
            default=0,
        )


def request(urgency: Urgency) -> Request:
    """Return a call of the API token."""
    return Request(
        method="GET",
        url="https://api.example/2.0/x",
        resource="/2.0/x",
        path="/2.0/x",
        credential=API_TOKEN,
        group=BY_API_TOKEN.group,
        urgency=urgency,
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    opened = open_database(f"sqlite:///{folder / 'mirror.sqlite3'}")
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def fleet_of(engine: Engine) -> Callable[..., Fleet]:
    """Makes fleets that have nothing to do with one another."""
    numbers = count()

    def make(*, limit: int, processes: int = 3) -> Fleet:
        time = Time()
        name = f"fleet {next(numbers)}"
        ledger = SharedLedger(engine, name, now=time.now)
        ledger.hear(BY_API_TOKEN, Heard(hourly_limit=limit))
        fleet = Fleet(name, ledger, time)
        fleet.processes = [fleet.start() for _ in range(processes)]
        return fleet

    return make


@dataclass(frozen=True)
class Step:
    """Some time passes, then a process makes calls, rests, or dies."""

    passed_seconds: float
    process: int
    urgency: Urgency
    calls: int
    then: str


steps = st.lists(
    st.builds(
        Step,
        passed_seconds=st.sampled_from([0, 0, 0.5, 20, 59, 60, 61, 600, 1500, 3599, 3661]),
        process=st.integers(0, 2),
        urgency=st.sampled_from(Urgency),
        calls=st.integers(1, 15),
        then=st.sampled_from(["goes on", "goes on", "goes on", "rests", "dies"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps, limit=st.integers(1, 40))
def test_no_hour_ever_has_too_many_calls(
    fleet_of: Callable[..., Fleet], steps: Sequence[Step], limit: int
) -> None:
    """However processes call, rest, die and start anew; nor has the background too many of them."""
    fleet = fleet_of(limit=limit)
    for step in steps:
        fleet.time.seconds += step.passed_seconds
        process = fleet.processes[step.process]
        for _ in range(step.calls):
            fleet.call(process, step.urgency)
        if step.then == "rests":
            process.give_back()
        if step.then == "dies":
            fleet.processes[step.process] = fleet.start()
    assert fleet.most_in_an_hour(*Urgency) <= limit
    assert fleet.most_in_an_hour(BACKGROUND) <= max(1, limit * 3 // 4)


@settings(max_examples=30, deadline=None)
@given(steps=steps, limit=st.integers(1, 40))
def test_who_waits_as_long_as_told_is_let_through(
    fleet_of: Callable[..., Fleet], steps: Sequence[Step], limit: int
) -> None:
    """Whatever went before, a process that nobody gets ahead of waits once."""
    fleet = fleet_of(limit=limit)
    for step in steps:
        fleet.time.seconds += step.passed_seconds
        process = fleet.processes[step.process]
        for _ in range(step.calls):
            fleet.call(process, step.urgency)
    for urgency in Urgency:
        newcomer = fleet.start()
        wait_seconds = fleet.call(newcomer, urgency)
        if wait_seconds is not None:
            fleet.time.seconds += wait_seconds
            assert fleet.call(newcomer, urgency) is None


def test_all_of_an_hour_is_used(fleet_of: Callable[..., Fleet]) -> None:
    """No call is lost between processes that take turns: the background has its share, and all."""
    fleet = fleet_of(limit=200)
    for urgency, calls in ((BACKGROUND, 150), (INTERACTIVE, 200)):
        refused = 0
        while refused < len(fleet.processes):
            refused = sum(fleet.call(each, urgency) is not None for each in fleet.processes)
        assert fleet.most_in_an_hour(*Urgency) == calls


@pytest.mark.parametrize("calls", [1, 2, 5, 50])
def test_a_process_that_is_killed_wastes_no_more_than_it_used(
    fleet_of: Callable[..., Fleet], calls: int
) -> None:
    """Its reservation is counted for an hour, though nobody will make those calls."""
    fleet = fleet_of(limit=1000)
    for _ in range(calls):
        assert fleet.call(fleet.processes[0], INTERACTIVE) is None
    spent = fleet.ledger.standings([BY_API_TOKEN])[BY_API_TOKEN].spent
    assert calls <= sum(spent.values()) <= calls + min(calls, 20)


def test_the_background_leaves_what_others_reserved(fleet_of: Callable[..., Fleet]) -> None:
    """Beyond its share it makes no call, not even one that its own process holds already."""
    fleet = fleet_of(limit=40)
    process, other = fleet.processes[:2]
    while fleet.call(other, BACKGROUND) is None:
        pass
    for _ in range(2):
        assert fleet.call(process, INTERACTIVE) is None
    spent = fleet.ledger.standings([BY_API_TOKEN])[BY_API_TOKEN].spent
    assert sum(spent.values()) > 30 + 2
    assert fleet.call(process, BACKGROUND) is not None
    assert fleet.call(process, INTERACTIVE) is None


def test_the_ledger_does_not_grow(fleet_of: Callable[..., Fleet], engine: Engine) -> None:
    """What was called more than two hours ago is forgotten."""
    fleet = fleet_of(limit=1000)
    for _ in range(130):
        fleet.call(fleet.processes[0], INTERACTIVE)
        fleet.time.seconds += 60
    with reading(engine) as connection:
        kept = LedgerReader(connection, fleet.integration).record(
            Counter("API token", "2.0"), since=NOON - HOUR
        )
    assert len(kept.spent) == 121


def test_threads_and_processes_at_once_overdraw_nothing(fleet_of: Callable[..., Fleet]) -> None:
    """Exactly as many calls go out as there are."""
    fleet = fleet_of(limit=100, processes=4)
    with ThreadPoolExecutor(8) as pool:
        waits = pool.map(
            lambda number: fleet.call(fleet.processes[number % 4], INTERACTIVE), range(400)
        )
        sent = sum(wait is None for wait in waits)
    for process in fleet.processes:
        while fleet.call(process, INTERACTIVE) is None:
            sent += 1
    assert sent == 100


@pytest.mark.parametrize(
    ("credentials", "left"),
    [
        ([], {"1.0": 0, "2.0": 0, "repositories": 0}),
        ([Kind.API_TOKEN], {"1.0": 750, "2.0": 0, "repositories": 750}),
        ([Kind.WORKSPACE_ACCESS_TOKEN], {"1.0": 0, "2.0": 750, "repositories": 750}),
        (
            [Kind.WORKSPACE_ACCESS_TOKEN, Kind.API_TOKEN],
            {"1.0": 750, "2.0": 750, "repositories": 750},
        ),
    ],
)
def test_what_is_left_is_that_of_the_best_credential(
    fleet_of: Callable[..., Fleet], credentials: list[Kind], left: Mapping[str, int]
) -> None:
    """A group that no credential opens has no calls."""
    fleet = fleet_of(limit=1)
    fleet.call(fleet.processes[0], INTERACTIVE)
    budget = Budget(fleet.ledger, credentials, now=fleet.time.now)
    assert budget.left(BACKGROUND) == left


@pytest.mark.parametrize(
    ("credentials", "calls", "free_at"),
    [
        ([Kind.WORKSPACE_ACCESS_TOKEN, Kind.API_TOKEN], 750, NOON),
        ([Kind.WORKSPACE_ACCESS_TOKEN, Kind.API_TOKEN], 751, NOON + COUNTED_FOR),
        ([Kind.API_TOKEN], 1, NOON + COUNTED_FOR),
        ([Kind.ORGANIZATION_API_KEY], 1, None),
    ],
)
def test_it_is_said_when_calls_will_have_been_made(
    fleet_of: Callable[..., Fleet],
    credentials: list[Kind],
    calls: int,
    free_at: datetime | None,
) -> None:
    """By the credential that can make them first; never where none can."""
    fleet = fleet_of(limit=1)
    fleet.call(fleet.processes[0], INTERACTIVE)
    budget = Budget(fleet.ledger, credentials, now=fleet.time.now)
    assert budget.free_at(BY_API_TOKEN.group, calls=calls, urgency=BACKGROUND) == free_at


def work_on(workspace: BitbucketWorkspace) -> None:
    """Call for as long as it is allowed to."""
    while True:
        list(workspace.repositories())


def test_bitbucket_never_refuses(engine: Engine, tmp_path: Path) -> None:
    """However hard the background works, there is no 429, and who waits gets through."""
    world = sandbox.generate(users=5, groups=2, projects=1, repositories=4)
    time = Time()
    behaviour = sandbox.Behaviour(hourly_limit=40)
    app = sandbox.create_app(world, behaviour=behaviour, clock=lambda: time.seconds)
    statuses: list[int] = []

    def watch(answer: Answer) -> None:
        statuses.append(answer.status)

    ledger = SharedLedger(engine, str(tmp_path), now=time.now)
    with sandbox.serving(app) as running:
        transports = [
            Transport(
                running.url,
                budget=Budget(ledger, [Kind.API_TOKEN], now=time.now),
                on_answer=watch,
            )
            for _ in range(2)
        ]
        workers = [BitbucketWorkspace(connect(each, [API_TOKEN]), "acme") for each in transports]
        for turn in range(36):
            for worker in workers:
                with pytest.raises(RateLimited):
                    work_on(worker.in_background())
            assert len(list(workers[turn % 2].repositories())) == 4
            time.seconds += 599
        for transport in transports:
            transport.close()
    assert set(statuses) == {200}
    assert len(statuses) > 5 * 30
