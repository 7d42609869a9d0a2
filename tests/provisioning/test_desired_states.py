"""Whatever a group or user is, and is to be: after the plan it is so, and nothing else changed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sandbox import Account, Behaviour, Group, Repository, World, create_app, serving
from tests.end_to_end.worlds import worlds
from tests.provisioning.office import (
    GROUP_EXTENSION,
    Office,
    bare,
    opened,
    resource,
    state_of,
)

#: Bitbucket on a socket for each example: few, but each with many states.
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@contextmanager
def office_of(world: World) -> Iterator[Office]:
    """Open an office in front of *world*, with nothing in its way."""
    app = create_app(world, behaviour=Behaviour(hourly_limit=None))
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(app) as bitbucket,
        opened(bitbucket, f"sqlite:///{Path(folder) / 'mirror.sqlite3'}", protection=False) as made,
    ):
        yield made


def _entitlements(world: World) -> st.SearchStrategy[list[dict[str, str]]]:
    places = [*world.projects.values(), *world.repositories.values()]
    if not places:
        return st.just([])
    values = st.builds(
        lambda place, word: (
            f"{'repository' if isinstance(place, Repository) else 'project'}:"
            f"{bare(place.uuid)}:{word}"
        ),
        st.sampled_from(places),
        st.sampled_from(["read", "write", "admin"]),
    )
    unique = st.lists(values, max_size=4, unique_by=lambda value: value.rsplit(":", 1)[0])
    return unique.map(lambda found: [{"value": value} for value in found])


def _held_by(world: World, subject: Account | Group) -> set[str]:
    return {
        f"{'repository' if isinstance(g.target, Repository) else 'project'}:"
        f"{bare(g.target.uuid)}:{g.permission.value}"
        for g in world.grants(subject=subject)
    }


@FEW
@given(data=st.data(), world=worlds())
def test_a_group_becomes_what_is_wanted(data: st.DataObject, world: World) -> None:
    """Its name, members and permissions; a second time no call is made that changes anything."""
    if not world.groups:
        world.add_group("Only")
    group = data.draw(st.sampled_from(sorted(world.groups.values(), key=lambda g: g.slug)))
    people = st.sampled_from([account for account, _ in world.members()])
    members = data.draw(st.lists(people, unique_by=lambda a: a.uuid, max_size=5))
    name = data.draw(st.sampled_from([group.name, "Another name"]))
    ids = [{"value": bare(member.uuid)} for member in members]
    entitlements = data.draw(_entitlements(world))
    permission = data.draw(st.sampled_from([None, "read", "write", "admin"]))
    operations: list[dict[str, Any]] = [
        {"op": "replace", "path": "displayName", "value": name},
        {"op": "replace", "path": "members", "value": ids},
        {"op": "replace", "path": f"{GROUP_EXTENSION}:entitlements", "value": entitlements},
        {"op": "replace", "path": f"{GROUP_EXTENSION}:workspacePermission", "value": permission},
    ]
    before = state_of(world)
    with office_of(world) as office:
        group_id = office.group_id(group.name)

        changed = resource(office.patch_group(group_id, *operations))

        assert changed["displayName"] == name
        renamed = world.groups[group.uuid]
        assert (renamed.name, renamed.permission) == (name, permission)
        assert renamed.auto_add == group.auto_add
        assert {m.uuid for m in world.group_members(group)} == {m.uuid for m in members}
        values = {each["value"] for each in entitlements}
        assert _held_by(world, group) == values
        _assert_only_of(group.uuid, before, state_of(world), {group.name, name})

        office.bitbucket.calls.reset()
        office.patch_group(group_id, *operations)
        assert office.writes == []


@FEW
@given(data=st.data(), world=worlds())
def test_a_user_is_granted_what_is_wanted(data: st.DataObject, world: World) -> None:
    """Exactly that; a second time no call is made that changes anything."""
    people = [account for account, role in world.members() if role.value != "owner"]
    if not people:
        people = [world.add_member("Only")]
    user = data.draw(st.sampled_from(people))
    wanted = data.draw(_entitlements(world))
    before = state_of(world)
    with office_of(world) as office:
        operation = {"op": "replace", "path": "entitlements", "value": wanted}

        office.patch_user(bare(user.uuid), operation)

        assert _held_by(world, user) == {each["value"] for each in wanted}
        _assert_only_of(user.uuid, before, state_of(world), set())

        office.bitbucket.calls.reset()
        office.patch_user(bare(user.uuid), operation)
        assert office.writes == []


@FEW
@given(data=st.data(), world=worlds())
def test_deactivated_and_active_again_is_as_before(data: st.DataObject, world: World) -> None:
    """Everything is taken, whatever was known of it, and given back; nobody else is touched."""
    people = [account for account, role in world.members() if role.value != "owner"]
    if not people:
        people = [world.add_member("Only")]
    user = data.draw(st.sampled_from(people))
    before = state_of(world)
    with office_of(world) as office:
        gone = resource(office.activate(bare(user.uuid), active=False))

        assert gone["active"] is False
        assert not world.grants(subject=user)
        assert not world.groups_of(user)
        _assert_only_of(user.uuid, before, state_of(world), None)

        again = resource(office.activate(bare(user.uuid), active=True))

        assert again["active"] is (user.status.value == "active")
        assert state_of(world) == before
        with office.mirror.reading() as snapshot:
            assert not snapshot.users.held_back([bare(user.uuid)])


def _assert_only_of(uuid: str, before: Any, after: Any, names: set[str] | None) -> None:
    """Assert that nothing is different but the grants of one, and the groups of those *names*."""
    assert before["members"] == after["members"]
    assert before["invitations"] == after["invitations"]
    for grants in (before["grants"], after["grants"]):
        assert [g for g in grants if g[0] != uuid] == [g for g in before["grants"] if g[0] != uuid]
    if names is None:
        without = {
            name: [member for member in members if member != uuid]
            for name, members in before["groups"].items()
        }
        assert after["groups"] == without
    else:
        for name in before["groups"].keys() - names:
            assert after["groups"][name] == before["groups"][name]
            assert after["settings"][name] == before["settings"][name]


@pytest.mark.parametrize("hidden_by", ["group", "project", "unread"])
def test_a_grant_that_nobody_knew_of_is_taken_and_given_back(
    office: Office, hidden_by: str
) -> None:
    """Behind a group's, behind a project's, or made a moment ago: Bitbucket's own list tells."""
    world = office.world
    ann = world.account_by_email("ann@acme.example")
    assert ann is not None
    repository = world.repository("api-core")
    assert repository is not None
    target = world.projects[repository.project_uuid] if hidden_by == "project" else repository
    if hidden_by == "unread":
        office.activate(bare(ann.uuid), active=True)
        office.patch_user(bare(ann.uuid), {"op": "remove", "path": "entitlements"})
    if hidden_by == "group":
        group = world.group("developers")
        assert group is not None
        world.grant(group, repository, "admin")
    world.grant(ann, target, "write")
    before = state_of(world)

    office.activate(bare(ann.uuid), active=False)
    assert not world.grants(subject=ann)

    office.activate(bare(ann.uuid), active=True)
    assert state_of(world) == before
