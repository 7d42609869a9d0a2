"""scim-sanity, strict, against the demonstration, whatever its discovery tells."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.demonstration import Demo

#: It adds a member that is no user, and wants that accepted: a group never lists who is nobody.
_EXPLAINED = {"PATCH /Groups/{id} add member"}


@pytest.fixture(scope="module", params=["demo", "standard_demo"])
def report(request: pytest.FixtureRequest) -> Any:
    """What it found."""
    demo: Demo = request.getfixturevalue(request.param)
    command = [sys.executable, "-m", "scim_sanity", "probe", demo.base_url]
    command += ["--token", demo.token, "--i-accept-side-effects", "--json-output", "--strict"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a tool of ours
    return json.loads(ended.stdout)


def test_nothing_fails_but_what_would_be_untrue(report: Any) -> None:
    """In strict mode, of all its phases."""
    failed = {
        each["name"] for each in report["results"] if each["status"].lower() in ("fail", "error")
    }
    assert failed == _EXPLAINED
    assert report["summary"]["passed"] > 25
