"""Whatever lands, in whatever order, the resources are what rendering all facts comes to."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bitbucket import models
from gateway.directory import rendering
from gateway.directory.grants import Granted, PlacesRead
from gateway.directory.landing import Landing
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.directory.rendering import Renderer
from gateway.directory.users import UserNameSource
from gateway.mirror import documents
from gateway.mirror.engine import migrate, open_database
from gateway.mirror.facts import Group, Membership
from gateway.mirror.mirror import Mirror
from gateway.mirror.user_records import HeldBack, UserRecord
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, OneMember, OneRole, Whole
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.schema import load_registry
from tests.rendered import assert_rendered

WORKSPACE = "5f0c0000-0000-4000-8000-00000000000f"
NAMES = ("Ann", "ann", "Ann Lee", "É", "漢字 漢", "")
PERMISSIONS = st.sampled_from([p for p in models.Permission if p is not models.Permission.NONE])
ROLES = st.sampled_from(models.WorkspaceRole)

Draw = Callable[[st.SearchStrategy[Any]], Any]


def uuid(kind: int, number: int) -> str:
    """Return the UUID of a thing."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


USERS = [uuid(1, number) for number in range(5)]
PROJECTS = [uuid(2, number) for number in range(2)]
REPOSITORIES = [uuid(3, number) for number in range(3)]
SLUGS = ("one", "two", "three")
EMAILS = [f"{name}@acme.example" for name in ("a", "b", "c", "d")]


@dataclass
class Workspace:
    """What Bitbucket would tell."""

    members: dict[str, models.WorkspaceMembership] = field(default_factory=dict)
    groups: dict[str, models.Group] = field(default_factory=dict)
    projects: dict[str, models.Project] = field(default_factory=dict)
    repositories: dict[str, models.Repository] = field(default_factory=dict)
    privileges: dict[tuple[str, str], models.GroupPrivilege] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)

    def change(self, draw: Draw) -> None:
        """Change something."""
        draw(
            st.sampled_from(
                [
                    self._member,
                    self._member,
                    self._group,
                    self._group,
                    self._project,
                    self._repository,
                    self._repository,
                    self._privilege,
                    self._holder,
                ]
            )
        )(draw)

    def _member(self, draw: Draw) -> None:
        key = draw(st.sampled_from(USERS))
        if key in self.members and draw(st.booleans()):
            del self.members[key]
            return
        self.members[key] = models.WorkspaceMembership(
            user=account(key, draw(st.sampled_from(NAMES)), draw(st.sampled_from(["active", "x"]))),
            permission=draw(ROLES),
        )

    def _group(self, draw: Draw) -> None:
        slug = draw(st.sampled_from(SLUGS))
        if slug in self.groups and draw(st.integers(0, 2)) == 0:
            del self.groups[slug]
            return
        known = self.groups.get(slug)
        self.groups[slug] = models.Group(
            slug=slug,
            name=draw(st.sampled_from(NAMES)),
            permission=None,
            auto_add=draw(st.booleans()),
            members=(
                known.members
                if known is not None and draw(st.booleans())
                else tuple(
                    account(key, draw(st.sampled_from(NAMES)))
                    for key in draw(st.lists(st.sampled_from(USERS), unique=True))
                )
            ),
        )

    def _project(self, draw: Draw) -> None:
        key = draw(st.sampled_from(PROJECTS))
        if self.projects.pop(key, None) is None or draw(st.booleans()):
            name = draw(st.sampled_from(["API", "WEB"]))
            self.projects[key] = models.Project(uuid=key, key=name, name=name)

    def _repository(self, draw: Draw) -> None:
        key = draw(st.sampled_from(REPOSITORIES))
        if self.repositories.pop(key, None) is None or draw(st.booleans()):
            slug = f"{draw(st.sampled_from(['core', 'docs']))}-{key[-1]}"
            self.repositories[key] = models.Repository(
                uuid=key, slug=slug, full_name=f"acme/{slug}", name=slug
            )

    def _privilege(self, draw: Draw) -> None:
        slug, key = draw(st.sampled_from(SLUGS)), draw(st.sampled_from(REPOSITORIES))
        found = self.repositories.get(key)
        if self.privileges.pop((slug, key), None) is None and found is not None:
            self.privileges[slug, key] = models.GroupPrivilege(
                repository_full_name=found.full_name,
                group_slug=slug,
                permission=draw(PERMISSIONS),
            )

    def _holder(self, draw: Draw) -> None:
        text = draw(st.sampled_from(EMAILS))
        if self.holders.pop(text, None) is None and self.members:
            self.holders[text] = draw(st.sampled_from(sorted(self.members)))


