"""``scim-client``, against the demonstration. It knows users alone."""

import json
from urllib.error import HTTPError

import pytest
from scim_client import SCIMClient, User

from tests.demonstration import Demo


@pytest.fixture(scope="module")
def client(demo: Demo) -> SCIMClient:
    """The client."""
    return SCIMClient(base_url=demo.base_url, token=demo.token)


def test_everybody_is_read_from_index_0_on(client: SCIMClient) -> None:
    """It begins at 0, which is read as 1, and goes on by what it got."""
    everybody = client.search_users("", count=1000)
    assert everybody.start_index == 1
    assert len(everybody.resources) == everybody.total_results >= 200

    paged: list[str] = []
    while len(paged) < everybody.total_results:
        start = len(paged) + 1 if paged else 0
        page = client.search_users("", count=80, start_index=start)
        paged += [user.id for user in page.resources]
    assert paged == [user.id for user in everybody.resources]


def test_somebody_joins_moves_and_leaves(client: SCIMClient) -> None:
    """It writes whole users, with null for what they lack, and attributes that nobody keeps."""
    address = "carl.reed@acme.example"
    asked = User(
        id="which the service gives",
        external_id="reed-1",
        user_name=address,
        active=True,
        name={"given_name": "Carl", "family_name": "Reed"},
        display_name="Carl Reed",
        emails=[{"value": address, "primary": True, "type": "work"}],
        timezone="Europe/Rome",
    )
    carl = client.create_user(asked)
    assert carl.id != asked.id
    assert (carl.external_id, carl.user_name, carl.timezone) == ("reed-1", address, None)
    assert client.read_user(carl.id).to_dict() == carl.to_dict()
    (found,) = client.search_users(f'userName eq "{address}"').resources
    assert found.to_dict() == carl.to_dict()

    carl.display_name = "Carl Rush"
    carl.external_id = "reed-2"
    carl.active = False
    changed = client.update_user(carl)
    assert (changed.display_name, changed.external_id) == ("Carl Rush", "reed-2")
    assert changed.active is False
    changed.active = True
    assert client.update_user(changed).active is True

    assert client.delete_user(user=changed).status_code == 204
    with pytest.raises(HTTPError) as gone:
        client.read_user(carl.id)
    with gone.value as answer:
        assert (answer.code, json.load(answer)["status"]) == (404, "404")
    assert client.search_users(f'userName eq "{address}"').resources == []
