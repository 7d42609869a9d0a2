"""Nobody locks out an owner, or the account that the gateway acts by."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.sandbox import Behaviour, Serving, create_app, demo_credentials, serving
from gateway.sandbox.credentials import API_TOKEN_SCOPES
from gateway.scim.errors import Conflict, Unavailable
from tests.provisioning.conftest import small_world
from tests.provisioning.office import Office, opened
from tests.provisioning.test_groups import PERMISSION, members_of, uuid_of

_LEAVE = {"op": "remove", "path": "members"}


def administrators(office: Office, *names: str) -> str:
    """Make the group of administrators, and return its id."""
    people = [account for account, _ in office.world.members() if account.display_name in names]
    office.world.add_group("Administrators", members=people)
    return office.group_id("Administrators")


def test_the_gateway_does_not_lock_itself_out(office: Office) -> None:
    """Its account stays in the group that makes it an administrator."""
    admin = office.world.account_by_email("admin@acme.example")
    assert admin is not None
    office.world.add_group("Administrators", members=[admin])
    group_id = office.group_id("Administrators")
    with pytest.raises(Conflict, match="GATEWAY_PROTECT_ADMINISTRATORS"):
        office.patch_group(group_id, {"op": "replace", "path": "members", "value": []})
    with pytest.raises(Conflict):
        office.groups.delete(group_id, office.write(office.registry.group))
    office.world.add_group("Rulers", permission="admin", members=[admin])
    ruling = office.group_id("Rulers")
    with pytest.raises(Conflict):
        office.patch_group(ruling, {"op": "replace", "path": PERMISSION, "value": "write"})
    assert office.writes == []


def test_the_group_of_administrators_keeps_its_name(office: Office) -> None:
    """It is known by its slug, which follows the name; letter case does not matter."""
    group_id = administrators(office, "Ann")
    write = office.write(office.registry.group)
    with pytest.raises(Conflict, match="by the name"):
        office.groups.replace(group_id, {"displayName": "Chiefs"}, write)
    with pytest.raises(Conflict):
        office.patch_group(group_id, {"op": "replace", "path": "displayName", "value": "Chiefs"})
    assert office.writes == []
    office.patch_group(
        group_id, {"op": "replace", "path": "displayName", "value": "ADMINISTRATORS"}
    )


def test_an_owner_stays_an_administrator(office: Office) -> None:
    """Also one that the gateway does not act by; others come and go."""
    office.world.add_member("Eve", role="owner", email="eve@acme.example")
    group_id = administrators(office, "Ann", "Eve")
    with pytest.raises(Conflict, match="owns the workspace"):
        office.patch_group(group_id, _LEAVE)
    assert office.writes == []
    path = f'members[value eq "{uuid_of(office, "Ann")}"]'
    office.patch_group(group_id, {"op": "remove", "path": path})
    assert members_of(office, "administrators") == ["Eve"]


@pytest.fixture
def unscoped() -> Iterator[Serving]:
    """A Bitbucket whose API token may not ask whose it is."""
    known = demo_credentials()
    scopes = set(API_TOKEN_SCOPES) - {"read:user:bitbucket"}
    token = replace(known.api_token, scopes=scopes)
    app = create_app(
        small_world(),
        behaviour=Behaviour(hourly_limit=None),
        credentials=[token, known.access_token, known.oauth],
    )
    with serving(app) as served:
        yield served


def test_the_account_of_a_token_is_found_by_its_address(unscoped: Serving, tmp_path: Path) -> None:
    """Where its scopes don't let it ask."""
    with opened(unscoped, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as office:
        admin = uuid_of(office, "Admin")
        group_id = administrators(office, "Admin", "Ann")
        office.world.add_member(office.world.member(f"{{{admin}}}") or "", role="member")
        with pytest.raises(Conflict, match=f"{admin} is the account that this gateway acts by"):
            office.patch_group(group_id, _LEAVE)
        office.activate(uuid_of(office, "Bob"), active=False)


def test_whoever_may_be_the_gateway_itself_is_protected(unscoped: Serving, tmp_path: Path) -> None:
    """Where nobody has the address of the token either: with what to do."""
    with opened(unscoped, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as office:
        group_id = administrators(office, "Ann")
        account = office.world.account_by_email("admin@acme.example")
        assert account is not None
        office.world.change_account(account, email="other@acme.example")
        with pytest.raises(Conflict, match=r"read:user:bitbucket.*PROTECT_ADMINISTRATORS"):
            office.patch_group(group_id, _LEAVE)
        assert office.writes == []


@pytest.mark.parametrize("kind", ["500", "429", "timeout"])
def test_nobody_is_taken_out_while_bitbucket_does_not_tell_who_the_gateway_is(
    office: Office, kind: str
) -> None:
    """It is said that nothing was changed, and when to ask again."""
    office.bitbucket.faults.stall_seconds = 0.05
    group_id = administrators(office, "Ann")
    office.bitbucket.faults.plan(kind, "/2.0/user", times=9)
    with pytest.raises(Unavailable, match="Nothing was changed") as refused:
        office.patch_group(group_id, _LEAVE)
    assert refused.value.retry_after_seconds
    with pytest.raises(Unavailable, match="Nothing was changed"):
        office.activate(uuid_of(office, "Bob"), active=False)
    assert office.writes == []
    office.bitbucket.faults.clear()
    office.patch_group(group_id, _LEAVE)


def test_the_setting_lifts_it(tmp_path: Path) -> None:
    """Of a group that administers, of its name, and of an owner."""
    app = create_app(small_world(), behaviour=Behaviour(hourly_limit=None))
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with serving(app) as bitbucket, opened(bitbucket, database, protection=False) as office:
        group_id = administrators(office, "Admin", "Ann")
        office.patch_group(group_id, _LEAVE)
        assert members_of(office, "administrators") == []
        office.patch_group(group_id, {"op": "replace", "path": "displayName", "value": "Chiefs"})
        assert office.world.group("chiefs") is not None
        assert not any("GET /2.0/user" in str(call) for call in office.bitbucket.calls.writes)
