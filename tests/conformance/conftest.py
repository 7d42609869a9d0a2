"""The demonstration, to be tested by the suites of others."""

from tests.demonstration import demo

__all__ = ["demo"]
