"""``scim-sim``, which plays an identity provider at the command line, against the demonstration."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.demonstration import Demo

Told = Callable[..., str]


@pytest.fixture
def told(commands: Path, demo: Demo, tmp_path: Path) -> Told:
    """The tool, which has been set up and says what it did."""

    def told(*arguments: str, answers: str = "") -> str:
        return subprocess.run(  # noqa: S603 - a client from the registry
            [commands / "scim-sim", *arguments],
            check=True,
            capture_output=True,
            env=os.environ | {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
            input=answers,
            encoding="utf-8",
        ).stdout

    assert "saved successfully" in told("setup", answers=f"{demo.base_url}\n{demo.token}\n")
    return told


def test_somebody_joins_a_group_and_leaves(told: Told, demo: Demo) -> None:
    """A person is made up, put in by a list of all members, taken out so, and goes with it."""
    user = _id(told("add-user"))
    group = _id(told("create-group", "Pretenders"))
    assert "added to group" in told("add-to-group", user, group)
    assert re.search(rf"Pretenders │ ID: {group}\n.*👤 \S+@\S+ +│ ID: {user}\n", told("show"))
    assert _read(demo, f"/Groups/{group}").json()["members"][0]["value"] == user

    assert "removed from group" in told("remove-from-group", user, group)
    assert "is not in group" in told("remove-from-group", user, group)

    assert "added to group" in told("add-to-group", user, group)
    assert "all its members deleted" in told("delete-group", group)
    assert "no User with the id" in told("remove-user", user)
    assert _read(demo, f"/Users/{user}").status_code == 404
    assert _read(demo, f"/Groups/{group}").status_code == 404


def _id(said: str) -> str:
    """Return the id of what was made."""
    found = re.search(r"created successfully! \w+ ID: (\S+)", said)
    assert found, said
    return found[1]


def _read(demo: Demo, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {demo.token}"}
    return requests.get(f"{demo.base_url}{path}", headers=headers, timeout=30)
