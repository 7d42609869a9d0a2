"""Who is invited, and comes into groups and leaves them before the invitation is accepted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, create_app, serving
from gateway.scim.errors import Conflict, Unavailable
from tests.provisioning.conftest import small_world
from tests.provisioning.office import Office, opened, resource
from tests.provisioning.test_groups import add
from tests.provisioning.test_users import ZOE, shown


@pytest.fixture(params=[False, True], ids=["dropped", "kept"])
def behaviour(request: pytest.FixtureRequest) -> Behaviour:
    """What Bitbucket does with an invitation into no group is not known."""
    return Behaviour(hourly_limit=None, keeps_empty_invitations=request.param)


def leaving(user_id: str) -> dict[str, Any]:
    """Return the operation that takes somebody out."""
    return {"op": "remove", "path": f'members[value eq "{user_id}"]'}


def test_who_leaves_the_last_group_stays_invited(office: Office) -> None:
    """The user is shown as active, so the invitation is there, and can be accepted."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]

    group = resource(office.patch_group(group_id, leaving(user_id)))

    assert user_id not in {member["value"] for member in group["members"]}
    assert shown(office, user_id)["active"] is True
    assert "groups" not in shown(office, user_id)
    assert office.world.invitations["zoe@acme.example"].group_slugs == ()


def test_who_leaves_one_of_two_groups_is_in_the_other(office: Office) -> None:
    """And nobody is invited anew."""
    ids = [office.group_id(name) for name in ("Developers", "Testers")]
    user_id = resource(office.create_user(**ZOE, groups=[{"value": i} for i in ids]))["id"]
    office.bitbucket.calls.reset()
    office.patch_group(ids[0], leaving(user_id))
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("testers",)
    assert [call.split()[0] for call in office.writes] == ["DELETE"]


def test_the_same_request_again_invites_who_lost_the_invitation(office: Office) -> None:
    """Until that is done the user has not left the group."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    office.bitbucket.faults.plan("503", "/1.0/users/acme/invitations", method="PUT", times=9)
    with pytest.raises(Unavailable, match="Done, 1 of 2"):
        office.patch_group(group_id, leaving(user_id))
    office.bitbucket.faults.clear()
    assert shown(office, user_id)["groups"]
    office.patch_group(group_id, leaving(user_id))
    assert "groups" not in shown(office, user_id)
    assert office.world.invitations["zoe@acme.example"].group_slugs == ()


@pytest.fixture
def usual(tmp_path: Path, behaviour: Behaviour) -> Iterator[Office]:
    """A workspace where people are invited into the testers."""
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with (
        serving(create_app(small_world(), behaviour=behaviour)) as bitbucket,
        opened(bitbucket, database, invitation_group="Testers") as made,
    ):
        yield made


def test_who_leaves_the_last_group_is_invited_into_the_usual_one(usual: Office) -> None:
    """And stays in that, as there has to be one."""
    developers, testers = (usual.group_id(name) for name in ("Developers", "Testers"))
    user_id = resource(usual.create_user(**ZOE, groups=[{"value": developers}]))["id"]
    usual.patch_group(developers, leaving(user_id))
    assert usual.world.invitations["zoe@acme.example"].group_slugs == ("testers",)
    assert [group["value"] for group in shown(usual, user_id)["groups"]] == [testers]

    with pytest.raises(Conflict, match="GATEWAY_INVITATION_GROUP"):
        usual.patch_group(testers, leaving(user_id))
    usual.patch_group(developers, add(user_id))
    usual.patch_group(testers, leaving(user_id))
    assert usual.world.invitations["zoe@acme.example"].group_slugs == ("developers",)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_leaves_for_the_usual_group_is_invited_all_the_time(usual: Office, method: str) -> None:
    """Whichever call stops it, the person is invited into what the user is shown in."""
    group_id = usual.group_id("Developers")
    user_id = resource(usual.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    usual.bitbucket.faults.plan("503", "/1.0/users/acme/invitations", method=method, times=9)
    with pytest.raises(Unavailable):
        usual.patch_group(group_id, leaving(user_id))
    usual.bitbucket.faults.clear()
    names = [group["display"].lower() for group in shown(usual, user_id)["groups"]]
    assert "developers" in names
    assert sorted(usual.world.invitations["zoe@acme.example"].group_slugs) == sorted(names)

    usual.patch_group(group_id, leaving(user_id))
    assert usual.world.invitations["zoe@acme.example"].group_slugs == ("testers",)
    assert [group["display"] for group in shown(usual, user_id)["groups"]] == ["Testers"]


def test_who_has_accepted_is_taken_out_and_not_invited(office: Office) -> None:
    """Though nobody has asked for the user since."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    zoe = office.world.accept_invitation("zoe@acme.example", display_name="Zoe")
    written = office.patch_group(group_id, leaving(user_id))
    assert not written.notes
    assert not office.world.groups_of(zoe)
    assert not office.world.invitations
    assert "groups" not in shown(office, user_id)


