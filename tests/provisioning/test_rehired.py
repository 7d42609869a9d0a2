"""Users who left, were deleted or were deactivated, and come back."""

from typing import Any

import pytest

from gateway.directory.identities import identified
from gateway.planner.collections import Collection
from gateway.planner.needs import EVERYTHING, Needs
from gateway.sandbox import Account
from gateway.scim.errors import NotFound, Unavailable
from gateway.scim.freshness import FreshnessWanted
from tests.provisioning.office import Office, resource
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_users import EXTENSION, ZOE, accept, granting, shown

WRITE = "repository:acme/api-core:write"


def read_members(office: Office) -> None:
    """Read the members anew, as every list of users does."""
    with office.mirror.reading() as snapshot:
        needs = identified(Needs.whole(Collection.MEMBERS, Collection.GROUPS), snapshot)
    office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))


def read_all(office: Office) -> None:
    """Read the workspace anew."""
    with office.mirror.reading() as snapshot:
        needs = identified(EVERYTHING, snapshot)
    office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))


def account_of(office: Office, name: str) -> Account:
    """Return the account of that display name."""
    return next(a for a in office.world.accounts.values() if a.display_name == name)


def groups_of(office: Office, account: Account) -> list[str]:
    """Return the groups that an account is in."""
    return sorted(group.name for group in office.world.groups_of(account))


def grants_of(office: Office, account: Account) -> list[str]:
    """Return what an account is granted."""
    return sorted(grant.permission.value for grant in office.world.grants(subject=account))


def join(office: Office, name: str, account: Account) -> None:
    """Put somebody into a group at Bitbucket."""
    group = office.world.group(name)
    assert group is not None
    office.world.join(group, account)


def rejoin(office: Office, account: Account, email: str) -> None:
    """Let somebody who left come back with the same account, into a group."""
    office.world.invitations.pop(email, None)
    office.world.add_member(account)
    join(office, "developers", account)
    read_members(office)


@pytest.mark.parametrize("is_deactivated", [False, True])
def test_who_comes_back_with_the_same_account_is_who_was_created_again(
    office: Office, *, is_deactivated: bool
) -> None:
    """The user of before is gone for good, and nothing of it is left that could be given back."""
    old = resource(office.create_user(**ZOE))["id"]
    accept(office)
    zoe = account_of(office, "Zoe L.")
    office.patch_user(old, granting(WRITE))
    if is_deactivated:
        office.activate(old, active=False)
    office.world.remove_member(zoe)
    read_members(office)
    new = resource(office.create_user(**ZOE))["id"]
    rejoin(office, zoe, "zoe@acme.example")

    assert shown(office, new)["id"] == new
    assert office.find_user('externalId eq "00u1"') == [new]
    with pytest.raises(NotFound):
        office.activate(old, active=False)
    office.activate(new, active=False)
    assert groups_of(office, zoe) == []
    with office.mirror.reading() as snapshot:
        assert not snapshot.users.held_back([old])


def test_who_was_read_only_comes_back_as_who_was_created(office: Office) -> None:
    """A member who was never more than read has no record, and leaves nothing behind either."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, {"op": "add", "path": "externalId", "value": "old"})
    office.world.remove_member(account)
    read_members(office)
    new = resource(office.create_user(userName="ann@acme.example", externalId="new"))["id"]
    rejoin(office, account, "ann@acme.example")

    assert office.find_user('externalId eq "new"') == [new]
    assert not office.find_user('externalId eq "old"')
    group_id = office.group_id("Developers")
    path = {"op": "replace", "path": "displayName", "value": "Makers"}
    members = resource(office.patch_group(group_id, path))["members"]
    assert new in {member["value"] for member in members}
    assert ann not in {member["value"] for member in members}


def test_a_deleted_user_who_shows_again_is_a_user_like_any_other(office: Office) -> None:
    """Once changed it stays, inactive too, and gets back what was taken then."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.users.delete(ann, office.write(office.registry.user))
    join(office, "testers", account)
    office.group_id("Testers")

    assert resource(office.activate(ann, active=False))["active"] is False
    assert shown(office, ann)["active"] is False
    office.activate(ann, active=True)
    assert groups_of(office, account) == ["Testers"]


def test_a_reactivation_that_stopped_is_finished(office: Office) -> None:
    """The same request gives the rest, though the user shows as active by then."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    office.activate(ann, active=False)
    office.bitbucket.faults.plan("503", "/2.0/repositories/*", method="PUT", times=99)
    with pytest.raises(Unavailable):
        office.activate(ann, active=True)
    office.bitbucket.faults.clear()
    assert groups_of(office, account) == ["Developers"]

    office.activate(ann, active=True)
    assert grants_of(office, account) == ["write"]
    office.bitbucket.calls.reset()
    office.activate(ann, active=True)
    assert office.writes == []


def test_what_a_deactivation_took_that_stopped_is_given_back_on_request(office: Office) -> None:
    """By active: true, though the user was never said to be inactive."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    office.bitbucket.faults.plan("503", "/2.0/repositories/*", method="DELETE", times=99)
    with pytest.raises(Unavailable):
        office.activate(ann, active=False)
    office.bitbucket.faults.clear()
    assert groups_of(office, account) == []

    office.activate(ann, active=True)
    assert groups_of(office, account) == ["Developers"]
    assert grants_of(office, account) == ["write"]


def test_who_was_given_access_elsewhere_gets_the_rest_back_too(office: Office) -> None:
    """It shows as active, as it has access; that a client says so is what counts."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    office.activate(ann, active=False)
    join(office, "testers", account)
    read_members(office)
    assert shown(office, ann)["active"] is True

    office.patch_user(ann, {"op": "replace", "path": "displayName", "value": "Zed"})
    assert groups_of(office, account) == ["Testers"]
    office.activate(ann, active=True)
    assert groups_of(office, account) == ["Developers", "Testers"]
    assert grants_of(office, account) == ["write"]


def test_active_that_was_removed_and_is_true_again_gives_all_back(office: Office) -> None:
    """In one request too, and grants as well as groups."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    office.activate(ann, active=False)
    remove = {"op": "remove", "path": "active"}
    office.patch_user(ann, remove)
    office.patch_user(ann, remove, {"op": "add", "path": "active", "value": True})
    assert groups_of(office, account) == ["Developers"]
    assert grants_of(office, account) == ["write"]


def test_a_new_user_of_a_deleted_member_that_stopped_is_finished(office: Office) -> None:
    """The user is the new one from the first call on; the deleted one does not show again."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    testers = office.group_id("Testers")
    office.users.delete(ann, office.write(office.registry.user))
    body: dict[str, Any] = {
        "userName": "ann@acme.example",
        "externalId": "again",
        "groups": [{"value": testers}],
        "entitlements": [{"value": WRITE}],
    }
    office.bitbucket.faults.plan("503", "/2.0/repositories/*", method="PUT", times=99)
    with pytest.raises(Unavailable):
        office.create_user(**body)
    office.bitbucket.faults.clear()
    (begun,) = office.find_user('externalId eq "again"')
    assert begun != ann

    made = resource(office.create_user(**body))
    assert made["id"] == begun
    assert made["externalId"] == "again"
    assert shown(office, begun)[EXTENSION]["uuid"] == ann
    assert grants_of(office, account) == ["write"]
