"""A token can be for a user, who is then at ``/Me``, in front of a simulated Bitbucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sandbox import create_app, generate, serving
from tests.end_to_end.gateways import Client, environment, gateway

LEVEL = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A gateway whose token is for a member, by an address in other letters."""
    world = generate(users=20, groups=4, projects=3, repositories=12)
    with serving(create_app(world)) as bitbucket:
        settings = environment(world, bitbucket.url, tmp_path)
        address = f"ADMIN@{world.slug}.example"
        with gateway(settings | {"SCIM_TOKEN_USER": address}) as client:
            yield client


@pytest.mark.rule("7644-3.11-me")
def test_me_is_found_and_changed(client: Client) -> None:
    """By its address, which Bitbucket is asked for once; a change is the user's own."""
    me = client.get("/Me")
    again = client.get("/Me")

    assert me.status_code == 200
    assert me.json()["userName"].startswith("admin@")
    assert me.headers["Location"] == me.json()["meta"]["location"]
    assert int(me.headers["X-Bitbucket-Calls"]) > 0
    assert again.headers["X-Bitbucket-Calls"] == "0"

    change = {"Operations": [{"op": "add", "path": f"{LEVEL}:employeeNumber", "value": "7"}]}
    dry = client.send("PATCH", "/Me", change, **{"X-Dry-Run": "true"})
    assert dry.json()["dryRun"]
    stale = client.send("PATCH", "/Me", change, **{"If-Match": 'W/"0"'})
    assert stale.status_code == 412
    changed = client.send("PATCH", "/Me", change, **{"If-Match": me.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert changed.headers["Location"] == me.headers["Location"]
    assert client.json(f"/Users/{me.json()['id']}") == client.json("/Me") == changed.json()


def test_me_is_protected_as_every_user_is(client: Client) -> None:
    """An owner of the workspace is not deleted, by this address either."""
    answer = client.send("DELETE", "/Me")
    assert answer.status_code == 409, answer.text
    assert client.get("/Me").status_code == 200
