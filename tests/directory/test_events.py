"""What is told of changes is what changed, all of it and nothing else."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.bitbucket import models
from gateway.directory.feed import begin_feed_of
from gateway.directory.grants import Granted, PlacesRead
from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.mirror.catalogue import HOMES
from gateway.mirror.event_records import EventSet
from gateway.mirror.mirror import Mirror
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, OneMember, Whole
from gateway.scim.events import ACTIVATED, CHANGED, CREATED, DEACTIVATED, DELETED
from gateway.scim.reference import from_stored
from tests.directory.test_rendering import (
    REPOSITORIES,
    USERS,
    WORKSPACE,
    Play,
    account,
    playing,
)

LIFETIME = timedelta(days=30)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0"
GRANTED = {"entitlements", f"{EXTENSION}:Group:entitlements"}

Values = dict[str, Any]
Payloads = dict[str, Any]


def resources(mirror: Mirror) -> dict[str, Values]:
    """Return the values of each resource there is, by the path of the resource."""
    found: dict[str, Values] = {}
    with mirror.reading() as snapshot:
        connection = snapshot._connection  # noqa: SLF001 - all of what is kept is compared
        for name, home in HOMES.items():
            table = home.resources
            rows = connection.execute(select(table).where(table.c.gone_at.is_(None))).mappings()
            for row in rows:
                values = flat(orjson.loads(from_stored(row["document"])))
                if row["on_request"] is not None:
                    values |= flat(orjson.loads(from_stored(row["on_request"])))
                found[f"/{name}s/{row['id']}"] = values | {"version": row["version"]}
    return found


def flat(document: Values) -> Values:
    """Return the values by their paths, without those that say nothing of their own."""
    values = {k: v for k, v in document.items() if not k.startswith("urn:") and v != []}
    for urn in document.keys() - values.keys():
        if isinstance(document[urn], dict):
            values |= {f"{urn}:{name}": value for name, value in document[urn].items()}
    return {k: v for k, v in values.items() if k not in ("meta", "schemas")}


def expected(
    before: Mapping[str, Values], after: Mapping[str, Values], *, untold: set[str]
) -> dict[str, Payloads]:
    """Return what is to be told of the difference of two lists of resources."""
    told: dict[str, Payloads] = {uri: {DELETED: {}} for uri in before.keys() - after.keys()}
    for uri, values in after.items():
        version = values["version"]
        names = values.keys() - {"version"}
        if uri not in before:
            told[uri] = {CREATED: {"attributes": names, "version": version}}
            continue
        was = before[uri]
        names = (names | was.keys()) - untold - {"version"}
        differing = {name for name in names if was.get(name) != values.get(name)}
        payloads: Payloads = {}
        if "active" in differing and values.get("active"):
            payloads[ACTIVATED] = {}
        elif "active" in differing and was.get("active") and values.get("active") is False:
            payloads[DEACTIVATED] = {}
        if differing and not (payloads and differing == {"active"}):
            payloads[CHANGED] = {"attributes": differing, "version": version}
        if payloads:
            told[uri] = payloads
    return told


def drain(mirror: Mirror) -> list[EventSet]:
    """Return what was told since the last time."""
    with mirror.delivering() as records:
        found = list(records.pending(10_000, since=LONG_AGO))
        records.acknowledge([event.jti for event in found])
    return found


def comparable(events: list[EventSet]) -> dict[str, Payloads]:
    """Return the payloads by the path of the resource, the names of attributes in no order."""
    assert len({event.uri for event in events}) == len(events)
    return {
        event.uri: {
            name: payload | ({"attributes": set(payload["attributes"])} if payload else {})
            for name, payload in event.payloads.items()
        }
        for event in events
    }


def follow(play: Play) -> None:
    """Land one thing after another, and compare what is told each time with the difference."""
    for _ in range(play.draw(st.integers(0, 12))):
        play.workspace.change(play.draw)
    play.everything()
    assert drain(play.mirror) == []
    ids = set(resources(play.mirror))
    for _ in range(play.draw(st.integers(2, 8))):
        for _ in range(play.draw(st.integers(0, 4))):
            play.workspace.change(play.draw)
        with play.mirror.reading() as snapshot:
            state = snapshot.events.state()
        assert state is not None
        before = resources(play.mirror)
        play.draw(st.sampled_from([play.everything, play.everything, play.step]))()
        events = drain(play.mirror)

        untold = set[str]() if state.knows_grants else GRANTED
        assert comparable(events) == expected(before, resources(play.mirror), untold=untold)
        assert len({event.txn for event in events}) <= 1
        for event in events:
            ids = ids | {event.uri} if CREATED in event.payloads else ids
            ids = ids - {event.uri} if DELETED in event.payloads else ids
    assert ids == set(resources(play.mirror))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
@pytest.mark.rule("9967-2-events", "9967-2-notice", "9967-2-transitions")
def test_what_is_told_is_the_difference(data: st.DataObject) -> None:
    """Of the lists of users and groups before and after, to the attribute."""
    with (
        TemporaryDirectory() as folder,
        playing(
            data.draw, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}", event_lifetime=LIFETIME
        ) as play,
    ):
        follow(play)


@pytest.mark.usefixtures("cluster")
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_is_told_is_the_difference_on_postgresql(cluster: Any, data: st.DataObject) -> None:
    """The same where a database has other types and orders."""
    with (
        cluster.database() as url,
        playing(data.draw, url, event_lifetime=LIFETIME) as play,
    ):
        follow(play)


class _UndoneError(Exception):
    pass


def _first(_strategy: st.SearchStrategy[Any]) -> Any:
    return 0


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A mirror that knows nothing yet, of a workspace with one member in one group."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with playing(_first, url, event_lifetime=LIFETIME) as made:
        ann = account(USERS[0], "Ann")
        made.workspace.members[ann.uuid] = models.WorkspaceMembership(
            user=ann, permission=models.WorkspaceRole.MEMBER
        )
        made.workspace.groups["one"] = models.Group(
            slug="one", name="One", permission=None, auto_add=False, members=(ann,)
        )
        made.workspace.repositories[REPOSITORIES[0]] = models.Repository(
            uuid=REPOSITORIES[0], slug="core", full_name="acme/core", name="Core"
        )
        yield made


def land(play: Play, *names: Collection) -> None:
    """Land some of the lists."""
    found: Mapping[Collection, Mapping[Any, Any]] = {
        Collection.MEMBERS: play.workspace.members,
        Collection.GROUPS: play.workspace.groups,
    }
    readings: dict[Need, Reading[Any]] = {
        Whole(name): Reading(list(found[name].values()), play.landing.now(), 1) for name in names
    }
    play.landing.lists(Lists(readings, {}), workspace_uuid=WORKSPACE)


def look_up(play: Play) -> None:
    """Look up the member singly."""
    known = play.workspace.members[USERS[0]].user
    readings: dict[Need, Reading[Any]] = {
        OneMember(USERS[0]): Reading([known], play.landing.now(), 1)
    }
    play.landing.lists(Lists(readings, {}), workspace_uuid=None)


def rename(play: Play, name: str) -> None:
    """Give the member another name."""
    member = play.workspace.members[USERS[0]]
    play.workspace.members[USERS[0]] = models.WorkspaceMembership(
        user=account(USERS[0], name), permission=member.permission
    )


def test_what_the_mirror_gets_to_know_is_no_change(play: Play) -> None:
    """Neither a look-up before the lists, nor one list after the other, tells of anything."""
    look_up(play)
    land(play, Collection.MEMBERS)
    land(play, Collection.GROUPS)

    assert drain(play.mirror) == []
    rename(play, "Anna")
    land(play, Collection.MEMBERS)
    assert {event.uri.split("/")[1] for event in drain(play.mirror)} == {"Users"}


def test_a_grant_is_told_once_all_are_known(play: Play) -> None:
    """Until then it is the mirror that gets to know of it."""
    play.everything()
    place = REPOSITORIES[0]

    def grant(permission: str) -> list[EventSet]:
        granted = {place: [Granted(USERS[0], permission)]}
        read = [PlacesRead("user", "repository", granted, play.landing.now())]
        play.landing.places(read, calls=1, workspace_uuid=WORKSPACE)
        return drain(play.mirror)

    assert grant("read") == []
    for kinds in (("user", "project"), ("group", "project")):
        read = [PlacesRead(*kinds, {}, play.landing.now())]
        play.landing.places(read, calls=1, workspace_uuid=WORKSPACE)

    (told,) = grant("write")
    assert told.payloads[CHANGED]["attributes"] == ["entitlements"]


def test_what_was_told_and_is_inferred_again_is_not_told_of(play: Play) -> None:
    """Nor is it when its repository tells it again; another permission is, and what is in doubt."""
    play.everything()
    for kinds in (("user", "project"), ("group", "project")):
        read = [PlacesRead(*kinds, {}, play.landing.now())]
        play.landing.places(read, calls=1, workspace_uuid=WORKSPACE)

    def land_grant(permission: str, **how: bool) -> list[EventSet]:
        granted = {REPOSITORIES[0]: [Granted(USERS[0], permission)]}
        read = [PlacesRead("user", "repository", granted, play.landing.now(), **how)]
        play.landing.places(read, calls=1, workspace_uuid=WORKSPACE)
        return drain(play.mirror)

    land_grant("write")
    before = resources(play.mirror)
    assert land_grant("write", is_inferred=True, upholds_told=True) == []
    assert land_grant("write") == []
    assert resources(play.mirror) == before

    for changed in (
        land_grant("read", is_inferred=True, upholds_told=True),
        land_grant("read"),
        land_grant("read", is_inferred=True),
    ):
        assert [event.payloads[CHANGED]["attributes"] for event in changed] == [["entitlements"]]


def test_a_mirror_that_is_full_tells_from_the_start(tmp_path: Path) -> None:
    """Where events are turned on later, the first change is told, and none before."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with playing(_first, url) as off:
        off.workspace.members[USERS[0]] = models.WorkspaceMembership(
            user=account(USERS[0], "Ann"), permission=models.WorkspaceRole.MEMBER
        )
        off.everything()
        rename(off, "Anna")
        off.everything()
    with playing(_first, url, event_lifetime=LIFETIME) as on:
        on.workspace = off.workspace
        begin_feed_of(on.mirror, now=on.landing.now())
        assert drain(on.mirror) == []
        rename(on, "Anne")
        # Later than what was read before.
        on.landing = Landing(on.mirror, on.landing.renderer, off.landing.now)
        on.everything()

        (event,) = drain(on.mirror)
    assert "displayName" in event.payloads[CHANGED]["attributes"]


