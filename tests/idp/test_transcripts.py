"""
What identity providers send, replayed: the answers, and the exact calls of Bitbucket.

Each transcript is a file: the settings that it takes, requests in their order, what the answer has
to hold, and the calls that Bitbucket gets for it. ``${ann}`` is the id of a user of that name,
``${Developers}`` that of a group, ``${api-core}`` the UUID of a repository, ``{ann}`` the UUID as
Bitbucket has it; ``save`` gives the id of an answer a name. A value of an answer that begins with
``~`` is one that differs each time.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, Serving, create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world
from tests.provisioning.office import bare

HERE = Path(__file__).parent
TRANSCRIPTS = sorted(HERE.glob("*/*.json"))


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway that knows the workspace, and Bitbucket behind it."""

    client: Client
    bitbucket: Serving
    names: dict[str, str]


@contextmanager
def scene(folder: Path, settings: Mapping[str, str]) -> Iterator[Scene]:
    """Set up a gateway that has read everything once, and by everybody's address."""
    world = small_world()
    with (
        serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket,
        gateway({**environment(world, bitbucket.url, folder), **settings}) as client,
    ):
        names: dict[str, str] = {}
        for account, _ in world.members():
            names[account.display_name.lower()] = bare(account.uuid)
            client.json("/Users", filter=f'userName eq "{account.email}"')
        client.json("/Users")
        for group in client.json("/Groups")["Resources"]:
            names[group["displayName"]] = group["id"]
        for repository in world.repositories.values():
            names[repository.slug] = bare(repository.uuid)
        for project in world.projects.values():
            names[project.key] = bare(project.uuid)
        yield Scene(client, bitbucket, names)


@pytest.mark.rule("7644-3.5.1-as-clients-send-it", "7643-3.1-external-id")
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_is_answered_as_the_client_expects(tmp_path: Path, path: Path) -> None:
    """With the calls it takes, and no others."""
    transcript = json.loads(path.read_text())
    with scene(tmp_path, transcript.get("settings", {})) as made_up:
        for exchange in transcript["exchanges"]:
            replay(made_up, exchange)


@pytest.mark.parametrize(
    "client",
    ["okta", "entra", "authentik", "sailpoint", "conductorone", "jumpcloud", "databricks"],
)
def test_every_client_has_a_transcript(client: str) -> None:
    """None of those that were looked at is left out."""
    assert any(path.parent.name == client for path in TRANSCRIPTS)


def replay(scene: Scene, exchange: Mapping[str, Any]) -> None:
    """Send a request, and hold the answer and the calls against what is written."""
    request, wanted = exchange["request"], exchange["response"]
    calls = scene.bitbucket.sandbox.calls
    calls.reset()
    answer = scene.client.session.request(
        request["method"],
        scene.client.base_url + filled(request["path"], scene.names),
        json=filled(request.get("body"), scene.names),
        headers=request.get("headers", {}),
        timeout=30,
    )
    assert answer.status_code == wanted["status"], answer.text
    body = answer.json() if answer.content else None
    if "save" in exchange:
        assert body is not None
        scene.names[exchange["save"]] = body["id"]
    if "body" in wanted:
        assert_holds(body, filled(wanted["body"], scene.names), "body")
    assert made(scene) == filled(exchange["calls"], scene.names)


def made(scene: Scene) -> list[str]:
    """Return the calls: what was read, which may be in any order, then what was written."""
    found = [
        f"{call.method} {call.path.partition('?')[0]} {call.body}".rstrip()
        for call in scene.bitbucket.sandbox.calls.made
        if "oauth2" not in call.path
    ]
    reads = sorted(call for call in found if call.startswith("GET "))
    return reads + [call for call in found if not call.startswith("GET ")]


def assert_holds(told: Any, wanted: Any, where: str) -> None:
    """Assert that what was told has everything that is wanted; lists are the same wholly."""
    if isinstance(wanted, dict):
        assert isinstance(told, dict), where
        for name, value in wanted.items():
            if value is None:
                assert name not in told, f"{where}.{name}"
            else:
                assert name in told, f"{where}.{name}"
                assert_holds(told[name], value, f"{where}.{name}")
    elif isinstance(wanted, list):
        assert isinstance(told, list), where
        assert len(told) == len(wanted), f"{where}: {told}"
        for position, value in enumerate(wanted):
            assert_holds(told[position], value, f"{where}[{position}]")
    elif isinstance(wanted, str) and wanted.startswith("~"):
        assert re.search(wanted[1:], str(told)), f"{where}: {told}"
    else:
        assert told == wanted, where


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """Return *value* with ids in the place of names."""
    if isinstance(value, dict):
        return {filled(key, names): filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\$\{([^}]+)\}", lambda match: names[match[1]], value)
