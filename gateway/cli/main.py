"""The commands under their one name."""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

#: What the system says where nothing more can be written.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _Commands(click.Group):
    """
    Commands that are imported when they are wanted, each from the module of its name.

    The application takes its time to import: whoever interrupts that is told as at any other time.
    """

    _names = ("check", "demo", "explain", "journal", "sandbox", "serve", "sync")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - a parameter of click
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - a parameter of click
        if cmd_name not in self._names:
            return None
        command: click.Command = getattr(import_module(f"gateway.cli.{cmd_name}"), cmd_name)
        return command

    def main(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().main(*arguments, **options)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            click.ClickException(f"can't write: {error.strerror}.").show()
            _forget_output()
            sys.exit(1)


def _forget_output() -> None:
    """Keep Python from failing once more, when it ends, to write what is left."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="bitbucket-scim")
def main() -> None:
    """
    Serve a Bitbucket Cloud workspace as SCIM 2.0.

    Members, groups and permissions of the workspace become /Users and /Groups, for identity
    governance platforms and provisioning clients.

    Start with "bitbucket-scim demo": it needs nothing, not even Bitbucket. To serve a real
    workspace, set BITBUCKET_WORKSPACE, BITBUCKET_EMAIL, BITBUCKET_API_TOKEN and SCIM_TOKEN, then
    run "check" and "serve".
    """