def test_nothing_is_kept_where_events_are_off(tmp_path: Path) -> None:
    """Whatever changes."""
    with playing(_first, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as off:
        off.everything()
        begin_feed_of(off.mirror, now=off.landing.now())
        off.workspace.members[USERS[0]] = models.WorkspaceMembership(
            user=account(USERS[0], "Ann"), permission=models.WorkspaceRole.MEMBER
        )
        off.everything()

        assert drain(off.mirror) == []
        with off.mirror.reading() as snapshot:
            assert snapshot.events.state() is None


def test_a_change_that_is_undone_is_not_told(play: Play) -> None:
    """The event is written with the change, or not at all."""
    play.everything()

    with suppress(_UndoneError), play.mirror.writing() as tx:
        tx.overlays.put("User", USERS[0], {"externalId": "x"})
        play.landing.renderer.render(tx, users=(), groups=(), now=play.landing.now())
        assert tx.events.pending(1, since=LONG_AGO)
        raise _UndoneError

    assert drain(play.mirror) == []


def test_when_somebody_was_last_seen_is_not_told(play: Play) -> None:
    """It changes every day without anybody changing anything."""
    play.everything()
    member = play.workspace.members[USERS[0]]
    play.workspace.members[USERS[0]] = models.WorkspaceMembership(
        user=member.user,
        permission=member.permission,
        last_accessed=datetime(2026, 11, 22, tzinfo=UTC),
    )
    before = resources(play.mirror)
    land(play, Collection.MEMBERS)

    assert resources(play.mirror) != before
    assert drain(play.mirror) == []


def test_who_left_and_came_back_is_told_so(play: Play) -> None:
    """Gone is gone, and back is new; the group that both show in changed."""
    play.everything()
    member = play.workspace.members.pop(USERS[0])
    land(play, Collection.MEMBERS)
    left = drain(play.mirror)
    play.workspace.members[USERS[0]] = member
    land(play, Collection.MEMBERS)
    came_back = drain(play.mirror)

    assert {e.uri: list(e.payloads) for e in left}[f"/Users/{USERS[0]}"] == [DELETED]
    assert {e.uri: list(e.payloads) for e in came_back}[f"/Users/{USERS[0]}"] == [CREATED]


@pytest.mark.rule("9967-2-subject")
def test_a_client_s_change_is_known_by_its_number(play: Play) -> None:
    """Its events share what the journal calls it; each other transaction has its own."""
    play.everything()
    with play.mirror.writing(change="change-1") as tx:
        tx.overlays.put("User", USERS[0], {"externalId": "x"})
        play.landing.renderer.render(tx, users=(), groups=(), now=play.landing.now())
    (event,) = drain(play.mirror)
    assert (event.txn, event.external_id) == ("change-1", "x")


def test_what_nobody_asks_for_is_dropped(play: Play) -> None:
    """After its time, with the next change."""
    play.everything()
    for days, name in ((0, "Anna"), (29, "Anne"), (31, "Anni")):
        rename(play, name)
        moment = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(days=days)
        clock = itertools.repeat(moment).__next__
        landing = Landing(play.mirror, play.landing.renderer, clock)
        readings: dict[Need, Reading[Any]] = {
            Whole(Collection.MEMBERS): Reading(list(play.workspace.members.values()), moment, 1)
        }
        landing.lists(Lists(readings, {}), workspace_uuid=WORKSPACE)

    assert [event.at.day for event in drain(play.mirror)] == [30, 1]
