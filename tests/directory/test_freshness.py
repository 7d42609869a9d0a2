"""Facts are read when they are needed and too old; a failure never makes them fewer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.planner.collections import Collection
from gateway.planner.needs import Whole
from gateway.sandbox import demo_credentials
from gateway.scim.errors import BadUpstream, ScimError, Unavailable
from gateway.scim.projection import Projection

MEMBERS = "/2.0/workspaces/acme/permissions"
FAULTS = ["500", "503", "429", "reset", "truncated", "html"]


def test_a_second_question_costs_nothing(stage: Any) -> None:
    """What was read is answered from the mirror, however often."""
    first = stage.ask(stage.users)
    again = stage.ask(stage.users)

    assert first.provenance.calls > 0
    assert again.provenance.calls == 0
    assert again.resources == first.resources


def test_the_age_is_that_of_the_oldest_fact(stage: Any) -> None:
    """It counts from the begin of the read, for what the answer rests on alone."""
    stage.ask(stage.users, attributes="userName")
    stage.clock.pass_time(seconds=100)

    whole = stage.ask(stage.users)

    assert whole.provenance.age_seconds == 100
    assert stage.ask(stage.groups, attributes="displayName").provenance.age_seconds == 0


def test_facts_are_read_anew_when_they_are_too_old(stage: Any) -> None:
    """Up to the maximum age nothing is read; beyond it, everything that is needed."""
    stage.ask(stage.users)
    stage.clock.pass_time(minutes=5)
    assert stage.ask(stage.users).provenance.calls == 0

    stage.clock.pass_time(seconds=1)

    answer = stage.ask(stage.users)
    assert answer.provenance.calls > 0
    assert answer.provenance.age_seconds == 0


@pytest.mark.rule("7644-3.9-spared")
def test_nothing_is_read_that_is_not_shown(stage: Any) -> None:
    """Members alone cost one call for each hundred; their grants are left unread."""
    answer = stage.ask(stage.users, attributes="userName,roles")

    assert answer.provenance.calls == 1
    assert set(stage.bitbucket.calls.by_resource) == {"GET /2.0/workspaces/{workspace}/permissions"}


def test_threads_that_need_the_same_share_one_reading(stage: Any) -> None:
    """Of many at once, one reads and the others wait for it."""
    with ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(lambda _: stage.ask(stage.users), range(8)))

    assert sum(answer.provenance.calls > 0 for answer in answers) == 1
    assert {answer.total_results for answer in answers} == {12}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_cold_mirror_is_never_an_empty_list(stage: Any, kind: str) -> None:
    """If nothing was ever read, the client is told that nothing is known."""
    stage.bitbucket.faults.plan(kind, MEMBERS, times=20)

    with pytest.raises((BadUpstream, Unavailable)) as failed:
        stage.ask(stage.users)

    assert "/2.0/workspaces/acme/permissions" in failed.value.detail


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("skip", [0, 1])
def test_a_failed_reading_leaves_the_last_one(stage: Any, kind: str, skip: int) -> None:
    """The old answer comes, whole, with its true age, wherever in the list the fault was."""
    for number in range(120):
        stage.world.add_member(f"Member {number}")
    before = stage.ask(stage.users, attributes="userName")
    stage.world.remove_member(stage.world.members()[-1][0])
    stage.clock.pass_time(minutes=10)
    stage.bitbucket.faults.plan(kind, MEMBERS, times=20, skip=skip)

    after = stage.ask(stage.users, attributes="userName")

    assert after.total_results == before.total_results == 132
    assert after.provenance.age_seconds == 600


def test_a_failure_is_not_repeated_at_once(stage: Any) -> None:
    """For a while the same failure is told without a call; then Bitbucket is asked again."""
    stage.bitbucket.faults.plan("500", MEMBERS, times=2)
    for _ in range(3):
        with pytest.raises(Unavailable) as failed:
            stage.ask(stage.users, attributes="userName")
    assert 0 < failed.value.retry_after_seconds <= 30
    assert stage.bitbucket.calls.total == 1

    stage.bitbucket.faults.clear()
    stage.clock.pass_time(seconds=31)

    assert stage.ask(stage.users, attributes="userName").total_results == 12


def test_one_failing_collection_spares_the_others(stage: Any) -> None:
    """Groups that can't be read take nothing from who asks for members alone."""
    stage.bitbucket.faults.plan("500", "/1.0/groups/acme", times=20)

    with pytest.raises(ScimError):
        stage.ask(stage.users)

    assert stage.ask(stage.users, attributes="userName").total_results == 12
    assert stage.ask(stage.users, excluded="groups").total_results == 12


