"""Who follows the changes knows what is there, and learns of those who left."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import create_app, generate, serving
from gateway.scim.projection import Projection
from tests.directory.conftest import Stage, staged

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
#: Of the extension, only what costs nothing.
ALL = f"urn:ietf:params:scim:schemas:core:2.0:User,{EXTENSION}:membership"
EVER = "1970-01-01T00:00:00Z"


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A small generated workspace behind a directory that has read nothing yet."""
    url = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    world = generate(users=12, groups=4, projects=2, repositories=5)
    with serving(create_app(world)) as bitbucket, staged(bitbucket, url) as made:
        yield made


def changes(stage: Any, since: str, more: str = "") -> list[dict[str, Any]]:
    """Return the users that were modified after *since*."""
    return everything(stage, f'meta.lastModified gt "{since}"{more}')


def everything(stage: Any, text: str | None = None) -> list[dict[str, Any]]:
    """Return users with all that is kept of them."""
    found: list[dict[str, Any]] = stage.resources(stage.users, text, attributes=ALL)
    return found


def latest(users: list[dict[str, Any]]) -> str:
    """Return the latest modification among *users*."""
    return max(str(user["meta"]["lastModified"]) for user in users)


def test_who_left_is_told_as_inactive(stage: Any) -> None:
    """By a last word that grants nothing; in no other query, and not by id."""
    before = everything(stage)
    account = next(a for a, _ in stage.world.members() if stage.world.groups_of(a))
    user_id = account.uuid.strip("{}")
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=10)

    left = f'{EXTENSION}:membership eq "removed"'
    (gone,) = changes(stage, latest(before), f' and id eq "{user_id}" and {left}')

    assert gone["active"] is False
    assert gone[EXTENSION]["membership"] == "removed"
    assert not {"groups", "entitlements", "roles"} & gone.keys()
    assert gone["meta"]["lastModified"] > latest(before)
    assert gone["meta"]["version"] not in {user["meta"]["version"] for user in before}
    assert user_id not in {user["id"] for user in everything(stage)}
    assert everything(stage, f'id eq "{user_id}"') == []
    projection = Projection(stage.users.resource_type)
    assert stage.users.retrieve(user_id, projection=projection, base_url="x").document is None


def test_the_gone_satisfy_a_filter_by_their_last_word(stage: Any) -> None:
    """They are inactive: who asks for changed users that are active is not told of them."""
    before = everything(stage)
    stage.world.remove_member(stage.world.members()[-1][0])
    stage.clock.pass_time(minutes=10)
    since = latest(before)

    assert len(changes(stage, since, " and active eq false")) == 1
    assert changes(stage, since, " and active eq true") == []
    assert changes(stage, since, " and groups pr") == []


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ('meta.lastModified gt "{}"', True),
        ('meta.lastModified ge "{}" and active eq false', True),
        ('meta.lastModified gt "{}" or meta.lastModified ge "2030-01-01T00:00:00Z"', True),
        ('meta.lastModified gt "{}" or active eq false', False),
        ('not (meta.lastModified lt "{}")', False),
        ('meta.lastModified lt "2030-01-01T00:00:00Z"', False),
        ("active eq false", False),
    ],
)
def test_only_a_query_for_changes_tells_of_them(stage: Any, text: str, tells: bool) -> None:  # noqa: FBT001 - what is parametrised comes by name
    """One whose filter lets nothing pass that was not modified after some moment."""
    account = stage.world.members()[-1][0]
    stage.ask(stage.users)
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=10)

    found = stage.resources(stage.users, text.format(EVER))

    assert (account.uuid.strip("{}") in {user["id"] for user in found}) is tells


def test_they_are_told_of_for_a_while(stage: Any) -> None:
    """For the retention, thirty days unless it is set."""
    stage.ask(stage.users)
    account = stage.world.members()[-1][0]
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=10)
    stage.ask(stage.users)

    def is_told() -> bool:
        return account.uuid.strip("{}") in {user["id"] for user in changes(stage, EVER)}

    stage.clock.pass_time(days=29)
    assert is_told()
    stage.clock.pass_time(days=2)
    assert not is_told()
    assert stage.users.retention == timedelta(days=30)


def test_who_comes_back_is_told_as_active(stage: Any) -> None:
    """With the creation of old, and another modification."""
    before = {user["id"]: user for user in everything(stage)}
    account = stage.world.members()[-1][0]
    user_id = account.uuid.strip("{}")
    stage.world.remove_member(account)
    stage.clock.pass_time(minutes=10)
    since = latest(changes(stage, EVER))
    stage.world.add_member(account)
    stage.clock.pass_time(minutes=10)

    (back,) = changes(stage, since, f' and id eq "{user_id}"')

    assert back[EXTENSION]["membership"] == "member"
    assert back["meta"]["created"] == before[user_id]["meta"]["created"]


@pytest.mark.parametrize("seed", range(6))
def test_following_the_changes_gives_the_full_list(stage: Any, seed: int) -> None:
    """A client that replaces by id, and drops who was removed, knows what a full list says."""
    chance = random.Random(seed)
    known = {user["id"]: user for user in everything(stage)}
    since = latest(list(known.values()))
    for _ in range(5):
        for _ in range(chance.randint(1, 3)):
            change(stage.world, chance)
        stage.clock.pass_time(seconds=chance.choice([301, 400]))
        found = changes(stage, since)
        known |= {user["id"]: user for user in found}
        since = latest([*found, {"meta": {"lastModified": since}}])
        known = {
            user_id: user
            for user_id, user in known.items()
            if user[EXTENSION]["membership"] == "member"
        }
        full = {user["id"]: user for user in everything(stage)}
        assert known == full


def change(world: Any, chance: random.Random) -> None:
    """Change something of the workspace."""
    account = chance.choice(world.members()[1:])[0]
    groups = list(world.groups.values())
    repository = chance.choice(list(world.repositories.values()))
    match chance.randrange(6):
        case 0:
            world.remove_member(account)
        case 1:
            world.add_member(f"Newcomer {chance.random()}")
        case 2:
            world.change_account(account, display_name=f"Name {chance.random()}")
        case 3:
            world.grant(account, repository, chance.choice(["read", "write", "admin"]))
        case 4:
            world.change_group(chance.choice(groups), name=f"Group {chance.random()}")
        case 5:
            group = chance.choice(groups)
            if account in world.group_members(group):
                world.leave(group, account)
            else:
                world.join(group, account)
