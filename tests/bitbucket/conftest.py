"""A server on loopback in Bitbucket's place, and what talks to it without waiting."""

from collections.abc import Callable, Iterator

import pytest

from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.client import Client, connect
from gateway.bitbucket.credentials import ApiToken, Credential
from gateway.bitbucket.patience import RetryPolicy
from gateway.bitbucket.transport import Limits, Transport
from tests.bitbucket.raw_server import RawServer, serving
from tests.bitbucket.still_clock import StillClock


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server in Bitbucket's place."""
    with serving() as running:
        yield running


@pytest.fixture
def elsewhere() -> Iterator[RawServer]:
    """A server that is not Bitbucket."""
    with serving() as running:
        yield running


@pytest.fixture
def clock() -> StillClock:
    """A clock that stands still."""
    return StillClock()


@pytest.fixture
def transport(server: RawServer, clock: StillClock) -> Iterator[Transport]:
    """A session with *server* that retries twice."""
    limits = Limits(retry=RetryPolicy(retries=2))
    session = Transport(server.url, limits=limits, sleep=clock.sleep, clock=clock)
    yield session
    session.close()


@pytest.fixture
def hasty(server: RawServer) -> Iterator[Transport]:
    """A session with *server* that gives up on a silent one at once."""
    limits = Limits(read_timeout_seconds=0.1, retry=RetryPolicy(retries=1, backoff_seconds=0))
    session = Transport(server.url, limits=limits)
    yield session
    session.close()


@pytest.fixture
def members(server: RawServer) -> Request:
    """A read whose query names somebody."""
    path = "/2.0/workspaces/acme/members"
    return Request(
        method="GET",
        url=f"{server.url}{path}?q=user.email%20IN%20%28%22ann%40acme.example%22%29",
        resource="/2.0/workspaces/{workspace}/members",
        path=path,
        is_repeatable=True,
    )


@pytest.fixture
def read(transport: Transport, members: Request) -> Callable[[], Answer]:
    """Sends a read."""
    return lambda: transport.send(members, auth=None)


@pytest.fixture
def write(transport: Transport, server: RawServer) -> Callable[[], Answer]:
    """Sends a write."""
    request = Request(
        method="PUT",
        url=f"{server.url}/2.0/x",
        resource="/2.0/x",
        path="/2.0/x",
        json={"permission": "write"},
    )
    return lambda: transport.send(request, auth=None)


@pytest.fixture
def connected(transport: Transport, clock: StillClock) -> Callable[..., Client]:
    """Makes a client with the given credentials, an API token by default."""

    def make(*credentials: Credential) -> Client:
        chosen = credentials or (ApiToken("svc@acme.example", "api-secret"),)
        return connect(transport, chosen, clock=clock)

    return make
