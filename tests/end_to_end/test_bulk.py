"""Bulk requests through the whole gateway, to a simulated Bitbucket (RFC 7644 §3.7)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx2 import Client as HttpClient
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import BulkResponse

from gateway.mirror.engine import open_database
from gateway.mirror.mirror import Mirror
from gateway.sandbox import Behaviour, FaultKind, Sandbox, create_app, serving
from tests.end_to_end.gateways import TOKEN, Client, environment, gateway
from tests.provisioning.conftest import small_world
from tests.provisioning.office import bare

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@dataclass(frozen=True, slots=True)
class Scene:
    """A gateway to a small workspace, and what is behind it."""

    client: Client
    bitbucket: Sandbox
    settings: dict[str, str]

    def bulk(self, *operations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Return what came of *operations*."""
        answer = self.client.send("POST", "/Bulk", {"Operations": operations, **more})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["Operations"]
        return results

    def user(self, name: str) -> dict[str, Any]:
        """Return the user of that name."""
        (found,) = self.client.json("/Users", filter=f'userName eq "{name}"')["Resources"]
        assert isinstance(found, dict)
        return found

    def members(self, name: str) -> set[str]:
        """Return the ids of the members of the group of that name."""
        (found,) = self.client.json("/Groups", filter=f'displayName eq "{name}"')["Resources"]
        return {member["value"] for member in found.get("members", [])}

    def changes(self) -> list[tuple[str, str, str]]:
        """Return the action of each change in the journal, its request, and how it ended."""
        engine = open_database(self.settings["GATEWAY_DATABASE_URL"])
        netloc = urlsplit(self.settings["BITBUCKET_API_URL"]).netloc
        with Mirror(engine, f"{netloc}/acme").reading() as snapshot:
            changes = snapshot.journal.changes()
        engine.dispose()
        return [(c.began.data["action"], c.began.data["requestId"], c.outcome) for c in changes]


