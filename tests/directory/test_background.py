"""What is read when nobody asks: all that has grown old, with the calls that are left."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from gateway.directory.background import BackgroundRefresher
from gateway.directory.candidates import Candidates
from gateway.directory.confirmation import confirm
from gateway.directory.synchronization import INVITATIONS, Synchronization
from gateway.planner.needs import EVERYTHING
from gateway.sandbox import Behaviour, create_app, generate, serving
from tests.directory.conftest import Stage, staged

INTERVAL = timedelta(days=1)
PLACES = "GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/users"


def no_wait(_seconds: float) -> bool:
    """Give up instead of waiting."""
    return True


def background(stage: Stage, candidates: Candidates | None = None) -> BackgroundRefresher:
    """Return a background refresher that waits for nothing."""
    synchronization = Synchronization(
        stage.refresher, candidates or Candidates(), no_wait, in_background=True
    )
    return BackgroundRefresher(synchronization, INTERVAL)


def test_everything_is_read_and_then_left_alone(stage: Stage) -> None:
    """Until it has nearly the age of the interval; a question meanwhile costs nothing."""
    refresher = background(stage)
    refresher.refresh()
    assert stage.bitbucket.calls.total > 10
    stage.bitbucket.calls.reset()

    stage.clock.pass_time(hours=19)
    refresher.refresh()
    assert stage.bitbucket.calls.total == 0

    stage.clock.pass_time(hours=1)
    refresher.refresh()
    assert stage.bitbucket.calls.total > 10


def test_what_fails_is_tried_again_and_spares_the_rest(stage: Stage) -> None:
    """One list that can't be read keeps no other from being read."""
    stage.bitbucket.faults.plan("500", "/1.0/groups/acme", times=1)
    background(stage).refresh()
    plan = stage.refresher.plan(EVERYTHING, not_before=stage.clock.now)
    assert [str(need) for need in plan.unknown()] == ["groups"]

    background(stage).refresh()

    plan = stage.refresher.plan(EVERYTHING, not_before=stage.clock.now)
    assert not list(plan.unknown())


def test_a_synchronization_goes_on_where_another_stopped(stage: Stage) -> None:
    """Repositories that were asked are not asked again."""
    path = "/2.0/repositories/acme/*/permissions-config/users"
    stage.bitbucket.faults.plan("429", path, times=5, skip=3, retry_after_seconds=3600)
    background(stage).refresh()
    asked = stage.bitbucket.calls.by_resource[PLACES]
    stage.bitbucket.faults.clear()
    stage.clock.pass_time(hours=1)

    background(stage).refresh()

    assert stage.bitbucket.calls.by_resource[PLACES] - asked == 5 - 3


def test_the_addresses_of_a_file_are_asked_for(stage: Stage, tmp_path: Path) -> None:
    """Whatever else is in it; each once, and again when that is old."""
    file = tmp_path / "emails.csv"
    file.write_text(
        '\ufeffE-mail,Name\n"Admin@ACME.example",Ann\n\nnobody@acme.example\njunk\n',
        encoding="utf-8",
    )
    refresher = background(stage, Candidates(file))
    refresher.refresh()
    resource = "GET /2.0/workspaces/{workspace}/members"
    assert stage.bitbucket.calls.by_resource[resource] == 1
    (admin,) = stage.resources(stage.users, 'emails.value sw "admin"')
    assert admin["userName"] == "admin@acme.example"

    refresher.refresh()
    assert stage.bitbucket.calls.by_resource[resource] == 1

    stage.clock.pass_time(days=1)
    refresher.refresh()
    assert stage.bitbucket.calls.by_resource[resource] > 1


def test_those_who_were_invited_are_known_by_their_addresses(stage: Stage) -> None:
    """The address of an invitation is asked for, so that who accepts it is found."""
    invitation = next(iter(stage.world.invitations))
    stage.world.accept_invitation(invitation, display_name="Invited")
    stage.world.invite("Late@partner.example", invited_by=stage.world.members()[0][0])
    background(stage).refresh()

    with stage.mirror.reading() as snapshot:
        asked = {address.text for address in snapshot.facts.addresses()}
    assert "late@partner.example" in asked


def test_whether_invitations_could_be_listed_is_kept(stage: Stage) -> None:
    """With the reason, until they can be."""

    def reason() -> str:
        with stage.mirror.reading() as snapshot:
            failure = snapshot.freshness.all()[INVITATIONS].failure
        return "" if failure is None else failure.sentence

    stage.bitbucket.faults.plan("500", "/1.0/users/acme/invitations", times=1)
    background(stage).refresh()
    assert "GET /1.0/users/acme/invitations" in reason()

    stage.clock.pass_time(days=1)
    background(stage).refresh()
    assert not reason()


