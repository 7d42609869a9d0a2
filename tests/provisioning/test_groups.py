"""Groups, written."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gateway.bitbucket.credentials import ApiToken, OAuthConsumer
from gateway.provisioning.calls import Calls, Done
from gateway.provisioning.steps import Step
from gateway.sandbox import Behaviour, create_app, serving
from gateway.scim.errors import (
    BadUpstream,
    InvalidValue,
    NotFound,
    ScimError,
    Unavailable,
    Uniqueness,
    VersionChanged,
)
from tests.provisioning.conftest import small_world
from tests.provisioning.office import GROUP_EXTENSION, Office, bare, opened, resource


def uuid_of(office: Office, name: str) -> str:
    """Return the id of a member."""
    account = office.world.account_by_email(f"{name.lower()}@acme.example")
    assert account is not None
    return bare(account.uuid)


def members_of(office: Office, slug: str) -> list[str]:
    """Return the names of those in a group."""
    group = office.world.group(slug)
    assert group is not None
    return sorted(member.display_name for member in office.world.group_members(group))


def add(*ids: str) -> dict[str, Any]:
    """Return the operation that adds members."""
    return {"op": "add", "path": "members", "value": [{"value": each} for each in ids]}


def test_a_group_is_made_with_its_members(office: Office) -> None:
    """By one call for the group, and one for each member."""
    ann, dan = uuid_of(office, "Ann"), uuid_of(office, "Dan")
    made = resource(
        office.create_group(
            displayName="New Team", externalId="x-1", members=[{"value": ann}, {"value": dan}]
        )
    )

    assert made["externalId"] == "x-1"
    assert {member["value"] for member in made["members"]} == {ann, dan}
    assert members_of(office, "new-team") == ["Ann", "Dan"]
    assert [call.split(" ", 1)[0] for call in office.writes] == ["POST", "PUT", "PUT"]


@pytest.mark.rule("7643-4.2-names-may-be-equal")
def test_an_equal_name_is_taken(office: Office) -> None:
    """In any letter case, for a new group and for one that is renamed."""
    with pytest.raises(Uniqueness, match="Developers already"):
        office.create_group(displayName="DEVELOPERS")
    group_id = office.group_id("Testers")
    with pytest.raises(Uniqueness):
        office.patch_group(
            group_id, {"op": "replace", "path": "displayName", "value": "developers"}
        )
    assert office.writes == []


def test_only_the_difference_is_called(office: Office) -> None:
    """Who is in stays in; who is out is told only once."""
    group_id = office.group_id("Developers")
    ids = [uuid_of(office, name) for name in ("Ann", "Bob", "Cat")]
    office.patch_group(group_id, add(*ids))
    assert len(office.writes) == 1
    assert f"{{{ids[2]}}}" in office.writes[0]


@pytest.mark.rule("7643-3.1-id")
def test_a_renamed_group_keeps_its_id(office: Office) -> None:
    """Though Bitbucket gives it another slug; a new group of the old name has another id."""
    group_id = office.group_id("Developers")
    renamed = resource(
        office.patch_group(group_id, {"op": "replace", "value": {"displayName": "Builders"}})
    )
    assert renamed["id"] == group_id
    assert renamed["displayName"] == "Builders"
    assert office.world.group("builders") is not None
    assert office.group_id("Builders") == group_id

    again = resource(office.create_group(displayName="Developers"))
    assert again["id"] != group_id


@pytest.mark.rule("7643-3.1-id")
def test_a_group_that_was_deleted_never_comes_back_under_its_id(office: Office) -> None:
    """It is gone, and a new one of the same name is another (RFC 7643 §3.1)."""
    group_id = office.group_id("Developers")
    write = office.write(office.registry.group)
    office.groups.delete(group_id, write)
    assert office.world.group("developers") is None
    with pytest.raises(NotFound):
        office.groups.delete(group_id, write)

    # Also if somebody makes it elsewhere.
    group = office.world.add_group("Developers")
    by_hand = office.group_id("Developers")
    assert by_hand != group_id
    office.world.remove_group(group)
    assert resource(office.create_group(displayName="Developers"))["id"] != group_id


@pytest.mark.rule("7643-4.2-unknown-members")
def test_an_unknown_member_is_refused_before_any_call(office: Office) -> None:
    """With who it is."""
    group_id = office.group_id("Developers")
    nobody = "00000000-0000-4000-8000-000000000000"
    for strange in (nobody, "nobody"):
        with pytest.raises(InvalidValue, match=strange):
            office.patch_group(group_id, add(strange))
    assert office.writes == []


def test_a_group_that_is_seen_before_it_is_finished_has_one_id(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads the groups between the call that makes it and the last one of the request."""
    seen: list[str] = []
    make = Calls.make

    def make_and_look(calls: Calls, step: Step) -> Done:
        done = make(calls, step)
        seen.append(office.group_id("Newcomers"))
        return done

    monkeypatch.setattr(Calls, "make", make_and_look)
    members = [{"value": uuid_of(office, name)} for name in ("Ann", "Bob")]
    made = resource(office.create_group(displayName="Newcomers", members=members))

    assert seen == [made["id"]] * 3
    assert len(made["members"]) == 2
    assert office.group_id("Newcomers") == made["id"]


