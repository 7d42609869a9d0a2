"""How old an answer is, told by few looks, is what a look at every fact finds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bitbucket import models
from gateway.directory.identities import identified
from gateway.directory.knowledge import Ages
from gateway.directory.outcomes import Reading
from gateway.directory.reading import Lists
from gateway.directory.standing import standing
from gateway.mirror.fact_reader import FactReader
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, Whole, needs, needs_of_one
from gateway.planner.plan import plan
from gateway.scim.filter.bind import bind_filter
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.schema import load_registry
from tests.directory.test_rendering import EMAILS, USERS, WORKSPACE, Play, account, playing, uuid

_REGISTRY = load_registry()
_ADDRESSES = frozenset({"emails", "userName"})
_ACCOUNT_ID = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User:accountId"


def questions() -> Iterator[Needs]:
    """Yield what some questions rest on."""
    shown = ("userName", "displayName", "emails", "groups", "entitlements", "meta", "roles")
    projections: list[Projection] = [
        bind_projection(names, None, resource_type=_REGISTRY.user)
        for names in (None, "id", *shown, ",".join(shown))
    ]
    for projection in projections:
        yield needs(None, sort=None, projection=projection, address_attributes=_ADDRESSES)
        for key in (*USERS[:3], *(uuid(9, number) for number in range(3))):
            yield needs_of_one(key, projection=projection, address_attributes=_ADDRESSES)
        for text in (
            *(f'userName eq "{each}"' for each in EMAILS[:2]),
            *(f'{_ACCOUNT_ID} eq "id:{each}"' for each in USERS[:2]),
            'roles.value eq "owner"',
        ):
            asked = bind_filter(text, _REGISTRY.user)
            yield needs(asked, sort=None, projection=projection, address_attributes=_ADDRESSES)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_it_is_what_a_look_at_every_fact_finds(data: st.DataObject) -> None:
    """Whatever was read, together or singly, in whatever order."""
    with (
        TemporaryDirectory() as folder,
        playing(data.draw, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}") as play,
    ):
        for _ in range(data.draw(st.integers(0, 10))):
            play.workspace.change(data.draw)
        for _ in range(data.draw(st.integers(1, 8))):
            play.step()
        is_as_every_fact(play, data.draw(st.integers(0, 30)))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_it_is_so_of_people_who_were_looked_up_since_the_lists(data: st.DataObject) -> None:
    """Found or in vain, by an account or an address, invited, or called so by a client."""
    with (
        TemporaryDirectory() as folder,
        playing(data.draw, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}") as play,
    ):
        for key in USERS[:2]:
            play.workspace.members[key] = models.WorkspaceMembership(
                user=account(key, "Ann"), permission=models.WorkspaceRole.MEMBER
            )
            play.workspace.holders[EMAILS[USERS.index(key)]] = key
        for _ in range(data.draw(st.integers(0, 3))):
            play.person()
        play.everything()
        for _ in range(data.draw(st.integers(1, 6))):
            play.person()
        is_as_every_fact(play, data.draw(st.integers(0, 30)))


def is_as_every_fact(play: Play, seconds: int) -> None:
    """Compare what is told with every fact, where none may be older than so many *seconds*."""
    now = play.landing.now()
    moment = now - timedelta(seconds=seconds)
    with play.mirror.reading() as snapshot:
        for asked in questions():
            every = identified(asked, snapshot)
            found = plan(every, Ages(snapshot, now).of(every), not_before=moment)
            told = standing(asked, snapshot)
            is_satisfied = not found.reads and not found.put_off
            assert told.satisfies(not_before=moment, now=now) == is_satisfied, asked
            assert not is_satisfied or (told.oldest or now) == found.oldest, asked


def test_a_user_of_a_list_that_is_young_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no older than the list, and the list is what was worked out."""
    looked_for: list[Any] = []
    look_up = FactReader.looked_up

    def noting(reader: FactReader, keys: Any) -> Any:
        looked_for.extend(keys)
        return look_up(reader, keys)

    named = bind_projection("displayName,groups", None, resource_type=_REGISTRY.user)
    asked = needs_of_one(USERS[0], projection=named, address_attributes=frozenset())
    with playing(lambda _: 0, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as play:
        play.workspace.members[USERS[0]] = models.WorkspaceMembership(
            user=account(USERS[0], "Ann"), permission=models.WorkspaceRole.MEMBER
        )
        play.everything()
        everybody = Reading([*play.workspace.members.values()], play.landing.now(), 1)
        members = Lists({Whole(Collection.MEMBERS): everybody}, {})
        play.landing.lists(members, workspace_uuid=WORKSPACE)
        monkeypatch.setattr(FactReader, "looked_up", noting)
        with play.mirror.reading() as snapshot:
            assert standing(asked, snapshot).satisfies(
                not_before=play.landing.now() - timedelta(hours=1), now=play.landing.now()
            )
    assert looked_for == []


def test_who_is_called_so_by_a_client_is_as_old_as_the_list(tmp_path: Path) -> None:
    """Of a list that was read before the clock was put back nobody knows how old it is."""
    named = bind_projection("userName,groups", None, resource_type=_REGISTRY.user)
    wanted = bind_filter(f'userName eq "{EMAILS[0]}"', _REGISTRY.user)
    asked = needs(wanted, sort=None, projection=named, address_attributes=frozenset())
    with playing(lambda _: 0, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as play:
        member = models.WorkspaceMembership(
            user=account(USERS[0], "Ann"), permission=models.WorkspaceRole.MEMBER
        )
        play.everything()
        nobody: Reading[Any] = Reading([], play.landing.now(), 1)
        of_address = Lists({Whole(Collection.ADDRESSES): nobody}, {}, (EMAILS[0],))
        play.landing.lists(of_address, workspace_uuid=None)
        of_future = Reading([member], play.landing.now() + timedelta(hours=1), 1)
        members = Lists({Whole(Collection.MEMBERS): of_future}, {})
        play.landing.lists(members, workspace_uuid=WORKSPACE)
        with play.mirror.writing() as tx:
            tx.overlays.put("User", USERS[0], {"userName": EMAILS[0]})
            play.landing.renderer.render(tx, users=(), groups=(), now=play.landing.now())
        now = play.landing.now()
        with play.mirror.reading() as snapshot:
            told = standing(asked, snapshot)
    assert not told.satisfies(not_before=now - timedelta(hours=1), now=now)
