"""Every answer has the documented shape, and nothing in it is undocumented."""

from collections.abc import Callable

import pytest
from marshmallow import Schema

from gateway.sandbox import Behaviour, World
from tests.sandbox import shapes
from tests.sandbox.reader import Reader

LISTS = {
    "/2.0/workspaces/acme/members": shapes.Membership,
    "/2.0/workspaces/acme/permissions": shapes.Permission,
    "/2.0/workspaces/acme/permissions/repositories": shapes.RepositoryPermission,
    "/2.0/workspaces/acme/permissions/repositories/api": shapes.RepositoryPermission,
    "/2.0/workspaces/acme/projects": shapes.Project,
    "/2.0/workspaces/acme/projects/CORE/permissions-config/groups": shapes.ProjectGroupPermission,
    "/2.0/workspaces/acme/projects/CORE/permissions-config/users": shapes.ProjectUserPermission,
    "/2.0/repositories/acme": shapes.Repository,
    "/2.0/user/workspaces": shapes.WorkspaceAccess,
}
SINGLE = {
    "/2.0/user": shapes.WholeAccount,
    "/2.0/workspaces/acme": shapes.Workspace,
    "/2.0/workspaces/acme/projects/CORE": shapes.Project,
    "/2.0/repositories/acme/api": shapes.Repository,
    "/2.0/workspaces/acme/projects/CORE/permissions-config/groups/ios": (
        shapes.ProjectGroupPermission
    ),
    "/2.0/repositories/acme/api/permissions-config/groups/developers": (
        shapes.RepositoryGroupPermission
    ),
}
ARRAYS = {
    "/1.0/groups/acme": shapes.OldGroup,
    "/1.0/groups/acme/developers/members": shapes.OldAccount,
    "/1.0/group-privileges/acme": shapes.Privilege,
    "/1.0/users/acme/invitations": shapes.Invitation,
}


@pytest.mark.parametrize(("path", "shape"), LISTS.items())
def test_pages_have_the_documented_shape(reader: Reader, path: str, shape: type[Schema]) -> None:
    """Every page of every list holds documented objects, and there is something to see."""
    pages = list(reader.pages(path, pagelen=100))
    assert pages[0]["values"]
    assert [shapes.misfits(shapes.paged(shape), page) for page in pages] == [None] * len(pages)


@pytest.mark.parametrize(("path", "shape"), SINGLE.items())
def test_single_objects_have_the_documented_shape(
    reader: Reader, path: str, shape: type[Schema]
) -> None:
    """Every single object is a documented one."""
    assert shapes.misfits(shape, reader.read(path)) is None


@pytest.mark.parametrize(("path", "shape"), ARRAYS.items())
def test_1_0_answers_with_bare_arrays(reader: Reader, path: str, shape: type[Schema]) -> None:
    """1.0 has no pages: an array of documented objects."""
    answer = reader.read(path)
    assert isinstance(answer, list)
    assert answer
    assert shapes.misfits(shape, answer) is None


def test_grants_on_repositories_have_the_documented_shape(reader: Reader, generated: World) -> None:
    """Explicit grants of groups and of users, on every repository."""
    seen = 0
    for repository in generated.repositories.values():
        url = f"/2.0/repositories/acme/{repository.slug}/permissions-config"
        for sort, shape in (
            ("groups", shapes.RepositoryGroupPermission),
            ("users", shapes.RepositoryUserPermission),
        ):
            values = reader.all(f"{url}/{sort}", pagelen=100)
            assert shapes.misfits(shape, values) is None
            seen += len(values)
    on_repositories = [g for g in generated.grants() if g.target.uuid in generated.repositories]
    assert seen == len(on_repositories) > 0


