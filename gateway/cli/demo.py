"""``bitbucket-scim demo``."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.assembly import assemble
from gateway.cli.environment import among_environment, usable
from gateway.cli.listening import listen
from gateway.cli.server import Server
from gateway.cli.sized import sized
from gateway.cli.sync import read_everything
from gateway.logs import configure_logs
from gateway.sandbox import demo_credentials
from gateway.settings import Settings

_TOKEN = "demo-token-0123456789abcdef"  # noqa: S105 - it opens a made-up workspace
_WORKSPACE = "acme"
_PREFIX = "bitbucket-scim-"
#: How the simulated Bitbucket says where it is.
_ADDRESS = "export BITBUCKET_API_URL="
#: What may be set: how clients are spoken to, and nothing that is of a real workspace.
_HEEDED = ("GATEWAY_CATALOGUE", "GATEWAY_DISCOVERY", "GATEWAY_READ_ONLY")
_HEEDED_OF_EVENTS = (
    *("GATEWAY_EVENTS_KEY", "GATEWAY_EVENTS_KEY_FILE", "GATEWAY_EVENTS_AUDIENCE"),
    *("GATEWAY_EVENTS_RECEIVER", "GATEWAY_EVENTS_RECEIVER_TOKEN"),
)


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Where SCIM is served; 0: anywhere.",
)
@sized
def demo(*, port: int, users: int, groups: int, repos: int) -> None:
    """
    Serve a made-up workspace as SCIM, and print calls to try.

    Needs nothing: Bitbucket is simulated on this machine, and nothing is kept. Of the settings,
    GATEWAY_CATALOGUE, GATEWAY_DISCOVERY and GATEWAY_READ_ONLY can be tried, and those of events.
    """
    _end_on_sigterm()
    with (
        listen("127.0.0.1", port, otherwise="--port takes another.") as listening,
        tempfile.TemporaryDirectory(prefix=_PREFIX) as folder,
    ):
        port = listening.getsockname()[1]
        size = [f"--users={users}", f"--groups={groups}", f"--repos={repos}"]
        with _simulated_bitbucket(size) as api_url:
            settings = _settings(api_url, port=port, folder=Path(folder))
            configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
            gateway = assemble(settings)
            is_read = read_everything(gateway)
            # Before processes are forked that would share its connections.
            gateway.close()
            if not is_read:
                raise click.ClickException("the simulated workspace could not be read.")
            base = f"http://127.0.0.1:{port}/scim/v2"
            Server(settings, when_ready=lambda: _announce(base), listening=listening).run()


def _end_on_sigterm() -> None:
    """Leave nothing behind where a process is ended before gunicorn heeds signals."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@contextmanager
def _simulated_bitbucket(size: list[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "gateway", "sandbox", "--port=0"]
    command += ["--hourly-limit=0", "--accept"]
    with subprocess.Popen([*command, *size], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        try:
            lines = process.stdout or ()
            said = next((line for line in lines if line.startswith(_ADDRESS)), None)
            if said is None:
                raise click.ClickException("the simulated Bitbucket did not start.")
            yield said.removeprefix(_ADDRESS).strip()
        finally:
            process.terminate()


def _settings(api_url: str, *, port: int, folder: Path) -> Settings:
    known = demo_credentials(_WORKSPACE)
    heeded = among_environment(_HEEDED)
    events = among_environment(_HEEDED_OF_EVENTS)
    if events:
        # Events name who tells them.
        events["GATEWAY_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    return usable(
        {
            **heeded,
            **events,
            "BITBUCKET_API_URL": api_url,
            "BITBUCKET_WORKSPACE": _WORKSPACE,
            "BITBUCKET_ACCESS_TOKEN": known.access_token.token,
            "BITBUCKET_EMAIL": known.api_token.email,
            "BITBUCKET_API_TOKEN": known.api_token.token,
            "BITBUCKET_OAUTH_KEY": known.oauth.key,
            "BITBUCKET_OAUTH_SECRET": known.oauth.secret,
            "SCIM_TOKEN": _TOKEN,
            "SCIM_TOKEN_USER": f"admin@{_WORKSPACE}.example",
            "GATEWAY_BIND": f"127.0.0.1:{port}",
            "GATEWAY_DATABASE_URL": f"sqlite:///{folder / 'mirror.sqlite3'}",
            # Nobody limits the calls of the simulated Bitbucket.
            "GATEWAY_HOURLY_LIMIT": "0",
            "GATEWAY_LOG_FORMAT": "console",
            "GATEWAY_LOG_LEVEL": "warning",
        },
        serving=True,
    )


def _announce(base: str) -> None:
    call = f"curl -sS -H 'Authorization: Bearer {_TOKEN}'"
    extension = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
    click.echo(f"""
The workspace {_WORKSPACE} is served as SCIM 2.0. Stop it with Ctrl-C.

  Base URL  {base}
  Token     {_TOKEN}
  The API   {base.removesuffix("/scim/v2")}/docs, in a browser

Try, in another terminal:

  # the first two users, with roles, groups and entitlements
  {call} '{base}/Users?count=2'

  # one user by e-mail address
  {call} -G '{base}/Users' --data-urlencode 'filter=userName eq "admin@{_WORKSPACE}.example"'

  # who are the owners?
  {call} -G '{base}/Users' -d attributes=displayName \\
    --data-urlencode 'filter=roles.value eq "owner"'

  # who administers a repository by a grant of their own?
  {call} -G '{base}/Users' -d attributes=displayName,entitlements \\
    --data-urlencode 'filter=entitlements[type eq "repository" and value ew ":admin"]'

  # every right of one user, and the ways it comes by
  {call} -G '{base}/Users' -d attributes={extension}:access \\
    --data-urlencode 'filter=userName eq "admin@{_WORKSPACE}.example"'

  # what would it take to make a group? Without X-Dry-Run it is made
  {call} -H 'X-Dry-Run: true' '{base}/Groups' -d '{{"displayName": "New team"}}' \\
    -H 'Content-Type: application/scim+json'

  # the groups, without their members
  {call} '{base}/Groups?excludedAttributes=members'
""")
