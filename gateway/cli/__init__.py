"""The command line: ``bitbucket-scim``."""

from gateway.cli.main import main

__all__ = ["main"]
