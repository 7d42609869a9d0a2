"""``bitbucket-scim check``."""

import click

from gateway.bitbucket.administration import Administration, administration
from gateway.bitbucket.errors import BitbucketError, Unavailable
from gateway.bitbucket.probe import Finding, probe
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.cli.environment import settings_of_environment
from gateway.connections import connect_workspace, credentials
from gateway.logs import configure_logs

_WORKS = click.style("works  ", fg="green")
_FAILS = click.style("fails  ", fg="red")
_UNTRIED = click.style("untried", fg="yellow")
#: Not for anyone to mend.
_NOT_OFFERED = click.style("n/a    ", dim=True)

#: No answer rests on invitations, which are not listed once administration moved.
_DISPENSABLE = frozenset({"invitations"})


@click.command()
def check() -> None:
    """
    Say what each configured credential can do, and what is missing.

    Makes a handful of calls to Bitbucket, and changes nothing there: whether something can be
    changed is tried on a group and an account that don't exist. Exits with 1 if something that
    the gateway needs can be read with no credential.
    """
    settings = settings_of_environment(serving=False)
    configure_logs(settings.gateway_log_format, level="error")
    workspace = connect_workspace(settings)
    click.echo(f"{settings.bitbucket_workspace} at {settings.bitbucket_api_url}")
    _show_administration(workspace)
    findings: list[Finding] = []
    try:
        for finding in probe(workspace, credentials(settings)):
            if not findings or findings[-1].kind != finding.kind:
                click.echo(f"\n{finding.kind}")
            findings.append(finding)
            _show(finding)
    except BitbucketError as error:
        raise click.ClickException(str(error)) from None
    lacking = [what for what in _never(findings, is_change=False) if what not in _DISPENSABLE]
    if lacking:
        raise click.ClickException(f"no credential can read: {', '.join(lacking)}.")
    click.echo("\nEverything that the gateway needs can be read.")
    unchangeable = _never(findings, is_change=True)
    if unchangeable:
        click.echo(f"No credential works for: {', '.join(unchangeable)}.")
    else:
        click.echo("Everything can be changed.")


def _show_administration(workspace: BitbucketWorkspace) -> None:
    try:
        place = administration(workspace)
    except Unavailable as error:
        # Nothing can be said of any credential then.
        raise click.ClickException(str(error)) from None
    except BitbucketError:
        # Why the members can't be read is told below, of each credential.
        place = Administration.UNKNOWN
    click.echo(f"people and groups are administered at: {place}")


def _show(finding: Finding) -> None:
    note = f" ({finding.note})" if finding.note else ""
    click.echo(f"  {_mark(finding)}  {finding.what}{note}")
    if finding.where:
        click.echo(f"           grant it at {finding.where}")


def _mark(finding: Finding) -> str:
    if not finding.is_offered:
        return _NOT_OFFERED
    if finding.works is None:
        return _UNTRIED
    return _WORKS if finding.works else _FAILS


def _never(findings: list[Finding], *, is_change: bool) -> list[str]:
    """Return what at least one credential was refused, and none can do."""
    possible = {finding.what for finding in findings if finding.works}
    some = [f for f in findings if f.is_change is is_change and f.works is False]
    return [what for what in dict.fromkeys(f.what for f in some) if what not in possible]
