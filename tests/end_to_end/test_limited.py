"""A workspace that takes more calls than an hour allows is read whole, and questions go before."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.bitbucket.answers import Answer
from gateway.bitbucket.budget import Budget
from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import ApiToken
from gateway.bitbucket.quota import Urgency
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.budget import SharedLedger
from gateway.directory.candidates import Candidates
from gateway.directory.directory import Directory
from gateway.directory.refresh import Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.synchronization import Synchronization
from gateway.directory.users import UserNameSource
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.planner.needs import EVERYTHING
from gateway.sandbox import (
    Account,
    Behaviour,
    Serving,
    create_app,
    demo_credentials,
    generate,
    serving,
)
from gateway.scim.filter.bind import bind_filter
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import bind_projection
from gateway.scim.schema import load_registry

_LIMIT = 1000
_SHOWN = "userName,displayName,active"
_YOUNG = FreshnessWanted(no_cache=True)


@dataclass
class Time:
    """The time, which runs as it does, and hours ahead where nobody wants to wait."""

    began: float = field(default_factory=time.monotonic)
    ahead_seconds: float = 0.0

    def seconds(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.began + self.ahead_seconds

    def now(self) -> datetime:
        """Return the time of day."""
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.seconds())

    def skip(self, seconds: float) -> bool:
        """Let some seconds pass at once."""
        self.ahead_seconds += seconds
        return False


@dataclass
class Gateway:
    """A gateway within an hourly limit, and how Bitbucket has answered it."""

    time: Time
    bitbucket: Serving
    synchronization: Synchronization
    users: Directory
    statuses: "Counter[int]"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """Ten thousand users behind a limit of a thousand calls an hour."""
    clock = Time()
    world = generate(users=10_000, groups=100, projects=400, repositories=1_500)
    behaviour = Behaviour(hourly_limit=_LIMIT, scaled_limits=False)
    engine = open_database(f"sqlite:///{tmp_path / 'mirror.sqlite3'}")
    migrate(engine)
    statuses: Counter[int] = Counter()
    known = demo_credentials("acme").api_token
    token = ApiToken(known.email, known.token)

    def note(answer: Answer) -> None:
        statuses[answer.status] += 1

    with serving(create_app(world, behaviour=behaviour, clock=clock.seconds)) as bitbucket:
        ledger = SharedLedger(engine, "test", now=clock.now)
        budget = Budget(ledger, [token.kind], now=clock.now)
        transport = Transport(bitbucket.url, budget=budget, on_answer=note)
        registry = load_registry()
        mirror = Mirror(engine, "test")
        refresher = Refresher(
            BitbucketWorkspace(connect(transport, [token]), "acme"),
            mirror,
            Renderer(registry, UserNameSource.EMAIL),
            clock.now,
            calls_left=lambda: budget.left(Urgency.INTERACTIVE),
        )
        yield Gateway(
            clock,
            bitbucket,
            Synchronization(refresher, Candidates(), clock.skip, in_background=True),
            Directory(registry.user, mirror, refresher),
            statuses,
        )
        transport.close()
    engine.dispose()


def test_it_is_read_whole_without_a_429_while_questions_are_answered(gateway: Gateway) -> None:
    """Hours pass, the background keeps to its share, and each look-up costs a call or two."""
    began = gateway.time.now()
    people = [account for account, _ in gateway.bitbucket.sandbox.world.members()]
    done = threading.Event()
    answered = 0

    def synchronize() -> int:
        try:
            return gateway.synchronization.run(not_before=began)
        finally:
            done.set()

    with ThreadPoolExecutor(1) as executor:
        reading = executor.submit(synchronize)
        while not done.wait(0.1):
            look_up(gateway, people[answered * 37 % len(people)])
            answered += 1
        calls = reading.result()

    assert gateway.statuses[429] == 0
    assert calls > 2 * _LIMIT
    assert gateway.time.now() - began > timedelta(hours=1)
    assert answered > 10
    assert not list(gateway.synchronization.refresher.plan(EVERYTHING, not_before=began).unknown())


def look_up(gateway: Gateway, account: Account) -> None:
    """Ask for one by id and by address, as young as can be."""
    registry = load_registry()
    user_id = account.uuid.strip("{}")
    projection = bind_projection(_SHOWN, None, resource_type=registry.user)
    found = gateway.users.retrieve(user_id, projection=projection, base_url="x", freshness=_YOUNG)
    assert found.document is not None
    if account.email is None:
        return
    by_address = bind_filter(f'userName eq "{account.email}"', registry.user)
    query = Query(by_address, None, IndexPage(), projection, "x", _YOUNG)
    assert gateway.users.query(query).total_results == 1
