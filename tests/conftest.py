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


#: As structlog writes it, but for its pictures of failures, which can take half a minute each.
_PLAIN: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
]


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """How a test, or a command in it, has the log written ends with the test."""
    structlog.configure(processors=_PLAIN)
    yield
    structlog.reset_defaults()
