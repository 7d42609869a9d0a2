"""Databases to test on: SQLite, and a PostgreSQL of our own where its server is installed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from gateway.mirror.engine import migrate, open_database
from gateway.mirror.mirror import Mirror
from gateway.scim.schema import Registry, load_registry
from tests.postgresql import Cluster


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'state' / 'mirror.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables, of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    """A migrated SQLite database."""
    engine = open_database(sqlite_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql(cluster: Cluster) -> Iterator[Engine]:
    """A migrated PostgreSQL database."""
    database = f"mirror_{uuid4().hex}"
    engine = open_database(cluster.create(database, template=cluster.template))
    yield engine
    engine.dispose()
    cluster.drop(database)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated database, of each kind."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def mirror(engine: Engine) -> Mirror:
    """The empty mirror of one integration."""
    return Mirror(engine, integration="acme")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The schemas."""
    return load_registry()


@pytest.fixture
def now() -> datetime:
    """A moment."""
    return datetime(2026, 11, 23, 22, 15, tzinfo=UTC)
