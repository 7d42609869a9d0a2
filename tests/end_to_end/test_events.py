"""What changes is told to who asks, with a signature that the served keys verify."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwk, jwt
from joserfc.jwk import ECKey

from gateway.sandbox import Behaviour, Serving, create_app, serving
from gateway.scim.events import CHANGED, CREATED, DEACTIVATED, DELETED
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world

ISSUER = "https://scim.acme.example"
AUDIENCE = "https://idp.acme.example"


@pytest.fixture
def bitbucket() -> Iterator[Serving]:
    """A simulated Bitbucket of five people and two groups."""
    with serving(create_app(small_world(), behaviour=Behaviour(hourly_limit=None))) as served:
        yield served


@pytest.fixture
def settings(bitbucket: Serving, tmp_path: Path) -> dict[str, str]:
    """The settings of a gateway that has events, and a key that does not sign yet."""
    keys = [ECKey.generate_key("P-256").as_pem(private=True).decode() for _ in range(2)]
    return environment(bitbucket.sandbox.world, bitbucket.url, tmp_path) | {
        "GATEWAY_PUBLIC_URL": ISSUER,
        "GATEWAY_EVENTS_KEY": "".join(keys),
        "GATEWAY_EVENTS_AUDIENCE": AUDIENCE,
        "GATEWAY_MAX_AGE": "0",
    }


@pytest.fixture
def client(settings: dict[str, str]) -> Iterator[Client]:
    """A client that has read all users and groups."""
    with gateway(settings) as made:
        made.all("/Users")
        made.all("/Groups")
        yield made


def poll(client: Client, *taken: str) -> dict[str, Any]:
    """Return the claims of what a poll tells, each verified, by the path of the resource."""
    answer = client.send("POST", "/events", {"returnImmediately": True, "ack": list(taken)})
    assert answer.status_code == 200, answer.text
    keys = requests.get(f"{client.base_url}/jwks", timeout=10).json()
    assert len(keys["keys"]) == 2
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}
    )
    found = {}
    for jti, text in answer.json()["sets"].items():
        token = jwt.decode(text, jwk.KeySet.import_key_set(keys), algorithms=["ES256"])
        rules.validate(token.claims)
        assert token.header["typ"] == "secevent+jwt"
        assert token.claims["jti"] == jti
        assert "sub" not in token.claims
        found[token.claims["sub_id"]["uri"]] = token.claims
    return found


def user_named(client: Client, name: str) -> dict[str, Any]:
    """Return the user of that name."""
    (found,) = client.all("/Users", filter=f'displayName eq "{name}"')
    return found


@pytest.mark.rule("9967-2-events", "9967-2-transitions")
def test_who_is_deactivated_is_told_until_it_is_acknowledged(client: Client) -> None:
    """The user's token says so, and shares its transaction with the groups it left."""
    assert poll(client) == {}
    ann = user_named(client, "Ann")
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    }
    assert client.send("PATCH", f"/Users/{ann['id']}", body).status_code == 200

    told = poll(client)

    of_ann = told[f"/Users/{ann['id']}"]
    assert of_ann["events"][DEACTIVATED] == {}
    assert {"active", "groups"} <= set(of_ann["events"][CHANGED]["attributes"])
    now = client.json(f"/Users/{ann['id']}")
    assert of_ann["events"][CHANGED]["version"] == now["meta"]["version"]
    assert of_ann["sub_id"]["externalId"] == now["externalId"]
    (group,) = ann["groups"]
    assert told[f"/Groups/{group['value']}"]["events"][CHANGED]["attributes"] == ["members"]
    assert len({claims["txn"] for claims in told.values()}) == 1
    assert "Ann" not in str(told)

    assert poll(client) == told
    assert poll(client, *(claims["jti"] for claims in told.values())) == {}


def test_what_changes_in_bitbucket_is_told(client: Client, bitbucket: Serving) -> None:
    """When it is found by a later question: who came, who left, what was renamed."""
    world = bitbucket.sandbox.world
    bob, cat = user_named(client, "Bob"), user_named(client, "Cat")
    world.change_account(world.accounts[f"{{{bob['id']}}}"], display_name="Robert")
    world.remove_member(world.accounts[f"{{{cat['id']}}}"])
    world.add_member("Eve", email="eve@acme.example")
    client.all("/Users")
    client.all("/Groups")

    told = {uri: claims["events"] for uri, claims in poll(client).items()}

    eve = user_named(client, "Eve")
    assert told[f"/Users/{cat['id']}"] == {DELETED: {}}
    assert list(told[f"/Users/{eve['id']}"]) == [CREATED]
    assert "displayName" in told[f"/Users/{bob['id']}"][CHANGED]["attributes"]


def test_a_restart_loses_nothing(settings: dict[str, str], bitbucket: Serving) -> None:
    """The events are in the database, and keep their ids."""
    with gateway(settings) as client:
        client.all("/Users")
        client.all("/Groups")
        bitbucket.sandbox.world.add_member("Eve", email="eve@acme.example")
        client.all("/Users")
        before = poll(client)
    with gateway(settings) as client:
        assert poll(client) == before
        assert len(before) == 1


def test_a_failure_tells_of_nothing(client: Client, bitbucket: Serving) -> None:
    """What Bitbucket refused did not change."""
    dan = user_named(client, "Dan")
    bitbucket.sandbox.faults.plan("500", "/1.0/groups/acme/*", times=99)
    group = client.all("/Groups", filter='displayName eq "Testers"')[0]
    body = {"Operations": [{"op": "add", "path": "members", "value": [{"value": dan["id"]}]}]}
    assert client.send("PATCH", f"/Groups/{group['id']}", body).status_code >= 500

    assert poll(client) == {}
