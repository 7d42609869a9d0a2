"""The commands under their one name."""

import click

from gateway.cli.check import check
from gateway.cli.demo import demo
from gateway.cli.explain import explain
from gateway.cli.journal import journal
from gateway.cli.sandbox import sandbox
from gateway.cli.serve import serve
from gateway.cli.sync import sync


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for _command in (demo, serve, check, sync, explain, journal, sandbox):
    main.add_command(_command)
