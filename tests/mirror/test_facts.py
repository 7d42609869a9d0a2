"""Facts are replaced by collections or places, and only what differs is written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine, event, text

from gateway.mirror.facts import (
    Address,
    Grant,
    Group,
    Member,
    Membership,
    PlaceReading,
    Project,
    ReadGroup,
    Repository,
)
from gateway.mirror.mirror import Mirror

WORKSPACE = "5f0c0000-0000-4000-8000-00000000000f"
ANN = Member(
    uuid="00000000-0000-4000-8000-00000000000a",
    account_id="557058:ann",
    display_name='Ann O\'Néill \U0001f600 "A" 50%_\\',
    nickname=None,
    account_type="user",
    is_active=True,
    html_url="https://bitbucket.org/ann",
    avatar_url=None,
    permission="owner",
    added_on=datetime(2024, 2, 29, 12, 0, 0, 5, tzinfo=UTC),
    last_accessed=None,
)
BOB = replace(ANN, uuid="00000000-0000-4000-8000-00000000000b", display_name="Bob")
DEVELOPERS = ReadGroup(
    slug="developers",
    name="Developers",
    permission="write",
    auto_add=True,
    members={ANN.uuid: "Ann", BOB.uuid: "Bob"},
)


@pytest.fixture
def replace_groups(mirror: Mirror, now: datetime) -> Callable[..., None]:
    """Make some groups all that there are."""

    def do(*groups: ReadGroup) -> None:
        with mirror.writing() as tx:
            tx.facts.replace_groups(groups, workspace_uuid=WORKSPACE, now=now)

    return do


@pytest.fixture
def groups(mirror: Mirror) -> Callable[[], list[Group]]:
    """The groups that are known."""

    def read() -> list[Group]:
        with mirror.reading() as tx:
            return tx.facts.groups()

    return read


def test_members_are_read_as_they_were_written(mirror: Mirror, now: datetime) -> None:
    """Every field survives, in the transaction itself and after it."""
    with mirror.writing() as tx:
        tx.facts.replace_members([BOB, ANN], now=now)
        assert tx.facts.members() == [ANN, BOB]
    with mirror.reading() as snapshot:
        assert snapshot.facts.members() == [ANN, BOB]


def test_a_member_who_is_not_seen_is_gone_and_may_come_back(
    mirror: Mirror, engine: Engine, now: datetime
) -> None:
    """The row stays, marked with the time."""
    for members in ([ANN, BOB], [ANN]):
        with mirror.writing() as tx:
            tx.facts.replace_members(members, now=now)
    with engine.connect() as connection:
        gone = connection.execute(text("SELECT uuid, gone_at FROM members WHERE gone_at > ''"))
        assert gone.all() == [(BOB.uuid, "2026-11-23T22:15:00.000000Z")]
    with mirror.writing() as tx:
        assert tx.facts.members() == [ANN]
        tx.facts.replace_members([ANN, BOB], now=now + timedelta(days=1))
        assert tx.facts.members() == [ANN, BOB]


def test_who_is_gone_keeps_the_time_of_going(mirror: Mirror, engine: Engine, now: datetime) -> None:
    """A later refresh does not move it."""
    for days, members in enumerate(([ANN, BOB], [ANN], [ANN])):
        with mirror.writing() as tx:
            tx.facts.replace_members(members, now=now + timedelta(days=days))
    with engine.connect() as connection:
        gone_at = connection.scalar(text("SELECT max(gone_at) FROM members"))
    assert gone_at == "2026-11-24T22:15:00.000000Z"


def test_however_many_rows_there_are_only_those_that_differ_change(
    mirror: Mirror, now: datetime
) -> None:
    """They are compared page by page: what is new, other or gone may be at any border."""
    known = {
        uuid: replace(ANN, uuid=uuid, account_id=uuid)
        for uuid in (str(UUID(int=number)) for number in range(5000))
    }
    uuids = list(known)
    with mirror.writing() as tx:
        tx.facts.replace_members([known[uuid] for uuid in reversed(uuids[::2])], now=now)
    wanted = {
        uuid: replace(member, nickname="x" if number % 7 == 0 else None)
        for number, (uuid, member) in enumerate(known.items())
        if number % 3
    }
    with mirror.writing() as tx:
        tx.facts.replace_members(wanted.values(), now=now)
        assert {member.uuid: member for member in tx.facts.members()} == wanted
        unchanged = {u for u in uuids[::2] if u in wanted and wanted[u].nickname is None}
        assert tx.touched.users == {*uuids[::2], *wanted} - unchanged
    with mirror.writing() as tx:
        tx.facts.replace_members([], now=now)
        assert tx.facts.members() == []


def test_of_two_rows_with_one_key_the_later_counts(mirror: Mirror, now: datetime) -> None:
    """A page of Bitbucket's may begin with what the one before ended with."""
    later = replace(BOB, nickname="later")
    for _ in range(2):
        with mirror.writing() as tx:
            tx.facts.replace_members([BOB, ANN, later], now=now)
            assert tx.facts.members() == [ANN, later]


