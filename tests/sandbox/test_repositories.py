"""Repositories and projects: listed, filtered, sorted, hidden."""

from collections.abc import Callable

import pytest

from gateway.sandbox import ApiToken, World
from gateway.sandbox.model import Repository
from tests.sandbox.reader import Reader

REPOSITORIES = "/2.0/repositories/acme"
BOB = ApiToken("bob@acme.example", "bob")


@pytest.fixture
def secrets(world: World) -> World:
    """One repository for everybody, and one for each permission that Bob may have."""
    closed, opened = world.add_project("CLOSED"), world.add_project("OPEN", is_private=False)
    world.add_project("EMPTY")
    bob = world.account_by_email(BOB.email)
    assert bob
    world.add_repository("public", project=opened, is_private=False)
    world.add_repository("hidden", project=world.add_project("HIDDEN"))
    for permission in ("read", "write", "admin"):
        made = world.add_repository(f"may-{permission}", project=closed)
        world.grant(bob, made, permission)
    return world


def slugs(values: list[dict[str, str]]) -> list[str]:
    """The slugs of repositories."""
    return [value["slug"] for value in values]


@pytest.mark.parametrize(
    ("q", "holds"),
    [
        ('name~"API"', lambda r: "api" in r.name.lower()),
        ('slug="api"', lambda r: r.slug == "api"),
        ('full_name="acme/api"', lambda r: r.slug == "api"),
        ("is_private=false", lambda r: not r.is_private),
        ('is_private=true AND NAME!~"a"', None),
        ("size>500000000", lambda r: r.size_bytes > 500_000_000),
        ('language=""', lambda r: not r.language),
        ("parent=null", lambda _: True),
        ("parent!=null", lambda _: False),
        ('slug IN ("api","docs","nope")', lambda r: r.slug in ("api", "docs")),
    ],
)
def test_repositories_are_filtered(
    reader: Reader,
    generated: World,
    q: str,
    holds: Callable[[Repository], bool] | None,
) -> None:
    """``q`` selects what it says; names of fields keep their case."""
    if holds is None:
        assert reader.error(REPOSITORIES, q=q)[0] == 400
        return
    truth = [r.slug for r in generated.repositories.values() if holds(r)]
    assert slugs(reader.all(REPOSITORIES, q=q, pagelen=100)) == truth


def test_repositories_by_project(reader: Reader, generated: World) -> None:
    """By the key of their project."""
    project = generated.project("CORE")
    assert project
    truth = [r.slug for r in generated.repositories.values() if r.project_uuid == project.uuid]
    assert slugs(reader.all(REPOSITORIES, q='project.key="CORE"')) == truth


def test_repositories_by_time(reader: Reader, generated: World) -> None:
    """Changed since a moment, newest first: how a client reads what is new."""
    moments = sorted(r.updated_on for r in generated.repositories.values())
    middle = moments[len(moments) // 2]
    q = f"updated_on>={middle.isoformat()}"
    read = reader.all(REPOSITORIES, q=q, sort="-updated_on", pagelen=100)
    truth = [r for r in generated.repositories.values() if r.updated_on >= middle]
    truth.sort(key=lambda r: r.updated_on, reverse=True)
    assert slugs(read) == [r.slug for r in truth]


@pytest.mark.parametrize("arguments", [{"sort": "nope"}, {"q": "nope=1"}, {"role": "king"}])
def test_wrong_arguments_are_refused(reader: Reader, arguments: dict[str, str | int]) -> None:
    """400."""
    assert reader.error(REPOSITORIES, **arguments)[0] == 400


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (None, ["public", "may-read", "may-write", "may-admin"]),
        ("member", ["may-read", "may-write", "may-admin"]),
        ("contributor", ["may-write", "may-admin"]),
        ("admin", ["may-admin"]),
        ("owner", []),
    ],
)
def test_repositories_by_role(
    serve: Callable[..., Reader], secrets: World, role: str | None, seen: list[str]
) -> None:
    """What the caller may do there; that a repository is public is no right."""
    reader = serve(secrets, credentials=[BOB], credential=BOB)
    arguments: dict[str, str | int] = {} if role is None else {"role": role}
    assert slugs(reader.all(REPOSITORIES, **arguments)) == seen


def test_what_may_not_be_seen_does_not_exist(serve: Callable[..., Reader], secrets: World) -> None:
    """A private repository without a right is 404, and so is its project."""
    reader = serve(secrets, credentials=[BOB], credential=BOB)
    assert reader.error(f"{REPOSITORIES}/hidden")[0] == 404
    assert reader.error(f"{REPOSITORIES}/hidden/permissions-config/users")[0] == 404
    assert reader.read(f"{REPOSITORIES}/public")["is_private"] is False
    assert reader.error("/2.0/workspaces/acme/projects/HIDDEN")[0] == 404
    keys = [value["key"] for value in reader.all("/2.0/workspaces/acme/projects")]
    assert keys == ["CLOSED", "OPEN"]


def test_projects_are_the_true_ones(reader: Reader, generated: World) -> None:
    """All of them for an owner, with whether they hold something public."""
    read = reader.all("/2.0/workspaces/acme/projects")
    assert [value["key"] for value in read] == [p.key for p in generated.projects.values()]
    public = {r.project_uuid for r in generated.repositories.values() if not r.is_private}
    assert {v["uuid"] for v in read if v["has_publicly_visible_repos"]} == public
    assert public


@pytest.mark.parametrize("parameter", ["q", "sort"])
def test_projects_are_neither_filtered_nor_sorted(reader: Reader, parameter: str) -> None:
    """Nothing says that they are."""
    assert reader.error("/2.0/workspaces/acme/projects", **{parameter: "name"})[0] == 400


def test_a_renamed_repository_keeps_its_uuid(serve: Callable[..., Reader], secrets: World) -> None:
    """The old slug is gone, the UUID finds it under the new one."""
    public = secrets.repository("public")
    assert public
    reader = serve(secrets)
    secrets.change_repository(public, name="New name", slug="renamed")
    assert reader.error(f"{REPOSITORIES}/public")[0] == 404
    assert reader.read(f"{REPOSITORIES}/{public.uuid}")["full_name"] == "acme/renamed"
