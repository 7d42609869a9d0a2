"""Explicit grants, and the effective rights that come of them."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sandbox import Permission, World
from gateway.sandbox.bbql import parse
from gateway.sandbox.effective import EffectiveRights
from gateway.sandbox.model import Account, Group, Project, Repository
from gateway.sandbox.predicate import predicate
from gateway.sandbox.rights_list import (
    Repositories,
    RightsWindow,
    right_fields,
    rights_window,
)
from tests.sandbox.reader import Reader

# How long an example takes says more about the machine than about the code.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

EFFECTIVE = "/2.0/workspaces/acme/permissions/repositories"
ORDER = ["read", "write", "admin"]


@dataclass
class Built:
    """A world made by chance, with its parts."""

    world: World
    people: list[Account]
    groups: list[Group]
    projects: list[Project]
    repositories: list[Repository]


@st.composite
def worlds(draw: st.DrawFn) -> Built:
    """Few people, groups, projects and repositories, with any grants between them."""
    world = World()
    roles = st.sampled_from(["member", "member", "collaborator", "owner"])
    people = [world.add_member(f"P{n}", role=draw(roles)) for n in range(draw(st.integers(1, 4)))]
    some = st.lists(st.sampled_from(people), unique=True)
    on_all = st.sampled_from([None, None, "read", "write", "admin"])
    names = st.lists(st.sampled_from(["A", "B", "Administrators"]), max_size=3)
    groups = [
        world.add_group(name, members=draw(some), permission=draw(on_all)) for name in draw(names)
    ]
    projects = [world.add_project(key) for key in ("X", "Y")]
    repositories = [
        world.add_repository(f"r{n}", project=draw(st.sampled_from(projects)))
        for n in range(draw(st.integers(1, 3)))
    ]
    targets: list[Project | Repository] = [*projects, *repositories]
    subjects: list[Account | Group] = [*people, *groups]
    for target in targets:
        allowed = ["read", "write", "admin"] + ["create-repo"] * isinstance(target, Project)
        for subject in subjects:
            permission = draw(st.sampled_from([None, None, *allowed]))
            if permission:
                world.grant(subject, target, permission)
    return Built(world, people, groups, projects, repositories)


def naive(world: World, person: Account, repository: Repository) -> str | None:
    """The highest of all paths, each looked for by itself."""
    groups = [g for g in world.groups.values() if person in world.group_members(g)]
    paths = []
    for grant in world.grants():
        if grant.target.uuid in (repository.uuid, repository.project_uuid) and (
            grant.subject == person or grant.subject in groups
        ):
            said = grant.permission.value
            paths.append("write" if said == "create-repo" else said)
    paths += [group.permission.value for group in groups if group.permission]
    if dict(world.members())[person] == "owner" or any(
        group.slug == "administrators" for group in groups
    ):
        paths.append("admin")
    return max(paths, key=ORDER.index, default=None)


@unhurried
@given(worlds())
def test_effective_rights_are_the_highest_of_all_paths(built: Built) -> None:
    """Listed and asked for one by one, they are what looking at every path finds."""
    rights = EffectiveRights(built.world)
    for repository in built.repositories:
        truth = {
            person.uuid: held
            for person in built.people
            if (held := naive(built.world, person, repository))
        }
        assert {r.account.uuid: r.permission.value for r in rights.on(repository)} == truth
        for person in built.people:
            held = built.world.effective_permission(person, repository)
            assert held == truth.get(person.uuid)


@unhurried
@given(worlds(), st.integers(0, 15), st.integers(0, 5))
def test_a_window_is_a_slice(built: Built, offset: int, limit: int) -> None:
    """A page of rights is a slice of them all, wherever reading begins."""
    rights = EffectiveRights(built.world)
    everything = [right for repository in built.repositories for right in rights.on(repository)]
    window = RightsWindow(rights, built.repositories, None)
    assert list(window.window(offset, limit)) == everything[offset : offset + limit]


CONDITIONS = st.sampled_from(
    [
        'repository.full_name="acme/r0"',
        'repository.full_name != "acme/r0"',
        'repository.full_name IN ("acme/r2", "acme/r0", "acme/r9")',
        'repository.slug IN ("r1", "r2")',
        'repository.name~"R"',
        'user.display_name="P0"',
        'user.display_name != "P1"',
        'permission>"read"',
    ]
)
QUERIES = st.recursive(
    CONDITIONS,
    lambda parts: st.builds(
        lambda some, word: "(" + f" {word} ".join(some) + ")",
        st.lists(parts, min_size=1, max_size=3),
        st.sampled_from(["AND", "OR"]),
    ),
    max_leaves=5,
)


@unhurried
@given(worlds(), QUERIES)
def test_a_filtered_window_is_what_a_scan_finds(built: Built, q: str) -> None:
    """Names that are looked up select what asking every right selects, in the same order."""
    rights, fields = EffectiveRights(built.world), right_fields(built.world)
    holds = predicate(parse(q), fields)
    everything = [right for repository in built.repositories for right in rights.on(repository)]
    window = rights_window(rights, Repositories(built.repositories, fields), parse(q))
    assert list(window.window(0, 100)) == list(filter(holds, everything))


def test_effective_rights_over_http(reader: Reader, generated: World) -> None:
    """Every right of everybody, once, and nothing for who has none."""
    read = {
        (value["user"]["uuid"], value["repository"]["uuid"]): value["permission"]
        for value in reader.all(EFFECTIVE, pagelen=100)
    }
    truth = {
        (person.uuid, repository.uuid): held.value
        for person, _ in generated.members()
        for repository in generated.repositories.values()
        if (held := generated.effective_permission(person, repository))
    }
    assert read == truth


@pytest.mark.parametrize(
    ("q", "holds"),
    [
        ('permission>"read"', lambda v: v["permission"] in ("write", "admin")),
        ('permission="write"', lambda v: v["permission"] == "write"),
        ('permission IN ("read","write")', lambda v: v["permission"] != "admin"),
        ('repository.name="api"', lambda v: v["repository"]["name"] == "api"),
        ('repository.full_name="acme/api"', lambda v: v["repository"]["full_name"] == "acme/api"),
        (
            'repository.name~"A" AND permission<"admin"',
            lambda v: "a" in v["repository"]["name"].lower() and v["permission"] != "admin",
        ),
        (
            'repository.name="api" OR permission="admin"',
            lambda v: v["repository"]["name"] == "api" or v["permission"] == "admin",
        ),
        (
            'repository.full_name IN ("acme/docs", "acme/api", "acme/gone")',
            lambda v: v["repository"]["full_name"] in ("acme/api", "acme/docs"),
        ),
        (
            'repository.full_name IN ("acme/api", "acme/docs") AND repository.name!="docs"',
            lambda v: v["repository"]["full_name"] == "acme/api",
        ),
        (
            '(repository.full_name="acme/api" OR permission="read") AND (permission!="admin")',
            lambda v: (
                (v["repository"]["full_name"] == "acme/api" or v["permission"] == "read")
                and v["permission"] != "admin"
            ),
        ),
    ],
)
def test_effective_rights_are_filtered(
    reader: Reader, q: str, holds: Callable[[dict[str, dict[str, str]]], bool]
) -> None:
    """``q`` selects what a filter on the whole list selects, in the same order."""
    everything = reader.all(EFFECTIVE, pagelen=100)
    expected = [value for value in everything if holds(value)]
    assert expected
    assert reader.all(EFFECTIVE, pagelen=100, q=q) == expected


def test_effective_rights_of_many_repositories_without_some_users(
    reader: Reader, generated: World
) -> None:
    """Names in a list, people left out one by one: as many conditions as one address holds."""
    names = [f"acme/{repository.slug}" for repository in generated.repositories.values()][::-2]
    left_out = [uuid for uuid in generated.accounts if uuid in generated.administrators()]
    listed = ", ".join(f'"{name}"' for name in names)
    others = " AND ".join(f'user.uuid != "{uuid}"' for uuid in left_out)
    expected = [
        value
        for value in reader.all(EFFECTIVE, pagelen=100)
        if value["repository"]["full_name"] in names and value["user"]["uuid"] not in left_out
    ]
    assert expected
    for q in (
        f"repository.full_name IN ({listed}) AND {others}",
        f"({others}) AND (repository.full_name IN ({listed}))",
    ):
        assert reader.all(EFFECTIVE, pagelen=100, q=q) == expected


def test_a_repository_can_be_asked_for_once_it_was_renamed(
    serve: Callable[..., Reader], world: World
) -> None:
    """By its name of now, and no longer by that of before."""
    api = world.add_repository("api", project=world.add_project("CORE"))
    reader = serve(world)
    before, after = ('repository.full_name="acme/api"', 'repository.full_name="acme/rest"')
    assert len(reader.all(EFFECTIVE, q=before)) == 1
    world.change_repository(api, slug="rest")
    assert reader.all(EFFECTIVE, q=before) == []
    assert len(reader.all(EFFECTIVE, q=after)) == 1
    assert reader.get(f"{EFFECTIVE}/api").status_code == 404
    assert len(reader.all(f"{EFFECTIVE}/rest")) == 1


def test_effective_rights_of_one_user(reader: Reader, generated: World) -> None:
    """By UUID, in braces, in quotes."""
    person = next(iter(generated.accounts.values()))
    read = reader.all(EFFECTIVE, pagelen=100, q=f'user.uuid="{person.uuid}"')
    assert len(read) == len(generated.repositories)
    assert {value["permission"] for value in read} == {"admin"}


def test_effective_rights_are_sorted(reader: Reader) -> None:
    """By a name, or backwards; permissions by what they contain, not by their letters."""
    path = f"{EFFECTIVE}/api"
    names = [v["user"]["display_name"] for v in reader.all(path, sort="-user.display_name")]
    assert names == sorted(names, key=str.casefold, reverse=True)
    held = [v["permission"] for v in reader.all(path, sort="permission")]
    assert held == sorted(held, key=ORDER.index)


@pytest.mark.parametrize(
    "q",
    [
        'permission="owner"',
        'permission~"a"',
        'user.email="x"',
        "x",
        "repository.full_name IN (1)",
        'repository.full_name="acme/gone" AND permission="owner"',
    ],
)
def test_wrong_questions_are_refused(reader: Reader, q: str) -> None:
    """400."""
    assert reader.error(EFFECTIVE, q=q)[0] == 400


def test_effective_rights_on_one_repository(reader: Reader, generated: World) -> None:
    """The same as in the list of all, by slug or UUID."""
    repository = generated.repository("api")
    assert repository
    q = f'repository.uuid="{repository.uuid}"'
    expected = reader.all(EFFECTIVE, pagelen=100, q=q)
    assert reader.all(f"{EFFECTIVE}/api", pagelen=100) == expected
    assert reader.all(f"{EFFECTIVE}/{repository.uuid}", pagelen=100) == expected


def test_grants_are_the_true_ones(reader: Reader, generated: World) -> None:
    """Every explicit grant, and no right that comes by another path."""
    read = set()
    urls = {
        project.uuid: f"/2.0/workspaces/acme/projects/{project.key}"
        for project in generated.projects.values()
    } | {
        repository.uuid: f"/2.0/repositories/acme/{repository.slug}"
        for repository in generated.repositories.values()
    }
    for target, url in urls.items():
        for value in reader.all(f"{url}/permissions-config/users"):
            read.add((value["user"]["uuid"], target, value["permission"]))
        for value in reader.all(f"{url}/permissions-config/groups"):
            group = generated.group(value["group"]["slug"])
            assert group
            read.add((group.uuid, target, value["permission"]))
    assert read == {(g.subject.uuid, g.target.uuid, g.permission.value) for g in generated.grants()}
    assert "create-repo" in {permission for _, _, permission in read}


@pytest.mark.parametrize("parameter", ["q", "sort"])
def test_grants_are_neither_filtered_nor_sorted(reader: Reader, parameter: str) -> None:
    """These lists do not speak the query language."""
    path = "/2.0/repositories/acme/api/permissions-config/users"
    assert reader.error(path, **{parameter: "permission"})[0] == 400


def test_no_grant_is_none(serve: Callable[..., Reader], world: World) -> None:
    """Asked for one subject without a grant, Bitbucket says ``none``; the list leaves it out."""
    devs = world.add_group("Devs")
    core = world.add_project("CORE")
    api = world.add_repository("api", project=core)
    ann = world.members()[1][0]
    reader = serve(world)
    for url in ("/2.0/workspaces/acme/projects/CORE", "/2.0/repositories/acme/api"):
        group, user = f"{url}/permissions-config/groups/devs", f"{url}/permissions-config/users"
        assert reader.read(group)["permission"] == "none"
        assert reader.read(f"{user}/{ann.uuid}")["permission"] == "none"
        assert reader.all(user) == []
    world.grant(ann, api, Permission.WRITE)
    world.grant(devs, core, "create-repo")
    url = "/2.0/repositories/acme/api/permissions-config/users"
    assert reader.read(f"{url}/{ann.account_id}")["permission"] == "write"
    group = "/2.0/workspaces/acme/projects/CORE/permissions-config/groups/devs"
    assert reader.read(group)["permission"] == "create-repo"
    world.revoke(ann, api)
    assert reader.read(f"{url}/{ann.uuid}")["permission"] == "none"


def test_strangers_have_no_grants(serve: Callable[..., Reader], world: World) -> None:
    """An account that is not a member is 404."""
    stranger = world.add_account("Stranger")
    world.add_repository("api", project=world.add_project("CORE"))
    path = f"/2.0/repositories/acme/api/permissions-config/users/{stranger.uuid}"
    assert serve(world).error(path)[0] == 404
