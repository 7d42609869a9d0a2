"""The demonstration, to be called from outside."""

from tests.demonstration import demo

__all__ = ["demo"]
