"""The settings of a command, or the reasons why there are none."""

import os

import click

from gateway.settings import Settings, SettingsError, load_settings


def settings_of_environment(*, serving: bool) -> Settings:
    """
    Return the settings of the environment.

    Raises:
        ClickException: They can't be used; every problem is told, a line each.
    """
    try:
        return load_settings(os.environ, serving=serving)
    except SettingsError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"the settings can't be used:\n{problems}") from None
