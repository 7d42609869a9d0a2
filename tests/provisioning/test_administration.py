"""Where people and groups are administered, and what is told of a move."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import Behaviour, Serving, create_app, serving
from gateway.scim.errors import Unavailable, Unsupported
from tests.provisioning.conftest import small_world
from tests.provisioning.office import GROUP_EXTENSION, Office, opened
from tests.provisioning.test_groups import add, members_of, uuid_of


@pytest.fixture(params=[403, 405])
def moved(request: pytest.FixtureRequest) -> Any:
    """A workspace that is administered at admin.atlassian.com."""
    world = small_world()
    world.move_administration()
    behaviour = Behaviour(hourly_limit=None, moved_administration_status=request.param)
    with serving(create_app(world, behaviour=behaviour)) as served:
        yield served


def test_a_workspace_that_moved_is_read_and_its_groups_are_not_written(
    moved: Serving, tmp_path: Any
) -> None:
    """Refused before any call that changes something, with the reason; permissions are written."""
    with opened(moved, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as office:
        group_id = office.group_id("Developers")
        with pytest.raises(Unsupported, match=r"admin\.atlassian\.com"):
            office.patch_group(group_id, add(uuid_of(office, "Dan")))
        with pytest.raises(Unsupported):
            office.create_user(userName="zoe@acme.example")
        assert office.writes == []
        grant = {"value": "repository:acme/api-core:write"}
        path = f"{GROUP_EXTENSION}:entitlements"
        office.patch_group(group_id, {"op": "add", "path": path, "value": [grant]})
        assert len(office.writes) == 1


@pytest.fixture(params=[403, 405])
def moving(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """A workspace that was read, and is about to move."""
    behaviour = Behaviour(hourly_limit=None, moved_administration_status=request.param)
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with (
        serving(create_app(small_world(), behaviour=behaviour)) as served,
        opened(served, database) as office,
    ):
        office.patch_group(office.group_id("Testers"), add(uuid_of(office, "Dan")))
        office.bitbucket.calls.reset()
        yield office


def test_a_move_is_noticed_by_the_first_refusal(moving: Office) -> None:
    """It is told, and nothing is left open; what comes next is refused before any call."""
    office = moving
    group_id = office.group_id("Developers")
    office.world.move_administration()
    cat = add(uuid_of(office, "Cat"))
    with pytest.raises(Unsupported, match=r"admin\.atlassian\.com.*Nothing was changed"):
        office.patch_group(group_id, cat)
    assert office.changes()[-1].outcome == "closed"
    assert len(office.writes) == 1
    for how in ({}, {"is_dry_run": True}):
        with pytest.raises(Unsupported, match=r"admin\.atlassian\.com"):
            office.patch_group(group_id, cat, **how)
    with pytest.raises(Unsupported):
        office.create_user(userName="zoe@acme.example")
    assert len(office.writes) == 1


def test_a_move_is_noticed_by_an_invitation_that_is_refused(moving: Office) -> None:
    """The resource of invitations is gone (410)."""
    moving.world.move_administration()
    with pytest.raises(Unsupported, match=r"admin\.atlassian\.com"):
        moving.create_user(userName="zoe@acme.example")


def test_what_was_done_before_a_move_was_noticed_is_told(moving: Office) -> None:
    """And not that the same request again would finish it."""
    office = moving
    group_id = office.group_id("Developers")
    office.world.move_administration()
    grant = [{"value": "repository:acme/api-core:write"}]
    granting = {"op": "add", "path": f"{GROUP_EXTENSION}:entitlements", "value": grant}
    leaving = {"op": "remove", "path": "members"}
    with pytest.raises(Unsupported, match="Done, 1 of 3: grant write") as refused:
        office.patch_group(group_id, granting, leaving)
    assert "again" not in refused.value.detail
    assert members_of(office, "developers") == ["Ann", "Bob"]


def test_where_a_workspace_is_administered_is_looked_up_again(
    moving: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once what is known of it is older than answers may be."""
    office = moving
    administrations = office.provisioner.administrations
    group_id = office.group_id("Developers")
    office.world.move_administration()
    now = administrations.now
    monkeypatch.setattr(administrations, "now", lambda: now() + 2 * administrations.lifetime)
    with pytest.raises(Unsupported):
        office.patch_group(group_id, add(uuid_of(office, "Cat")))
    assert office.writes == []


def test_a_refusal_that_is_no_move_is_told_as_it_is(office: Office) -> None:
    """What fails otherwise makes nobody look."""
    group_id = office.group_id("Developers")
    office.bitbucket.faults.plan("503", "/1.0/groups/acme/*", method="PUT", times=9)
    with pytest.raises(Unavailable, match="Perhaps done"):
        office.patch_group(group_id, add(uuid_of(office, "Cat")))
