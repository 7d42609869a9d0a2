"""What a repository told stays told while rights betray it, and no longer."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.directory.candidates import Candidates
from gateway.directory.confirmation import confirm
from gateway.directory.synchronization import Synchronization
from gateway.planner import inference
from gateway.planner.collections import Collection
from gateway.planner.needs import EVERYTHING, Needs
from gateway.sandbox import (
    Account,
    Grant,
    Group,
    Permission,
    Repository,
    WorkspaceRole,
    World,
    create_app,
    serving,
)
from gateway.scim.freshness import FreshnessWanted
from tests.directory.conftest import Stage, staged
from tests.directory.test_background import PLACES, displays, granted, no_wait
from tests.directory.test_planned_is_naive import change
from tests.end_to_end.worlds import bare, worlds

_DOUBT = " (inferred)"
_NO_CACHE = FreshnessWanted(no_cache=True)


def ask_all(stage: Stage) -> None:
    """Have every repository tell what was inferred."""
    confirm(Synchronization(stage.refresher, Candidates(), no_wait), until=lambda: False)


def told(stage: Stage) -> list[dict[str, Any]]:
    """Read everything, have everything told, and return the users as they are then."""
    stage.resources(stage.users)
    ask_all(stage)
    users = stage.resources(stage.users)
    stage.clock.pass_time(minutes=10)
    return users


def repository_of(stage: Stage, grant: Grant) -> Repository:
    """Return what was granted on."""
    return stage.world.repositories[grant.target.uuid]


def shown(stage: Stage, grant: Grant) -> set[str]:
    """Return what the user of *grant* is shown to hold on its repository, without the name."""
    name = f"{stage.world.slug}/{repository_of(stage, grant).slug}: "
    held = displays(stage)[bare(grant.subject.uuid)]
    return {text.removeprefix(name) for text in held if text.startswith(name)}


@pytest.fixture
def direct(many: Stage) -> Grant:
    """A right that was granted directly on a repository that has told it, and is inferred next."""
    told(many)
    displays(many)
    with many.mirror.reading() as snapshot:
        readings = snapshot.facts.place_readings("user", "repository")
        inferred = {reading.object_uuid for reading in readings if reading.is_inferred}
    return next(
        grant
        for grant in many.world.grants()
        if isinstance(grant.subject, Account)
        and bare(grant.target.uuid) in inferred
        and grant.permission is Permission.WRITE
        and shown(many, grant)
    )


def test_what_was_told_and_is_inferred_again_is_the_same(many: Stage) -> None:
    """To the version and the moment of the last change; the answer says what it rests on."""
    before = told(many)
    asked = many.bitbucket.calls.by_resource[PLACES]

    again = many.ask(many.users)

    assert many.resources(many.users) == before
    assert again.provenance.age_seconds == 0
    assert "entitlements" in again.provenance.incomplete
    assert many.bitbucket.calls.by_resource[PLACES] - asked < 100
    with many.mirror.reading() as snapshot:
        readings = snapshot.facts.all_place_readings("user", "repository")
        assert snapshot.facts.inferred_places(1)
    assert (readings.inferred > 0, readings.never_told) == (True, 0)

    ask_all(many)
    assert many.resources(many.users) == before
    assert "entitlements" not in many.ask(many.users).provenance.incomplete


@pytest.mark.parametrize(
    ("permission", "expected"),
    [("admin", {f"admin{_DOUBT}"}), ("read", {f"read{_DOUBT}"}), (None, set())],
)
def test_another_right_than_was_told_is_inferred(
    many: Stage, direct: Grant, permission: str | None, expected: set[str]
) -> None:
    """It says so; and one that nobody has any more is gone."""
    if permission is None:
        many.world.revoke(direct.subject, direct.target)
    else:
        many.world.grant(direct.subject, direct.target, permission)
    many.clock.pass_time(minutes=10)

    assert shown(many, direct) == expected


def test_a_right_that_was_not_told_is_inferred(many: Stage, direct: Grant) -> None:
    """Beside one that was, on the same repository."""
    truth = granted(many)
    newcomer = many.world.add_member("Newcomer")
    many.world.grant(newcomer, direct.target, "write")
    many.clock.pass_time(minutes=10)

    name = f"{many.world.slug}/{repository_of(many, direct).slug}"
    found = displays(many)
    assert found.pop(bare(newcomer.uuid)) == {f"{name}: write{_DOUBT}"}
    assert found == truth


@pytest.mark.parametrize("is_kept", [True, False])
def test_what_a_group_gives_too_is_asked_for(many: Stage, direct: Grant, is_kept: bool) -> None:  # noqa: FBT001
    """The right in effect stays as it is, whether or not the direct grant is still there."""
    many.world.grant(_group_with(many.world, direct.subject), direct.target, direct.permission)
    if not is_kept:
        many.world.revoke(direct.subject, direct.target)
    for _ in range(2):
        many.clock.pass_time(minutes=10)
        assert shown(many, direct) == ({"write"} if is_kept else set())


def test_a_list_that_fails_lets_nothing_be_inferred(many: Stage, direct: Grant) -> None:
    """From an old list it would be inferred wrongly: all stays as it is, and as old."""
    many.world.grant(_group_with(many.world, direct.subject), direct.target, direct.permission)
    many.world.revoke(direct.subject, direct.target)
    many.bitbucket.faults.plan("500", "/1.0/group-privileges/acme", times=99)
    many.clock.pass_time(minutes=10)

    answer = many.ask(many.users, attributes="entitlements")

    assert answer.provenance.age_seconds == 600
    assert "failed" in answer.provenance.detail
    assert shown(many, direct) == {"write"}
    many.bitbucket.faults.clear()
    many.clock.pass_time(seconds=31)
    assert shown(many, direct) == set()


def test_a_right_that_may_have_another_reason_is_inferred(many: Stage) -> None:
    """Where a list of what explains rights was never read, nothing speaks for what was told."""
    many.bitbucket.faults.plan("500", "/1.0/group-privileges/acme", times=99)
    many.ask(many.users, attributes="entitlements")
    ask_all(many)
    told, _ = marked(many)
    many.clock.pass_time(minutes=10)
    many.ask(many.users, attributes="entitlements")

    with many.mirror.reading() as snapshot:
        inferred = set(snapshot.facts.inferred_places(999))
        places = {r.full_name for r in snapshot.facts.repositories() if r.uuid in inferred}
    assert any(told.values())
    assert places
    for held in marked(many)[0].values():
        assert not {text for text in held if text.split(":")[0] in places}


def test_what_is_inferred_is_as_old_as_what_explains_it(many: Stage) -> None:
    """A list that is young enough is not read again, and speaks of its own moment."""
    many.resources(many.users)
    many.clock.pass_time(minutes=4)
    many.refresher.ensure(Needs.whole(Collection.GROUPS), _NO_CACHE)
    many.clock.pass_time(minutes=2)

    answer = many.ask(many.users, attributes="entitlements")

    assert many.bitbucket.calls.by_resource["GET /1.0/groups/{workspace}"] == 2
    assert answer.provenance.calls > 0
    assert answer.provenance.age_seconds == 120


def marked(stage: Stage) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return what each user is shown to hold as it was told, and as it was inferred."""
    found = displays(stage)
    told = {user: {t for t in held if not t.endswith(_DOUBT)} for user, held in found.items()}
    return told, {user: held - told[user] for user, held in found.items()}


