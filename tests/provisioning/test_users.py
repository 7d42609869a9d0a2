"""Users, written."""

from typing import Any

import pytest

from gateway.planner.needs import Needs, OneAddress
from gateway.scim.errors import (
    Conflict,
    InvalidValue,
    Mutability,
    NotFound,
    Unavailable,
    Uniqueness,
)
from gateway.scim.freshness import FreshnessWanted
from tests.provisioning.office import GROUP_EXTENSION, Office, bare, resource
from tests.provisioning.test_groups import add, uuid_of

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
ZOE: dict[str, Any] = {
    "userName": "Zoe@acme.example",
    "externalId": "00u1",
    "name": {"givenName": "Zoe", "familyName": "Lee"},
}


def accept(office: Office, email: str = "zoe@acme.example") -> None:
    """Accept the invitation, and let it be noticed."""
    office.world.accept_invitation(email, display_name="Zoe L.")
    needs = Needs(frozenset({OneAddress(email)}))
    office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))


def granting(*values: str) -> dict[str, Any]:
    """Return the operation that adds entitlements."""
    return {"op": "add", "path": "entitlements", "value": [{"value": each} for each in values]}


def shown(office: Office, user_id: str) -> dict[str, Any]:
    """Return a user as it is."""
    with office.mirror.reading() as snapshot:
        found = office.provisioner.renderer.user(snapshot, user_id, is_plain=False)
    assert found is not None
    return found


def test_a_person_is_invited_into_the_groups_asked_for(office: Office) -> None:
    """The id is there at once, and the user is active, as the client said."""
    group_id = office.group_id("Developers")
    made = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))

    assert made["active"] is True
    assert made["userName"] == "Zoe@acme.example"
    assert made["externalId"] == "00u1"
    assert made["name"] == ZOE["name"]
    assert EXTENSION not in made
    assert shown(office, made["id"])[EXTENSION] == {"membership": "invited"}
    assert made["emails"][0]["value"] == "zoe@acme.example"
    assert [group["value"] for group in made["groups"]] == [group_id]
    invitation = office.world.invitations["zoe@acme.example"]
    assert invitation.group_slugs == ("developers",)


def test_an_invitation_goes_to_the_primary_e_mail(office: Office) -> None:
    """The user name only looks like an address, where it is a user principal name."""
    emails = [{"value": "z@home.example"}, {"value": "Zoe@acme.example", "primary": True}]
    office.create_user(userName="zoe@corp.onmicrosoft.example", emails=emails)
    assert [*office.world.invitations] == ["zoe@acme.example"]
    assert office.find_user('userName eq "zoe@corp.onmicrosoft.example"')


@pytest.mark.rule("7643-3.1-id")
def test_the_id_stays_when_the_invitation_is_accepted(office: Office) -> None:
    """What the client said stays, and what Bitbucket knows comes besides."""
    group_id = office.group_id("Developers")
    user_id = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    accept(office)

    user = shown(office, user_id)
    assert user["id"] == user_id
    assert user["externalId"] == "00u1"
    assert user[EXTENSION]["membership"] == "member"
    assert user[EXTENSION]["displayName"] == "Zoe L."
    assert user[EXTENSION]["uuid"] != user_id
    office.group_id("Developers")
    group = resource(office.patch_group(group_id, add(user_id)))
    assert user_id in {member["value"] for member in group["members"]}


def test_an_invited_person_is_put_into_groups_by_invitation(office: Office) -> None:
    """And taken out of them again; the group lists it meanwhile."""
    user_id = resource(office.create_user(**ZOE))["id"]
    group_id = office.group_id("Testers")
    group = resource(office.patch_group(group_id, add(user_id)))
    assert user_id in {member["value"] for member in group["members"]}
    assert office.world.invitations["zoe@acme.example"].group_slugs == ("testers",)

    path = f'members[value eq "{user_id}"]'
    group = resource(office.patch_group(group_id, {"op": "remove", "path": path}))
    assert user_id not in {member["value"] for member in group["members"]}


@pytest.mark.rule("7643-4.1.1-user-name-is-unique")
@pytest.mark.parametrize("name", ["zoe@acme.example", "ZOE@ACME.EXAMPLE", "ann@acme.example"])
def test_a_name_that_is_taken_is_refused(office: Office, name: str) -> None:
    """In any letter case, and also if it is the address of a member that nobody had asked for."""
    office.create_user(**ZOE)
    with pytest.raises(Uniqueness):
        office.create_user(userName=name)
    assert len(office.world.invitations) == 1


