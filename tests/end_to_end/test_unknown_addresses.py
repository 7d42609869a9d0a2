"""Which answers say that e-mail addresses are not known, in front of a simulated Bitbucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import create_app, serving
from tests.end_to_end.gateways import Client, environment, gateway
from tests.provisioning.conftest import small_world

HEADER = "X-Bitbucket-Incomplete"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A gateway whose token is for Ann, by her id, as nobody has asked for her address."""
    world = small_world()
    ann = next(account for account, _ in world.members() if account.display_name == "Ann")
    with serving(create_app(world)) as bitbucket:
        settings = environment(world, bitbucket.url, tmp_path)
        with gateway(settings | {"SCIM_TOKEN_USER": ann.uuid.strip("{}")}) as client:
            yield client


def test_every_answer_that_shows_none_says_so(client: Client) -> None:
    """By whatever address and method, given again too; and no other answer."""
    everybody = client.get("/Users")
    ann = next(each for each in everybody.json()["Resources"] if each["displayName"] == "Ann")
    path = f"/Users/{ann['id']}"
    search: dict[str, Any] = {"count": 10}
    change = {"op": "replace", "path": "externalId", "value": "a1"}
    answers = [
        everybody,
        client.get("/Users"),
        client.get("/Users", count=2),
        client.get("/Users", cursor="", count=2),
        client.get("/Users", attributes="emails"),
        client.send("POST", "/Users/.search", search),
        client.get("/"),
        client.send("POST", "/.search", search),
        client.get(path),
        client.get(path),
        client.get("/Me"),
        client.send("PUT", path, {"userName": "ann"}),
        client.send("PATCH", path, {"Operations": [change]}),
    ]
    assert [answer.headers.get(HEADER) for answer in answers] == ["emails"] * len(answers)

    groups = client.json("/Groups")["Resources"]
    answers = [
        client.get("/Groups"),
        client.get(f"/Groups/{groups[0]['id']}"),
        client.get("/Users", excludedAttributes="emails"),
        client.get("/Users", count=0),
        client.get(path, attributes="displayName"),
        client.get("/Users", filter='userName eq "bob@acme.example"'),
    ]
    assert [HEADER in answer.headers for answer in answers] == [False] * len(answers)


def test_who_has_the_answer_already_is_told_the_same(client: Client) -> None:
    """What is not known is no part of what an answer is known by."""
    for path in ("/Users", "/Users?count=3"):
        for _ in range(2):
            tag = client.get(path).headers["ETag"]
            again = client.session.get(
                f"{client.base_url}{path}", headers={"If-None-Match": tag}, timeout=30
            )
            assert (again.status_code, again.headers[HEADER]) == (304, "emails")
