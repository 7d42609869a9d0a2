"""People who were invited: what was promised to them, and what becomes of invitations."""

from typing import Any

import pytest

from gateway.planner.needs import Needs, OneAddress
from gateway.provisioning.resumption import Writers, resume
from gateway.provisioning.users import UserWriter
from gateway.sandbox import Behaviour
from gateway.scim.errors import Unavailable, Uniqueness
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Author
from tests.provisioning.office import Office, resource
from tests.provisioning.test_groups import add
from tests.provisioning.test_rehired import (
    WRITE,
    account_of,
    grants_of,
    groups_of,
    join,
    read_members,
)
from tests.provisioning.test_users import EXTENSION, ZOE, accept, granting, shown

EMPTY: dict[str, Any] = {"op": "replace", "path": "entitlements", "value": []}


def promised(office: Office) -> str:
    """Invite Zoe with a permission, and return the id."""
    made = resource(office.create_user(**ZOE, entitlements=[{"value": WRITE}]))
    user_id: str = made["id"]
    return user_id


def held_values(office: Office, user_id: str) -> list[str]:
    """Return the entitlements that are held back."""
    with office.mirror.reading() as snapshot:
        held = snapshot.users.held_back([user_id])
    return [f"{h.object_type}:{h.object_id}:{h.permission}" for h in held if h.permission]


def test_what_is_granted_later_is_told(office: Office) -> None:
    """The answer does not show it: nothing is granted yet."""
    written = office.create_user(**ZOE, entitlements=[{"value": WRITE}])
    assert "entitlements" not in resource(written)
    assert written.notes == (
        "granted when the invitation is accepted: write on repository api-core",
    )


@pytest.mark.parametrize("is_accepted", [False, True])
@pytest.mark.parametrize("way", ["put", "replace", "remove all", "remove one", "remove a list"])
def test_what_was_promised_is_not_given_once_it_was_taken_away(
    office: Office, way: str, *, is_accepted: bool
) -> None:
    """By no request, before or after the invitation was accepted."""
    user_id = promised(office)
    (value,) = held_values(office, user_id)
    if is_accepted:
        accept(office)
    match way:
        case "put":
            write = office.write(office.registry.user)
            office.users.replace(user_id, {**ZOE, "entitlements": []}, write)
        case "replace":
            office.patch_user(user_id, EMPTY)
        case "remove all":
            office.patch_user(user_id, {"op": "remove", "path": "entitlements"})
        case "remove one":
            path = f'entitlements[value eq "{value}"]'
            office.patch_user(user_id, {"op": "remove", "path": path})
        case _:
            operation = {"op": "remove", "path": "entitlements", "value": [{"value": value}]}
            office.patch_user(user_id, operation)
    if not is_accepted:
        accept(office)
    office.activate(user_id, active=True)
    assert grants_of(office, account_of(office, "Zoe L.")) == []
    assert held_values(office, user_id) == []


def test_what_was_promised_and_is_asked_for_still_is_given(office: Office) -> None:
    """An exact set that holds it is no removal, and a name changes nothing of it."""
    user_id = promised(office)
    office.patch_user(user_id, {"op": "replace", "path": "displayName", "value": "Z"})
    write = office.write(office.registry.user)
    office.users.replace(user_id, {**ZOE, "entitlements": [{"value": WRITE}]}, write)
    assert len(held_values(office, user_id)) == 1
    accept(office)
    office.patch_user(user_id, granting("repository:acme/web-core:read"))
    assert grants_of(office, account_of(office, "Zoe L.")) == ["read", "write"]


def test_what_an_inactive_invitee_is_to_have_is_kept_for_it(office: Office) -> None:
    """It is invited, and then granted, when it is active again."""
    user_id = resource(office.create_user(**ZOE))["id"]
    office.activate(user_id, active=False)
    office.patch_user(user_id, granting(WRITE))
    office.activate(user_id, active=True)
    accept(office)
    office.activate(user_id, active=True)
    assert grants_of(office, account_of(office, "Zoe L.")) == ["write"]


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_who_was_not_to_be_let_in_and_came_otherwise_loses_access(office: Office, how: str) -> None:
    """That the invitation is withdrawn is not the last that is looked at."""
    user_id = resource(office.create_user(**ZOE))["id"]
    office.activate(user_id, active=False)
    zoe = office.world.add_member("Zoe", email="zoe@acme.example")
    join(office, "developers", zoe)
    if how == "delete":
        office.users.delete(user_id, office.write(office.registry.user))
    else:
        office.activate(user_id, active=False)
    assert groups_of(office, zoe) == []


