"""The SCIM client of ``slack-sdk``, against the demonstration. It speaks SCIM 1.1."""

import pytest
from slack_sdk.scim import Group, SCIMClient, User
from slack_sdk.scim.v1.group import GroupMember
from slack_sdk.scim.v1.types import TypeAndValue
from slack_sdk.scim.v1.user import UserName

from tests.demonstration import Demo

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture(scope="module")
def client(demo: Demo) -> SCIMClient:
    """The client."""
    return _client(demo, demo.token)


def test_everybody_and_every_group_is_read(client: SCIMClient) -> None:
    """In one page, or in several."""
    everybody = client.search_users(count=1000, start_index=1)
    assert everybody.body
    assert len(everybody.users) == everybody.body["totalResults"] >= 200
    paged = [
        user.id
        for start in range(1, len(everybody.users) + 1, 90)
        for user in client.search_users(count=90, start_index=start).users
    ]
    assert paged == [user.id for user in everybody.users]

    assert len(client.search_groups(count=1000, start_index=1).groups) >= 25
    found = client.search_groups(count=2, start_index=1, filter='displayName eq "Administrators"')
    assert [group.display_name for group in found.groups] == ["Administrators"]


def test_somebody_joins_moves_and_leaves(client: SCIMClient) -> None:
    """By PUT of what it read, with the schema of SCIM 1.1 in each body."""
    address = "sara.lake@acme.example"
    created = client.create_user(
        User(
            user_name=address,
            display_name="Sara Lake",
            name=UserName(given_name="Sara", family_name="Lake"),
            emails=[TypeAndValue(value=address, type="work", primary=True)],
            external_id="lake-1",
        )
    )
    sara = created.user
    assert created.status_code == 201
    assert isinstance(sara.id, str)
    assert client.read_user(sara.id).body == created.body
    found = client.search_users(count=1, start_index=1, filter=f'userName eq "{address}"')
    assert [user.id for user in found.users] == [sara.id]

    team = client.create_group(
        Group(display_name="Swimmers", members=[GroupMember(value=sara.id)])
    ).group
    assert isinstance(team.id, str)
    assert _members(client, team.id) == [sara.id]
    member_of = client.read_user(sara.id).user.groups
    assert isinstance(member_of, list)
    assert "Swimmers" in {group.display for group in member_of}
    team.members = []
    assert client.update_group(team).status_code == 200
    assert _members(client, team.id) == []
    team.members = [GroupMember(value=sara.id)]
    team.display_name = "Divers"
    assert client.update_group(team).group.display_name == "Divers"
    assert _members(client, team.id) == [sara.id]

    sara.external_id = "lake-2"
    sara.display_name = "Sara Pond"
    updated = client.update_user(sara).user
    assert (updated.external_id, updated.display_name) == ("lake-2", "Sara Pond")
    sara.active = False
    assert client.update_user(sara).user.active is False
    assert client.read_user(sara.id).user.active is False

    assert client.delete_group(team.id).status_code == 204
    assert client.delete_user(sara.id).status_code == 204
    assert client.read_user(sara.id).status_code == 404


def test_a_patch_of_scim_1_1_is_refused_and_one_of_2_0_goes_through(client: SCIMClient) -> None:
    """Operations, as RFC 7644 wants them, can be given to it as a dict."""
    address = "rosa.hill@acme.example"
    created = client.create_user({"userName": address, "externalId": "hill-1"})
    rosa = created.user
    assert isinstance(rosa.id, str)

    refused = client.patch_user(rosa.id, User(external_id="hill-2"))
    assert refused.status_code == 400
    assert refused.body
    assert refused.body["detail"] == "The body has no Operations; send a PatchOp message."
    assert client.read_user(rosa.id).body == created.body

    operations = [{"op": "replace", "path": "externalId", "value": "hill-2"}]
    patched = client.patch_user(rosa.id, {"schemas": [_PATCH], "Operations": operations})
    assert (patched.status_code, patched.user.external_id) == (200, "hill-2")
    assert client.delete_user(rosa.id).status_code == 204


def test_a_wrong_token_is_told(demo: Demo) -> None:
    """As a status and a sentence; the client raises nothing."""
    answer = _client(demo, f"not-{demo.token}").search_users(count=1, start_index=1)
    assert answer.status_code == 401
    assert answer.body
    assert "token" in answer.body["detail"]


def _client(demo: Demo, token: str) -> SCIMClient:
    client = SCIMClient(token=token, base_url=f"{demo.base_url}/")
    # It would ask a proxy of the environment even for what is on this machine.
    client.proxy = None
    return client


def _members(client: SCIMClient, group: str) -> list[object]:
    members = client.read_group(group).group.members
    return [each.value for each in members] if isinstance(members, list) else []