def test_every_other_collection_is_read_as_it_was_written(mirror: Mirror) -> None:
    """And replaced as a whole."""
    project = Project("p1", "KEY", "A project", is_private=True)
    repository = Repository("r1", "api", "acme/api", "API", "p1", is_private=False)
    orphan = replace(repository, uuid="r2", project_uuid=None)
    for repositories in ([repository, orphan], [orphan]):
        with mirror.writing() as tx:
            tx.facts.replace_projects([project], listed_at=None)
            tx.facts.replace_repositories(repositories, listed_at=None)
        with mirror.reading() as snapshot:
            assert snapshot.facts.projects() == [project]
            assert snapshot.facts.repositories() == repositories


def test_grants_are_replaced_place_by_place(mirror: Mirror, now: datetime) -> None:
    """What others hold there, and what is granted elsewhere, stays."""
    of_user = Grant("user", ANN.uuid, "repository", "r1", "write")
    elsewhere = Grant("user", ANN.uuid, "repository", "r2", "read")
    of_group = Grant("group", "g1", "repository", "r1", "admin")
    api, web = (PlaceReading(uuid, now, is_inferred=False) for uuid in ("r1", "r2"))
    with mirror.writing() as tx:
        tx.facts.replace_repository_group_grants([of_group])
        grants = {api: [of_user], web: [elsewhere]}
        tx.facts.replace_grants_on("user", "repository", grants)
        assert (tx.touched.users, tx.touched.groups) == ({ANN.uuid}, {"g1"})
        assert tx.facts.grants() == [of_group, of_user, elsewhere]

        of_bob = replace(of_user, subject_id=BOB.uuid)
        tx.touched.all_rendered()
        for _ in range(2):
            tx.facts.replace_grants_on("user", "repository", {api: [of_user, of_bob]})
            assert tx.touched.users == {BOB.uuid}

        tx.facts.replace_repository_group_grants([])
        assert tx.facts.grants() == [of_user, elsewhere, of_bob]


def test_a_place_is_as_old_as_its_last_reading(mirror: Mirror, now: datetime) -> None:
    """All are as old as the oldest, and of no age before each was read."""
    api = Repository("r1", "api", "acme/api", "API", "p1", is_private=True)
    web = replace(api, uuid="r2", slug="web", full_name="acme/web")
    later = now + timedelta(hours=1)
    with mirror.writing() as tx:
        tx.facts.replace_repositories([api, web], listed_at=None)
        tx.facts.replace_grants_on(
            "user", "repository", {PlaceReading("r1", later, is_inferred=False): []}
        )
        readings = tx.facts.all_place_readings("user", "repository")
        assert (readings.oldest, readings.listed, readings.read) == (None, 2, 1)

        granted = Grant("user", ANN.uuid, "repository", "r2", "read", "inferred")
        inferred = {PlaceReading("r2", now, is_inferred=True): [granted]}
        tx.facts.replace_grants_on("user", "repository", inferred)
        readings = tx.facts.all_place_readings("user", "repository")
        assert (readings.oldest, readings.inferred, readings.never_told) == (now, 1, 1)
        assert tx.facts.inferred_places(5) == ["r2"]