def account(key: str, name: str, status: str = "active") -> models.Account:
    """Return an account."""
    return models.Account(
        uuid=key, type="user", display_name=name, account_id=f"id:{key}", status=status
    )


@dataclass
class Play:
    """A workspace and its mirror."""

    draw: Draw
    landing: Landing
    mirror: Mirror
    workspace: Workspace = field(default_factory=Workspace)

    def step(self) -> None:
        """Land something, or change what the gateway itself knows."""
        self.draw(
            st.sampled_from(
                [
                    self._lists,
                    self._lists,
                    self._places,
                    self._places,
                    self._addresses,
                    self._addresses,
                    self._one_member,
                    self._one_role,
                    self._record,
                    self._hold_back,
                    self._group,
                    self._membership,
                ]
            )
        )()

    def person(self) -> None:
        """Land what was read of a few people, or change what the gateway knows of one."""
        self.draw(
            st.sampled_from(
                [self._one_member, self._one_member, self._addresses, self._record, self._call]
            )
        )()

    def everything(self) -> None:
        """Land all lists."""
        self._land({name: self._values(name) for name in WHOLE})

    def _lists(self) -> None:
        some = self.draw(st.sets(st.sampled_from(WHOLE), min_size=1))
        self._land({name: self._values(name) for name in some})

    def _values(self, name: Collection) -> list[Any]:
        found: Mapping[Collection, Mapping[Any, Any]] = {
            Collection.MEMBERS: self.workspace.members,
            Collection.GROUPS: self.workspace.groups,
            Collection.PROJECTS: self.workspace.projects,
            Collection.REPOSITORIES: self.workspace.repositories,
            Collection.REPOSITORY_GROUP_GRANTS: self.workspace.privileges,
        }
        values = list(found[name].values())
        return values + values[: self.draw(st.integers(0, 1))]

    def _land(self, values: Mapping[Collection, list[Any]]) -> None:
        readings: dict[Need, Reading[Any]] = {
            Whole(name): Reading(found, self.landing.now(), 1) for name, found in values.items()
        }
        self.landing.lists(Lists(readings, {}), workspace_uuid=WORKSPACE)

    def _places(self) -> None:
        subject_type, object_type, places = self.draw(
            st.sampled_from(
                [
                    ("user", "repository", REPOSITORIES),
                    ("user", "project", PROJECTS),
                    ("group", "project", PROJECTS),
                ]
            )
        )
        subjects = st.sampled_from(USERS if subject_type == "user" else SLUGS)
        read = [
            PlacesRead(
                subject_type,
                object_type,
                {
                    place: [
                        Granted(subject, permission.value)
                        for subject, permission in self.draw(
                            st.dictionaries(subjects, PERMISSIONS, max_size=3)
                        ).items()
                    ]
                },
                self.landing.now(),
                is_inferred=self.draw(st.booleans()),
                upholds_told=self.draw(st.booleans()),
            )
            for place in self.draw(st.lists(st.sampled_from(places), unique=True, min_size=1))
        ]
        self.landing.places(read, calls=1, workspace_uuid=WORKSPACE)

    def _addresses(self) -> None:
        asked = sorted(self.draw(st.sets(st.sampled_from(EMAILS), min_size=1)))
        holders = self.workspace.holders
        found = [
            replace(account(holders[text], self.draw(st.sampled_from(NAMES))), email=text)
            for text in asked
            if text in holders
        ]
        reading = Reading(found, self.landing.now(), 1)
        lists = Lists({Whole(Collection.ADDRESSES): reading}, {}, tuple(asked))
        self.landing.lists(lists, workspace_uuid=None)

    def _one_member(self) -> None:
        key = self.draw(st.sampled_from(USERS))
        known = self.workspace.members.get(key)
        found = [] if known is None else [known.user]
        key = self.draw(st.sampled_from([key, f"id:{key}"]))
        reading = Reading(found, self.landing.now(), 1)
        self.landing.lists(Lists({OneMember(key): reading}, {}), workspace_uuid=None)

    def _one_role(self) -> None:
        role = self.draw(ROLES)
        found = [m for m in self.workspace.members.values() if m.permission is role]
        reading = Reading(found, self.landing.now(), 1)
        self.landing.lists(Lists({OneRole(role.value): reading}, {}), workspace_uuid=None)

    def _record(self) -> None:
        member = self.draw(st.sampled_from([None, *USERS]))
        own = [uuid(9, number) for number in range(3)]
        moment = self.landing.now()
        record = UserRecord(
            self.draw(st.sampled_from(own if member is None else [member, *own])),
            member,
            self.draw(st.sampled_from(EMAILS)),
            is_active=self.draw(st.sampled_from([True, False, None])),
            invited_at=moment if member is None and self.draw(st.booleans()) else None,
            deleted_at=moment if self.draw(st.booleans()) else None,
        )
        with self.mirror.writing() as tx:
            tx.users.put(record)
            tx.overlays.put("User", record.id, self._overlay())
            self.landing.renderer.render(tx, users=(), groups=(), now=moment)

    def _call(self) -> None:
        with self.mirror.writing() as tx:
            called = {"userName": self.draw(st.sampled_from(EMAILS))}
            tx.overlays.put("User", self.draw(st.sampled_from(USERS)), called)
            self.landing.renderer.render(tx, users=(), groups=(), now=self.landing.now())

    def _hold_back(self) -> None:
        with self.mirror.writing() as tx:
            groups = [group.id for group in tx.facts.groups()] or [uuid(8, 0)]
            held = HeldBack(
                self.draw(st.sampled_from([*USERS, uuid(9, 0), uuid(9, 1)])),
                "group",
                self.draw(st.sampled_from(groups)),
                is_taken=self.draw(st.booleans()),
            )
            if self.draw(st.integers(0, 2)):
                tx.users.hold_back([held])
            else:
                tx.users.release([held])
            self.landing.renderer.render(tx, users=(), groups=(), now=self.landing.now())

    def _group(self) -> None:
        with self.mirror.writing() as tx:
            for group in tx.facts.groups()[:1]:
                if self.draw(st.booleans()):
                    tx.changes.drop_group(group.id, now=self.landing.now())
                else:
                    renamed = Group(group.id, group.slug, "Renamed", None, auto_add=False)
                    tx.changes.put_group(renamed)
                tx.overlays.put("Group", group.id, self._overlay())
            self.landing.renderer.render(tx, users=(), groups=(), now=self.landing.now())

    def _membership(self) -> None:
        with self.mirror.writing() as tx:
            for group in tx.facts.groups()[:1]:
                key = self.draw(st.sampled_from(USERS))
                if self.draw(st.booleans()):
                    tx.changes.put_membership(Membership(group.id, key, "Zoe"))
                else:
                    tx.changes.drop_membership(group.id, key)
            self.landing.renderer.render(tx, users=(), groups=(), now=self.landing.now())

    def _overlay(self) -> dict[str, Any]:
        found: dict[str, Any] = self.draw(st.sampled_from([{}, {"externalId": "x"}]))
        return found