def test_a_place_that_fails_keeps_what_was_known_of_it(stage: Any) -> None:
    """Grants are as complete as before: those of the repository that fails stay, with their age."""
    before = stage.resources(stage.users)
    failing = list(stage.world.repositories.values())[-1]
    held_before = _entitlements_on(failing, before)
    assert held_before
    for account, target in [(g.subject, g.target) for g in stage.world.grants()]:
        stage.world.revoke(account, target)
    stage.clock.pass_time(minutes=10)
    path = f"/2.0/repositories/acme/{failing.slug}/permissions-config/users"
    stage.bitbucket.faults.plan("500", path, times=20)

    answer = stage.ask(stage.users)

    after = orjson.loads(answer.json)
    assert _entitlements_on(failing, after) == held_before
    assert answer.provenance.age_seconds == 600


def _entitlements_on(repository: Any, users: list[dict[str, Any]]) -> set[tuple[str, str]]:
    prefix = f"repository:{repository.uuid.strip('{}')}:"
    return {
        (user["id"], held["value"])
        for user in users
        for held in user.get("entitlements", [])
        if held["value"].startswith(prefix)
    }


def test_what_was_read_is_not_read_again_after_a_failure(stage: Any) -> None:
    """A refresh that goes on asks the places alone that were not reached."""
    for number in range(60):
        project = next(iter(stage.world.projects.values()))
        stage.world.add_repository(f"Repository {number}", project=project)
    path = "/2.0/repositories/acme/*/permissions-config/users"
    stage.bitbucket.faults.plan("500", path, times=1, skip=40)
    with pytest.raises(ScimError):
        stage.ask(stage.users)
    stage.bitbucket.calls.reset()
    stage.clock.pass_time(seconds=31)

    stage.ask(stage.users)

    resource = "GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/users"
    assert 0 < stage.bitbucket.calls.by_resource[resource] <= 65 - 40


def test_a_repository_deleted_while_grants_are_read_is_no_failure(stage: Any) -> None:
    """A 404 is believed once the list of repositories no longer has it."""
    repository = next(iter(stage.world.repositories.values()))
    stage.bitbucket.faults.plan("503", f"*{repository.slug}/permissions-config*", times=1)
    stage.ask(stage.users)
    stage.world.remove_repository(repository)
    stage.clock.pass_time(minutes=10)

    assert stage.ask(stage.users).provenance.age_seconds == 0


def test_a_member_who_leaves_is_gone(stage: Any) -> None:
    """Only a complete reading without the member takes the user away; the return brings it back."""
    account = stage.world.members()[-1][0]
    user_id = account.uuid.strip("{}")
    (before,) = stage.resources(stage.users, f'id eq "{user_id}"')
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=10)

    assert stage.resources(stage.users, f'id eq "{user_id}"') == []
    retrieved = stage.users.retrieve(
        user_id, projection=Projection(stage.users.resource_type), base_url="http://x"
    )
    assert retrieved.document is None
    assert retrieved.provenance.age_seconds == 0

    stage.world.add_member(account)
    stage.clock.pass_time(minutes=10)
    (after,) = stage.resources(stage.users, f'id eq "{user_id}"')
    assert after["meta"]["created"] == before["meta"]["created"]


@pytest.mark.rule("7644-3.14-entity-tags")
def test_only_what_changed_is_modified(stage: Any) -> None:
    """A reading that finds a user as it was keeps its version and lastModified."""
    before = {user["id"]: user["meta"] for user in stage.resources(stage.users)}
    account = stage.world.members()[3][0]
    stage.world.change_account(account, display_name="Somebody Else")
    stage.clock.pass_time(minutes=10)

    after = {user["id"]: user["meta"] for user in stage.resources(stage.users)}

    changed = {user_id for user_id in after if after[user_id] != before[user_id]}
    assert changed == {account.uuid.strip("{}")}
    since = before[changed.copy().pop()]["lastModified"]
    delta = stage.resources(stage.users, f'meta.lastModified gt "{since}"')
    assert {user["id"] for user in delta} == changed


