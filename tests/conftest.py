"""What all tests share."""

from collections.abc import Iterator

import pytest
import structlog

from tests.postgresql import cluster, postgresql_url
from tests.rules.marking import pytest_collection_modifyitems, pytest_configure

__all__ = [
    "cluster",
    "logs_as_they_were",
    "postgresql_url",
    "pytest_collection_modifyitems",
    "pytest_configure",
]


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """How a test, or a command in it, has the log written ends with the test."""
    yield
    structlog.reset_defaults()
