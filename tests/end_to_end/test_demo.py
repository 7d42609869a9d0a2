"""The demonstration works as it says, with curl and with real SCIM clients."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from http.client import HTTPResponse
from pathlib import Path
from socket import create_connection, create_server
from typing import Any
from urllib.parse import urlsplit

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


def test_a_port_that_another_has_is_told_before_anything_is_read() -> None:
    """With what to do about it."""
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "gateway", "demo", f"--port={port}"]
        ended = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - our own command
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == (
        f"Error: 127.0.0.1:{port} can't be listened on: Address already in use."
        " --port takes another.\n"
    )


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


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET /scim/v2/Users?filter=%s HTTP/1.1\r\n\r\n" % ("x" * 8190), 414),
        ("GET /healthz HTTP/1.1\r\nX: %s\r\n\r\n" % ("x" * 9000), 431),
        ("GET /healthz HTTP/1.1\r\nTransfer-Encoding: zip\r\n\r\n", 501),
        ("GET /healthz HTTP/1.1\r\nSecret token: x\r\n\r\n", 400),
        ("Hello\r\n\r\n", 400),
    ],
)
def test_what_can_not_be_read_is_refused_as_everything(
    demo: Any, request_: str, status: int
) -> None:
    """By an error message of SCIM, which repeats nothing of the request."""
    address = urlsplit(demo.base_url)
    with create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request_.encode())
        answer = HTTPResponse(connection)
        answer.begin()
        error = json.loads(answer.read())

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]
    assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert error["status"] == str(status)
    assert not {"xxx", "zip", "Secret", "Hello"} & set(error["detail"].split())
