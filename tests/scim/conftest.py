"""What the tests of the protocol share."""

import pytest

from gateway.scim.schema import Registry, load_registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The project's own schemas."""
    return load_registry()
