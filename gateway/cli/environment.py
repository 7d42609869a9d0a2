"""The settings of a command, or the reasons why there are none."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from gateway.settings import Settings, SettingsError, load_settings


def settings_of_environment(*, serving: bool) -> Settings:
    """
    Return the settings of the environment.

    Raises:
        ClickException: They can't be used; every problem is told, a line each.
    """
    return usable(os.environ, serving=serving)


def among_environment(names: Collection[str]) -> dict[str, str]:
    """Return those settings with *names* that the environment has."""
    return {name: os.environ[name] for name in names if name in os.environ}


def usable(environ: Mapping[str, str], *, serving: bool) -> Settings:
    """
    Return the settings that *environ* holds; see :func:`gateway.settings.load_settings`.

    Raises:
        ClickException: They can't be used; every problem is told, a line each.
    """
    try:
        return load_settings(environ, serving=serving)
    except SettingsError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"the settings can't be used:\n{problems}") from None


@contextmanager
def usable_database() -> Iterator[None]:
    """
    Tell of a database that can't be opened in a sentence.

    Raises:
        ClickException: It is down, can't be written, or is none.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        # The driver's own words tell why; what SQLAlchemy adds to them does not.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0].rstrip(".")
        raise click.ClickException(
            f"the database can't be used: {reason}. Check GATEWAY_DATABASE_URL."
        ) from None
