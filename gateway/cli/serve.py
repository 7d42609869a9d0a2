"""``bitbucket-scim serve``."""

from contextlib import AbstractContextManager, nullcontext
from socket import socket

import click

from gateway.cli.environment import among_environment, settings_of_environment, usable_database
from gateway.cli.listening import listen
from gateway.cli.server import Server
from gateway.mirror.engine import migrate, open_database

#: By these systemd, or a server that is replaced, hands over sockets, which gunicorn takes.
_HANDED_OVER = ("LISTEN_FDS", "GUNICORN_FD")


@click.command()
def serve() -> None:
    """
    Serve the workspace as SCIM.

    Reads its settings from the environment; "bitbucket-scim check" says whether they work. The
    server starts even if Bitbucket can't be reached: /readyz then says why.
    """
    settings = settings_of_environment(serving=True)
    base = settings.gateway_public_url or f"http://{settings.gateway_bind}"

    def announce() -> None:
        click.echo(
            f"Serving {settings.bitbucket_workspace} as SCIM at {base.rstrip('/')}/scim/v2",
            err=True,
        )

    with _listening(settings.gateway_bind) as listening:
        with usable_database():
            engine = open_database(settings.gateway_database_url.reveal())
            migrate(engine)
            engine.dispose()
        Server(settings, when_ready=announce, listening=listening).run()


def _listening(address: str) -> AbstractContextManager[socket | None]:
    if among_environment(_HANDED_OVER):
        return nullcontext()
    host, _, port = address.rpartition(":")
    return listen(host.strip("[]"), int(port), otherwise="GATEWAY_BIND takes another.")