WHOLE = (
    Collection.MEMBERS,
    Collection.GROUPS,
    Collection.PROJECTS,
    Collection.REPOSITORIES,
    Collection.REPOSITORY_GROUP_GRANTS,
)


@contextmanager
def playing(draw: Draw, url: str, *, event_lifetime: timedelta | None = None) -> Iterator[Play]:
    """Open a mirror that is empty but for the lists of an empty workspace."""
    engine = open_database(url)
    migrate(engine)
    mirror = Mirror(engine, "acme", event_lifetime=event_lifetime)
    seconds = itertools.count()
    start = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def now() -> datetime:
        return start + timedelta(seconds=next(seconds))

    try:
        yield Play(
            draw, Landing(mirror, Renderer(load_registry(), UserNameSource.EMAIL), now), mirror
        )
    finally:
        engine.dispose()


@pytest.fixture(params=["all at once", "a few at a time"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are taken at once: all of so small a workspace, or so few that there are borders."""
    if request.param == "a few at a time":
        monkeypatch.setattr(rendering, "_USERS_AT_ONCE", 2)
        monkeypatch.setattr(rendering, "_GROUPS_AT_ONCE", 1)
        monkeypatch.setattr(documents, "_LOOKED_UP_AT_ONCE", 1)


@pytest.mark.usefixtures("sizes")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_what_changed_is_rendered_as_if_everything_were(data: st.DataObject) -> None:
    """Nobody else is rendered, and yet everybody looks as they should."""
    with (
        TemporaryDirectory() as folder,
        playing(data.draw, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}") as play,
    ):
        land_and_compare(play)


@pytest.mark.usefixtures("cluster")
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_changed_is_rendered_on_postgresql(cluster: Any, data: st.DataObject) -> None:
    """The same where a database has other types and orders."""
    with cluster.database() as url, playing(data.draw, url) as play:
        land_and_compare(play)


def land_and_compare(play: Play) -> None:
    """Land one thing after another, and compare each time."""
    # Enough that names are shown, and rights held, when they change.
    for _ in range(play.draw(st.integers(0, 16))):
        play.workspace.change(play.draw)
    play.everything()
    for _ in range(play.draw(st.integers(1, 6))):
        for _ in range(play.draw(st.integers(0, 3))):
            play.workspace.change(play.draw)
        play.step()
        assert_rendered(play.mirror, play.landing.renderer)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A mirror that knows of two people in one group, with a right on a repository each."""
    with playing(_first, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as made:
        ann, bob = (account(key, name) for key, name in zip(USERS, ("Ann", "Bob"), strict=False))
        for each in (ann, bob):
            made.workspace.members[each.uuid] = models.WorkspaceMembership(
                user=each, permission=models.WorkspaceRole.MEMBER
            )
        made.workspace.groups["one"] = models.Group(
            slug="one", name="One", permission=None, auto_add=False, members=(ann,)
        )
        made.workspace.repositories[REPOSITORIES[0]] = models.Repository(
            uuid=REPOSITORIES[0], slug="core", full_name="acme/core", name="Core"
        )
        made.everything()
        granted = {REPOSITORIES[0]: [Granted(bob.uuid, "write")]}
        made.landing.places(
            [PlacesRead("user", "repository", granted, made.landing.now())],
            calls=1,
            workspace_uuid=WORKSPACE,
        )
        yield made


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the users, and of the groups, that are rendered from now on."""
    seen: list[str] = []

    def note(render: Callable[..., Any], thing: Any, **how: Any) -> Any:
        seen.append(getattr(thing, "display_name", None) or thing.name)
        return render(thing, **how)

    for name in ("user_resource", "group_resource"):
        monkeypatch.setattr(rendering, name, partial(note, getattr(rendering, name)))
    return seen


def test_who_is_another_user_now_is_not_shown_as_both(play: Play) -> None:
    """Somebody was deleted, came back and was shown again, while a client made a new user of it."""
    ann, moment = USERS[0], play.landing.now()
    deleted = UserRecord(uuid(9, 0), ann, EMAILS[0], deleted_at=moment)
    for record in (deleted, UserRecord(uuid(9, 1), ann, EMAILS[0])):
        with play.mirror.writing() as tx:
            tx.users.put(record)
            play.landing.renderer.render(tx, users=(), groups=(), now=moment)
        assert_rendered(play.mirror, play.landing.renderer)


def test_who_did_not_change_is_not_rendered(play: Play, rendered: list[str]) -> None:
    """However much is read anew."""
    play.everything()
    assert rendered == []


def test_a_name_is_rendered_with_who_shows_it(play: Play, rendered: list[str]) -> None:
    """Of a repository with those who hold something there, of a group with those in it."""
    repository = play.workspace.repositories[REPOSITORIES[0]]
    play.workspace.repositories[REPOSITORIES[0]] = replace(repository, full_name="acme/kernel")
    play.everything()
    assert rendered == ["Bob"]

    rendered.clear()
    play.workspace.groups["one"] = replace(play.workspace.groups["one"], name="First")
    play.everything()
    assert rendered == ["Ann", "First"]


def test_who_left_a_group_is_rendered_with_it(play: Play, rendered: list[str]) -> None:
    """And who came back."""
    group = play.workspace.groups["one"]
    for members in ((), group.members):
        rendered.clear()
        play.workspace.groups["one"] = replace(group, members=members)
        play.everything()
        assert rendered == ["Ann", "One"]


def test_a_member_who_came_back_is_rendered(play: Play, rendered: list[str]) -> None:
    """With what is still known of them."""
    gone = play.workspace.members.pop(USERS[1])
    play.everything()
    assert rendered == []
    play.workspace.members[USERS[1]] = gone
    play.everything()
    assert rendered == ["Bob"]
    assert_rendered(play.mirror, play.landing.renderer)


def test_the_address_that_was_asked_last_comes_first(play: Play, rendered: list[str]) -> None:
    """So it is rendered again, though its holder is the same."""
    for number, text in enumerate((*EMAILS[:2], EMAILS[0], EMAILS[0])):
        rendered.clear()
        found = [replace(play.workspace.members[USERS[0]].user, email=text)]
        reading = Reading(found, play.landing.now(), 1)
        lists = Lists({Whole(Collection.ADDRESSES): reading}, {}, (text,))
        play.landing.lists(lists, workspace_uuid=None)
        assert rendered == ["Ann"], number
        assert_rendered(play.mirror, play.landing.renderer)
        rendered.clear()


def test_what_was_not_rendered_is_with_the_next_lists(play: Play, rendered: list[str]) -> None:
    """A change that nothing was rendered after is one that everything is rendered after."""
    with play.mirror.writing() as tx:
        tx.overlays.put("User", USERS[0], {"externalId": "x"})
    assert rendered == []
    play.everything()
    assert rendered == ["Ann", "Bob", "One"]
    assert_rendered(play.mirror, play.landing.renderer)


def test_another_way_of_rendering_renders_everything(play: Play, rendered: list[str]) -> None:
    """As a release may bring it, or a setting."""
    renderer = Renderer(play.landing.renderer.registry, UserNameSource.ACCOUNT_ID)
    play.landing = replace(play.landing, renderer=renderer)
    for expected in (["Ann", "Bob", "One"], []):
        rendered.clear()
        play.everything()
        assert rendered == expected


def test_once_a_day_everything_is_rendered(play: Play, rendered: list[str]) -> None:
    """So that nothing which a change did not tell of could last."""
    tomorrow = play.landing.now() + timedelta(days=1)
    play.landing = replace(play.landing, now=lambda: tomorrow)
    for expected in (["Ann", "Bob", "One"], []):
        rendered.clear()
        play.everything()
        assert rendered == expected


def test_one_landing_is_one_modification(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many times it is rendered in."""
    monkeypatch.setattr(rendering, "_USERS_AT_ONCE", 1)
    for key, known in play.workspace.members.items():
        user = replace(known.user, display_name="Another")
        play.workspace.members[key] = replace(known, user=user)
    play.everything()
    registry = play.landing.renderer.registry
    query = Query(None, None, IndexPage(), Projection(registry.user), "https://scim.example/v2")
    with play.mirror.reading() as snapshot:
        _, found = snapshot.resources(registry.user).find(query)
    assert len({orjson.loads(document.json)["meta"]["lastModified"] for document in found}) == 1


def _first(_strategy: st.SearchStrategy[Any]) -> Any:
    """Draw nothing by chance: no list holds anything twice."""
    return 0


def test_postgresql_knows_how_many_users_a_first_load_wrote(cluster: Any) -> None:
    """Who asks right afterwards would wait for a scan of all of them else."""
    with cluster.database() as url, playing(_first, url) as play:
        for key in USERS:
            play.workspace.members[key] = models.WorkspaceMembership(
                user=account(key, "Ann"), permission=models.WorkspaceRole.MEMBER
            )
        play.everything()
        engine = open_database(url)
        with engine.connect() as connection:
            counted = connection.exec_driver_sql(
                "SELECT reltuples FROM pg_class WHERE oid = 'users'::regclass"
            ).scalar_one()
        engine.dispose()
    assert counted == len(USERS)
