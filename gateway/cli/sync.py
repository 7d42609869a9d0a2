"""``bitbucket-scim sync``."""

import threading

import click

from gateway.app import Gateway, assemble
from gateway.cli.environment import settings_of_environment, usable_database
from gateway.directory.reading import Progress
from gateway.logs import configure_logs
from gateway.planner.needs import Collection


@click.command()
def sync() -> None:
    """
    Read the whole workspace from Bitbucket now.

    Fills the mirror that "serve" answers from. What could not be read is said, and leaves what
    was known before as it was.
    """
    settings = settings_of_environment(serving=False)
    configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
    with usable_database():
        gateway = assemble(settings)
    if not read_everything(gateway):
        raise click.exceptions.Exit(1)


def read_everything(gateway: Gateway) -> bool:
    """Read every collection with a progress bar; return whether all could be read."""
    with click.progressbar(length=0, label="Reading Bitbucket", show_pos=True) as bar:
        calls = gateway.refresher.refresh(frozenset(Collection), progress=_on(bar))
    with gateway.mirror.reading() as snapshot:
        records = snapshot.freshness.all()
        facts = snapshot.facts
        found = {
            "members": len(facts.members()),
            "groups": len(facts.groups()),
            "projects": len(facts.projects()),
            "repositories": len(facts.repositories()),
            "grants": len(facts.grants()),
        }
    click.echo(f"{', '.join(f'{n} {what}' for what, n in found.items())}; {calls} calls.")
    failures = {name: record.failure for name, record in records.items() if record.failure}
    for name, failure in failures.items():
        click.echo(f"Not read: {name.replace('_', ' ')}. {failure.sentence}", err=True)
    return not failures


def _on(bar: "click._termui_impl.ProgressBar[int]") -> Progress:
    lengths: dict[Collection, int] = {}
    lock = threading.Lock()

    def progress(collection: Collection, _done: int, steps: int) -> None:
        with lock:
            lengths[collection] = steps
            bar.length = sum(lengths.values())
            bar.update(1)

    return progress