def test_a_name_that_is_no_address_is_taken_all_the_same(office: Office) -> None:
    """Who is a member already need not be invited: that is 409, with or without an address."""
    justified = {"op": "add", "path": f"{EXTENSION}:justification", "value": "On call."}
    known = resource(office.patch_user(uuid_of(office, "Ann"), justified))
    assert "@" not in known["userName"]
    with pytest.raises(Uniqueness, match=known["id"]):
        office.create_user(userName=known["userName"].upper())


def test_nobody_is_invited_without_an_address(office: Office) -> None:
    """The name is no address, and there is no other."""
    with pytest.raises(InvalidValue, match="e-mail"):
        office.create_user(userName="zoe")
    made = office.create_user(userName="zoe", emails=[{"value": "zoe@acme.example"}])
    assert resource(made)["userName"] == "zoe"


def test_what_bitbucket_can_not_hold_is_kept(office: Office) -> None:
    """No call is made; what is taken away again is Bitbucket's own, or nothing."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, {"op": "replace", "value": {"displayName": "Ann F.", "externalId": "e"}})
    assert shown(office, ann)["displayName"] == "Ann F."
    assert shown(office, ann)[EXTENSION]["displayName"] == "Ann"
    office.patch_user(ann, {"op": "remove", "path": "displayName"})
    assert "displayName" not in shown(office, ann)
    write = office.write(office.registry.user)
    office.users.replace(ann, {"userName": "ann@acme.example"}, write)
    assert shown(office, ann)["displayName"] == "Ann"
    assert office.writes == []


def test_why_a_user_has_access_is_kept(office: Office) -> None:
    """Found by a filter, shown without being asked for, and gone with a PUT that leaves it out."""
    ann = uuid_of(office, "Ann")
    path = f"{EXTENSION}:justification"
    told = resource(office.patch_user(ann, {"op": "add", "path": path, "value": "REQ-17"}))
    assert told[EXTENSION] == {"justification": "REQ-17"}
    assert EXTENSION in told["schemas"]
    assert shown(office, ann)[EXTENSION]["membership"] == "member"
    assert office.find_user(f'{path} eq "req-17"') == [ann]

    write = office.write(office.registry.user)
    again = resource(office.users.replace(ann, {"userName": "ann@acme.example"}, write))
    assert EXTENSION not in again


@pytest.mark.rule("7643-4.1.1-active")
def test_a_deactivated_user_can_be_read_and_gets_nothing(office: Office) -> None:
    """It is inactive, in no group, and put into none until it is active again."""
    ann = uuid_of(office, "Ann")
    gone = resource(office.activate(ann, active=False))
    assert gone["active"] is False
    assert "groups" not in gone
    testers = office.group_id("Testers")
    office.patch_group(testers, add(ann))
    group = office.world.group("testers")
    assert group is not None
    assert ann not in {bare(member.uuid) for member in office.world.group_members(group)}

    back = resource(office.activate(ann, active=True))
    assert {group["display"] for group in back["groups"]} == {"Developers", "Testers"}


def test_what_a_deactivation_took_that_stopped_is_not_given_back_by_the_way(
    office: Office,
) -> None:
    """Only by active: true; a name that is changed meanwhile gives no access."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:write"))
    office.bitbucket.faults.plan("503", "/2.0/workspaces/*/permissions/repositories*", times=99)
    with pytest.raises(Unavailable):
        office.activate(ann, active=False)
    office.bitbucket.faults.clear()
    office.patch_user(ann, {"op": "replace", "path": "displayName", "value": "Zed"})

    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert not list(office.world.grants(subject=account))
    assert not office.world.groups_of(account)
    group = office.group_id("Developers")
    assert "groups" not in shown(office, ann), group

    office.activate(ann, active=False)
    office.activate(ann, active=True)
    assert len(list(office.world.grants(subject=account))) == 1
    assert office.world.groups_of(account)


def test_deactivated_again_loses_what_was_given_elsewhere(office: Office) -> None:
    """The answer says that nothing is left, so it is looked at."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    account = office.world.account_by_email("ann@acme.example")
    group = office.world.group("testers")
    assert account is not None
    assert group is not None
    office.world.join(group, account)
    office.activate(ann, active=False)
    assert not office.world.groups_of(account)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "active"},
        {"op": "replace", "path": "active", "value": None},
        {"op": "replace", "path": "displayName", "value": "Zed"},
    ],
)
def test_only_active_true_gives_back(office: Office, operation: dict[str, Any]) -> None:
    """That nothing is said of it any more is no reason to give access."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    assert not resource(office.patch_user(ann, operation)).get("active")
    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert not office.world.groups_of(account)


