"""A directory in front of a simulated Bitbucket, with a clock that tests set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import ApiToken, Credential, WorkspaceAccessToken
from gateway.bitbucket.patience import RetryPolicy
from gateway.bitbucket.transport import Limits, Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.directory import Directory
from gateway.directory.refresh import Patience, Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.users import UserNameSource
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.sandbox import (
    Behaviour,
    Sandbox,
    Serving,
    World,
    create_app,
    demo_credentials,
    generate,
    serving,
)
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Listing, Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import bind_projection
from gateway.scim.schema import load_registry

BASE_URL = "https://scim.example.com/scim/v2"
MAX_AGE = timedelta(minutes=5)


@dataclass
class Clock:
    """The time, which passes only when a test says so."""

    now: datetime = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_time(self, **passed: float) -> None:
        """Let time pass, as timedelta counts it."""
        self.now += timedelta(**passed)


@dataclass
class Stage:
    """Everything that a test looks at or changes."""

    world: World
    bitbucket: Sandbox
    clock: Clock
    mirror: Mirror
    refresher: Refresher
    users: Directory
    groups: Directory

    def ask(self, directory: Directory, text: str | None = None, **shown: str | None) -> Listing:
        """Return the answer to a filter."""
        resource_type = directory.resource_type
        projection = bind_projection(
            shown.get("attributes"), shown.get("excluded"), resource_type=resource_type
        )
        return directory.query(
            Query(
                filter=None if text is None else bind_filter(text, resource_type),
                sort=None,
                page=IndexPage(1, 1000),
                projection=projection,
                base_url=BASE_URL,
            )
        )

    def resources(
        self, directory: Directory, text: str | None = None, **shown: str | None
    ) -> list[dict[str, Any]]:
        """Return the resources that a filter selects."""
        found: list[dict[str, Any]] = orjson.loads(self.ask(directory, text, **shown).json)
        return found


@contextmanager
def staged(
    bitbucket: Serving, database_url: str, *, has_second_chances: bool = True
) -> Iterator[Stage]:
    """
    Set up a directory, which has read nothing yet, in front of a simulated Bitbucket.

    Without second chances no call is repeated, and there is one credential for all of them.
    """
    world = bitbucket.sandbox.world
    registry = load_registry()
    clock = Clock()
    known = demo_credentials(world.slug)
    engine = open_database(database_url)
    migrate(engine)
    retry = RetryPolicy(retries=int(has_second_chances), backoff_seconds=0)
    transport = Transport(bitbucket.url, limits=Limits(retry=retry))
    credentials: list[Credential] = [ApiToken(known.api_token.email, known.api_token.token)]
    if has_second_chances:
        credentials.append(WorkspaceAccessToken(known.access_token.token))
    client = connect(transport, credentials)
    workspace = BitbucketWorkspace(client, world.slug)
    mirror = Mirror(engine, "test")
    renderer = Renderer(registry, UserNameSource.EMAIL)
    refresher = Refresher(workspace, mirror, renderer, clock, Patience(lifetime=MAX_AGE))
    try:
        yield Stage(
            world=world,
            bitbucket=bitbucket.sandbox,
            clock=clock,
            mirror=mirror,
            refresher=refresher,
            users=Directory(registry.user, mirror, refresher),
            groups=Directory(registry.group, mirror, refresher),
        )
    finally:
        transport.close()
        engine.dispose()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A small generated workspace behind a directory that has read nothing yet."""
    world = generate(users=12, groups=4, projects=2, repositories=5)
    with (
        serving(create_app(world)) as bitbucket,
        staged(bitbucket, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as made,
    ):
        yield made


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Stage]:
    """A workspace of more repositories than are asked one by one."""
    world = generate(users=12, groups=4, projects=3, repositories=130)
    with (
        serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket,
        staged(bitbucket, f"sqlite:///{tmp_path / 'many.sqlite3'}") as made,
    ):
        yield made
