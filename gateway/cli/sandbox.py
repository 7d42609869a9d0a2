"""``bitbucket-scim sandbox``."""

import re
import threading

import click

from gateway.cli.listening import listen
from gateway.cli.sized import sized
from gateway.sandbox import (
    Behaviour,
    Faults,
    Paging,
    Shape,
    create_app,
    demo_credentials,
    generate,
    serving,
)

_SLUG = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def _slug(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not _SLUG.fullmatch(value):
        raise click.BadParameter("it is made of letters, digits, '-', '_' and '.', such as acme.")
    return value


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="The port; 0 takes a free one.",
)
@sized
@click.option(
    "--group-size", type=click.IntRange(min=0), help="Members of each group; by chance if not said."
)
@click.option(
    "--projects", type=click.IntRange(min=0), default=6, show_default=True, help="Its projects."
)
@click.option(
    "--shape",
    type=click.Choice([shape.value for shape in Shape]),
    default=Shape.DENSE.value,
    show_default=True,
    help="Hundreds of people with a right on each repository, or a dozen.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same world.")
@click.option("--workspace", callback=_slug, default="acme", show_default=True, help="Its slug.")
@click.option("--moved", is_flag=True, help="Administration moved to admin.atlassian.com.")
@click.option("--accept", is_flag=True, help="Whoever is invited accepts at once.")
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds that every answer takes at least.",
)
@click.option(
    "--hourly-limit",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Calls in a rolling hour for each group of resources; 0 for no limit.",
)
@click.option(
    "--paging",
    type=click.Choice([paging.value for paging in Paging]),
    default=Paging.MIXED.value,
    show_default=True,
    help="How lists are continued.",
)
@click.option(
    "--fault-rate",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="The share of calls, from 0 to 1, that end in a fault of any kind.",
)
def sandbox(
    *,
    host: str,
    port: int,
    users: int,
    groups: int,
    group_size: int | None,
    projects: int,
    repos: int,
    shape: str,
    seed: int,
    workspace: str,
    moved: bool,
    accept: bool,
    latency: float,
    hourly_limit: int,
    paging: str,
    fault_rate: float,
) -> None:
    """
    Serve a simulated Bitbucket Cloud, to try the gateway on.

    Its workspace is made up, and the same for the same options. POST to /sandbox/faults makes
    calls fail; GET /sandbox/calls counts them; POST to /sandbox/invitations/accept accepts
    what was sent.
    """
    world = generate(
        users=users,
        groups=groups,
        projects=projects,
        repositories=repos,
        seed=seed,
        slug=workspace,
        shape=shape,
        group_size=group_size,
    )
    if moved:
        world.move_administration()
    behaviour = Behaviour(
        paging=Paging(paging),
        accepts_invitations=accept,
        hourly_limit=hourly_limit or None,
        latency_seconds=latency,
    )
    app = create_app(world, behaviour=behaviour, faults=Faults(rate=fault_rate, seed=seed))
    with (
        listen(host, port, otherwise="--host or --port takes another.") as listening,
        serving(app, listening=listening) as served,
    ):
        _announce(served.url, workspace)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


def _announce(url: str, workspace: str) -> None:
    known = demo_credentials(workspace)
    click.echo(f"""\
A simulated Bitbucket with the workspace {workspace}. Point the gateway at it with:

export BITBUCKET_API_URL={url}
export BITBUCKET_WORKSPACE={workspace}
export BITBUCKET_ACCESS_TOKEN={known.access_token.token}
export BITBUCKET_EMAIL={known.api_token.email}
export BITBUCKET_API_TOKEN={known.api_token.token}
export BITBUCKET_OAUTH_KEY={known.oauth.key}
export BITBUCKET_OAUTH_SECRET={known.oauth.secret}
""")
