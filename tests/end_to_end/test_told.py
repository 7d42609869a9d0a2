"""What many repositories have told is no change when it is inferred anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.sandbox import Behaviour, Serving, create_app, generate, serving
from tests.end_to_end.gateways import Client, environment, gateway, have_told

_ANEW = {"Cache-Control": "no-cache"}


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A simulated Bitbucket of more repositories than are asked one by one."""
    world = generate(users=12, groups=4, projects=3, repositories=130)
    with serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as served:
        yield served


@pytest.fixture
def client(bitbucket: Serving, tmp_path: Path) -> Iterator[Client]:
    """A client of a gateway that has events, and that every repository has told its grants."""
    settings = environment(bitbucket.sandbox.world, bitbucket.url, tmp_path) | {
        "GATEWAY_PUBLIC_URL": "https://scim.acme.example",
        "GATEWAY_EVENTS_KEY": ECKey.generate_key("P-256").as_pem(private=True).decode(),
        "GATEWAY_EVENTS_AUDIENCE": "https://idp.acme.example",
    }
    with gateway(settings) as made:
        for path in ("/Users", "/Groups"):
            made.all(path)
        have_told(settings)
        assert drain(made)
        yield made


def drain(client: Client) -> list[str]:
    """Return the events there are, and take them away."""
    found: list[str] = []
    told: list[str] = []
    while True:
        body = {"returnImmediately": True, "ack": told}
        told = list(client.send("POST", "/events", body).json()["sets"])
        if not told:
            return found
        found += told


def holder(client: Client) -> dict[str, Any]:
    """Return a user who holds something on a repository."""
    users: list[dict[str, Any]] = client.all("/Users", filter='entitlements.type eq "repository"')
    return users[-1]


def test_nothing_changes_where_nothing_changed(client: Client) -> None:
    """Neither a value, nor a version, nor a moment; no event tells of it, and it is incomplete."""
    before = {user["id"]: user for user in client.all("/Users")}
    latest = max(user["meta"]["lastModified"] for user in before.values())

    answer = client.send("GET", "/Users?count=40", **_ANEW)

    assert "entitlements" in answer.headers["X-Bitbucket-Incomplete"]
    assert int(answer.headers["X-Bitbucket-Calls"]) > 0
    assert {user["id"]: user for user in answer.json()["Resources"]} == before
    assert client.all("/Users", filter=f'meta.lastModified gt "{latest}"') == []
    assert drain(client) == []


def test_a_change_by_an_older_version_is_made(client: Client) -> None:
    """Its `If-Match` still holds after everything was read anew."""
    user = holder(client)
    client.send("GET", "/Users", **_ANEW)
    body = {"Operations": [{"op": "add", "path": "externalId", "value": "x"}]}

    answer = client.send(
        "PATCH", f"/Users/{user['id']}", body, **{"If-Match": user["meta"]["version"]}
    )

    assert answer.status_code == 200, answer.text
