"""``bitbucket-scim journal``."""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from getpass import getuser
from typing import TextIO

import click
import orjson

from gateway.assembly import Gateway, assemble
from gateway.cli.environment import settings_of_environment, usable_database
from gateway.logs import configure_logs
from gateway.mirror.journal import Change
from gateway.provisioning.resumption import resume as resume_changes
from gateway.scim.handler import Author

_COLUMNS = (
    *("at", "change", "outcome", "action", "type", "id"),
    *("token", "request", "steps", "error"),
)


#: For how long back the journal is looked through.
_DAYS = click.IntRange(0, 36_500)


@click.group()
def journal() -> None:
    """What clients asked to be changed, and what came of it."""


@journal.command(name="list")
@click.option(
    "--days", type=_DAYS, default=30, show_default=True, help="Since when; not with --open."
)
@click.option("--open", "only_open", is_flag=True, help="Only what something is left to do of.")
def list_changes(*, days: int, only_open: bool) -> None:
    """List the changes, the oldest first; with --open all that `resume` would go on with."""
    for change in _changes(days=days, only_open=only_open):
        row = _row(change)
        click.echo("  ".join(str(row[name]) for name in ("at", "outcome", "action", "type", "id")))
        click.echo(f"    {change.id}  {row['token']}")
        for step in _steps(change):
            click.echo(f"    {step}")
        if row["error"]:
            click.echo(f"    {row['error']}")


@journal.command()
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True
)
@click.option("--days", type=_DAYS, default=_DAYS.max, help="Since when; all by default.")
def export(*, form: str, days: int) -> None:
    """Write the changes to the standard output: a line each, or each of their entries as JSON."""
    changes = _changes(days=days, only_open=False)
    if form == "csv":
        _write_csv(sys.stdout, changes)
    else:
        for line in _json_lines(changes):
            click.echo(line)


@journal.command()
@click.argument("change", required=False)
def resume(*, change: str | None) -> None:
    """Do what is left of the changes that stopped half-way, or of CHANGE alone."""
    gateway = _assembled()
    author = Author(token=f"command line: {getuser()}", request_id="journal resume")
    count, failed = 0, False
    try:
        for resumed in resume_changes(
            gateway.provisioner, gateway.writers, author=author, change_id=change
        ):
            data = resumed.change.began.data
            what = f"{data['action']} {data['resourceType']} {data['resourceId']}".rstrip()
            outcome = resumed.reason or "; ".join(filter(None, ("finished", resumed.note)))
            click.echo(f"{resumed.change.id}  {what}: {outcome}")
            count += 1
            failed = failed or bool(resumed.reason)
    finally:
        gateway.close()
    if not count and change:
        raise click.ClickException(
            f"there is no open change with the id {change}; `journal list --open` lists them."
        )
    if not count:
        click.echo("Nothing is left to do.")
    if failed:
        raise click.ClickException("not everything could be finished; run it again later.")


def _assembled() -> Gateway:
    settings = settings_of_environment(serving=False)
    configure_logs(settings.gateway_log_format, level="error")
    with usable_database():
        return assemble(settings)


def _changes(*, days: int, only_open: bool) -> list[Change]:
    gateway = _assembled()
    since = datetime.now(UTC) - timedelta(days=days)
    try:
        with gateway.mirror.reading() as snapshot:
            journal = snapshot.journal
            return journal.open() if only_open else journal.changes(since=since)
    finally:
        gateway.close()


def _steps(change: Change) -> Iterator[str]:
    for entry in change.entries:
        if entry.event.value == "answered":
            yield f"{entry.data['step']}{': failed' if 'error' in entry.data else ''}"


def _row(change: Change) -> dict[str, object]:
    began, last = change.began, change.entries[-1]
    data = began.data
    return {
        "at": f"{began.at:%Y-%m-%dT%H:%M:%SZ}",
        "change": change.id,
        "outcome": change.outcome,
        "action": data["action"],
        "type": data["resourceType"],
        "id": last.data.get("resourceId") or data["resourceId"],
        "token": data["token"],
        "request": data["requestId"],
        "steps": "; ".join(_steps(change)),
        "error": last.data.get("error", ""),
    }


def _write_csv(stream: TextIO, changes: Iterable[Change]) -> None:
    writer = csv.DictWriter(stream, _COLUMNS)
    writer.writeheader()
    for change in changes:
        # A spreadsheet would take what begins so for a formula.
        writer.writerow({name: _harmless(str(value)) for name, value in _row(change).items()})
    stream.flush()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _json_lines(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        for entry in change.entries:
            line = {
                "number": entry.number,
                "change": entry.change_id,
                "event": entry.event.value,
                "at": f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}",
                **entry.data,
            }
            yield orjson.dumps(line).decode()
