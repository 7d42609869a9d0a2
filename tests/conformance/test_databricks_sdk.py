"""The users and groups of ``databricks-sdk``, against the demonstration."""

from collections.abc import Iterator

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict, Unauthenticated
from databricks.sdk.service.iam import ComplexValue, Name, Patch, PatchOp, PatchSchema

from tests.conformance.proxies import mapped, served
from tests.demonstration import Demo

# Where it takes SCIM to be on every host.
_PREFIX = "/api/2.0/preview/scim/v2"
_PATCH = [PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


@pytest.fixture(scope="module")
def host(demo: Demo) -> Iterator[str]:
    """The gateway, where the client looks for it."""
    with served(mapped(_PREFIX, demo.base_url)) as url:
        yield url


@pytest.fixture(scope="module")
def workspace(host: str, demo: Demo) -> WorkspaceClient:
    """The client."""
    return WorkspaceClient(host=host, token=demo.token, auth_type="pat")


def test_pages_are_read_until_one_is_empty(workspace: WorkspaceClient) -> None:
    """It asks for ten thousand at once, or for a few, and comes to the same people and groups."""
    people = [user.id for user in workspace.users.list()]
    assert len(people) == len(set(people)) >= 200
    assert [user.id for user in workspace.users.list(count=90)] == people

    groups = list(workspace.groups.list())
    assert len(groups) >= 25
    assert list(workspace.groups.list(count=10)) == groups
    assert {member.value for group in groups for member in group.members or ()} <= set(people)


def test_somebody_joins_moves_and_leaves(workspace: WorkspaceClient) -> None:
    """POST and PUT go without schemas, PATCH with paths."""
    users, groups = workspace.users, workspace.groups
    address = "dora.brick@acme.example"
    dora = users.create(
        user_name=address,
        display_name="Dora Brick",
        name=Name(given_name="Dora", family_name="Brick"),
        emails=[ComplexValue(value=address, type="work", primary=True)],
        external_id="brick-1",
        active=True,
    )
    assert dora.id
    assert (dora.user_name, dora.display_name, dora.active) == (address, "Dora Brick", True)
    assert list(users.list(filter=f'userName eq "{address}"')) == [dora]
    assert users.get(dora.id) == dora

    team = groups.create(display_name="Brick layers", members=[ComplexValue(value=dora.id)])
    assert team.id
    assert groups.get(team.id) == team
    assert "Brick layers" in {group.display for group in users.get(dora.id).groups or ()}

    taken_out = [Patch(op=PatchOp.REMOVE, path=f'members[value eq "{dora.id}"]')]
    groups.patch(team.id, operations=taken_out, schemas=_PATCH)
    assert groups.get(team.id).members == []
    put_in = [Patch(op=PatchOp.ADD, path="members", value=[{"value": dora.id}])]
    groups.patch(team.id, operations=put_in, schemas=_PATCH)
    assert [member.value for member in groups.get(team.id).members or ()] == [dora.id]
    groups.update(team.id, display_name="Masons")
    renamed = groups.get(team.id)
    assert (renamed.display_name, renamed.members) == ("Masons", [])

    moved = [Patch(op=PatchOp.REPLACE, path="externalId", value="brick-2")]
    users.patch(dora.id, operations=moved, schemas=_PATCH)
    assert users.get(dora.id).external_id == "brick-2"
    switched_off = [Patch(op=PatchOp.REPLACE, path="active", value="false")]
    users.patch(dora.id, operations=switched_off, schemas=_PATCH)
    assert users.get(dora.id).active is False
    users.update(dora.id, user_name=address, display_name="Dora Stone", active=True)
    again = users.get(dora.id)
    assert (again.display_name, again.active) == ("Dora Stone", True)

    groups.delete(team.id)
    users.delete(dora.id)
    with pytest.raises(NotFound, match="no User with the id"):
        users.get(dora.id)
    with pytest.raises(NotFound, match="no Group with the id"):
        groups.get(team.id)


def test_an_error_is_of_its_own_kind(host: str, demo: Demo, workspace: WorkspaceClient) -> None:
    """It reads detail and scimType, and raises what the status stands for."""
    with pytest.raises(ResourceConflict, match="There is a user"):
        workspace.users.create(user_name="admin@acme.example")
    with pytest.raises(BadRequest, match="colour"):
        list(workspace.users.list(filter='colour eq "red"'))
    stranger = WorkspaceClient(host=host, token=f"not-{demo.token}", auth_type="pat")
    with pytest.raises(Unauthenticated):
        list(stranger.users.list())


def test_false_is_refused_because_the_client_leaves_it_out(workspace: WorkspaceClient) -> None:
    """
    Its patch drops a value that is false: what is to become of ``active`` is not said.

    "false", as text, comes through.
    """
    user = next(workspace.users.list(filter="active eq true", count=1))
    assert user.id
    falsehood = [Patch(op=PatchOp.REPLACE, path="active", value=False)]
    with pytest.raises(BadRequest, match="value"):
        workspace.users.patch(user.id, operations=falsehood, schemas=_PATCH)
    assert workspace.users.get(user.id) == user