def test_who_was_deleted_and_put_in_elsewhere_is_in_nobody_s_way(office: Office) -> None:
    """It stays in the group; others come and go."""
    ann, dan = uuid_of(office, "Ann"), uuid_of(office, "Dan")
    office.users.delete(ann, office.write(office.registry.user))
    account, group = (
        office.world.account_by_email("ann@acme.example"),
        office.world.group("testers"),
    )
    assert account is not None
    assert group is not None
    office.world.join(group, account)
    group_id = office.group_id("Testers")
    office.patch_group(group_id, add(dan))
    assert members_of(office, "testers") == ["Ann", "Bob", "Cat", "Dan"]


@pytest.mark.parametrize("op", ["remove", "replace"])
@pytest.mark.parametrize(
    "value", [[{"display": "Ann"}], [{"value": None}], [None], [{}], "", [{"value": ""}]]
)
def test_a_member_without_a_value_is_refused(office: Office, op: str, value: object) -> None:
    """Nobody is taken out for it, let alone everybody."""
    group_id = office.group_id("Developers")
    with pytest.raises(InvalidValue):
        office.patch_group(group_id, {"op": op, "path": "members", "value": value})
    with pytest.raises(InvalidValue):
        office.patch_group(group_id, {"op": "replace", "path": "members"})
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_to_add_nothing_to_a_member_takes_nobody_out(office: Office) -> None:
    """What a member has besides its value is passed over."""
    group_id = office.group_id("Developers")
    path = f'members[value eq "{uuid_of(office, "Ann")}"]'
    office.patch_group(group_id, {"op": "add", "path": path, "value": {"display": "q"}})
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_permissions_are_granted_by_uuid_key_or_name(office: Office) -> None:
    """And come back by UUID; another permission on the same place takes the place of the first."""
    group_id = office.group_id("Developers")
    path = f"{GROUP_EXTENSION}:entitlements"
    values = [{"value": "repository:acme/api-core:write"}, {"value": "project:web:create-repo"}]
    granted = resource(office.patch_group(group_id, {"op": "add", "path": path, "value": values}))

    group = office.world.group("developers")
    assert group is not None
    held = {grant.permission.value for grant in office.world.grants(subject=group)}
    assert held == {"write", "create-repo"}
    told = granted[GROUP_EXTENSION]["entitlements"]
    assert {each["display"] for each in told} == {"acme/api-core: write", "WEB: create-repo"}

    stronger = [{"value": "repository:acme/api-core:admin"}]
    office.patch_group(group_id, {"op": "add", "path": path, "value": stronger})
    assert {g.permission.value for g in office.world.grants(subject=group)} == {
        "admin",
        "create-repo",
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "no entitlement"),
        ("repository:acme/api-core:create-repo", "can't be granted on a repository"),
        ("repository:acme/nothing:read", "no repository acme/nothing"),
        ("project:NONE:read", "no project none"),
    ],
)
def test_an_entitlement_that_is_none_is_refused(office: Office, value: str, said: str) -> None:
    """Before any call."""
    group_id = office.group_id("Developers")
    path = f"{GROUP_EXTENSION}:entitlements"
    with pytest.raises(InvalidValue, match=said):
        office.patch_group(group_id, {"op": "add", "path": path, "value": [{"value": value}]})
    assert office.writes == []