@contextmanager
def scene_of(tmp_path: Path, **settings: str) -> Iterator[Scene]:
    """Set up a gateway with *settings*."""
    world = small_world()
    with serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket:
        known = environment(world, bitbucket.url, tmp_path) | settings
        with gateway(known) as client:
            yield Scene(client, bitbucket.sandbox, known)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A gateway that knows nothing yet."""
    with scene_of(tmp_path) as made:
        yield made


def post(name: str, manager: str | None = None) -> dict[str, Any]:
    """Return the operation that makes a user."""
    data: dict[str, Any] = {"userName": f"{name}@new.example"}
    if manager is not None:
        data[ENTERPRISE] = {"manager": {"value": f"bulkId:{manager}"}}
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": data}


def team(name: str, *members: str) -> dict[str, Any]:
    """Return the operation that makes a group."""
    data = {"displayName": name, "members": [{"value": f"bulkId:{each}"} for each in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """Return the status of each operation."""
    return [result["status"] for result in results]


@pytest.mark.rule("7644-3.7.2-references", "ipsie-bulk")
@pytest.mark.parametrize("position", [0, 1, 2])
def test_users_and_their_group_are_made_at_once(scene: Scene, position: int) -> None:
    """Wherever the group stands: both are invited into it, and it shows them."""
    operations = [post("eve"), post("fay")]
    operations.insert(position, team("Newcomers", "eve", "fay"))

    results = scene.bulk(*operations)
    assert statuses(results) == ["201"] * 3

    eve, fay = scene.user("eve@new.example"), scene.user("fay@new.example")
    versions = {result["bulkId"]: result["version"] for result in results}
    assert (versions["eve"], versions["fay"]) == (eve["meta"]["version"], fay["meta"]["version"])
    assert scene.members("Newcomers") == {eve["id"], fay["id"]}
    for name in ("eve", "fay"):
        assert "newcomers" in scene.bitbucket.world.invitations[f"{name}@new.example"].group_slugs


@pytest.mark.rule("7644-3.7.1-circles")
def test_users_who_manage_one_another_are_made(scene: Scene) -> None:
    """One is made without its manager, who is set as soon as there is one."""
    results = scene.bulk(post("eve", "fay"), post("fay", "eve"))

    assert statuses(results) == ["201"] * 2
    eve, fay = scene.user("eve@new.example"), scene.user("fay@new.example")
    assert eve[ENTERPRISE]["manager"]["value"] == fay["id"]
    assert fay[ENTERPRISE]["manager"]["value"] == eve["id"]
    assert [r["version"] for r in results] == [eve["meta"]["version"], fay["meta"]["version"]]
    assert [r["location"] for r in results] == [eve["meta"]["location"], fay["meta"]["location"]]


def test_each_operation_is_a_change_of_its_own(scene: Scene) -> None:
    """In the journal, under the id of the one request; what fails is no change."""
    operations = [post("eve"), post("eve") | {"bulkId": "again"}, team("Newcomers", "eve")]
    sent = scene.client.send("POST", "/Bulk", {"Operations": operations})

    assert statuses(sent.json()["Operations"]) == ["201", "409", "201"]
    request_id = sent.headers["X-Request-Id"]
    assert scene.changes() == [("create", request_id, "done")] * 2
    calls = [made for made in scene.bitbucket.calls.made if "oauth2" not in made.path]
    # An error tells of no calls, alone or among others.
    assert 0 < int(sent.headers["X-Bitbucket-Calls"]) <= len(calls)


def test_a_name_is_free_again_within_a_request(scene: Scene) -> None:
    """Who was deleted leaves the name to who is made after that."""
    scene.bulk(post("eve"))
    old = scene.user("eve@new.example")["id"]
    deletion = {"method": "DELETE", "path": f"/Users/{old}"}

    assert statuses(scene.bulk(deletion, post("eve"))) == ["204", "201"]
    assert scene.user("eve@new.example")["id"] != old


def test_a_version_that_is_gone_is_refused(scene: Scene) -> None:
    """412, and nothing is changed; the one that is there holds."""
    scene.bulk(team("Newcomers"))
    (group,) = scene.client.json("/Groups", filter='displayName eq "Newcomers"')["Resources"]
    rename = {
        "method": "PATCH",
        "path": f"/Groups/{group['id']}",
        "version": group["meta"]["version"],
        "data": {"Operations": [{"op": "replace", "path": "displayName", "value": "Starters"}]},
    }

    renamed, refused = scene.bulk(rename, rename)
    assert (renamed["status"], refused["status"]) == ("200", "412")
    assert refused["location"] == renamed["location"]
    assert scene.members("Starters") == set()


@pytest.mark.parametrize(("fail_on_errors", "expected"), [(None, 4), (1, 2)])
def test_what_bitbucket_refuses_half_way_is_told(
    scene: Scene, fail_on_errors: int | None, expected: int
) -> None:
    """What was done before is kept, the others are tried unless the client says not to."""
    ann = next(a for a, _ in scene.bitbucket.world.members() if a.display_name == "Ann")
    group = team("Newcomers")
    group["data"]["members"] = [{"value": bare(ann.uuid)}]
    scene.bitbucket.faults.plan(FaultKind.INTERNAL_ERROR, method="POST", skip=1, path="*groups*")
    operations = [group, team("Second"), team("Third"), post("eve")]
    more = {} if fail_on_errors is None else {"failOnErrors": fail_on_errors}

    results = scene.bulk(*operations, **more)

    assert statuses(results) == ["201", "503", "201", "201"][:expected]
    assert "Send the same request again" in results[1]["response"]["detail"]
    assert scene.members("Newcomers") == {bare(ann.uuid)}
    again = scene.bulk(*operations[1:])
    assert again[0]["status"] == "201"


def test_what_rests_on_what_is_half_made_is_told_to_wait(scene: Scene) -> None:
    """503 as its maker, whose own answer says what was done, and where; no address is made up."""
    ann = next(a for a, _ in scene.bitbucket.world.members() if a.display_name == "Ann")
    group = team("Newcomers")
    group["data"]["members"] = [{"value": bare(ann.uuid)}]
    scene.bitbucket.faults.plan(FaultKind.INTERNAL_ERROR, method="PUT", path="*/members/*")
    deletion = {"method": "DELETE", "path": "/Groups/bulkId:Newcomers"}

    made, deleted = scene.bulk(group, deletion)

    assert statuses([made, deleted]) == ["503", "503"]
    assert "Done, 1 of 2" in made["response"]["detail"]
    (half_made,) = scene.client.json("/Groups", filter='displayName eq "Newcomers"')["Resources"]
    assert made["location"] == half_made["meta"]["location"]
    waiting = made["response"]["detail"].rpartition("Retry after")[2]
    assert deleted["response"]["detail"] == (
        "bulkId:Newcomers was not finished, so this was not tried; see its own answer, and send "
        f"both again. Retry after{waiting}"
    )
    assert "location" not in deleted
    assert statuses(scene.bulk(group, deletion)) == ["201", "204"]


def test_a_spent_budget_is_told_of_each_operation(tmp_path: Path) -> None:
    """What is left once the calls of the hour are made is 503, and not sent."""
    with scene_of(tmp_path, GATEWAY_HOURLY_LIMIT="4") as scene:
        first, *others = scene.bulk(*(post(f"n{number}") for number in range(8)))
        told = [first["status"], *statuses(others)]
        done = told.count("201")

        assert done
        assert told == ["201"] * done + ["503"] * (8 - done)
        for refused in others[done - 1 :]:
            assert "are spent until" in refused["response"]["detail"]
            assert "Retry after" in refused["response"]["detail"]
        sent = [call for call in scene.bitbucket.calls.made if "/invitations" in str(call)]
        assert len(sent) == done
        assert len(scene.bitbucket.world.invitations) == done


def test_a_limit_of_bitbucket_holds_up_nothing_else(scene: Scene) -> None:
    """What takes no call is done at once, and nothing waits for what Bitbucket puts off."""
    scene.bulk(post("eve"))
    eve = scene.user("eve@new.example")["id"]
    scene.client.json("/Groups")
    scene.bitbucket.faults.plan(
        FaultKind.TOO_MANY_REQUESTS, path="/1.0/groups*", times=99, retry_after_seconds=600
    )
    calls = len(scene.bitbucket.calls.made)
    began = time.monotonic()
    results = scene.bulk(
        team("Newcomers"),
        team("Starters"),
        {
            "method": "PATCH",
            "path": f"/Users/{eve}",
            "data": {"Operations": [{"op": "add", "value": {"externalId": "7"}}]},
        },
        {"method": "DELETE", "path": "/Users/nobody"},
        team("Beginners"),
    )

    assert statuses(results) == ["503", "503", "200", "404", "503"]
    for refused in (results[0], results[1], results[4]):
        assert "Retry after" in refused["response"]["detail"]
    assert time.monotonic() - began < 10
    tried = [call for call in scene.bitbucket.calls.made[calls:] if "/1.0/" in str(call)]
    # Once for each credential that could; nothing is asked for those that come after.
    assert len(tried) == 2
    assert scene.user("eve@new.example")["externalId"] == "7"


@pytest.mark.rule("7644-3.7.3-answers", "ipsie-bulk")
def test_a_client_that_nobody_here_wrote_understands_it(scene: Scene) -> None:
    """scim2-client checks what is announced, what it sends and what it is answered."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    request = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 5,
        "Operations": [
            team("Newcomers", "eve"),
            post("eve"),
            {"method": "DELETE", "path": "/Users/nobody"},
            {"method": "PATCH", "path": "/Nothing/here", "data": {}},
        ],
    }
    with HttpClient(base_url=scene.client.base_url, headers=headers, timeout=60) as http:
        client = SyncSCIMClient(http)
        client.discover()
        answer = client.bulk(request, check_request_payload=False)

    assert isinstance(answer, BulkResponse)
    assert [each.status for each in answer.operations or ()] == [201, 201, 404, 404]
    assert scene.members("Newcomers") == {scene.user("eve@new.example")["id"]}