def test_a_renamed_group_keeps_its_id(stage: Any) -> None:
    """The id belongs to the slug, which another name leaves alone."""
    group = list(stage.world.groups.values())[1]
    (before,) = stage.resources(stage.groups, f"displayName eq {_quoted(group.name)}")
    stage.world.change_group(group, name="Quite another name")
    stage.clock.pass_time(minutes=10)

    (after,) = stage.resources(stage.groups, 'displayName eq "Quite another name"')

    assert after["id"] == before["id"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def test_a_credential_that_sees_less_takes_nothing_away(stage: Any) -> None:
    """
    Repositories are read only with a credential that sees all of them.

    Without one, what was known stays, instead of the unseen looking deleted.
    """
    before = stage.resources(stage.users)
    known = demo_credentials(stage.world.slug)
    somebody = stage.world.add_member("Somebody", email="somebody@acme.example")
    stage.world.change_account(stage.world.members()[0][0], email="elsewhere@acme.example")
    stage.world.change_account(somebody, email=known.api_token.email)
    stage.bitbucket.keyring.known = (known.api_token,)
    stage.clock.pass_time(minutes=10)

    after = stage.resources(stage.users)

    entitlements = {user["id"]: user.get("entitlements") for user in after}
    for user in before:
        assert entitlements[user["id"]] == user.get("entitlements")


def test_a_slow_reading_keeps_nobody_else_waiting(stage: Any) -> None:
    """Who needs members alone is answered while grants are being read."""
    stage.ask(stage.users, attributes="userName")
    stage.bitbucket.faults.stall_seconds = 5
    stage.bitbucket.faults.plan("timeout", "/2.0/repositories/acme", times=1)
    with ThreadPoolExecutor(2) as executor:
        slow = executor.submit(stage.ask, stage.users, attributes="entitlements")
        while not stage.bitbucket.calls.by_resource.get("GET /2.0/repositories/{workspace}"):
            assert not slow.done()
        stage.clock.pass_time(minutes=10)

        assert stage.ask(stage.users, attributes="userName").provenance.calls == 1
        assert not slow.done()
        stage.bitbucket.faults.release()
        slow.result()


def test_of_two_readings_the_later_stays(stage: Any) -> None:
    """What another process has read meanwhile is not replaced by what is older."""
    members = Whole(Collection.MEMBERS)
    early = Reading(list(stage.refresher.workspace.permissions()), stage.clock(), 1)
    stage.world.add_member("Newcomer")
    stage.clock.pass_time(seconds=1)
    assert stage.ask(stage.users, attributes="displayName").total_results == 13

    landing = Landing(stage.mirror, stage.refresher.renderer, stage.clock)
    landing.lists(Lists({members: early}, {}), workspace_uuid=None)

    answer = stage.ask(stage.users, attributes="displayName")
    assert answer.total_results == 13
    assert answer.provenance.age_seconds == 0


def test_group_grants_wait_for_the_groups(stage: Any) -> None:
    """A new group's grants are not lost where the groups could not be read with them."""
    group = stage.world.add_group("Brand new")
    stage.world.grant(group, next(iter(stage.world.repositories.values())), "write")
    stage.bitbucket.faults.plan("500", "/1.0/groups/acme", times=1)
    with pytest.raises(ScimError):
        stage.ask(stage.groups)
    stage.clock.pass_time(seconds=31)

    (found,) = stage.resources(stage.groups, 'displayName eq "Brand new"')

    extension = found["urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"]
    assert [value["display"].split(": ")[1] for value in extension["entitlements"]] == ["write"]


def test_what_takes_too_much_of_the_budget_is_answered_as_it_is(stage: Any) -> None:
    """With its age and why; what takes little is read all the same."""
    stage.ask(stage.users)
    stage.clock.pass_time(minutes=10)
    poor = replace(stage.refresher, calls_left=lambda: {"repositories": 4, "1.0": 50, "2.0": 50})
    users = replace(stage.users, refresher=poor)

    listing = stage.ask(users)

    assert listing.provenance.age_seconds == 600
    assert listing.provenance.detail == "4 calls are left of the hourly budget."
    assert listing.provenance.ttl_seconds == -300
    assert stage.ask(users, attributes="displayName").provenance.age_seconds == 0
    calls = stage.bitbucket.calls.total
    assert stage.ask(users).provenance.calls == 0
    assert stage.bitbucket.calls.total == calls


def test_what_was_never_read_is_read_whatever_it_takes(stage: Any) -> None:
    """There is nothing older to answer with."""
    poor = replace(stage.refresher, calls_left=lambda: {"repositories": 1, "1.0": 1, "2.0": 1})

    assert stage.ask(replace(stage.users, refresher=poor)).total_results == 12


def test_a_clock_that_was_put_back_makes_nothing_young(stage: Any) -> None:
    """What seems to be of the future is read anew, and replaces it."""
    stage.clock.pass_time(days=1)
    stage.ask(stage.users, attributes="displayName")
    stage.world.add_member("Newcomer")
    stage.clock.pass_time(days=-1)

    again = stage.ask(stage.users, attributes="displayName")

    assert again.total_results == 13
    assert again.provenance.age_seconds == 0


def test_a_request_waits_for_a_bounded_time(stage: Any) -> None:
    """Then it is answered as old as it is, or told to ask again; the reading goes on."""
    members = {"attributes": "displayName"}
    hasty = replace(
        stage.refresher, patience=replace(stage.refresher.patience, longest_wait_seconds=0.2)
    )
    users = replace(stage.users, refresher=hasty)
    stage.bitbucket.faults.stall_seconds = 1
    stage.bitbucket.faults.plan("timeout", MEMBERS, times=1)
    with pytest.raises(Unavailable) as failed:
        stage.ask(users, **members)
    assert "is being asked for the members, for the first time" in failed.value.detail
    assert failed.value.retry_after_seconds == 10

    assert stage.ask(stage.users, **members).total_results == 12
    stage.clock.pass_time(minutes=10)
    stage.bitbucket.faults.plan("timeout", MEMBERS, times=1)
    listing = stage.ask(users, **members)
    assert listing.provenance.age_seconds == 600
    assert (
        listing.provenance.detail == "What this rests on is still being read anew from Bitbucket."
    )


def test_privileges_on_unknown_repositories_wait_for_the_list(stage: Any) -> None:
    """Without it they could not be told of which repository: the old answer stays, whole."""
    before = stage.resources(stage.groups)
    group = next(iter(stage.world.groups.values()))
    project = next(iter(stage.world.projects.values()))
    made = stage.world.add_repository("Quite new", project=project)
    stage.world.grant(group, made, "write")
    stage.clock.pass_time(minutes=10)
    stage.bitbucket.faults.plan("500", "/2.0/repositories/acme", times=2)

    assert stage.resources(stage.groups) == before
    stage.clock.pass_time(minutes=10)

    extension = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"
    found = {g["displayName"]: g[extension] for g in stage.resources(stage.groups)}
    held = {value["display"] for value in found[group.name]["entitlements"]}
    assert "acme/quite-new: write" in held


def test_a_role_that_somebody_lost_is_nobody_elses_guess(stage: Any) -> None:
    """Who had it has another or is gone: then all members are read, or the old answer stays."""
    owners = 'roles.value eq "owner"'
    assert stage.ask(stage.users, owners, attributes="displayName").total_results == 3
    members = "/2.0/workspaces/acme/permissions"
    stage.world.remove_member(stage.world.members()[2][0])
    stage.clock.pass_time(minutes=10)
    stage.bitbucket.faults.plan("500", members, times=1, skip=1)

    old = stage.ask(stage.users, owners, attributes="displayName")
    assert (old.total_results, old.provenance.age_seconds) == (3, 600)
    stage.clock.pass_time(minutes=10)

    assert stage.ask(stage.users, owners, attributes="displayName").total_results == 2