PERMISSION = f"{GROUP_EXTENSION}:workspacePermission"


def test_a_permission_on_every_repository_is_given_and_taken(office: Office) -> None:
    """By one call, which leaves alone what else is said of the group."""
    group_id = office.group_id("Developers")
    given = resource(
        office.patch_group(group_id, {"op": "add", "path": PERMISSION, "value": "Write"})
    )
    assert given[GROUP_EXTENSION] == {"workspacePermission": "write"}
    again = office.groups.replace(
        group_id, {"displayName": "Developers"}, office.write(office.registry.group)
    )
    assert resource(again)[GROUP_EXTENSION] == {"workspacePermission": "write"}
    taken = resource(office.patch_group(group_id, {"op": "remove", "path": PERMISSION}))

    assert GROUP_EXTENSION not in taken
    group = office.world.group("developers")
    assert group is not None
    assert group.permission is None
    puts = [call for call in office.writes if call.startswith("PUT /1.0/groups/acme/developers {")]
    assert len(puts) == 2


def test_a_group_is_made_with_a_permission(office: Office) -> None:
    """It is given before anybody is in."""
    made = resource(
        office.create_group(
            displayName="Readers",
            members=[{"value": uuid_of(office, "Ann")}],
            **{GROUP_EXTENSION: {"workspacePermission": "read"}},
        )
    )
    assert made[GROUP_EXTENSION] == {"workspacePermission": "read"}
    assert [call.split(" {")[0] for call in office.writes][1] == "PUT /1.0/groups/acme/readers"


def test_a_permission_that_is_none_is_refused(office: Office) -> None:
    """Before any call."""
    group_id = office.group_id("Developers")
    with pytest.raises(InvalidValue, match="choose one of read, write, admin"):
        office.patch_group(group_id, {"op": "add", "path": PERMISSION, "value": "owner"})
    assert not office.writes


def test_a_permission_is_taken_after_what_makes_up_for_it_is_given(office: Office) -> None:
    """Nobody is without what both sides grant."""
    group_id = office.group_id("Developers")
    office.patch_group(group_id, {"op": "add", "path": PERMISSION, "value": "write"})
    office.bitbucket.calls.reset()
    value = [{"value": "project:API:write"}]
    office.patch_group(
        group_id,
        {"op": "remove", "path": PERMISSION},
        {"op": "add", "path": f"{GROUP_EXTENSION}:entitlements", "value": value},
    )
    assert ["permissions-config" in call for call in office.writes] == [True, False]


def test_an_outage_before_the_first_call_says_that_nothing_was_changed(office: Office) -> None:
    """What a change rests on can't be read: there is no telling what would have to be done."""
    group_id = office.group_id("Developers")
    office.bitbucket.faults.plan("503", "/1.0/groups/*", times=99)
    with pytest.raises(Unavailable, match="Nothing was changed"):
        office.patch_group(group_id, {"op": "replace", "path": "members", "value": []})
    assert office.writes == []


