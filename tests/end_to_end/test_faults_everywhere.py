"""A fault at any position of any list: the old answer, whole and with its age, or none at all."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from gateway.sandbox import Behaviour, FaultKind, World, create_app, generate, serving
from gateway.scim.errors import BadUpstream, Unavailable
from tests.directory.conftest import Stage, staged
from tests.end_to_end.worlds import bare

#: Every list of some length has several pages.
_PAGE = 5


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A workspace that was read once."""
    world = generate(users=12, groups=3, projects=2, repositories=6)
    app = create_app(world, behaviour=Behaviour(largest_page=_PAGE))
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with (
        serving(app) as bitbucket,
        staged(bitbucket, database, has_second_chances=False) as made,
    ):
        bitbucket.sandbox.faults.stall_seconds = 0.01
        yield made


Users = dict[str, frozenset[str]]


def users(stage: Stage) -> tuple[Users, int]:
    """Return who there is with which entitlements and groups, as answered, and the answer's age."""
    listing = stage.ask(stage.users)
    assert listing.total_results == listing.count
    found = orjson.loads(listing.json)
    told = {
        user["id"]: frozenset(
            value["value"] for name in ("entitlements", "groups") for value in user.get(name, ())
        )
        for user in found
    }
    return told, listing.provenance.age_seconds


def change(world: World, number: int) -> None:
    """Take something away, and give something, so that a shorter list would be seen."""
    members = [account for account, _ in world.members()]
    world.remove_member(members[-1])
    world.add_member(f"Newcomer {number}")
    for grant in list(world.grants())[:2]:
        world.revoke(grant.subject, grant.target)
    repository = list(world.repositories.values())[number % len(world.repositories)]
    world.grant(world.members()[1][0], repository, "write")


@pytest.mark.parametrize("kind", list(FaultKind))
def test_no_fault_ever_shortens_an_answer(stage: Stage, kind: FaultKind) -> None:
    """Whatever call fails, each part of an answer is what it was at one moment or the other."""
    before, _ = users(stage)
    stage.bitbucket.calls.reset()
    stage.clock.pass_time(minutes=10)
    users(stage)
    positions = stage.bitbucket.calls.total
    assert positions > 15

    for position in range(positions):
        change(stage.world, position)
        stage.clock.pass_time(minutes=10)
        stage.bitbucket.faults.plan(kind, skip=position)
        try:
            during, age = users(stage)
        except (BadUpstream, Unavailable):
            during, age = before, 600
        assert not stage.bitbucket.faults.pending()
        # Nothing repeats the call that failed: what it would have told is as old as before.
        assert age == 600
        stage.clock.pass_time(minutes=10)
        after, fresh = users(stage)

        assert after.keys() == truth(stage.world)
        assert fresh == 0
        assert during.keys() in (before.keys(), after.keys())
        for user, held in during.items():
            old, new = before.get(user, frozenset()), after.get(user, frozenset())
            assert old & new <= held <= old | new
        before = after


def truth(world: World) -> set[str]:
    """Return the ids of all members."""
    return {bare(account.uuid) for account, _ in world.members()}


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_cold_mirror_answers_nothing_that_is_not_whole(stage: Stage, kind: FaultKind) -> None:
    """Whatever call fails first, the answer is an error until everything was read."""
    for position in range(0, 24, 3):
        stage.bitbucket.faults.plan(kind, skip=position)
        try:
            told, _ = users(stage)
        except (BadUpstream, Unavailable):
            stage.clock.pass_time(seconds=31)
            continue
        assert told.keys() == truth(stage.world)
    stage.bitbucket.faults.clear()
    stage.clock.pass_time(minutes=10)
    assert users(stage)[0].keys() == truth(stage.world)
