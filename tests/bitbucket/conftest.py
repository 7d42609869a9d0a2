"""A server on loopback in Bitbucket's place, and what talks to it without waiting."""

from collections.abc import Callable, Iterator

import pytest

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
def connected(transport: Transport, clock: StillClock) -> Callable[..., Client]:
    """Makes a client with the given credentials, an API token by default."""

    def make(*credentials: Credential) -> Client:
        chosen = credentials or (ApiToken("svc@acme.example", "api-secret"),)
        return connect(transport, chosen, clock=clock)

    return make
