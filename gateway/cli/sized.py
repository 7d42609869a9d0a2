"""How large a made-up workspace is: options that several commands have."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--users",
        type=click.IntRange(min=1),
        default=200,
        show_default=True,
        help="Members of the workspace.",
    ),
    click.option(
        "--groups", type=click.IntRange(min=0), default=25, show_default=True, help="Its groups."
    ),
    click.option(
        "--repos",
        type=click.IntRange(min=0),
        default=60,
        show_default=True,
        help="Its repositories.",
    ),
)


def sized(command: _Command) -> _Command:
    """Give *command* the options ``--users``, ``--groups`` and ``--repos``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
