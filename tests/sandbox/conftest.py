"""Simulated Bitbuckets, served, and readers of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.sandbox import (
    DEMO,
    ApiToken,
    Behaviour,
    OAuthConsumer,
    Serving,
    WorkspaceAccessToken,
    World,
    create_app,
    generate,
    serving,
)
from tests.sandbox.reader import Reader

Credential = WorkspaceAccessToken | ApiToken | OAuthConsumer


@pytest.fixture(scope="session")
def generated() -> World:
    """A generated world that no test changes."""
    return generate(users=130, groups=30, projects=7, repositories=40)


@pytest.fixture(scope="session")
def served_generated(generated: World) -> Iterator[Serving]:
    """The generated world, served without a limit."""
    with serving(create_app(generated, behaviour=Behaviour(hourly_limit=None))) as served:
        yield served


@pytest.fixture
def reader(served_generated: Serving) -> Iterator[Reader]:
    """An owner who reads the generated world."""
    made = Reader(served_generated, DEMO.api_token)
    yield made
    made.session.close()


@pytest.fixture
def token_reader(served_generated: Serving) -> Iterator[Reader]:
    """A workspace access token that reads the generated world."""
    made = Reader(served_generated, DEMO.access_token)
    yield made
    made.session.close()


@pytest.fixture
def world() -> World:
    """A small world of the test's own: Admin, an owner; Ann, Bob and Cleo, members."""
    made = World(slug="acme")
    made.add_member("Admin", role="owner", email=DEMO.api_token.email)
    made.add_member("Ann", email="Ann@Acme.example")
    made.add_member("Bob", email="bob@acme.example")
    made.add_member("Cleo", role="collaborator")
    return made


@pytest.fixture
def serve() -> Iterator[Callable[..., Reader]]:
    """Serves a world with the given options until the test ends, and reads it as an owner."""
    with ExitStack() as stack:

        def start(
            world: World, *, credential: Credential | None = DEMO.api_token, **options: Any
        ) -> Reader:
            options.setdefault("behaviour", Behaviour(hourly_limit=None))
            served = stack.enter_context(serving(create_app(world, **options)))
            made = Reader(served, credential)
            stack.callback(made.session.close)
            return made

        yield start