def test_what_is_taken_from_who_is_inactive_is_not_given_back(office: Office) -> None:
    """From the group that holds it back, and by entitlements that are all that are wanted."""
    ann = uuid_of(office, "Ann")
    write = "repository:acme/web-core:write"
    office.patch_user(ann, granting("repository:acme/api-core:read", write))
    office.activate(ann, active=False)
    group_id = office.group_id("Developers")
    path = f'members[value eq "{ann}"]'
    office.patch_group(group_id, {"op": "remove", "path": path})
    office.patch_user(
        ann,
        {"op": "replace", "path": "active", "value": True},
        {"op": "replace", "path": "entitlements", "value": [{"value": write}]},
    )
    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert not office.world.groups_of(account)
    held = [each["value"] for each in shown(office, ann)["entitlements"]]
    assert len(held) == len(list(office.world.grants(subject=account))) == 1
    assert held[0].endswith(":write")


@pytest.mark.parametrize(
    "path",
    [
        'entitlements[value eq "{}"]',
        'entitlements[value ew ":write"]',
        'entitlements[value co "{}"]',
    ],
)
def test_an_entitlement_is_taken_from_who_is_inactive(office: Office, path: str) -> None:
    """By whatever selects it; the rest is given back, with what was added meanwhile."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:read", "project:API:write"))
    values = [each["value"] for each in shown(office, ann)["entitlements"]]
    write = next(value for value in values if value.endswith(":write"))
    office.activate(ann, active=False)
    office.patch_user(ann, {"op": "remove", "path": path.format(write)})
    office.patch_user(ann, granting("repository:acme/web-core:admin"))
    assert "entitlements" not in shown(office, ann)

    back = resource(office.activate(ann, active=True))
    held = sorted(each["value"].rpartition(":")[2] for each in back["entitlements"])
    assert held == ["admin", "read"]


def test_what_is_held_back_and_stays_is_in_no_plan_and_no_journal(office: Office) -> None:
    """A change of somebody inactive tells what it changes, and no access that is not there."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:read"))
    office.activate(ann, active=False)
    office.patch_user(ann, {"op": "replace", "path": "displayName", "value": "Zed"})
    data = office.changes()[-1].began.data
    assert "entitlements" not in data["before"]
    assert "entitlements" not in data["wanted"]
    assert len(resource(office.activate(ann, active=True))["entitlements"]) == 1


@pytest.mark.rule("7644-3.5.1-replaces")
def test_a_put_that_empties_a_list_clears_it(office: Office) -> None:
    """And one that leaves it out keeps it: RFC 7644 §3.5.1."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:read"))
    write = office.write(office.registry.user)
    kept = resource(office.users.replace(ann, {"userName": "ann@acme.example"}, write))
    assert len(kept["entitlements"]) == 1
    body = {"userName": "ann@acme.example", "entitlements": []}
    cleared = resource(office.users.replace(ann, body, write))
    assert "entitlements" not in cleared
    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert not list(office.world.grants(subject=account))


def test_who_was_deactivated_gets_all_back_though_active_was_removed(office: Office) -> None:
    """That active is unassigned meanwhile gives nothing back, and loses nothing."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    office.patch_user(ann, {"op": "remove", "path": "active"})
    assert "groups" not in shown(office, ann)
    back = resource(office.activate(ann, active=True))
    assert [group["display"] for group in back["groups"]] == ["Developers"]


@pytest.mark.rule("7643-4.1.2-groups-are-read-only")
def test_groups_are_not_said_to_be_cleared(office: Office) -> None:
    """They are changed through the groups; only the same list may be sent."""
    ann = uuid_of(office, "Ann")
    office.group_id("Developers")
    with pytest.raises(Mutability):
        office.patch_user(ann, {"op": "replace", "path": "groups", "value": []})
    groups = shown(office, ann)["groups"]
    office.patch_user(ann, {"op": "replace", "path": "groups", "value": groups})
    assert office.writes == []