def delete_group(office: Office, group_id: str) -> None:
    """Delete a group."""
    office.groups.delete(group_id, office.write(office.registry.group))


@pytest.mark.parametrize("others", [(), ("Developers",)])
def test_nobody_is_invited_into_a_group_that_was_deleted(
    office: Office, others: tuple[str, ...]
) -> None:
    """Nor into the next one of the same name; who was invited into no other is so still."""
    groups = [{"value": office.group_id(name)} for name in ("Testers", *others)]
    user_id = resource(office.create_user(**ZOE, groups=groups))["id"]
    delete_group(office, groups[0]["value"])
    slugs = tuple(name.lower() for name in others)
    assert office.world.invitations["zoe@acme.example"].group_slugs == slugs
    names = [group["display"] for group in shown(office, user_id).get("groups", ())]
    assert names == list(others)

    office.create_group(displayName="Testers")
    office.world.accept_invitation("zoe@acme.example", display_name="Zoe")
    group = office.world.group("testers")
    assert group is not None
    assert not office.world.group_members(group)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_same_request_again_deletes_the_group(office: Office, method: str) -> None:
    """Whichever call stopped it, nobody loses the invitation in the end."""
    group_id = office.group_id("Testers")
    office.create_user(**ZOE, groups=[{"value": group_id}])
    office.bitbucket.faults.plan("503", "/1.0/users/acme/invitations", method=method, times=9)
    with pytest.raises(Unavailable):
        delete_group(office, group_id)
    office.bitbucket.faults.clear()
    assert office.world.group("testers") is not None
    delete_group(office, group_id)
    assert office.world.group("testers") is None
    assert office.world.invitations["zoe@acme.example"].group_slugs == ()


def test_who_has_accepted_does_not_keep_a_group_from_being_deleted(office: Office) -> None:
    """Nor is the new member invited."""
    group_id = office.group_id("Testers")
    office.create_user(**ZOE, groups=[{"value": group_id}])
    office.world.accept_invitation("zoe@acme.example", display_name="Zoe")
    delete_group(office, group_id)
    assert office.world.group("testers") is None
    assert not office.world.invitations


def test_a_deletion_foretells_the_invitations_it_withdraws(office: Office) -> None:
    """And changes none."""
    group_id = office.group_id("Testers")
    office.create_user(**ZOE, groups=[{"value": group_id}])
    how = office.write(office.registry.group, is_dry_run=True)
    plan = office.groups.delete(group_id, how).plan
    assert plan is not None
    calls: Any = plan["calls"]
    assert [call["method"] for call in calls] == ["DELETE", "PUT", "DELETE"]
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("testers",)


def test_the_usual_group_is_not_deleted_from_under_who_is_in_no_other(usual: Office) -> None:
    """There is no group that the invitation could be into instead."""
    group_id = usual.group_id("Testers")
    usual.create_user(**ZOE)
    with pytest.raises(Conflict, match="GATEWAY_INVITATION_GROUP"):
        delete_group(usual, group_id)
