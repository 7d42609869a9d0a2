"""Who may be invited at another address than the one that is kept, as a change stopped half-way."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.scim.errors import Unavailable
from tests.provisioning.office import Office, resource
from tests.provisioning.test_leaving_invitations import leaving
from tests.provisioning.test_users import EXTENSION, accept, shown

INVITATIONS = "/1.0/users/acme/invitations"
EMAIL = 'emails[type eq "work"].value'


def moving(email: str) -> dict[str, Any]:
    """Return the operation that gives a user another address."""
    return {"op": "replace", "path": EMAIL, "value": email}


@pytest.fixture
def user_id(office: Office) -> str:
    """The id of a user who was invited at one address, and at another by a change that stopped."""
    group_id = office.group_id("Developers")
    emails = [{"value": "typo@acme.example", "type": "work", "primary": True}]
    made = office.create_user(userName="zoe", emails=emails, groups=[{"value": group_id}])
    known: str = resource(made)["id"]
    office.bitbucket.faults.plan("503", INVITATIONS, method="DELETE", times=9)
    with pytest.raises(Unavailable):
        office.patch_user(known, moving("zoe@acme.example"))
    office.bitbucket.faults.clear()
    assert sorted(office.world.invitations) == ["typo@acme.example", "zoe@acme.example"]
    return known


def deactivate(office: Office, user_id: str) -> None:
    """Make the user inactive."""
    office.activate(user_id, active=False)


def delete(office: Office, user_id: str) -> None:
    """Delete the user."""
    office.users.delete(user_id, office.write(office.registry.user))


LEAVING = pytest.mark.parametrize("leave", [deactivate, delete])


def is_anything_open(office: Office) -> bool:
    """Return whether something is left to do of a change."""
    return any(change.is_open for change in office.changes())


@LEAVING
def test_who_leaves_is_invited_nowhere(
    office: Office, user_id: str, leave: Callable[[Office, str], None]
) -> None:
    """Neither at the address that is kept, nor at the one of the change that stopped."""
    leave(office, user_id)
    assert not office.world.invitations
    assert not is_anything_open(office)


@LEAVING
def test_what_failed_of_leaving_is_done_by_the_same_request(
    office: Office, user_id: str, leave: Callable[[Office, str], None]
) -> None:
    """The change that stopped first is not over before its invitation is withdrawn."""
    office.bitbucket.faults.plan("503", INVITATIONS, method="DELETE", skip=1, times=9)
    with pytest.raises(Unavailable):
        leave(office, user_id)
    office.bitbucket.faults.clear()
    assert len(office.world.invitations) == 1
    leave(office, user_id)
    assert not office.world.invitations
    assert not is_anything_open(office)


def test_who_leaves_a_group_is_invited_into_it_at_no_address(office: Office, user_id: str) -> None:
    """Whichever is accepted in the end."""
    office.patch_group(office.group_id("Developers"), leaving(user_id))
    slugs = [invited.group_slugs for invited in office.world.invitations.values()]
    assert not any(slugs)
    assert "groups" not in shown(office, user_id)


def test_what_failed_of_leaving_a_group_is_done_by_the_same_request(
    office: Office, user_id: str
) -> None:
    """The user is shown in the group as long as one invitation is into it."""
    group_id = office.group_id("Developers")
    office.bitbucket.faults.plan("503", INVITATIONS, method="DELETE", times=9)
    with pytest.raises(Unavailable):
        office.patch_group(group_id, leaving(user_id))
    office.bitbucket.faults.clear()
    assert shown(office, user_id)["groups"]
    office.patch_group(group_id, leaving(user_id))
    assert not any(invited.group_slugs for invited in office.world.invitations.values())


@pytest.mark.parametrize("email", ["typo@acme.example", "zoe@acme.example", "z@acme.example"])
def test_the_last_address_that_is_given_is_the_only_one(
    office: Office, user_id: str, email: str
) -> None:
    """Be it the first one again, the one of the change that stopped, or a third."""
    office.patch_user(user_id, moving(email))
    assert list(office.world.invitations) == [email]
    assert not is_anything_open(office)


def test_what_is_no_word_on_the_address_leaves_the_change_open(
    office: Office, user_id: str
) -> None:
    """It is for its sender, or the journal, to finish it."""
    office.patch_user(user_id, {"op": "replace", "path": "displayName", "value": "Z"})
    assert len(office.world.invitations) == 2
    assert is_anything_open(office)


def test_an_invitation_that_was_not_confirmed_is_withdrawn(office: Office) -> None:
    """Who was invited anew, perhaps, and leaves, is not."""
    made = office.create_user(userName="zoe@acme.example")
    user_id = resource(made)["id"]
    office.activate(user_id, active=False)
    office.bitbucket.faults.plan("503", INVITATIONS, method="PUT", times=9, after=True)
    with pytest.raises(Unavailable):
        office.activate(user_id, active=True)
    office.bitbucket.faults.clear()
    assert list(office.world.invitations) == ["zoe@acme.example"]
    office.activate(user_id, active=False)
    assert not office.world.invitations


def test_an_inactive_user_that_leaves_a_group_may_be_invited_into_it(office: Office) -> None:
    """So that invitation is withdrawn, though there should be none."""
    group_id = office.group_id("Testers")
    made = office.create_user(userName="zoe@acme.example", groups=[{"value": group_id}])
    user_id = resource(made)["id"]
    office.activate(user_id, active=False)
    office.bitbucket.faults.plan("503", INVITATIONS, method="PUT", times=9, after=True)
    with pytest.raises(Unavailable):
        office.activate(user_id, active=True)
    office.bitbucket.faults.clear()
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("testers",)
    office.patch_group(group_id, leaving(user_id))
    assert not any(invited.group_slugs for invited in office.world.invitations.values())


@LEAVING
def test_a_member_who_leaves_is_invited_nowhere(
    office: Office, user_id: str, leave: Callable[[Office, str], None]
) -> None:
    """Who has accepted at the first address could come back by the second."""
    accept(office, "typo@acme.example")
    leave(office, user_id)
    assert not office.world.invitations
    assert not is_anything_open(office)


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_member_who_leaves_a_group_is_not_invited_into_it(
    office: Office, user_id: str, *, is_deleted: bool
) -> None:
    """Nor is who was in a group that is deleted, or into the next one of its name."""
    accept(office, "typo@acme.example")
    group_id = office.group_id("Developers")
    faults = office.bitbucket.faults
    faults.plan("503", "/1.0/groups/*", method="DELETE", times=9)

    def leave() -> None:
        if is_deleted:
            office.groups.delete(group_id, office.write(office.registry.group))
        else:
            office.patch_group(group_id, leaving(user_id))

    with pytest.raises(Unavailable):
        leave()
    faults.clear()
    leave()
    assert not any(invited.group_slugs for invited in office.world.invitations.values())


def test_the_address_is_another_users_by_now(office: Office, user_id: str) -> None:
    """Who is invited there stays so."""
    other = resource(office.create_user(userName="zoe@acme.example"))["id"]
    office.activate(user_id, active=False)
    assert list(office.world.invitations) == ["zoe@acme.example"]
    assert shown(office, other)[EXTENSION]["membership"] == "invited"


def test_each_creation_that_stopped_is_taken_back(office: Office) -> None:
    """However often the address was given wrongly."""
    groups = [{"value": office.group_id(name)} for name in ("Developers", "Testers")]
    for email in ("one@acme.example", "two@acme.example"):
        office.bitbucket.faults.plan("503", INVITATIONS, method="PUT", skip=1, times=9)
        with pytest.raises(Unavailable):
            office.create_user(userName="zoe", emails=[{"value": email}], groups=groups)
        office.bitbucket.faults.clear()
    office.create_user(userName="zoe", emails=[{"value": "zoe@acme.example"}], groups=groups)
    assert list(office.world.invitations) == ["zoe@acme.example"]
