"""What the probe finds."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest

from gateway.bitbucket.administration import Administration, administration
from gateway.bitbucket.client import Client
from gateway.bitbucket.credentials import (
    ApiToken,
    AppPassword,
    Credential,
    Kind,
    OrganizationApiKey,
    WorkspaceAccessToken,
)
from gateway.bitbucket.probe import Finding, probe
from gateway.bitbucket.workspace import BitbucketWorkspace
from tests.bitbucket.raw_server import RawServer, Received, Reply, as_error, as_json

UUID = "c423e13e-0b1c-4d6c-8f0a-1c2d3e4f5a6b"
USER = {"uuid": UUID, "display_name": "Ann"}
MEMBER = {"user": USER, "permission": "owner", "added_on": "2021-01-01T00:00:00Z"}
MOVED_MEMBER = {"user": USER, "permission": "owner"}
REPOSITORY = {"uuid": UUID, "slug": "api", "full_name": "acme/api", "name": "API"}

WORLD: Mapping[str, object] = {
    "/2.0/workspaces/acme": {"uuid": UUID, "slug": "acme", "name": "Acme"},
    "/2.0/workspaces/acme/permissions": {"values": [MEMBER]},
    "/2.0/workspaces/acme/projects": {"values": [{"uuid": UUID, "key": "P", "name": "P"}]},
    "/2.0/repositories/acme": {"values": [REPOSITORY]},
    "/1.0/groups/acme": [],
    "/1.0/group-privileges/acme": [],
    "/1.0/users/acme/invitations": [],
}

ACCESS_TOKEN = WorkspaceAccessToken("access-secret")
API_TOKEN = ApiToken("svc@acme.example", "api-secret")
Connect = Callable[..., Client]
Probed = Callable[..., dict[str, Finding]]


@pytest.fixture
def world(server: RawServer) -> dict[str, Reply]:
    """Replies that differ from a workspace where all is well, by path."""
    replies: dict[str, Reply] = {}

    def handle(request: Received) -> Reply:
        is_read = request.method == "GET"
        usual = as_json(WORLD.get(request.path, {"values": []}))
        if not is_read:
            usual = as_error(404, "Not found")
        return replies.get(request.path, usual)

    server.handler = handle
    return replies


@pytest.fixture
def probed(connected: Connect, world: dict[str, Reply]) -> Probed:
    """Runs the probe, and returns the findings by what they are about."""
    assert world == {}

    def run(credential: Credential) -> dict[str, Finding]:
        workspace = BitbucketWorkspace(connected(credential), "acme")
        return {finding.what: finding for finding in probe(workspace, [credential])}

    return run


def test_where_all_is_well_everything_works(probed: Probed, server: RawServer) -> None:
    """What can be changed is tried on nobody; groups are not for an API token to change."""
    findings = probed(API_TOKEN)

    assert len(findings) == 13
    assert [f.what for f in findings.values() if not f.works] == ["to change groups and invite"]
    assert {finding.kind for finding in findings.values()} == {Kind.API_TOKEN}
    assert len(server.received) == 12 + 4
    changes = [request for request in server.received if request.method != "GET"]
    assert all("%7B00000000-0000-4000-8000-000000000000%7D" in each.target for each in changes)


def test_a_scope_that_only_changes_take_is_said(probed: Probed, world: dict[str, Reply]) -> None:
    """Reading works without it."""
    nobody = "/users/{00000000-0000-4000-8000-000000000000}"
    world[f"/2.0/workspaces/acme/projects/P/permissions-config{quote(nobody)}"] = as_error(
        403, "Forbidden", detail={"required": ["write:permission:bitbucket"], "granted": []}
    )
    findings = probed(API_TOKEN)

    assert findings["permissions on projects"].works
    assert findings["to change permissions on projects"].missing_scopes == (
        "write:permission:bitbucket",
    )


def test_an_access_token_is_not_tried_where_it_is_of_no_use(
    probed: Probed, server: RawServer
) -> None:
    """The finding says which kinds would do."""
    groups = probed(ACCESS_TOKEN)["groups"]

    assert (groups.works, groups.is_offered) == (False, False)
    assert "API token, OAuth consumer" in groups.note
    assert not any(request.path.startswith("/1.0") for request in server.received)


@pytest.mark.parametrize(
    ("credential", "scopes", "place"),
    [
        (ACCESS_TOKEN, ("Projects: Admin",), "workspace settings > Access tokens: Projects: Admin"),
        (API_TOKEN, ("admin:project:bitbucket",), "API tokens .*: admin:project:bitbucket"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_missing_scope_is_said_with_its_place(
    credential: Credential,
    scopes: tuple[str, ...],
    place: str,
    probed: Probed,
    world: dict[str, Reply],
) -> None:
    """A scope goes by the name that it has on the page where it is granted."""
    world["/2.0/workspaces/acme/projects/P/permissions-config/users"] = as_error(
        403, "Forbidden", detail={"required": ["project:admin"], "granted": ["project"]}
    )
    findings = probed(credential)
    finding = findings["permissions on projects"]

    assert finding.works is False
    assert finding.missing_scopes == scopes
    assert re.search(place, finding.where)
    assert findings["projects"].works


def test_a_scope_that_is_new_keeps_its_name(probed: Probed, world: dict[str, Reply]) -> None:
    """What Bitbucket asks for is passed on, known or not."""
    world["/2.0/workspaces/acme"] = as_error(403, "Forbidden", detail={"required": ["workspace"]})

    assert probed(API_TOKEN)["workspace"].missing_scopes == ("workspace",)


def test_an_app_password_is_sent_to_make_a_token(probed: Probed, world: dict[str, Reply]) -> None:
    """The way out of a refused app password is an API token."""
    world["/2.0/workspaces/acme"] = as_error(401, "Unauthorized")
    finding = probed(AppPassword("svc", "secret"))["workspace"]

    assert finding.works is False
    assert "create an API token" in finding.where


def test_an_outage_is_not_a_missing_scope(probed: Probed, world: dict[str, Reply]) -> None:
    """What could not be found out is neither yes nor no."""
    world["/2.0/workspaces/acme"] = as_error(500, "Oops")

    assert probed(API_TOKEN)["workspace"].works is None


def test_a_missing_workspace_does_not_work(probed: Probed, world: dict[str, Reply]) -> None:
    """Any other error is a no, with its sentence."""
    world["/2.0/workspaces/acme"] = as_error(404, "No workspace acme")
    finding = probed(API_TOKEN)["workspace"]

    assert finding.works is False
    assert "No workspace acme" in finding.note


def test_an_empty_workspace_leaves_permissions_untried(
    probed: Probed, world: dict[str, Reply]
) -> None:
    """Without a project or repository there is nothing to ask for the permissions of."""
    for path in ("/2.0/workspaces/acme/projects", "/2.0/repositories/acme"):
        world[path] = as_json({"values": []})
    findings = probed(API_TOKEN)

    assert findings["permissions on projects"].works is None
    assert findings["permissions on repositories"].works is None


def test_an_organization_key_is_not_tried_on_bitbucket(probed: Probed) -> None:
    """The key opens admin.atlassian.com, and is sent nowhere else."""
    (finding,) = probed(OrganizationApiKey("secret")).values()

    assert finding.works is None


@pytest.mark.parametrize(
    ("member", "invitations", "place"),
    [
        (MEMBER, as_json([]), Administration.BITBUCKET),
        (MOVED_MEMBER, as_error(403, "Forbidden"), Administration.ATLASSIAN),
        (MOVED_MEMBER, as_error(405, "Not allowed"), Administration.ATLASSIAN),
        (MOVED_MEMBER, as_error(410, "Gone"), Administration.ATLASSIAN),
        (MOVED_MEMBER, as_json([]), Administration.UNKNOWN),
        (MOVED_MEMBER, as_error(401, "No"), Administration.UNKNOWN),
        (
            MOVED_MEMBER,
            as_error(403, "Forbidden", detail={"required": ["account:write"]}),
            Administration.UNKNOWN,
        ),
        (None, as_json([]), Administration.UNKNOWN),
    ],
)
def test_the_place_of_administration_takes_two_signs(
    member: object,
    invitations: Reply,
    place: Administration,
    connected: Connect,
    world: dict[str, Reply],
) -> None:
    """That the administration moved is said only if members and invitations both show it."""
    world["/2.0/workspaces/acme/permissions"] = as_json({"values": [member] if member else []})
    world["/1.0/users/acme/invitations"] = invitations

    assert administration(BitbucketWorkspace(connected(), "acme")) is place
