"""
Refreshes in processes that are there to be killed.

Run as a program, it begins a process for each line of its input, with what it needs imported
already, and says the process's id; each reads a whole workspace.
"""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import ApiToken, WorkspaceAccessToken
from gateway.bitbucket.patience import RetryPolicy
from gateway.bitbucket.transport import Limits, Transport
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.refresh import Patience, Refresher
from gateway.directory.rendering import Renderer
from gateway.directory.users import UserNameSource
from gateway.logs import configure_logs
from gateway.mirror.engine import open_database
from gateway.mirror.mirror import Mirror
from gateway.planner.needs import EVERYTHING
from gateway.sandbox import demo_credentials
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.schema import load_registry

LEASE = timedelta(seconds=0.5)


@contextmanager
def refreshing(api_url: str, database_url: str) -> Iterator[Refresher]:
    """Return what reads the workspace at *api_url* into a database that has its tables."""
    known = demo_credentials("acme")
    transport = Transport(api_url, limits=Limits(retry=RetryPolicy(retries=0)))
    client = connect(
        transport,
        [
            WorkspaceAccessToken(known.access_token.token),
            ApiToken(known.api_token.email, known.api_token.token),
        ],
    )
    engine = open_database(database_url)
    try:
        yield Refresher(
            BitbucketWorkspace(client, "acme"),
            Mirror(engine, "test"),
            Renderer(load_registry(), UserNameSource.EMAIL),
            lambda: datetime.now(UTC),
            Patience(longest_wait_seconds=30, lease=LEASE),
        )
    finally:
        transport.close()
        engine.dispose()


def main() -> None:
    """Begin a process for each line of the input."""
    api_url, database_url = sys.argv[1:]
    configure_logs("json", level="error")
    # Nobody waits for them: the one who reads what is said here kills them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if child:
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        try:
            with refreshing(api_url, database_url) as refresher:
                refresher.ensure(EVERYTHING, FreshnessWanted(no_cache=True))
        except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
            traceback.print_exc()
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