def test_those_are_asked_first_that_told_longest_ago(mirror: Mirror, now: datetime) -> None:
    """Before them those that never did, and before these those that show what was inferred."""
    granted = Grant("user", ANN.uuid, "repository", "shown", "read", "inferred")
    hours = {"a": 3, "b": 1, "c": 2, "shown": 4}
    told_at = {uuid: now + timedelta(hours=passed) for uuid, passed in hours.items()}
    later = now + timedelta(days=1)
    with mirror.writing() as tx:
        told = {PlaceReading(uuid, at, is_inferred=False): () for uuid, at in told_at.items()}
        tx.facts.replace_grants_on("user", "repository", told)
        known = tx.facts.place_readings("user", "repository")
        assert {reading.object_uuid: reading.last_told_at for reading in known} == told_at
        assert tx.facts.inferred_places(5) == []

        inferred = {
            PlaceReading(uuid, later, is_inferred=True, told_at=told_at.get(uuid)): (
                [granted] if uuid == "shown" else ()
            )
            for uuid in (*told_at, "never")
        }
        tx.facts.replace_grants_on("user", "repository", inferred)
        assert set(tx.facts.place_readings("user", "repository")) == inferred.keys()
        readings = tx.facts.all_place_readings("user", "repository")
        assert (readings.inferred, readings.never_told) == (5, 1)
        assert tx.facts.inferred_places(9) == ["shown", "never", "b", "c", "a"]
        assert tx.facts.inferred_places(2) == ["shown", "never"]


def test_on_a_new_place_nothing_was_granted_before(mirror: Mirror, now: datetime) -> None:
    """It was not there when the list was read before; a place that is gone takes its grants."""
    api = Repository("r1", "api", "acme/api", "API", "p1", is_private=True)
    web = replace(api, uuid="r2", slug="web", full_name="acme/web")
    granted = Grant("user", ANN.uuid, "repository", "r1", "read")
    with mirror.writing() as tx:
        tx.facts.replace_repositories([api], listed_at=None)
        tx.facts.replace_grants_on(
            "user", "repository", {PlaceReading("r1", now, is_inferred=False): [granted]}
        )
        tx.facts.replace_repositories([web], listed_at=now - timedelta(hours=1))

        assert tx.facts.grants() == []
        (reading,) = tx.facts.place_readings("user", "repository")
        assert (reading.object_uuid, reading.read_at) == ("r2", now - timedelta(hours=1))


def test_a_place_is_found_by_uuid_and_by_name(mirror: Mirror) -> None:
    """Projects by their keys, repositories by their full names, in any letter case."""
    with mirror.writing() as tx:
        tx.facts.replace_projects([Project("p1", "KEY", "A", is_private=True)], listed_at=None)
        api = Repository("r1", "api", "acme/api", "API", "p1", is_private=True)
        tx.facts.replace_repositories([api], listed_at=None)
        assert tx.facts.place_uuid("project", "key") == "p1"
        assert tx.facts.place_uuid("repository", "Acme/API") == "r1"
        assert tx.facts.place_uuid("repository", "r1") == "r1"
        assert tx.facts.place_uuid("repository", "key") is None
        assert tx.facts.listed("repository", ["r1", "r9"]) == {"r1"}


def test_who_was_looked_up_keeps_what_only_the_list_tells(mirror: Mirror, now: datetime) -> None:
    """The role and the times of a member stay known; the whole list settles everything."""
    seen = replace(ANN, display_name="Ann Lee", permission=None, added_on=None)
    later = now + timedelta(hours=1)
    with mirror.writing() as tx:
        tx.facts.replace_members([ANN], now=now)
        tx.facts.keep_members([seen], read_at=later)
        tx.facts.keep_members([replace(BOB, permission=None)], read_at=later)
        found = {member.uuid: member for member in tx.facts.members()}
        assert found[ANN.uuid] == replace(ANN, display_name="Ann Lee")
        assert found[BOB.uuid].permission is None
        assert tx.facts.looked_up([ANN.uuid])[ANN.uuid].read_at == later
        # Both have it: of one account id, the later row would do.
        assert tx.facts.looked_up(["557058:ann"]).keys() == {"557058:ann"}

        tx.facts.replace_members([ANN], now=later)
        assert tx.facts.members() == [ANN]
        assert tx.facts.looked_up([ANN.uuid])[ANN.uuid].read_at is None


