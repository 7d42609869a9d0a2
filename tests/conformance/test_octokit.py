"""``@octokit/core``, GitHub's client, against the demonstration."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.proxies import mapped, served
from tests.demonstration import Demo

_CLIENTS = Path(__file__).parent.parent / "clients"
_NODE = shutil.which("node")
# Where GitHub serves the enterprise that the client is told.
_PREFIX = "/scim/v2/enterprises/acme"

pytestmark = [
    pytest.mark.skipif(_NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (_CLIENTS / "node_modules" / "@octokit" / "core").is_dir(),
        reason="the client is not installed: make clients",
    ),
]


def test_it_manages_people_and_groups(demo: Demo) -> None:
    """
    All of the workspace is read, and somebody joins, moves and leaves.

    It asks for GitHub's own media type, and reads SCIM's.
    """
    seen = _seen(demo)
    assert seen["accept"].startswith("application/vnd.github")
    assert len(seen["everybody"]) == len(set(seen["everybody"])) >= 200
    assert seen["paged"] == seen["everybody"]
    assert len(seen["groups"]) == len(set(seen["groups"])) >= 25

    created, team = seen["created"], seen["team"]
    assert (created["externalId"], created["displayName"]) == ("kit-1", "Olga Kit")
    assert seen["found"]["Resources"] == [created]
    assert seen["twice"]["status"] == 409

    assert (team["displayName"], team["externalId"]) == ("Cats", "cats")
    assert [member["value"] for member in team["members"]] == [created["id"]]
    assert team["id"] in [group["value"] for group in seen["member"]["groups"]]
    assert "members" not in seen["takenOut"]
    assert seen["putIn"]["members"] == team["members"]

    assert seen["replaced"]["displayName"] == "Olga Cat"
    assert seen["replaced"]["groups"] == seen["member"]["groups"]
    assert seen["deactivated"]["active"] is False
    assert [gone["status"] for gone in seen["gone"]] == [404, 404]

    # It names a scheme of GitHub's unless the caller names Bearer.
    assert seen["defaultScheme"]["status"] == 401
    assert "Authorization: Bearer" in seen["defaultScheme"]["detail"]


def _seen(demo: Demo) -> Any:
    """Return what the client saw."""
    assert _NODE
    with served(mapped(_PREFIX, demo.base_url)) as url:
        command = [_NODE, str(_CLIENTS / "provision.mjs"), url, demo.token]
        run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own script
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