def test_a_deleted_user_is_created_again_in_groups(office: Office) -> None:
    """It is a member still, so it is put in and not invited."""
    office.users.delete(uuid_of(office, "Ann"), office.write(office.registry.user))
    group_id = office.group_id("Testers")
    made = resource(office.create_user(userName="ann@acme.example", groups=[{"value": group_id}]))
    assert [group["value"] for group in made["groups"]] == [group_id]
    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert [group.name for group in office.world.groups_of(account)] == ["Testers"]


def test_what_is_gone_is_not_given_back_and_told(office: Office) -> None:
    """The rest is given back all the same."""
    ann = uuid_of(office, "Ann")
    account = office.world.account_by_email("ann@acme.example")
    repository = office.world.repository("api-core")
    assert account is not None
    assert repository is not None
    office.world.grant(account, repository, "write")
    office.activate(ann, active=False)
    office.world.remove_repository(repository)

    back = office.activate(ann, active=True)

    assert "groups" in resource(back)
    assert len(back.notes) == 1
    assert "repository" in back.notes[0]


def test_an_owner_and_the_gateway_s_account_are_protected(office: Office) -> None:
    """409, with the setting that lifts it."""
    admin = uuid_of(office, "Admin")
    with pytest.raises(Conflict, match="GATEWAY_PROTECT_ADMINISTRATORS"):
        office.activate(admin, active=False)
    with pytest.raises(Conflict):
        office.users.delete(admin, office.write(office.registry.user))
    assert office.writes == []


def test_a_deleted_user_is_gone_and_its_name_is_free(office: Office) -> None:
    """All access is taken; who is created again has another id, and is the same member."""
    ann = uuid_of(office, "Ann")
    write = office.write(office.registry.user)
    office.users.delete(ann, write)
    account = office.world.account_by_email("ann@acme.example")
    assert account is not None
    assert not office.world.groups_of(account)
    with pytest.raises(NotFound):
        office.users.delete(ann, write)

    again = resource(office.create_user(userName="ann@acme.example"))

    assert again["id"] != ann
    assert shown(office, again["id"])[EXTENSION]["uuid"] == ann
    assert again["active"] is True
    assert not office.world.invitations


def test_a_deleted_user_who_is_given_access_elsewhere_shows_again(office: Office) -> None:
    """Nothing false: who has access is a user."""
    ann = uuid_of(office, "Ann")
    office.users.delete(ann, office.write(office.registry.user))
    group, account = office.world.group("testers"), office.world.account(f"{{{ann}}}")
    assert group is not None
    assert account is not None
    office.world.join(group, account)
    office.group_id("Testers")
    assert shown(office, ann)["active"] is True


def test_an_invitation_is_withdrawn_and_sent_again(office: Office) -> None:
    """By active, and for good by DELETE."""
    user_id = resource(office.create_user(**ZOE))["id"]
    inactive = resource(office.activate(user_id, active=False))
    assert inactive["active"] is False
    assert EXTENSION not in inactive
    assert not office.world.invitations
    office.activate(user_id, active=True)
    assert list(office.world.invitations) == ["zoe@acme.example"]
    office.users.delete(user_id, office.write(office.registry.user))
    assert not office.world.invitations
    assert resource(office.create_user(**ZOE))["id"] != user_id


def test_who_has_not_accepted_is_granted_nothing(office: Office) -> None:
    """It is said so; once accepted it works."""
    user_id = resource(office.create_user(**ZOE))["id"]
    operation = {
        "op": "add",
        "path": "entitlements",
        "value": [{"value": "repository:acme/api-core:write"}],
    }
    with pytest.raises(Conflict, match="not accepted yet"):
        office.patch_user(user_id, operation)
    office.world.accept_invitation("zoe@acme.example", display_name="Zoe")
    granted = resource(office.patch_user(user_id, operation))
    assert [each["display"] for each in granted["entitlements"]] == ["acme/api-core: write"]
    assert GROUP_EXTENSION not in granted


def test_what_was_asked_for_with_the_invitation_is_granted_after_it(office: Office) -> None:
    """By the next request for the user, once it was accepted."""
    value = "repository:acme/api-core:write"
    made = resource(office.create_user(**ZOE, entitlements=[{"value": value}]))
    assert "entitlements" not in made
    office.world.accept_invitation("zoe@acme.example", display_name="Zoe")

    granted = resource(office.activate(made["id"], active=True))

    assert [each["display"] for each in granted["entitlements"]] == ["acme/api-core: write"]
    office.bitbucket.calls.reset()
    office.patch_user(made["id"], {"op": "remove", "path": "entitlements"})
    office.activate(made["id"], active=True)
    assert len(office.writes) == 1