def test_one_process_does_it_at_a_time(stage: Stage) -> None:
    """Another that begins meanwhile leaves it to the first."""
    first, second = background(stage), background(stage)
    stage.bitbucket.faults.stall_seconds = 5
    stage.bitbucket.faults.plan("timeout", "/1.0/groups/acme", times=1)
    running = threading.Thread(target=first.refresh)
    running.start()
    while not stage.bitbucket.calls.by_resource.get("GET /1.0/groups/{workspace}"):
        assert running.is_alive()
    members = "GET /2.0/workspaces/{workspace}/permissions"

    second.refresh()

    assert stage.bitbucket.calls.by_resource[members] == 1
    stage.bitbucket.faults.release()
    running.join()


def test_a_failure_nobody_foresaw_does_not_end_it(stage: Stage) -> None:
    """It is logged, and the next look goes well."""
    looked: list[str] = []

    def break_once(_seconds: float) -> bool:
        raise ZeroDivisionError

    broken = background(stage)
    path = "/2.0/repositories/acme/*/permissions-config/users"
    stage.bitbucket.faults.plan("429", path, times=90, retry_after_seconds=3600)
    waiting = replace(broken.synchronization, wait=break_once)
    refresher = replace(broken, synchronization=waiting, look_seconds=0.02)
    with structlog.testing.capture_logs() as logs:
        thread = refresher.start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and len(looked) < 2:
            looked = [e["event"] for e in logs if e["event"] == "refresh.background_failed"]
            time.sleep(0.02)
        refresher.stopping.set()
        thread.join()
    assert len(looked) >= 2


def displays(stage: Stage) -> dict[str, set[str]]:
    """Return the entitlements of each user, as people read them."""
    return {
        user["id"]: {held["display"] for held in user.get("entitlements", ())}
        for user in stage.resources(stage.users)
    }


def granted(stage: Stage) -> dict[str, set[str]]:
    """Return the same, as it is in the workspace."""
    slugs = {r.uuid: f"{stage.world.slug}/{r.slug}" for r in stage.world.repositories.values()}
    keys = {p.uuid: p.key for p in stage.world.projects.values()}
    names = slugs | keys
    return {
        account.uuid.strip("{}"): {
            f"{names[grant.target.uuid]}: {grant.permission.value}"
            for grant in stage.world.grants(subject=account)
        }
        for account, _ in stage.world.members()
    }


def test_grants_on_many_repositories_are_inferred_and_say_so(many: Stage) -> None:
    """For fewer calls than there are repositories; each that is inferred was granted so."""
    found, truth = displays(many), granted(many)

    assert many.bitbucket.calls.by_resource.get(PLACES, 0) < 100
    assert any("(inferred)" in display for held in found.values() for display in held)
    for user, held in found.items():
        assert {display.replace(" (inferred)", "") for display in held} <= truth[user]
    assert many.ask(many.users).provenance.incomplete == ("emails", "entitlements")


def test_confirmation_makes_inferred_grants_told(many: Stage) -> None:
    """Every repository is asked in the end, and what was hidden comes to light."""
    displays(many)
    synchronization = Synchronization(many.refresher, Candidates(), no_wait)

    confirm(synchronization, until=lambda: False)

    assert displays(many) == granted(many)
    assert many.ask(many.users).provenance.incomplete == ("emails",)


def test_a_grant_that_was_told_is_never_lost_to_inference(many: Stage) -> None:
    """A later reading asks the repository itself where rights would not betray the grant."""
    displays(many)
    confirm(Synchronization(many.refresher, Candidates(), no_wait), until=lambda: False)
    many.clock.pass_time(minutes=10)

    found = displays(many)

    assert {
        user: {display.replace(" (inferred)", "") for display in held}
        for user, held in found.items()
    } == granted(many)


def test_a_filter_that_names_a_repository_has_it_told(many: Stage) -> None:
    """What the answer rests on is asked of the repository, for one call."""
    displays(many)
    grant = next(
        g
        for g in many.world.grants()
        if g.target.uuid in many.world.repositories and g.subject.uuid in many.world.memberships
    )
    value = f"repository:{grant.target.uuid.strip('{}')}:{grant.permission.value}"
    many.bitbucket.calls.reset()

    listing = many.ask(many.users, f'entitlements.value eq "{value}"', attributes="displayName")

    assert listing.total_results >= 1
    assert many.bitbucket.calls.by_resource.get(PLACES, 0) <= 1


def test_where_rights_can_not_be_asked_by_names_each_repository_is(tmp_path: Path) -> None:
    """Bitbucket may refuse the question that inference asks; then nothing is inferred."""
    world = generate(users=12, groups=4, projects=3, repositories=130)
    app = create_app(world, behaviour=Behaviour(hourly_limit=None, rights_by_names=False))
    with serving(app) as bitbucket, staged(bitbucket, f"sqlite:///{tmp_path / 'x.db'}") as stage:
        assert displays(stage) == granted(stage)
        assert stage.bitbucket.calls.by_resource[PLACES] == 130