def test_a_dry_run_touches_nothing(office: Office) -> None:
    """It says which calls there would be."""
    group_id = office.group_id("Developers")
    told = office.patch_group(group_id, add(uuid_of(office, "Dan")), is_dry_run=True)

    assert told.plan is not None
    calls: Any = told.plan["calls"]
    assert [call["method"] for call in calls] == ["PUT"]
    assert "Developers" in calls[0]["does"]
    after: Any = told.plan["after"]
    base = "https://scim.example.com/scim/v2"
    assert after["members"][0]["$ref"] == f"{base}/Users/{after['members'][0]['value']}"
    assert office.writes == []
    assert office.changes() == []


@pytest.mark.rule("7644-3.14-if-match")
def test_a_request_for_another_version_is_refused(office: Office) -> None:
    """412, and nothing is changed."""
    group_id = office.group_id("Developers")
    with pytest.raises(VersionChanged):
        office.patch_group(
            group_id, add(uuid_of(office, "Dan")), is_expected=lambda versions: "old" in versions
        )
    assert office.writes == []


def test_changes_at_once_lose_nobody(office: Office) -> None:
    """Each waits for the other, and begins from what the other has left."""
    group_id = office.group_id("Testers")
    names = ["Ann", "Dan", "Admin"]
    ids = [uuid_of(office, name) for name in names]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda each: office.patch_group(group_id, add(each)), ids))
    assert members_of(office, "testers") == ["Admin", "Ann", "Bob", "Cat", "Dan"]
    assert max(len(resource(answer)["members"]) for answer in answers) == 5


@pytest.mark.parametrize(
    ("missing", "operation", "said"),
    [
        (OAuthConsumer, {"op": "remove", "path": "members"}, "OAuth consumer.*account:write"),
        (
            ApiToken,
            {
                "op": "add",
                "path": f"{GROUP_EXTENSION}:entitlements",
                "value": [{"value": "project:API:read"}],
            },
            "API token.*project:admin",
        ),
    ],
)
def test_a_missing_credential_is_named_before_any_call(
    tmp_path: Any, missing: Any, operation: dict[str, Any], said: str
) -> None:
    """With the scope it needs."""
    app = create_app(small_world(), behaviour=Behaviour(hourly_limit=None))
    with serving(app) as bitbucket:
        database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
        with opened(bitbucket, database, without=(missing,)) as office:
            group_id = office.group_id("Developers")
            with pytest.raises(BadUpstream, match=said):
                office.patch_group(group_id, operation)
            assert office.writes == []


def test_a_full_plan_is_told(tmp_path: Any) -> None:
    """What of it was done, too."""
    app = create_app(small_world(), behaviour=Behaviour(hourly_limit=None, seat_limit=4))
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with serving(app) as bitbucket, opened(bitbucket, database) as office:
        value = [{"value": "repository:acme/api-core:write"}]
        operation = {"op": "add", "path": "entitlements", "value": value}
        with pytest.raises(ScimError, match="no seat left") as refused:
            office.patch_user(uuid_of(office, "Dan"), operation)
        assert refused.value.status == 403


def test_a_put_that_empties_a_group_s_entitlements_revokes_them(office: Office) -> None:
    """And one that leaves them out keeps them: RFC 7644 §3.5.1."""
    group_id = office.group_id("Developers")
    path = f"{GROUP_EXTENSION}:entitlements"
    value = [{"value": "repository:acme/api-core:read"}]
    office.patch_group(group_id, {"op": "add", "path": path, "value": value})
    write = office.write(office.registry.group)
    kept = resource(office.groups.replace(group_id, {"displayName": "Developers"}, write))
    assert kept[GROUP_EXTENSION]["entitlements"]
    body = {"displayName": "Developers", GROUP_EXTENSION: {"entitlements": []}}
    cleared = resource(office.groups.replace(group_id, body, write))
    assert GROUP_EXTENSION not in cleared
    group = office.world.group("developers")
    assert group is not None
    assert not list(office.world.grants(subject=group))
