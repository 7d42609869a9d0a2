"""Applications that hostile requests are sent to, one for all tests of a process."""

from collections.abc import Iterator

import pytest

from gateway.logs import configure_logs
from tests.hostile.application import Application, running
from tests.postgresql import Cluster


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """An application whose mirror is in SQLite."""
    with running(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest.fixture(scope="session")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, cluster: Cluster
) -> Iterator[Application]:
    """An application whose mirror is in PostgreSQL."""
    with cluster.database() as url, running(tmp_path_factory.mktemp("hostile"), url) as made:
        yield made


@pytest.fixture(autouse=True)
def failures_alone_are_logged() -> None:
    """A line for each of so many requests would be most of the work."""
    configure_logs("json", level="error")
