"""Who was deactivated is given nothing until active: true, whatever comes in between."""

from typing import Any

import pytest

from gateway.provisioning.members import WantedMembers
from gateway.scim.errors import InvalidValue
from tests.provisioning.office import Office, bare, resource
from tests.provisioning.test_groups import add, uuid_of
from tests.provisioning.test_users import granting, shown

REMOVED = {"op": "remove", "path": "active"}
NULLED = {"op": "replace", "path": "active", "value": None}
NAMED = {"op": "replace", "path": "displayName", "value": "Zed"}
BETWEEN: list[list[dict[str, Any]]] = [
    [REMOVED],
    [NULLED],
    [REMOVED, NAMED],
    [NULLED, REMOVED, NAMED],
]


def access_of(office: Office, email: str = "ann@acme.example") -> tuple[set[str], int]:
    """Return the groups of somebody, and how many places it was granted something on."""
    account = office.world.account_by_email(email)
    assert account is not None
    groups = {group.name for group in office.world.groups_of(account)}
    return groups, len(list(office.world.grants(subject=account)))


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.rule("7643-4.1.1-active")
def test_taking_active_away_lets_nobody_in(office: Office, between: list[dict[str, Any]]) -> None:
    """What is asked for is held back, and active: true gives it, and back what was taken."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:read"))
    office.activate(ann, active=False)
    for operation in between:
        office.patch_user(ann, operation)
    assert "active" not in shown(office, ann)

    office.patch_group(office.group_id("Testers"), add(ann))
    office.patch_user(ann, granting("repository:acme/web-core:write"))
    assert access_of(office) == (set(), 0)

    back = resource(office.activate(ann, active=True))
    assert back["active"] is True
    assert access_of(office) == ({"Developers", "Testers"}, 2)


@pytest.mark.parametrize("operation", [REMOVED, NULLED])
def test_who_is_active_stays_so_though_it_is_not_shown(
    office: Office, operation: dict[str, Any]
) -> None:
    """Unassigned is not false: nothing is taken, and nothing held back."""
    ann = uuid_of(office, "Ann")
    assert not office.patch_user(ann, operation).notes
    assert "active" not in shown(office, ann)
    office.patch_group(office.group_id("Testers"), add(ann))
    assert access_of(office)[0] == {"Developers", "Testers"}


def test_active_is_shown_again_once_it_is_said(office: Office) -> None:
    """By true, by false, and by a PUT that leaves it out, which means true."""
    ann = uuid_of(office, "Ann")
    for active in (True, False):
        office.patch_user(ann, REMOVED)
        assert resource(office.activate(ann, active=active))["active"] is active
    office.patch_user(ann, REMOVED)
    body = {"userName": "ann@acme.example"}
    written = office.users.replace(ann, body, office.write(office.registry.user))
    assert resource(written)["active"] is True
    assert access_of(office)[0] == {"Developers"}


def test_that_who_is_deactivated_stays_so_is_told(office: Office) -> None:
    """Whoever takes the attribute away may have meant to let somebody in."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    (note,) = office.patch_user(ann, REMOVED).notes
    assert note == "active was taken away: the user stays deactivated until it is true"
    assert not office.patch_user(ann, NAMED).notes


def test_active_is_not_set_and_taken_away_at_once(office: Office) -> None:
    """The one would be lost in the other."""
    ann = uuid_of(office, "Ann")
    with pytest.raises(InvalidValue, match="one of the two"):
        office.patch_user(ann, {"op": "replace", "path": "active", "value": False}, REMOVED)
    assert access_of(office)[0] == {"Developers"}
    office.activate(ann, active=False)
    office.patch_user(ann, REMOVED, {"op": "add", "path": "active", "value": True})
    assert access_of(office)[0] == {"Developers"}


def test_who_is_put_into_a_group_and_held_back_is_named(office: Office) -> None:
    """By PATCH, again by PATCH, by PUT and by POST: all are carried out, but for that."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    testers = office.group_id("Testers")
    body = {"displayName": "Testers", "members": [{"value": ann}]}
    write = office.write(office.registry.group)
    for written in (
        office.patch_group(testers, add(ann), is_dry_run=True),
        office.patch_group(testers, add(ann)),
        office.patch_group(testers, add(ann)),
        office.groups.replace(testers, body, write),
        office.create_group(displayName="New", members=[{"value": ann}]),
    ):
        assert written.notes == (f"held back until active again: user {ann}",)
    office.activate(ann, active=True)
    assert access_of(office)[0] == {"Developers", "Testers", "New"}
    assert not office.patch_group(testers, add(ann)).notes


def test_an_entitlement_that_is_held_back_is_noted(office: Office) -> None:
    """Once: what is held back already is no news."""
    ann = uuid_of(office, "Ann")
    office.activate(ann, active=False)
    granted = granting("repository:acme/api-core:read")
    repository = office.world.repository("api-core")
    assert repository is not None
    told = f"held back until active again: repository {bare(repository.uuid)} read"
    assert office.patch_user(ann, granted, is_dry_run=True).notes == (told,)
    assert office.patch_user(ann, granted).notes == (told,)
    assert not office.patch_user(ann, granted).notes


def test_of_many_who_are_held_back_ten_are_named() -> None:
    """A header has an end."""
    ids = frozenset(f"u{number:02}" for number in range(12))
    notes = WantedMembers(frozenset(), {}, ids).notes
    assert len(notes) == 11
    assert notes[-1] == "held back until active again: 2 more"
