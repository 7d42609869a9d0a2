"""The budget of calls: what is sent and what is not, over real sockets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.bitbucket import resources
from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.budget import Budget
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.client import Client, connect
from gateway.bitbucket.credentials import (
    ApiToken,
    Credential,
    Kind,
    OAuthConsumer,
    WorkspaceAccessToken,
)
from gateway.bitbucket.errors import RateLimited, Unavailable
from gateway.bitbucket.patience import RetryPolicy
from gateway.bitbucket.quota import (
    COUNTED_FOR,
    Heard,
    Quota,
    ResourceGroup,
    Urgency,
)
from gateway.bitbucket.transport import Limits, Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.budget import SharedLedger
from gateway.mirror.engine import migrate, open_database
from tests.bitbucket.raw_server import RawServer, Reply, Then, as_error, as_json
from tests.bitbucket.still_clock import StillClock

ACME = {"workspace": "acme"}
ACCESS_TOKEN = WorkspaceAccessToken("access-secret")
API_TOKEN = ApiToken("svc@acme.example", "api-secret")
CONSUMER = OAuthConsumer("key", "consumer-secret")

BY_ACCESS_TOKEN = Quota(Kind.WORKSPACE_ACCESS_TOKEN, ResourceGroup.V2)
BY_API_TOKEN = Quota(Kind.API_TOKEN, ResourceGroup.V2)

INTERACTIVE, BACKGROUND = Urgency.INTERACTIVE, Urgency.BACKGROUND
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

REQUEST = Request(
    method="GET",
    url="https://api.example/2.0/x",
    resource="/2.0/x",
    path="/2.0/x",
    credential=API_TOKEN,
    group=ResourceGroup.V2,
)


Using = Callable[..., Client]


@pytest.fixture
def now(clock: StillClock) -> Callable[[], datetime]:
    """The time of day, by the clock that the session sleeps by."""
    started = clock.now_seconds
    return lambda: NOON + timedelta(seconds=clock.now_seconds - started)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database for the ledger."""
    opened = open_database(f"sqlite:///{tmp_path / 'mirror.sqlite3'}")
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def ledger(engine: Engine, now: Callable[[], datetime]) -> SharedLedger:
    """A ledger of ten calls an hour for each of two credentials."""
    opened = SharedLedger(engine, "acme", now=now)
    opened.hear(BY_ACCESS_TOKEN, Heard(hourly_limit=10))
    opened.hear(BY_API_TOKEN, Heard(hourly_limit=10))
    return opened


@pytest.fixture
def session(
    server: RawServer, clock: StillClock, ledger: SharedLedger, now: Callable[[], datetime]
) -> Iterator[Transport]:
    """A session with *server* that keeps to the ledger, and retries twice."""
    opened = Transport(
        server.url,
        limits=Limits(retry=RetryPolicy(retries=2)),
        budget=Budget(ledger, list(Kind), now=now),
        sleep=clock.sleep,
        clock=clock,
    )
    server.reply(as_json([]))
    yield opened
    opened.close()


@pytest.fixture
def using(session: Transport, clock: StillClock) -> Using:
    """Makes a client with the given credentials."""
    return lambda *credentials: connect(session, credentials, clock=clock)


def spend_all(ledger: SharedLedger, *quotas: Quota) -> None:
    """Let another process make every call there is."""
    for quota in quotas:
        while ledger.reserve(quota, INTERACTIVE, wanted=1).reservation.calls:
            pass


def counted(ledger: SharedLedger, quota: Quota) -> int:
    """Return the calls that the ledger knows of."""
    return sum(ledger.standings([quota])[quota].spent.values())


def callers(server: RawServer) -> list[str]:
    """Return how each request was signed."""
    return [request.headers["Authorization"].partition(" ")[0] for request in server.received]


