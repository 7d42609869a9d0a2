"""``bitbucket-scim serve``."""

import click

from gateway.cli.environment import settings_of_environment, usable_database
from gateway.cli.server import Server
from gateway.mirror.engine import migrate, open_database


@click.command()
def serve() -> None:
    """
    Serve the workspace as SCIM.

    Reads its settings from the environment; "bitbucket-scim check" says whether they work. The
    server starts even if Bitbucket can't be reached: /readyz then says why.
    """
    settings = settings_of_environment(serving=True)
    with usable_database():
        engine = open_database(settings.gateway_database_url.reveal())
        migrate(engine)
        engine.dispose()
    base = settings.gateway_public_url or f"http://{settings.gateway_bind}"

    def announce() -> None:
        click.echo(
            f"Serving {settings.bitbucket_workspace} as SCIM at {base.rstrip('/')}/scim/v2",
            err=True,
        )

    Server(settings, when_ready=announce).run()