def test_who_came_otherwise_is_given_what_was_promised(office: Office) -> None:
    """A member is put into the groups, and not invited."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    office.activate(user_id, active=False)
    zoe = office.world.add_member("Zoe", email="zoe@acme.example")
    office.activate(user_id, active=True)
    assert groups_of(office, zoe) == ["Testers"]
    assert not office.world.invitations


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_an_invitation_that_was_not_there_any_more_is_told(office: Office, how: str) -> None:
    """It may have been accepted under another address, by somebody who stays."""
    user_id = resource(office.create_user(**ZOE))["id"]
    office.world.invitations.clear()
    if how == "delete":
        written = office.users.delete(user_id, office.write(office.registry.user))
    else:
        written = office.activate(user_id, active=False)
    assert len(written.notes) == 1
    assert "another e-mail address" in written.notes[0]
    assert "@" not in written.notes[0]


def test_the_invitation_follows_a_corrected_address(office: Office) -> None:
    """Who holds the wrong one does not become the user; the groups stay the same."""
    group_id = office.group_id("Developers")
    made = office.create_user(
        userName="zoe",
        emails=[{"value": "typo@acme.example", "type": "work", "primary": True}],
        groups=[{"value": group_id}],
    )
    user_id = resource(made)["id"]
    path = 'emails[type eq "work"].value'
    office.patch_user(user_id, {"op": "replace", "path": path, "value": "zoe@acme.example"})
    assert list(office.world.invitations) == ["zoe@acme.example"]
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("developers",)

    write = office.write(office.registry.user)
    body = {"userName": "zoe", "emails": [{"value": "z.lee@acme.example"}]}
    office.users.replace(user_id, body, write)
    assert list(office.world.invitations) == ["z.lee@acme.example"]
    accept(office, "z.lee@acme.example")
    assert shown(office, user_id)[EXTENSION]["membership"] == "member"


def test_the_invitation_follows_a_name_that_is_the_only_address(office: Office) -> None:
    """As long as no e-mail address was given, the user name is where it goes to."""
    user_id = resource(office.create_user(userName="typo@acme.example"))["id"]
    name = {"op": "replace", "path": "userName", "value": "zoe@acme.example"}
    office.patch_user(user_id, name)
    assert list(office.world.invitations) == ["zoe@acme.example"]
    assert shown(office, user_id)["emails"][0]["value"] == "zoe@acme.example"


def test_an_invitation_is_not_moved_to_the_address_of_another(office: Office) -> None:
    """Neither a member's nor that of somebody else who was invited."""
    office.create_user(userName="yan@acme.example")
    user_id = resource(office.create_user(**ZOE))["id"]
    for email in ("ann@acme.example", "yan@acme.example"):
        operation = {"op": "replace", "path": "emails", "value": [{"value": email}]}
        with pytest.raises(Uniqueness):
            office.patch_user(user_id, operation)
    assert sorted(office.world.invitations) == ["yan@acme.example", "zoe@acme.example"]


def test_a_creation_that_stopped_leaves_no_invitation_at_a_wrong_address(office: Office) -> None:
    """The corrected request withdraws what the first one may have sent."""
    groups = [{"value": office.group_id(name)} for name in ("Developers", "Testers")]
    office.bitbucket.faults.plan("503", "/1.0/users/*", method="PUT", skip=1, times=99)
    with pytest.raises(Unavailable):
        office.create_user(userName="zoe", emails=[{"value": "typo@acme.example"}], groups=groups)
    office.bitbucket.faults.clear()
    made = office.create_user(
        userName="zoe", emails=[{"value": "zoe@acme.example"}], groups=groups[1:]
    )
    assert list(office.world.invitations) == ["zoe@acme.example"]
    assert [each["value"] for each in resource(made)["groups"]] == [groups[1]["value"]]


def test_only_active_true_invites_who_is_not_invited(office: Office) -> None:
    """That active was taken away, and that a name is changed then, sends no mail."""
    user_id = resource(office.create_user(**ZOE))["id"]
    office.activate(user_id, active=False)
    office.patch_user(user_id, {"op": "remove", "path": "active"})
    office.patch_user(user_id, {"op": "replace", "path": "displayName", "value": "Z"})
    assert not office.world.invitations
    office.activate(user_id, active=True)
    assert list(office.world.invitations) == ["zoe@acme.example"]