def test_a_call_beyond_the_budget_is_not_sent(
    using: Using, server: RawServer, ledger: SharedLedger, clock: StillClock
) -> None:
    """The error says until when, and neither the server nor a counter sees the call."""
    spend_all(ledger, BY_API_TOKEN)
    counter = CallCounter()
    with pytest.raises(RateLimited) as spent:
        using(API_TOKEN).counting(counter).call(resources.WORKSPACE, ACME)
    assert str(spent.value) == (
        "GET /2.0/workspaces/acme with the API token was not sent: "
        "all 10 calls of an hour are spent until 2026-11-23 13:02:00 UTC."
    )
    assert spent.value.evidence.status is None
    assert spent.value.retry_after_seconds == COUNTED_FOR.total_seconds()
    assert server.received == []
    assert counter.count == 0
    assert clock.slept_seconds == []


def test_who_waits_as_long_as_told_is_let_through(
    using: Using, ledger: SharedLedger, clock: StillClock
) -> None:
    """The time to wait is enough, and no second is too much."""
    spend_all(ledger, BY_API_TOKEN)
    client = using(API_TOKEN)
    with pytest.raises(RateLimited) as spent:
        client.call(resources.WORKSPACE, ACME)
    assert spent.value.retry_after_seconds is not None
    clock.now_seconds += spent.value.retry_after_seconds - 1
    with pytest.raises(RateLimited) as still:
        client.call(resources.WORKSPACE, ACME)
    assert still.value.retry_after_seconds == 1
    clock.now_seconds += 1
    assert client.call(resources.WORKSPACE, ACME).status == 200


def test_every_attempt_is_counted(
    using: Using, server: RawServer, session: Transport, ledger: SharedLedger
) -> None:
    """A retry is a call to Bitbucket, whatever came of the one before."""
    server.reply(as_error(503, "Busy"), as_error(503, "Busy"), as_json([]))
    using(API_TOKEN).call(resources.WORKSPACE, ACME)
    session.close()
    assert len(server.received) == counted(ledger, BY_API_TOKEN) == 3