def test_who_was_looked_up_in_vain_is_gone(mirror: Mirror, now: datetime) -> None:
    """That is known of the key, until the member is seen again or the list is read."""
    with mirror.writing() as tx:
        tx.facts.replace_members([ANN], now=now)
        tx.facts.keep_absence(ANN.uuid, asked_at=now)
        assert tx.facts.members() == []
        known = tx.facts.looked_up([ANN.uuid])[ANN.uuid]
        assert (known.uuid, known.read_at) == (None, now)

        tx.facts.keep_members([ANN], read_at=now)
        assert tx.facts.looked_up([ANN.uuid])[ANN.uuid].uuid == ANN.uuid


def test_the_last_answer_about_an_address_counts(mirror: Mirror, now: datetime) -> None:
    """That nobody has it is an answer, too."""
    asked = [Address("ann@acme.com", None, now), Address("bob@acme.com", BOB.uuid, now)]
    later = Address("ann@acme.com", ANN.uuid, now + timedelta(hours=1))
    with mirror.writing() as tx:
        tx.facts.record_addresses(asked)
        tx.facts.record_addresses([later])
        tx.facts.record_addresses([])
    with mirror.reading() as snapshot:
        assert snapshot.facts.addresses() == [later, asked[1]]


def test_facts_can_be_read_of_some(mirror: Mirror, now: datetime) -> None:
    """Of any number, more than one statement may hold, and of none."""
    many = [str(number) for number in range(1200)]
    known = Address("ann@acme.com", ANN.uuid, now)
    with mirror.writing() as tx:
        tx.facts.replace_members([ANN, BOB], now=now)
        tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
        held = [Grant("user", uuid, "repository", "r", "read") for uuid in (ANN.uuid, BOB.uuid)]
        tx.facts.replace_grants_on(
            "user", "repository", {PlaceReading("r", now, is_inferred=False): held}
        )
        tx.facts.record_addresses([known, Address("x@acme.com", None, now)])
    with mirror.reading() as snapshot:
        facts = snapshot.facts
        assert facts.members(uuids=[*many, BOB.uuid, BOB.uuid]) == [BOB]
        assert [m.member_uuid for m in facts.memberships(member_uuids={ANN.uuid})] == [ANN.uuid]
        assert [g.subject_id for g in facts.grants(subject_ids=[BOB.uuid])] == [BOB.uuid]
        assert facts.addresses(texts=["ann@acme.com", "y@acme.com"]) == [known]
        assert facts.addresses(member_uuids=[ANN.uuid]) == [known]
        assert facts.members(uuids=[]) == []


def test_a_group_has_an_id_derived_from_its_slug(
    mirror: Mirror, replace_groups: Callable[..., None], groups: Callable[[], list[Group]]
) -> None:
    """So that a mirror that was lost gives the same again."""
    replace_groups(DEVELOPERS)
    group_id = str(uuid5(UUID(WORKSPACE), "developers"))
    assert groups() == [Group(group_id, "developers", "Developers", "write", auto_add=True)]
    with mirror.reading() as snapshot:
        assert snapshot.facts.memberships() == [
            Membership(group_id, ANN.uuid, "Ann"),
            Membership(group_id, BOB.uuid, "Bob"),
        ]