def follow(stage: Stage, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Change the workspace and read it, again and again, and hold what is shown to the truth."""
    stage.refresher.ensure(EVERYTHING, _NO_CACHE)
    for _ in range(draw(st.integers(2, 4))):
        if draw(st.booleans()):
            ask_all(stage)
            assert displays(stage) == granted(stage)
        before, _ = marked(stage)
        for _ in range(draw(st.integers(0, 3))):
            change(stage.world, draw)
        stage.clock.pass_time(minutes=10)

        told, inferred = marked(stage)

        truth = granted(stage)
        for user, held in truth.items():
            assert told[user] <= held
            assert {text.removesuffix(_DOUBT) for text in inferred[user]} <= held
            assert before.get(user, set()) & held <= told[user]
        users = stage.resources(stage.users)
        stage.clock.pass_time(minutes=10)
        assert stage.resources(stage.users) == users


def test_what_is_first_inferred_now_is_explained_by_young_lists(tmp_path: Path) -> None:
    """Though it shows only when grants on projects have landed that it can be inferred."""
    world = World(slug="acme", name="Acme")
    world.add_member("Admin", role=WorkspaceRole.OWNER, email="admin@acme.example")
    ann = world.add_member("Ann")
    project = world.add_project("API")
    world.grant(ann, project, "read")
    for number in range(3):
        world.grant(ann, world.add_repository(f"Repo {number}", project=project), "read")
    with (
        serving(create_app(world)) as bitbucket,
        staged(bitbucket, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as stage,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(inference, "EXACT_WITHIN", 0)
        told(stage)
        world.revoke(ann, project)
        privileges = "GET /1.0/group-privileges/{workspace}"
        assert stage.bitbucket.calls.by_resource[privileges] == 1

        assert displays(stage) == granted(stage)

        assert stage.bitbucket.calls.by_resource[privileges] == 2
        assert "entitlements" in stage.ask(stage.users).provenance.incomplete


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), data=st.data())
def test_what_is_shown_as_told_is_true_and_lasts(world: World, data: st.DataObject) -> None:
    """Whatever changes: what was told is shown so as long as it is true, and nothing else is."""
    assume(len(world.repositories) > 1)
    with (
        TemporaryDirectory() as folder,
        serving(create_app(world)) as bitbucket,
        staged(bitbucket, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}") as stage,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(inference, "EXACT_WITHIN", 0)
        follow(stage, data.draw)


def _group_with(world: World, subject: Account | Group) -> Group:
    """Return a new group, of *subject* alone."""
    assert isinstance(subject, Account)
    return world.add_group("Of one", members=[subject])
