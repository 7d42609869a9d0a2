"""A PUT of what is shown of an account that Atlassian has closed."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gateway.directory.showing import shown
from gateway.provisioning.sent_back import STAYS
from gateway.sandbox import FaultKind
from gateway.scim.change import Method, read_change
from gateway.scim.errors import Unavailable
from gateway.scim.handler import Written
from gateway.scim.projection import Projection
from tests.provisioning.office import BASE_URL, Office, resource
from tests.provisioning.test_earlier_changes import open_changes, resume_all
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import (
    WRITE,
    account_of,
    grants_of,
    groups_of,
    read_all,
    read_members,
)
from tests.provisioning.test_users import granting

#: What Bitbucket alone says of a user, or the gateway: some clients send nothing of it.
READ_ONLY = {
    "id",
    "meta",
    "groups",
    "roles",
    "photos",
    "nickName",
    "profileUrl",
    "userType",
}


def read(office: Office, user_id: str) -> dict[str, Any]:
    """Return a user as a GET does."""
    user = office.registry.user
    with office.mirror.reading() as snapshot:
        found = shown(snapshot, user, user_id, projection=Projection(user), base_url=BASE_URL)
    assert found is not None
    told: dict[str, Any] = orjson.loads(found.json)
    return told


def put(office: Office, user_id: str, body: dict[str, Any], **how: Any) -> Written:
    """Replace a user by a body as a client sends it."""
    change = read_change(Method.PUT, body, office.registry.user, user_id)
    return change(office.users, office.write(office.registry.user, **how))


def access_of(office: Office, name: str) -> tuple[list[str], list[str]]:
    """Return the groups of somebody at Bitbucket, and what is granted."""
    account = account_of(office, name)
    return groups_of(office, account), grants_of(office, account)


def closed(office: Office, name: str, *granted: str) -> str:
    """Return the id of a member whose account Atlassian has closed, with what was granted."""
    user_id = uuid_of(office, name)
    if granted:
        office.patch_user(user_id, granting(*granted))
    office.world.change_account(account_of(office, name), status="closed")
    read_members(office)
    assert read(office, user_id)["active"] is False
    office.bitbucket.calls.reset()
    return user_id


@pytest.mark.rule("7644-3.5.1-unchanged")
@pytest.mark.parametrize("granted", [[WRITE], []])
def test_what_is_sent_back_as_it_was_read_takes_nothing(office: Office, granted: list[str]) -> None:
    """Neither from who holds a grant, nor from who is in a group alone; a note says what does."""
    ann = closed(office, "Ann", *granted)
    before, access = read(office, ann), access_of(office, "Ann")

    for _ in range(2):
        written = put(office, ann, before)
        assert written.notes == (STAYS,)
        assert resource(written) == read(office, ann) == before

    assert office.writes == []
    assert access_of(office, "Ann") == access == (["Developers"], ["write"] if granted else [])
    assert all(not change.began.data["plan"] for change in office.changes()[bool(granted) :])


def test_who_was_not_deactivated_is_active_once_the_account_is_opened(office: Office) -> None:
    """What was sent back is not kept as a client's word."""
    ann = closed(office, "Ann", WRITE)
    put(office, ann, read(office, ann))
    office.world.change_account(account_of(office, "Ann"), status="active")
    read_members(office)
    assert read(office, ann)["active"] is True
    assert resume_all(office) == []
    assert access_of(office, "Ann") == (["Developers"], ["write"])


def test_the_entitlements_assert_access_to_who_sends_nothing_else_of_it(office: Office) -> None:
    """Without the version, the groups and all else that no client writes, and by an old name."""
    ann = closed(office, "Ann", WRITE)
    before = read(office, ann)
    body = {name: value for name, value in before.items() if name not in READ_ONLY}
    (held,) = before["entitlements"]
    body["entitlements"] = [held | {"display": f"{held['display']} (inferred)"}]

    assert put(office, ann, body).notes == (STAYS,)
    assert read(office, ann) == before
    assert access_of(office, "Ann") == (["Developers"], ["write"])


def test_a_dry_run_foretells_that_nothing_is_taken(office: Office) -> None:
    """And what the user stays: inactive, as Atlassian says."""
    ann = closed(office, "Ann", WRITE)
    told = put(office, ann, read(office, ann), is_dry_run=True)
    assert told.plan is not None
    assert told.plan["calls"] == []
    assert told.plan["after"]["active"] is False  # type: ignore[index]  # reason: it is an object
    assert told.notes == (STAYS,)


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what leaves attributes out of a body."""
    return lambda body: {name: value for name, value in body.items() if name not in names}


@pytest.mark.parametrize(
    "change",
    [
        # As Okta deactivates: what it was told of the groups is sent, and of the grants nothing.
        lambda body: without("entitlements")(body) | {"meta": {"resourceType": "User"}},
        lambda body: without("entitlements")(body) | {"meta": {"version": 'W/"0"'}},
        lambda body: body | {"entitlements": body["entitlements"][:1]},
        lambda body: body | {"entitlements": []},
        lambda body: body | {"displayName": "Ann (left)"},
        lambda body: body | {"emails": [{"value": "ann@home.example"}]},
    ],
)
def test_a_put_that_says_something_else_takes_all_away(
    office: Office, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Or that asserts nothing of what is held: then active false is the client's own word."""
    ann = closed(office, "Ann", WRITE, "project:WEB:read")
    written = put(office, ann, change(read(office, ann)))
    assert STAYS not in written.notes
    assert access_of(office, "Ann") == ([], [])


@pytest.mark.parametrize("way", ["patch", "delete"])
def test_patch_and_delete_take_all_away_of_a_closed_account(office: Office, way: str) -> None:
    """They say so, whatever is shown; what is sent back after that takes what came since, too."""
    ann = closed(office, "Ann", WRITE)
    put(office, ann, read(office, ann))
    if way == "delete":
        office.users.delete(ann, office.write(office.registry.user))
        assert access_of(office, "Ann") == ([], [])
        return
    assert not office.activate(ann, active=False).notes
    assert access_of(office, "Ann") == ([], [])

    repository = office.world.repository("web-core")
    assert repository is not None
    office.world.grant(account_of(office, "Ann"), repository, "admin")
    read_all(office)
    assert read(office, ann)["entitlements"]
    assert put(office, ann, read(office, ann)).notes == ()
    assert access_of(office, "Ann") == ([], [])


def test_a_deactivation_that_stopped_is_not_undone_by_what_is_sent_back(office: Office) -> None:
    """Whoever reads the user half-way and sends it back goes on with it."""
    ann = closed(office, "Ann", WRITE)
    office.bitbucket.faults.plan(FaultKind("503"), "/2.0/*", method="DELETE", times=99)
    with pytest.raises(Unavailable):
        office.activate(ann, active=False)
    office.bitbucket.faults.clear()
    assert access_of(office, "Ann") != ([], [])

    assert STAYS not in put(office, ann, read(office, ann)).notes
    assert access_of(office, "Ann") == ([], [])
    assert open_changes(office) == []


def test_an_owner_whose_account_is_closed_is_sent_back_as_every_user(office: Office) -> None:
    """Nothing is taken, so nothing is refused either."""
    office.world.add_member("Olga", role="owner", email="olga@acme.example")
    olga = closed(office, "Olga")
    assert put(office, olga, read(office, olga)).notes == (STAYS,)