class TestAtOnce:
    """Where Bitbucket makes a member at once of who is invited."""

    @pytest.fixture
    def behaviour(self) -> Behaviour:
        """It does."""
        return Behaviour(hourly_limit=None, accepts_invitations=True)

    def test_a_grant_that_fails_is_told_and_made_later(self, office: Office) -> None:
        """The user is made: that is no error, and the next request grants the rest."""
        office.bitbucket.faults.plan("503", "/2.0/repositories/*", method="PUT", times=99)
        written = office.create_user(**ZOE, entitlements=[{"value": WRITE}])
        office.bitbucket.faults.clear()
        user_id = resource(written)["id"]
        assert len(written.notes) == 1
        assert "@" not in written.notes[0]

        office.activate(user_id, active=True)
        account = office.world.account_by_email("zoe@acme.example")
        assert account is not None
        assert grants_of(office, account) == ["write"]


def test_no_address_is_in_what_is_told_of_a_step(office: Office) -> None:
    """Errors and the log name a person by its id."""
    office.users.delete(
        account_of(office, "Ann").uuid.strip("{}"), office.write(office.registry.user)
    )
    office.bitbucket.faults.plan("503", "/2.0/repositories/*", method="PUT", times=99)
    with pytest.raises(Unavailable) as refused:
        office.create_user(userName="ann@acme.example", entitlements=[{"value": WRITE}])
    assert "@" not in refused.value.detail


@pytest.mark.parametrize("is_upper", [False, True])
@pytest.mark.parametrize("known", ["nothing", "members", "its address"])
def test_an_account_is_a_name_that_is_taken(office: Office, known: str, *, is_upper: bool) -> None:
    """In any letter case, before anything was read, and whatever the user is called."""
    if known == "members":
        read_members(office)
    elif known == "its address":
        needs = Needs(frozenset({OneAddress("bob@acme.example")}))
        office.provisioner.refresher.ensure(needs, FreshnessWanted())
    account = account_of(office, "Bob")
    assert account.account_id is not None
    name = account.account_id.upper() if is_upper else account.account_id
    with pytest.raises(Uniqueness):
        office.create_user(userName=name, emails=[{"value": "other@acme.example"}])
    assert not office.world.invitations


def test_a_user_may_be_called_by_its_own_account(office: Office) -> None:
    """Whatever it is called at the time."""
    account = account_of(office, "Bob")
    needs = Needs(frozenset({OneAddress("bob@acme.example")}))
    office.provisioner.refresher.ensure(needs, FreshnessWanted())
    name = {"op": "replace", "path": "userName", "value": account.account_id}
    written = office.patch_user(account.uuid.strip("{}"), name)
    assert resource(written)["userName"] == account.account_id


def test_blanks_around_a_name_are_none_of_it(office: Office) -> None:
    """The name is kept without them, so that no other user can have it."""
    made = office.create_user(userName=" zoe ", emails=[{"value": "zoe@acme.example"}])
    assert resource(made)["userName"] == "zoe"
    with pytest.raises(Uniqueness):
        office.create_user(userName="ZOE", emails=[{"value": "zoe2@acme.example"}])
    user_id = resource(made)["id"]
    name = {"op": "replace", "path": "userName", "value": "  Zoe "}
    assert resource(office.patch_user(user_id, name))["userName"] == "Zoe"


@pytest.mark.parametrize("how", ["patch", "put"])
def test_an_invitation_that_ended_is_sent_again(office: Office, how: str) -> None:
    """By whoever says that the user is active; a name that is changed sends no mail."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    office.world.invitations.clear()
    office.patch_user(user_id, {"op": "replace", "path": "displayName", "value": "Z"})
    assert not office.world.invitations
    if how == "patch":
        office.activate(user_id, active=True)
    else:
        office.users.replace(user_id, ZOE, office.write(office.registry.user))
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("testers",)
    assert shown(office, user_id)[EXTENSION]["membership"] == "invited"


def test_an_invitation_that_ended_is_noticed_with_the_members(office: Office) -> None:
    """Nobody is said to be invited who is not; who was invited since is."""
    user_id = resource(office.create_user(**ZOE))["id"]
    read_members(office)
    assert shown(office, user_id)[EXTENSION]["membership"] == "invited"
    office.world.invitations.clear()
    read_members(office)
    assert EXTENSION not in shown(office, user_id)


def test_nothing_follows_from_invitations_that_are_not_told(office: Office) -> None:
    """Where they can't be listed, whoever was invited is taken for invited."""
    user_id = resource(office.create_user(**ZOE))["id"]
    office.world.invitations.clear()
    office.bitbucket.faults.plan("503", "/1.0/users/*", method="GET", times=99)
    read_members(office)
    assert shown(office, user_id)[EXTENSION]["membership"] == "invited"


