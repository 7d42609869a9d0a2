"""The demonstration, to be tested by the suites and the clients of others."""

from pathlib import Path

import pytest

from tests.demonstration import demo, standard_demo

__all__ = ["demo", "standard_demo"]

_ENVIRONMENT = Path(__file__).parent.parent / "clients" / ".venv"


@pytest.fixture(scope="session")
def commands() -> Path:
    """The folder of what the clients run with that are installed apart from our tools."""
    if not (_ENVIRONMENT / ".ready").exists():
        pytest.skip("the clients are not installed: make clients")
    return _ENVIRONMENT / "bin"
