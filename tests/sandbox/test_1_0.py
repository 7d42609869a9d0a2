"""What is left of 1.0: groups, their grants, and invitations."""

from collections.abc import Callable

import pytest

from gateway.sandbox import Behaviour, World
from tests.sandbox.reader import Reader


def test_one_call_gives_every_group_with_every_member(reader: Reader, generated: World) -> None:
    """Names, slugs, members and settings, in one array."""
    read = reader.read("/1.0/groups/acme")
    assert {g["slug"]: [m["uuid"] for m in g["members"]] for g in read} == {
        group.slug: [member.uuid for member in generated.group_members(group)]
        for group in generated.groups.values()
    }
    assert [(g["name"], g["permission"], g["auto_add"]) for g in read] == [
        (g.name, g.permission and g.permission.value, g.auto_add) for g in generated.groups.values()
    ]


def test_one_group_is_as_in_the_list(reader: Reader) -> None:
    """By its slug; its members are a resource too."""
    for group in reader.read("/1.0/groups/acme"):
        path = f"/1.0/groups/acme/{group['slug']}"
        assert reader.read(path) == group
        assert reader.read(f"{path}/members") == group["members"]


@pytest.mark.parametrize("status", [405, 403])
@pytest.mark.parametrize("path", ["groups/{}", "group-privileges/{}", "users/{}/invitations"])
def test_1_0_knows_no_uuids(
    serve: Callable[..., Reader], world: World, path: str, status: int
) -> None:
    """A workspace is its slug; its UUID is refused one way or the other."""
    reader = serve(world, behaviour=Behaviour(workspace_uuid_on_1_0_status=status))
    assert reader.error(f"/1.0/{path.format(world.uuid)}")[0] == status


def test_one_call_gives_every_grant_of_a_group_on_a_repository(
    reader: Reader, generated: World
) -> None:
    """No grants of users and none on projects."""
    read = reader.read("/1.0/group-privileges/acme")
    assert {(p["repo"], p["group"]["slug"], p["privilege"]) for p in read} == {
        (f"acme/{grant.target.slug}", grant.subject.slug, grant.permission.value)
        for grant in generated.grants()
        if hasattr(grant.target, "slug") and hasattr(grant.subject, "slug")
    }
    for privilege in read:
        assert privilege["repo"] == f"acme/{privilege['repository']['slug']}"


@pytest.mark.parametrize("wanted", ["read", "write", "admin"])
def test_grants_by_privilege(reader: Reader, wanted: str) -> None:
    """``filter=`` selects one privilege."""
    everything = reader.read("/1.0/group-privileges/acme")
    expected = [p for p in everything if p["privilege"] == wanted]
    assert expected
    assert reader.read("/1.0/group-privileges/acme", filter=wanted) == expected
    assert reader.error("/1.0/group-privileges/acme", filter="owner")[0] == 400


def test_invitations_are_pending_until_accepted(serve: Callable[..., Reader], world: World) -> None:
    """Accepting one makes a member, in the groups of the invitation and those joined by all."""
    admin = world.members()[0][0]
    devs, everybody = world.add_group("Devs"), world.add_group("Everybody", auto_add=True)
    world.invite("New@Acme.example", invited_by=admin, groups=[devs])
    world.invite("other@acme.example", invited_by=admin)
    reader = serve(world)
    read = reader.read("/1.0/users/acme/invitations")
    assert [value["email"] for value in read] == ["New@Acme.example", "other@acme.example"]
    new = world.accept_invitation("new@acme.example", display_name="New")
    world.withdraw_invitation("OTHER@acme.example")
    assert reader.read("/1.0/users/acme/invitations") == []
    assert world.groups_of(new) == [devs, everybody]


def test_after_the_move_invitations_are_disabled(
    serve: Callable[..., Reader], world: World
) -> None:
    """Groups and their grants are still read."""
    reader = serve(world)
    world.move_administration()
    assert reader.error("/1.0/users/acme/invitations")[0] == 410
    assert reader.read("/1.0/groups/acme") == []
    assert reader.read("/1.0/group-privileges/acme") == []
