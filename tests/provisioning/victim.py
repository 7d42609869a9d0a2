"""
Changes in processes that are there to be killed.

Run as a program, it begins a process for each line of its input, with what it needs imported
already, and says the process's id; each makes the change of twenty calls.
"""

import os
import signal
import sys
import traceback
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import orjson

from gateway.logs import configure_logs
from gateway.sandbox import Serving
from tests.provisioning.office import opened


def main() -> None:
    """Begin a process for each line of the input: the id of the group, and the operations."""
    api_url, database_url, slug = sys.argv[1:]
    configure_logs("json", level="critical")
    # Nobody waits for them: the one who reads what is said here kills them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child:
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        try:
            elsewhere = SimpleNamespace(
                url=api_url, sandbox=SimpleNamespace(world=SimpleNamespace(slug=slug))
            )
            bitbucket = cast("Serving", elsewhere)
            with opened(bitbucket, database_url, lease=timedelta(seconds=0.5)) as office:
                group_id, operations = orjson.loads(line)
                office.patch_group(group_id, *operations)
        except BaseException:  # noqa: BLE001 - a fork must not go on as its parent
            traceback.print_exc()
        finally:
            os._exit(0)


if __name__ == "__main__":
    main()
