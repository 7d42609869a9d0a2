"""What a path may call a workspace, a member, a repository."""

import pytest

from gateway.sandbox import World
from tests.sandbox.reader import Reader


def test_a_workspace_is_its_slug_or_its_uuid_in_braces(reader: Reader, generated: World) -> None:
    """Both find it; the UUID without its braces does not."""
    by_slug = reader.read("/2.0/workspaces/acme")
    assert reader.read(f"/2.0/workspaces/{generated.uuid}") == by_slug
    assert reader.error(f"/2.0/workspaces/{generated.uuid.strip('{}')}")[0] == 404
    assert reader.error("/2.0/workspaces/other")[0] == 404


def test_a_member_is_a_uuid_or_an_account_id(reader: Reader, generated: World) -> None:
    """Both find the same membership; a stranger is 404."""
    member = generated.members()[1][0]
    path = "/2.0/workspaces/acme/members"
    assert member.account_id is not None
    assert reader.read(f"{path}/{member.uuid}") == reader.read(f"{path}/{member.account_id}")
    assert reader.error(f"{path}/{member.uuid.strip('{}')}")[0] == 404
    assert reader.error(f"{path}/557058:nobody")[0] == 404


def test_a_repository_is_its_slug_or_its_uuid(reader: Reader, generated: World) -> None:
    """Both find it, and never its name."""
    repository = next(r for r in generated.repositories.values() if r.slug.startswith("repo-"))
    by_slug = reader.read(f"/2.0/repositories/acme/{repository.slug}")
    assert reader.read(f"/2.0/repositories/acme/{repository.uuid}") == by_slug
    assert by_slug["name"] != by_slug["slug"]
    assert reader.error(f"/2.0/repositories/acme/{repository.name}")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/2.0/workspaces",
        "/2.0/user/permissions/workspaces",
        "/2.0/user/permissions/repositories",
    ],
)
def test_removed_resources_are_gone(reader: Reader, path: str) -> None:
    """What Bitbucket removed answers 410."""
    assert reader.error(path)[0] == 410


@pytest.mark.parametrize("path", ["/", "/2.0", "/2.0/teams/acme", "/3.0/user"])
def test_unknown_paths_are_not_found(reader: Reader, path: str) -> None:
    """Everything else answers 404 with an error body."""
    assert reader.error(path)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/2.0/workspaces/acme/projects/NOPE",
        "/2.0/workspaces/acme/projects/NOPE/permissions-config/users",
        "/2.0/workspaces/acme/projects/CORE/permissions-config/groups/nope",
        "/2.0/repositories/acme/nope",
        "/2.0/repositories/acme/nope/permissions-config/groups",
        "/2.0/repositories/acme/api/permissions-config/groups/nope",
        "/2.0/repositories/acme/api/permissions-config/users/557058:nobody",
        "/2.0/workspaces/acme/permissions/repositories/nope",
        "/2.0/users/557058:nobody",
        "/1.0/groups/acme/nope",
        "/1.0/groups/other",
    ],
)
def test_what_does_not_exist_is_not_found(reader: Reader, path: str) -> None:
    """404 with an error body."""
    assert reader.error(path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(reader: Reader, method: str) -> None:
    """A method that a resource does not have is 405, with those that it has."""
    response = reader.session.request(
        method, f"{reader.served.url}/2.0/workspaces/acme", headers=reader.headers(), timeout=10
    )
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert response.json()["type"] == "error"


def test_a_slash_at_the_end_changes_nothing(reader: Reader) -> None:
    """Old clients write paths with a slash at their end."""
    with_slash = reader.read("/2.0/workspaces/acme/permissions/", pagelen=1)
    assert (
        with_slash["values"] == reader.read("/2.0/workspaces/acme/permissions", pagelen=1)["values"]
    )
