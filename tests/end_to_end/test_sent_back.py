"""What is read of a closed account and sent back, in front of a simulated Bitbucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sandbox import create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A gateway to a workspace in which Ann's account is closed, and she is in a group."""
    world = small_world()
    ann = next(account for account, _ in world.members() if account.display_name == "Ann")
    world.change_account(ann, status="closed")
    with serving(create_app(world)) as bitbucket:
        settings = environment(world, bitbucket.url, tmp_path)
        with gateway(settings) as client:
            yield client


@pytest.mark.parametrize("way", ["PUT", "POST /Bulk"])
def test_access_stays_until_it_is_taken_away_by_a_word(client: Client, way: str) -> None:
    """A note says which; the version is held to, and stays what it was."""
    (ann,) = client.json("/Users", filter='displayName eq "Ann"')["Resources"]
    path, tag = f"/Users/{ann['id']}", ann["meta"]["version"]
    assert (ann["active"], len(ann["groups"])) == (False, 1)

    if way == "PUT":
        answer = client.send("PUT", path, ann, **{"If-Match": tag})
        assert (answer.json(), answer.headers["ETag"]) == (ann, tag)
    else:
        operation = {"method": "PUT", "path": path, "data": ann, "version": tag}
        answer = client.send("POST", "/Bulk", {"Operations": [operation]})
        assert answer.json()["Operations"][0]["version"] == tag
    assert answer.headers["X-Bitbucket-Notes"].endswith(
        "active false was sent back as Atlassian has it: all access stays until a PATCH of active "
        "to false, or a DELETE, takes it away"
    )
    assert client.json(path) == ann

    operations = [{"op": "replace", "path": "active", "value": False}]
    changed = client.send("PATCH", path, {"Operations": operations})
    assert "groups" not in changed.json()
    assert "X-Bitbucket-Notes" not in changed.headers
