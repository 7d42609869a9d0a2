"""Two gateways with one database: what one has written, the other answers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.planner.collections import Collection
from gateway.planner.needs import Whole
from gateway.sandbox import Behaviour, create_app, serving
from tests.provisioning.conftest import small_world
from tests.provisioning.office import Office, opened, resource
from tests.provisioning.test_groups import add, members_of, uuid_of


@pytest.fixture(params=["sqlite", "postgresql"])
def offices(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Office]]:
    """Three writers of the same workspace, each with connections of its own."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    with ExitStack() as stack:
        app = create_app(small_world(), behaviour=Behaviour(hourly_limit=None))
        bitbucket = stack.enter_context(serving(app))
        yield [stack.enter_context(opened(bitbucket, url)) for _ in range(3)]


def test_what_one_has_written_the_others_answer(offices: list[Office]) -> None:
    """At once, without asking Bitbucket."""
    first, second, _ = offices
    group_id = first.group_id("Developers")
    first.patch_group(group_id, add(uuid_of(first, "Dan")))

    first.bitbucket.calls.reset()
    with second.mirror.reading() as snapshot:
        group = second.provisioner.renderer.group(snapshot, group_id, is_plain=False)
        document = snapshot.resources(second.registry.group).version(group_id)
    assert group is not None
    assert uuid_of(first, "Dan") in {member["value"] for member in group["members"]}
    assert document is not None
    assert first.bitbucket.calls.total == 0


def test_changes_of_several_gateways_at_once_lose_nobody(offices: list[Office]) -> None:
    """One after the other, each from what the last has left; the journal has all three."""
    group_id = offices[0].group_id("Testers")
    names = ["Ann", "Dan", "Admin"]
    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(
                lambda office, name: office.patch_group(group_id, add(uuid_of(office, name))),
                offices,
                names,
            )
        )
    assert members_of(offices[0], "testers") == ["Admin", "Ann", "Bob", "Cat", "Dan"]
    assert sorted(len(resource(answer)["members"]) for answer in answers) == [3, 4, 5]
    assert [change.outcome for change in offices[1].changes()] == ["done"] * 3


def test_a_reading_that_began_before_a_write_does_not_undo_it(offices: list[Office]) -> None:
    """What was on its way may not know of the write: it does not land."""
    first, second, _ = offices
    group_id = first.group_id("Developers")
    dan = uuid_of(first, "Dan")
    refresher = second.provisioner.refresher
    read_at = refresher.now()
    told = list(refresher.workspace.groups())
    first.patch_group(group_id, add(dan))

    landing = Landing(second.mirror, refresher.renderer, refresher.now)
    reading = Reading(told, read_at, calls=1)
    landing.lists(Lists({Whole(Collection.GROUPS): reading}, {}), workspace_uuid=None)

    with second.mirror.reading() as snapshot:
        in_it = {m.member_uuid for m in snapshot.facts.memberships(group_ids=[group_id])}
    assert dan in in_it