def test_an_id_outlives_its_group(
    mirror: Mirror, replace_groups: Callable[..., None], groups: Callable[[], list[Group]]
) -> None:
    """A group that is back is the one it was."""
    replace_groups(DEVELOPERS)
    before = groups()
    replace_groups()
    assert groups() == []
    with mirror.reading() as snapshot:
        assert snapshot.facts.memberships() == []
        assert snapshot.facts.group_ids() == {"developers": before[0].id}
    replace_groups(DEVELOPERS)
    assert groups() == before


def test_a_renamed_group_keeps_its_id_and_leaves_its_slug(engine: Engine, now: datetime) -> None:
    """A new group of the old slug gets an id of its own, for ever."""
    given = iter([UUID(int=1)])
    mirror = Mirror(engine, integration="acme", new_uuid=lambda: next(given))
    renamed = replace(DEVELOPERS, slug="makers", name="Makers")
    derived = str(uuid5(UUID(WORKSPACE), "developers"))
    with mirror.writing() as tx:
        tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
        tx.facts.link_group(derived, slug="makers")
    for _ in range(2):
        with mirror.writing() as tx:
            tx.facts.replace_groups([renamed, DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
            assert tx.facts.group_ids() == {"makers": derived, "developers": str(UUID(int=1))}
            assert {g.id: g.slug for g in tx.facts.groups()} == {
                derived: "makers",
                str(UUID(int=1)): "developers",
            }


def test_integrations_share_nothing(engine: Engine, now: datetime) -> None:
    """What one replaces, the other keeps."""
    acme, other = Mirror(engine, integration="acme"), Mirror(engine, integration="other")
    for mirror in (acme, other):
        with mirror.writing() as tx:
            tx.facts.replace_members([ANN], now=now)
            tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
            tx.facts.record_addresses([Address("ann@acme.com", ANN.uuid, now)])
    with acme.writing() as tx:
        tx.facts.replace_members([], now=now)
        tx.facts.replace_groups([], workspace_uuid=WORKSPACE, now=now)
        tx.facts.record_addresses([Address("ann@acme.com", None, now)])
    with other.reading() as snapshot:
        assert snapshot.facts.members() == [ANN]
        assert len(snapshot.facts.memberships()) == 2
        assert snapshot.facts.addresses()[0].member_uuid == ANN.uuid


def test_what_has_not_changed_is_not_written(mirror: Mirror, engine: Engine, now: datetime) -> None:
    """A refresh without news reads only, and one with some writes those rows."""
    members = [replace(ANN, uuid=str(UUID(int=number))) for number in range(300)]
    with mirror.writing() as tx:
        tx.facts.replace_members(members, now=now)
        tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
    with _writes(engine) as writes, mirror.writing() as tx:
        tx.facts.replace_members(members, now=now + timedelta(days=1))
        tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
    assert writes == []
    members[7] = replace(members[7], display_name="Another")
    with _writes(engine) as writes, mirror.writing() as tx:
        tx.facts.replace_members(members, now=now)
    assert writes == [("UPDATE members", 1)]


def test_a_refresh_that_fails_half_way_changes_nothing(mirror: Mirror, now: datetime) -> None:
    """Complete or not at all."""
    with mirror.writing() as tx:
        tx.facts.replace_members([ANN], now=now)

    def fail() -> None:
        with mirror.writing() as tx:
            tx.facts.replace_members([BOB], now=now)
            tx.facts.replace_groups([DEVELOPERS], workspace_uuid=WORKSPACE, now=now)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    with mirror.reading() as snapshot:
        assert snapshot.facts.members() == [ANN]
        assert snapshot.facts.groups() == []
        assert snapshot.facts.group_ids() == {}


@contextmanager
def _writes(engine: Engine) -> Iterator[list[tuple[str, int]]]:
    """Collect the statements that write, each with its number of rows."""
    seen: list[tuple[str, int]] = []

    def note(*arguments: object) -> None:
        _, _, statement, parameters, _, is_many = arguments
        words = str(statement).split()
        if words[0] in ("INSERT", "UPDATE", "DELETE") and "revisions" not in words:
            rows = len(parameters) if is_many and isinstance(parameters, list) else 1
            seen.append((" ".join(words[: 3 if words[0] != "UPDATE" else 2]), rows))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
