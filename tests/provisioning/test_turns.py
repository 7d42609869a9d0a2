"""Groups and users that are changed at the same moment: as if one had come after the other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.sandbox.calls import Calls, Made
from gateway.scim.errors import Unavailable
from gateway.scim.handler import Written
from tests.provisioning.office import Office, resource
from tests.provisioning.test_earlier_changes import accounts, open_changes, people, removing
from tests.provisioning.test_groups import add, members_of, uuid_of
from tests.provisioning.test_users import ZOE, shown

#: As long one call takes; whoever does not wait for it is ready long before.
_LONG_SECONDS = 1.0

Begin = Callable[..., Future[Any]]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """What sends requests besides."""
    with ThreadPoolExecutor(4) as made:
        yield made


@pytest.fixture
def begin(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> Begin:
    """
    Send a request of which one write takes long, and go on as soon as Bitbucket has that.

    It is carried out only at the end of that time.
    """

    def begun(request: Callable[[], Written], *, method: str, nth: int = 1) -> Future[Any]:
        counted: list[str] = []
        count = Calls.count

        def slow(calls: Calls, resource: str, made: Made) -> None:
            count(calls, resource, made)
            if made.method == method and "oauth2" not in made.path:
                counted.append(made.path)
                if len(counted) == nth:
                    time.sleep(_LONG_SECONDS)

        monkeypatch.setattr(Calls, "count", slow)
        sent = pool.submit(request)
        deadline = time.monotonic() + 10
        while len(counted) < nth and not sent.done():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert not sent.done(), sent.exception()
        return sent

    return begun


def take_out(office: Office, slug: str, how: str, name: str, *others: str) -> None:
    """Take somebody out of a group, in one of the ways there are."""
    group_id = office.group_id(slug.title())
    if how == "remove":
        office.patch_group(group_id, removing(uuid_of(office, name)))
    elif how == "replace":
        value = people(office, *others)
        office.patch_group(group_id, {"op": "replace", "path": "members", "value": value})
    else:
        body = {"displayName": slug.title(), "members": people(office, *others)}
        office.groups.replace(group_id, body, office.write(office.registry.group))


def groups_of(office: Office, name: str) -> list[str]:
    """Return the slugs of the groups that somebody is in."""
    return [each for each in ("developers", "testers") if name in members_of(office, each)]


@pytest.mark.parametrize("how", ["remove", "replace", "put"])
@pytest.mark.parametrize("is_out", [False, True])
def test_who_is_taken_out_while_deactivated_does_not_come_back(
    office: Office, begin: Begin, how: str, *, is_out: bool
) -> None:
    """Whether the group lists him at that moment or not."""
    bob = uuid_of(office, "Bob")
    office.group_id("Developers")
    leaving = begin(lambda: office.activate(bob, active=False), method="DELETE", nth=2)
    (still,) = groups_of(office, "Bob")
    (gone,) = {"developers", "testers"} - {still}
    left = gone if is_out else still
    take_out(office, left, how, "Bob", "Cat")
    leaving.result()
    office.activate(bob, active=True)
    assert groups_of(office, "Bob") == [still if is_out else gone]


@pytest.mark.parametrize("how", ["remove", "replace", "put"])
def test_who_is_taken_out_on_the_way_back_is_out(office: Office, begin: Begin, how: str) -> None:
    """Though the group did not list him yet."""
    bob = uuid_of(office, "Bob")
    office.group_id("Developers")
    office.activate(bob, active=False)
    returning = begin(lambda: office.activate(bob, active=True), method="PUT", nth=2)
    (back,) = groups_of(office, "Bob")
    (left,) = {"developers", "testers"} - {back}
    take_out(office, left, how, "Bob", "Cat")
    returning.result()
    assert groups_of(office, "Bob") == [back]


def test_an_invitation_that_is_withdrawn_stays_so(office: Office, begin: Begin) -> None:
    """Though it leaves its last group at that moment, and is sent again without one."""
    group_id = office.group_id("Developers")
    zoe = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    leaving = begin(lambda: office.patch_group(group_id, removing(zoe)), method="PUT")
    office.activate(zoe, active=False)
    leaving.result()
    assert office.world.invitations == {}
    assert shown(office, zoe)["active"] is False


def test_who_leaves_both_groups_at_once_is_invited_still(office: Office, begin: Begin) -> None:
    """One of the two is the last."""
    one, other = office.group_id("Developers"), office.group_id("Testers")
    groups = [{"value": one}, {"value": other}]
    zoe = resource(office.create_user(**ZOE, groups=groups))["id"]
    leaving = begin(lambda: office.patch_group(one, removing(zoe)), method="DELETE")
    office.patch_group(other, removing(zoe))
    leaving.result()
    assert office.world.invitations["zoe@acme.example"].group_slugs == ()
    assert shown(office, zoe)["active"] is True


def test_a_group_is_not_deleted_while_who_is_invited_into_it_is_changed(
    office: Office, pool: ThreadPoolExecutor
) -> None:
    """Whether it is the last one of the invitation depends on what comes of that."""
    group_id = office.group_id("Developers")
    zoe = resource(office.create_user(**ZOE, groups=[{"value": group_id}]))["id"]
    write = office.write(office.registry.group)
    with office.provisioner.turns().of(f"User {zoe}"):
        deleting = pool.submit(office.groups.delete, group_id, write)
        time.sleep(_LONG_SECONDS)
        assert not deleting.done()
        assert office.world.group("developers") is not None
    deleting.result()
    assert office.world.group("developers") is None


def test_who_change_the_same_never_wait_for_one_another(
    office: Office, pool: ThreadPoolExecutor
) -> None:
    """All of them come to an end."""
    developers, testers = office.group_id("Developers"), office.group_id("Testers")
    bob, cat = uuid_of(office, "Bob"), uuid_of(office, "Cat")
    requests: list[Callable[[], Written]] = [
        lambda: office.patch_group(developers, removing(bob), add(cat)),
        lambda: office.patch_group(testers, removing(cat, bob)),
        lambda: office.activate(bob, active=False),
        lambda: office.activate(cat, active=False),
    ]
    for each in [pool.submit(request) for request in requests]:
        each.result()
    assert members_of(office, "developers") == ["Ann"]
    assert members_of(office, "testers") == []


def give_away(office: Office, name: str) -> None:
    """Let another have a turn, as it may once a lease has ended, and be ready with it."""
    later = office.provisioner.refresher.now() + timedelta(minutes=1)
    turn = [f"write {name}"]
    with office.mirror.leasing() as leases:
        assert leases.acquire(turn, "another", now=later, lifetime=timedelta(seconds=1))
        leases.release(turn, "another")


def test_who_loses_its_turn_makes_no_further_call(office: Office, begin: Begin) -> None:
    """It tells how far it came, and the same request again does the rest."""
    bob = uuid_of(office, "Bob")
    office.group_id("Developers")
    leaving = begin(lambda: office.activate(bob, active=False), method="DELETE")
    give_away(office, f"User {bob}")
    with pytest.raises(Unavailable, match=r"given its turn .* Done, 1 of 2: .* Not done: ") as told:
        leaving.result()
    assert told.value.retry_after_seconds
    assert len(office.writes) == 1
    assert len(groups_of(office, "Bob")) == 1
    assert shown(office, bob)["active"] is True

    office.activate(bob, active=False)
    assert groups_of(office, "Bob") == []
    assert open_changes(office) == []


def test_what_others_undid_after_a_turn_was_lost_is_noticed(office: Office, begin: Begin) -> None:
    """What was confirmed before is read anew."""
    cat, bob = uuid_of(office, "Cat"), uuid_of(office, "Bob")
    group_id = office.group_id("Developers")
    changing = begin(lambda: office.patch_group(group_id, add(cat), removing(bob)), method="DELETE")
    give_away(office, f"Group {group_id}")
    group = office.world.group("developers")
    assert group is not None
    (joined,) = accounts(office, "Cat")
    office.world.leave(group, joined)
    with pytest.raises(Unavailable, match="Done, 2 of 2"):
        changing.result()
    with office.mirror.reading() as snapshot:
        members = {m.member_uuid for m in snapshot.facts.memberships(group_ids=[group_id])}
    assert members == {uuid_of(office, "Ann")}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "replace", "path": "userName", "value": "bobby"},
    ],
)
def test_who_loses_its_turn_before_the_first_call_changes_nothing(
    office: Office, begin: Begin, operation: dict[str, Any]
) -> None:
    """Nor does it keep anything."""
    bob = uuid_of(office, "Bob")
    changing = begin(lambda: office.patch_user(bob, operation), method="GET")
    give_away(office, f"User {bob}")
    with pytest.raises(Unavailable, match=r"given its turn .* Nothing was changed\."):
        changing.result()
    assert office.writes == []
    assert office.changes() == []
    assert shown(office, bob)["active"] is True
    assert office.find_user('userName eq "bobby"') == []


def test_who_loses_the_turn_of_a_name_does_not_give_it(office: Office, begin: Begin) -> None:
    """Another may have it by now; if none has, the same request again goes on."""
    making = begin(lambda: office.create_user(**ZOE), method="PUT")
    give_away(office, "Name zoe@acme.example")
    with pytest.raises(Unavailable, match=r"Done, 1 of 1: .* again to finish"):
        making.result()
    assert office.find_user('userName eq "zoe@acme.example"') == []

    zoe = resource(office.create_user(**ZOE))["id"]
    assert office.find_user('userName eq "zoe@acme.example"') == [zoe]
    assert open_changes(office) == []


def test_who_loses_its_turn_takes_nothing_that_turns_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grant that nobody knew of stays, and is not held back."""
    bob = uuid_of(office, "Bob")
    (account,) = accounts(office, "Bob")
    docs = next(r for r in office.world.repositories.values() if r.slug == "api-docs")
    office.world.grant(account, docs, "write")
    effective_permissions = BitbucketWorkspace.effective_permissions

    def listed(*args: Any, **how: Any) -> Any:
        give_away(office, f"User {bob}")
        return effective_permissions(*args, **how)

    monkeypatch.setattr(BitbucketWorkspace, "effective_permissions", listed)
    with pytest.raises(Unavailable, match="Done, 2 of 2"):
        office.activate(bob, active=False)
    assert office.world.grants(subject=account)
    with office.mirror.reading() as snapshot:
        held = snapshot.users.held_back([bob])
    assert {each.object_type for each in held} == {"group"}
