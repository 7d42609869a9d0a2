"""The demonstration works as it says, with curl and with real SCIM clients."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scim_client import SCIMClient

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def calls(printed: str) -> list[list[str]]:
    """Return the calls that were printed, as the shell reads them."""
    joined = printed.replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"^ *(curl .*)$", joined, re.MULTILINE)]


def test_every_printed_call_works(demo: Any) -> None:
    """Each answers with resources or with a plan, and none with an error."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    assert len(calls(demo.printed)) == 7
    for call in calls(demo.printed):
        body = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)  # noqa: S603 - what the project itself printed
        assert body.get("totalResults", 0) > 0 or body["dryRun"], call


def test_the_workspace_is_of_a_fair_size(demo: Any) -> None:
    """There is enough to page and filter through."""
    listed = re.search(r"(\d+) members, (\d+) groups, \d+ projects, (\d+) repo", demo.printed)

    assert listed
    members, groups, repositories = map(int, listed.groups())
    assert (members >= 200, groups >= 25, repositories >= 60) == (True, True, True)


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (["user", "--count", "50"], 200),
        (["user", "--start-index", "151", "--count", "100"], 200),
        (["group", "--count", "100"], 25),
        (["user", "--filter", 'userName eq "admin@acme.example"'], 1),
        (["user", "--filter", 'roles.value eq "owner"', "--attribute", "userName"], 3),
        (["group", "--filter", 'displayName eq "Administrators"'], 1),
        (["group", "--excluded-attribute", "members", "--count", "5"], 25),
        (["user", "--sort-by", "displayName", "--count", "3"], 200),
    ],
)
def test_scim2_cli_finds_no_fault(demo: Any, arguments: list[str], total: int) -> None:
    """It discovers the schemas, lists and filters, and validates every answer by them."""
    command = Path(sys.executable).with_name("scim2")
    environment = os.environ | {"SCIM_CLI_HEADERS": f"Authorization: Bearer {demo.token}"}

    done = subprocess.run(  # noqa: S603 - a client from the registry
        [command, "--url", demo.base_url, "query", *arguments],
        capture_output=True,
        check=False,
        env=environment,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["totalResults"] == total


def test_scim_client_lists_users(demo: Any) -> None:
    """It wants many attributes of each user that the standard leaves open."""
    client = SCIMClient(base_url=demo.base_url, token=demo.token)

    found = client.search_users("", count=200)

    assert found.total_results == len(found.resources) == 200
    assert all(user.user_name and user.name.given_name for user in found.resources)