def test_a_group_that_is_changed_sends_no_invitation_again(office: Office) -> None:
    """Who was invited into it is in it, though the invitation has ended; put in anew, it is."""
    group_id = office.group_id("Testers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    office.world.invitations.clear()
    read_members(office)
    renamed = {"op": "replace", "path": "displayName", "value": "Checkers"}
    group = resource(office.patch_group(group_id, renamed))
    assert user_id in {member["value"] for member in group["members"]}
    assert not office.world.invitations

    office.patch_group(office.group_id("Developers"), add(user_id))
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("developers",)
    assert shown(office, user_id)[EXTENSION]["membership"] == "invited"


class TestAGroupThatIsGone:
    """An invitation into a group that was deleted at Bitbucket, and perhaps into another."""

    @pytest.fixture(params=[("Testers", "Developers"), ("Testers",)], ids=["of two", "of one"])
    def user_id(self, office: Office, request: pytest.FixtureRequest) -> str:
        """The id of who was invited into it."""
        groups = [{"value": office.group_id(name)} for name in request.param]
        emails = [{"value": "zoe@acme.example", "type": "work", "primary": True}]
        made = office.create_user(userName="zoe", emails=emails, groups=groups)
        testers = office.world.group("testers")
        assert testers is not None
        office.world.remove_group(testers)
        return str(resource(made)["id"])

    @pytest.mark.parametrize("is_read", [False, True])
    @pytest.mark.parametrize("how", ["moved", "sent again"])
    def test_is_no_part_of_another_invitation(
        self, office: Office, user_id: str, how: str, *, is_read: bool
    ) -> None:
        """The person is invited into the others, and told what is gone; once."""
        if is_read:
            office.group_id("Developers")
        email = "zoe@acme.example"
        if how == "moved":
            email = "n@acme.example"
            path = 'emails[type eq "work"].value'
            written = office.patch_user(user_id, {"op": "replace", "path": path, "value": email})
        else:
            office.world.invitations.clear()
            written = office.activate(user_id, active=True)
        assert [note for note in written.notes if "it is gone" in note]
        assert list(office.world.invitations) == [email]
        names = {group["display"] for group in shown(office, user_id).get("groups", ())}
        assert names <= {"Developers"}
        slugs = office.world.invitations[email].group_slugs
        assert [slug for slug in slugs if slug != "testers"] == [each.lower() for each in names]

        office.world.invitations.clear()
        assert not office.activate(user_id, active=True).notes


def test_a_change_that_fails_unforeseen_does_not_keep_later_ones_from_being_finished(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told of like any other that could not be finished, and stays open."""
    group_id = office.group_id("Testers")
    bob = account_of(office, "Bob").uuid.strip("{}")
    office.bitbucket.faults.plan("503", "/1.0/*", method="PUT", times=99)
    with pytest.raises(Unavailable):
        office.create_user(**ZOE)
    operation = {"op": "remove", "path": f'members[value eq "{bob}"]'}
    office.bitbucket.faults.plan("503", "/1.0/*", method="DELETE", times=99)
    with pytest.raises(Unavailable):
        office.patch_group(group_id, operation)
    office.bitbucket.faults.clear()

    def failing(*_: object) -> None:
        raise KeyError(group_id)

    monkeypatch.setattr(UserWriter, "resume", failing)
    writers: Writers = {"User": office.users, "Group": office.groups}
    author = Author(token="test", request_id="request-2")
    first, *others = resume(office.provisioner, writers, author=author)
    assert "KeyError" in first.reason
    assert others
    assert not any(each.reason for each in others)
    assert [change.id for change in office.changes() if change.is_open] == [first.change.id]
    assert groups_of(office, account_of(office, "Bob")) == ["Developers"]
