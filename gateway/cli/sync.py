"""``bitbucket-scim sync``."""

import math
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta

import click

from gateway.assembly import Gateway, assemble
from gateway.cli.environment import settings_of_environment, usable_database
from gateway.directory.execution import Progress
from gateway.logs import configure_logs
from gateway.mirror.facts import PlaceReadings
from gateway.mirror.freshness import Freshness
from gateway.planner.collections import PLACES_OF, Collection

#: About how long a call takes, eight of which are under way at a time.
_SECONDS_PER_CALL = 0.3 / 8

#: As many calls take long enough to be announced.
_WORTH_SAYING = 100


@click.command()
def sync() -> None:
    """
    Read the whole workspace from Bitbucket now.

    Fills the mirror that "serve" answers from. What could not be read is said, and leaves what
    was known before as it was. Where Bitbucket's hourly budget is spent, it waits and goes on; it
    may be stopped at any time, and goes on where it stopped.
    """
    settings = settings_of_environment(serving=False)
    configure_logs(settings.gateway_log_format, level=settings.gateway_log_level)
    with usable_database():
        gateway = assemble(settings)
    try:
        if not read_everything(gateway):
            raise click.exceptions.Exit(1)
    finally:
        gateway.close()


def read_everything(gateway: Gateway) -> bool:
    """Read every collection with a progress bar; return whether all could be read."""
    now = gateway.refresher.now()
    _announce(gateway)
    with click.progressbar(length=0, label="Reading Bitbucket", show_pos=True) as bar:
        calls = gateway.synchronization.run(
            not_before=now, progress=_on(bar), paused=_wait_for_calls
        )
    with gateway.mirror.reading() as snapshot:
        records = snapshot.freshness.all()
        facts = snapshot.facts
        places = facts.all_place_readings("user", "repository")
        found = {
            "members": len(facts.members()),
            "groups": len(facts.groups()),
            "projects": len(facts.projects()),
            "repositories": len(facts.repositories()),
            "grants": len(facts.grants()),
        }
    click.echo(f"{', '.join(f'{n} {what}' for what, n in found.items())}; {calls} calls.")
    if places.inferred:
        click.echo(_inferred(places))
    unread = list(_unread(records))
    for line in unread:
        click.echo(f"Not read: {line}", err=True)
    return not unread


def _unread(records: Mapping[str, Freshness]) -> Iterator[str]:
    """Yield what could not be read, and why: what failed, then what waits for it."""
    for name, record in records.items():
        if record.failure:
            yield f"{name.replace('_', ' ')}. {record.failure.sentence}"
    never = Freshness()
    for collection in Collection:
        record = records.get(collection, never)
        # Of addresses there is nothing to read until one is known.
        if record.read_at or record.failure or collection is Collection.ADDRESSES:
            continue
        places = PLACES_OF.get(collection)
        if places is not None and records.get(places, never).read_at is None:
            reason = f"The list of {places.words} tells where to ask, and was never read."
        else:
            reason = 'Not all of it was read; run "sync" again.'
        yield f"{collection.words}. {reason}"


def _inferred(places: PlaceReadings) -> str:
    """Say on how many repositories what is known was inferred, and what that is worth."""
    were_told = places.inferred - places.never_told
    told = f", except what {were_told} of them told before and rights still betray"
    return (
        f"Direct grants on {places.inferred} repositories are inferred, and marked so"
        f"{told if were_told else ''}; a grant that gives no more than groups and projects do is "
        'not among them. "serve" asks each of them as calls come free.'
    )


def _announce(gateway: Gateway) -> None:
    """Say what it will take, as far as that is known from the last time."""
    calls = gateway.synchronization.estimate(not_before=gateway.refresher.now()).calls
    if calls is None:
        click.echo("How much there is shows when the lists are read.", err=True)
        return
    minutes = max(1, math.ceil(calls * _SECONDS_PER_CALL / 60))
    unit = "minute" if minutes == 1 else "minutes"
    click.echo(f"About {calls} calls, {minutes} {unit} where the budget lasts.", err=True)


def _wait_for_calls(pause: timedelta) -> None:
    minutes = math.ceil(pause.total_seconds() / 60)
    click.echo(f"\nThe hourly budget is spent; going on in {minutes} min.", err=True)


def _on(bar: "click._termui_impl.ProgressBar[int]") -> Progress:
    states: dict[Collection, tuple[int, int]] = {}
    lock = threading.Lock()

    def progress(collection: Collection, done: int, steps: int) -> None:
        with lock:
            first = collection not in states
            before, _ = states.get(collection, (0, 0))
            # A collection that goes on after a pause begins to count anew.
            states[collection] = (done, steps)
            bar.length = sum(total for _, total in states.values())
            bar.update(max(0, done - before))
        if first and steps > _WORTH_SAYING:
            minutes = max(1, math.ceil(steps * _SECONDS_PER_CALL / 60))
            click.echo(
                f"\n{collection.words}: {steps} calls, about {minutes} min where the budget lasts.",
                err=True,
            )

    return progress