def test_a_retry_beyond_the_budget_is_not_sent(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """What fails for the last call of an hour is not tried again within it."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=1))
    server.reply(as_error(503, "Busy"))
    with pytest.raises(RateLimited):
        using(API_TOKEN).call(resources.WORKSPACE, ACME)
    assert len(server.received) == 1


def test_fetching_a_token_is_not_counted(
    using: Using, server: RawServer, session: Transport, ledger: SharedLedger
) -> None:
    """Tokens come from bitbucket.org, which is no resource of the API."""
    server.reply(as_json({"access_token": "oauth-token", "expires_in": 7200}), as_json([]))
    using(CONSUMER).call(resources.WORKSPACE, ACME)
    session.close()
    assert len(server.received) == 2
    assert counted(ledger, Quota(Kind.OAUTH_CONSUMER, ResourceGroup.V2)) == 1


def test_each_group_of_resources_has_its_own_budget(using: Using, ledger: SharedLedger) -> None:
    """What is spent on members is not spent on repositories, nor on 1.0."""
    spend_all(ledger, BY_API_TOKEN)
    client = using(API_TOKEN)
    assert client.call(resources.REPOSITORIES, ACME).status == 200
    assert client.call(resources.GROUPS, ACME).status == 200


def test_where_one_budget_is_spent_another_credential_calls(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """The access token has no call left, the API token has."""
    spend_all(ledger, BY_ACCESS_TOKEN)
    client = using(ACCESS_TOKEN, API_TOKEN)
    answered = client.call(resources.WORKSPACE, ACME)
    assert answered.request.credential == API_TOKEN
    assert callers(server) == ["Basic"]


def test_a_refusal_is_left_alone_until_its_time(
    using: Using, server: RawServer, clock: StillClock
) -> None:
    """After 429 another credential calls, at once, until the first may be asked again."""
    client = using(ACCESS_TOKEN, API_TOKEN)
    server.reply(as_error(429, "Rate limit", Retry_After="2400"), as_json([]))
    for _ in range(3):
        client.call(resources.WORKSPACE, ACME)
    clock.now_seconds += 2400
    client.call(resources.WORKSPACE, ACME)
    assert callers(server) == ["Bearer", "Basic", "Basic", "Basic", "Bearer"]
    assert clock.slept_seconds == []


def test_a_refusal_is_left_alone_by_every_process(
    using: Using, server: RawServer, ledger: SharedLedger, now: Callable[[], datetime]
) -> None:
    """What one process hears, the others know, and the calls it had reserved are theirs."""
    server.reply(*[as_json([])] * 2, as_error(429, "Rate limit", Retry_After="600"))
    client = using(API_TOKEN)
    for _ in range(2):
        client.call(resources.WORKSPACE, ACME)
    with pytest.raises(RateLimited):
        client.call(resources.WORKSPACE, ACME)
    assert counted(ledger, BY_API_TOKEN) == 3
    other = Budget(ledger, [Kind.API_TOKEN], now=now)
    with pytest.raises(RateLimited, match=r"Bitbucket refuses every call until .* 12:10:00 UTC"):
        other.admit(REQUEST)


def test_the_first_budget_to_fill_says_when(
    using: Using, ledger: SharedLedger, clock: StillClock
) -> None:
    """With all of them spent, the time to wait is that of the first that has a call again."""
    spend_all(ledger, BY_API_TOKEN)
    clock.now_seconds += 600
    spend_all(ledger, BY_ACCESS_TOKEN)
    with pytest.raises(RateLimited, match="API token") as spent:
        using(ACCESS_TOKEN, API_TOKEN).call(resources.WORKSPACE, ACME)
    assert spent.value.retry_after_seconds == COUNTED_FOR.total_seconds() - 600


def test_a_spent_budget_says_more_than_a_refusal(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """Of a credential that may not and one that may later, the latter is the reason to wait."""
    spend_all(ledger, BY_ACCESS_TOKEN)
    server.reply(as_error(403, "Forbidden", detail={"required": ["account"]}))
    with pytest.raises(RateLimited):
        using(ACCESS_TOKEN, API_TOKEN).call(resources.WORKSPACE, ACME)


def test_pages_stay_with_their_credential(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """Another credential may see another list, so a list waits for the one that began it."""
    ledger.hear(BY_ACCESS_TOKEN, Heard(hourly_limit=1))
    server.reply(as_json({"values": [], "next": f"{server.url}/2.0/workspaces?page=2"}))
    workspace = BitbucketWorkspace(using(ACCESS_TOKEN, API_TOKEN), "acme")
    with pytest.raises(RateLimited, match="workspace access token was not sent"):
        list(workspace.permissions())
    assert callers(server) == ["Bearer"]


def test_the_background_leaves_some_to_who_waits(using: Using, ledger: SharedLedger) -> None:
    """It stops at its share, and says so; others go on."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=8))
    client = using(API_TOKEN)
    for _ in range(6):
        client.in_background().call(resources.WORKSPACE, ACME)
    with pytest.raises(RateLimited, match="the background's 6 calls of an hour are spent"):
        client.in_background().call(resources.WORKSPACE, ACME)
    for _ in range(2):
        client.call(resources.WORKSPACE, ACME)
    with pytest.raises(RateLimited, match="all 8 calls of an hour are spent"):
        client.call(resources.WORKSPACE, ACME)


def test_a_workspace_in_the_background_pages_there(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """The second page of a list is as urgent as the first."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=2))
    server.reply(as_json({"values": [], "next": f"{server.url}/2.0/workspaces?page=2"}))
    background = BitbucketWorkspace(using(API_TOKEN), "acme").in_background()
    with pytest.raises(RateLimited, match="the background's 1 calls"):
        list(background.permissions())


def test_who_waits_takes_what_the_background_had_reserved(
    using: Using, ledger: SharedLedger, session: Transport
) -> None:
    """No call is refused while the process itself holds one that nobody needs more."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=100))
    client = using(API_TOKEN)
    for _ in range(2):
        client.in_background().call(resources.WORKSPACE, ACME)
    assert counted(ledger, BY_API_TOKEN) == 3
    spend_all(ledger, BY_API_TOKEN)
    assert client.call(resources.WORKSPACE, ACME).status == 200
    with pytest.raises(RateLimited):
        client.call(resources.WORKSPACE, ACME)
    session.close()
    assert counted(ledger, BY_API_TOKEN) == 100


def test_unused_reservations_are_given_back(
    using: Using, session: Transport, ledger: SharedLedger
) -> None:
    """Ten calls cost ten, once the session is closed."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=1000))
    client = using(API_TOKEN)
    for _ in range(10):
        client.call(resources.WORKSPACE, ACME)
    assert counted(ledger, BY_API_TOKEN) == 1 + 2 + 4 + 8
    session.close()
    assert counted(ledger, BY_API_TOKEN) == 10


def test_reservations_end_with_their_minute(
    using: Using, ledger: SharedLedger, clock: StillClock
) -> None:
    """A call is counted in the minute in which it is made, never in an earlier one."""
    ledger.hear(BY_API_TOKEN, Heard(hourly_limit=1000))
    client = using(API_TOKEN)
    for _ in range(10):
        client.call(resources.WORKSPACE, ACME)
    clock.now_seconds += 60
    client.call(resources.WORKSPACE, ACME)
    assert ledger.standings([BY_API_TOKEN])[BY_API_TOKEN].spent == {NOON: 10, NOON + MINUTE: 1}


def test_a_spent_ledger_is_not_asked_for_every_call(
    using: Using, ledger: SharedLedger, clock: StillClock
) -> None:
    """Calls that another process gives back are found within some seconds."""
    reserved = ledger.reserve(BY_API_TOKEN, INTERACTIVE, wanted=1).reservation
    spend_all(ledger, BY_API_TOKEN)
    client = using(API_TOKEN)
    with pytest.raises(RateLimited):
        client.call(resources.WORKSPACE, ACME)
    ledger.give_back([reserved])
    with pytest.raises(RateLimited):
        client.call(resources.WORKSPACE, ACME)
    clock.now_seconds += 5
    assert client.call(resources.WORKSPACE, ACME).status == 200


def test_a_limit_is_learned_and_remembered(
    using: Using, server: RawServer, ledger: SharedLedger
) -> None:
    """It is told with an answer, once, to all processes."""
    server.reply(as_json([], X_RateLimit_Limit="40", X_RateLimit_NearLimit="true"))
    client = using(API_TOKEN)
    for _ in range(3):
        client.call(resources.REPOSITORIES, ACME)
    quota = Quota(Kind.API_TOKEN, ResourceGroup.REPOSITORIES)
    standing = ledger.standings([quota])[quota]
    assert (standing.hourly_limit, standing.is_near_limit) == (40, True)


@pytest.mark.parametrize("credential", [None, API_TOKEN])
def test_what_belongs_to_no_budget_is_not_counted(
    credential: Credential | None, ledger: SharedLedger, now: Callable[[], datetime]
) -> None:
    """A call without a credential, or outside the API, is nobody's."""
    spend_all(ledger, BY_API_TOKEN)
    group = None if credential else ResourceGroup.V2
    request = replace(REQUEST, credential=credential, group=group)
    budget = Budget(ledger, list(Kind), now=now)
    budget.admit(request)
    budget.heard(Answer(request, 429, {}, b""))
    assert ledger.standings([BY_API_TOKEN])[BY_API_TOKEN].blocked_until is None


def test_a_broken_connection_costs_its_call(
    using: Using, server: RawServer, session: Transport, ledger: SharedLedger
) -> None:
    """Whether Bitbucket counted it, nobody knows."""
    server.reply(Reply(then=Then.RESET))
    with pytest.raises(Unavailable):
        using(API_TOKEN).call(resources.WORKSPACE, ACME)
    session.close()
    assert counted(ledger, BY_API_TOKEN) == len(server.received)
