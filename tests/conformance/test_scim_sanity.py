"""scim-sanity, strict, against a gateway with a simulated Bitbucket."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, create_app, generate, serving
from tests.end_to_end.gateways import TOKEN, environment, gateway

#: It adds a member that is no user, and wants that accepted: a group never lists who is nobody.
_EXPLAINED = {"PATCH /Groups/{id} add member"}


@pytest.fixture
def report(tmp_path: Path) -> Any:
    """What it found."""
    world = generate(users=10, groups=3, projects=1, repositories=3)
    behaviour = Behaviour(accepts_invitations=True, hourly_limit=None)
    with (
        serving(create_app(world, behaviour=behaviour)) as bitbucket,
        gateway(environment(world, bitbucket.url, tmp_path)) as asked,
    ):
        command = [sys.executable, "-m", "scim_sanity", "probe", asked.base_url]
        command += ["--token", TOKEN, "--i-accept-side-effects", "--json-output", "--strict"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a tool of ours
        return json.loads(ended.stdout)


def test_nothing_fails_but_what_would_be_untrue(report: Any) -> None:
    """In strict mode, of all its phases."""
    failed = {
        each["name"] for each in report["results"] if each["status"].lower() in ("fail", "error")
    }
    assert failed == _EXPLAINED
    assert report["summary"]["passed"] > 25