def test_every_account_can_be_read(reader: Reader, generated: World) -> None:
    """``/2.0/users`` shows users by UUID and by account id, and apps by UUID."""
    for account in generated.accounts.values():
        whole = reader.read(f"/2.0/users/{account.uuid}")
        assert shapes.misfits(shapes.WholeAccount, whole) is None
        if account.account_id:
            assert reader.read(f"/2.0/users/{account.account_id}") == whole


def test_apps_have_a_kind_and_no_account_id(reader: Reader) -> None:
    """An ``app_user`` has neither account id nor nickname."""
    members = reader.all("/2.0/workspaces/acme/members", pagelen=100)
    apps = [value["user"] for value in members if value["user"]["type"] == "app_user"]
    assert apps
    assert all("kind" in app and "account_id" not in app and "nickname" not in app for app in apps)


def test_inactive_accounts_say_so(reader: Reader, generated: World) -> None:
    """``account_status`` is the true one."""
    members = reader.all("/2.0/workspaces/acme/members", pagelen=100)
    said = {value["user"]["uuid"]: value["user"]["account_status"] for value in members}
    assert said == {a.uuid: a.status.value for a in generated.accounts.values()}
    assert set(said.values()) == {"active", "inactive", "closed"}


def test_accounts_may_not_say_their_status(serve: Callable[..., Reader], world: World) -> None:
    """Inside other things, Bitbucket may leave ``account_status`` out, unless it is asked for."""
    path = "/2.0/workspaces/acme/permissions"
    reader = serve(world, behaviour=Behaviour(embedded_account_status=False))
    assert all("account_status" not in value["user"] for value in reader.all(path))
    added = reader.all(path, fields="+values.user.account_status")
    assert all(value["user"]["account_status"] == "active" for value in added)


def test_behaviour_may_change(serve: Callable[..., Reader], world: World) -> None:
    """From one call to the next."""
    reader = serve(world)
    path = "/2.0/workspaces/acme/members"
    assert "account_status" in reader.all(path)[0]["user"]
    reader.served.sandbox.behaviour = Behaviour(embedded_account_status=False)
    assert "account_status" not in reader.all(path)[0]["user"]


def test_times_vanish_when_administration_moves(serve: Callable[..., Reader], world: World) -> None:
    """``added_on`` and ``last_accessed`` are gone from memberships after the move."""
    reader = serve(world)
    path = "/2.0/workspaces/acme/permissions"
    assert shapes.misfits(shapes.paged(shapes.Permission), reader.read(path)) is None
    world.move_administration()
    assert shapes.misfits(shapes.paged(shapes.MovedPermission), reader.read(path)) is None


def test_links_lead_to_what_they_name(reader: Reader) -> None:
    """A client can go from the workspace to everything by links alone."""
    workspace = reader.read("/2.0/workspaces/acme")
    assert reader.read(workspace["links"]["self"]["href"]) == workspace
    for name in ("members", "projects", "repositories"):
        assert reader.read(workspace["links"][name]["href"])["values"]
    owners = reader.all(workspace["links"]["owners"]["href"], pagelen=100)
    assert {value["permission"] for value in owners} == {"owner"}
    for project in reader.all(workspace["links"]["projects"]["href"]):
        assert reader.read(project["links"]["self"]["href"]) == project
        inside = reader.all(project["links"]["repositories"]["href"])
        assert {found["project"]["key"] for found in inside} <= {project["key"]}
    for member in reader.read(workspace["links"]["members"]["href"])["values"]:
        assert reader.read(member["links"]["self"]["href"]) == member
        user = member["user"]
        assert reader.read(user["links"]["self"]["href"])["uuid"] == user["uuid"]


def test_grants_link_to_themselves(reader: Reader, generated: World) -> None:
    """Every explicit grant can be read again by its own link."""
    for repository in generated.repositories.values():
        path = f"/2.0/repositories/acme/{repository.slug}/permissions-config"
        for sort in ("groups", "users"):
            for grant in reader.all(f"{path}/{sort}"):
                assert reader.read(grant["links"]["self"]["href"]) == grant
