"""While Bitbucket is asked, no transaction of the database stays open."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.sandbox.calls import Calls, Made
from tests.provisioning.office import Office, resource
from tests.provisioning.test_deactivated import access_of
from tests.provisioning.test_discovery import read_everything
from tests.provisioning.test_earlier_changes import accounts, people, removing
from tests.provisioning.test_groups import add, uuid_of
from tests.provisioning.test_users import ZOE, granting

#: Longer than any transaction in which nobody waits for Bitbucket.
_LONG_SECONDS = 1.0


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the calls during all of which somebody reads one and the same state."""
    path, found, count = tmp_path / "mirror.sqlite3", list[str](), Calls.count
    one_at_a_time = threading.Lock()

    def looked(calls: Calls, template: str, made: Made) -> None:
        count(calls, template, made)
        database = closing(sqlite3.connect(path, timeout=_LONG_SECONDS))
        with one_at_a_time, database as looking:
            # What is written now can't get past who reads the state before it.
            looking.execute(f"PRAGMA user_version = {len(calls.made)}")
            is_busy, _, _ = looking.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            found.append(made.path)

    monkeypatch.setattr(Calls, "count", looked)
    yield found
    monkeypatch.undo()


def test_nothing_is_held_while_somebody_is_deprived(office: Office, held: list[str]) -> None:
    """Of what turns up, a repository may have been made since the list of them was read."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting("repository:acme/api-core:write"))
    read_everything(office)
    (account,) = accounts(office, "Ann")
    project = office.world.project("API")
    assert project is not None
    made = office.world.add_repository("New", project=project)
    office.world.grant(account, made, "admin")
    office.activate(ann, active=False)
    assert access_of(office) == (set(), 0)
    office.activate(ann, active=True)
    assert access_of(office) == ({"Developers"}, 2)
    office.users.delete(ann, office.write(office.registry.user))
    assert access_of(office) == (set(), 0)
    assert held == []


def test_nothing_is_held_while_groups_and_invitations_change(
    office: Office, held: list[str]
) -> None:
    """Whatever is asked for."""
    group_id = resource(office.create_group(displayName="New", members=people(office, "Ann")))["id"]
    zoe = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    office.patch_group(group_id, add(uuid_of(office, "Bob")), removing(uuid_of(office, "Ann")))
    office.patch_user(zoe, {"op": "replace", "path": "userName", "value": "zoe@example.org"})
    office.groups.delete(group_id, office.write(office.registry.group))
    office.activate(zoe, active=False)
    assert office.world.invitations == {}
    assert held == []
