"""Who is let in, with what, to which resources."""

import base64
from collections.abc import Callable

import pytest
import requests

from gateway.sandbox import (
    DEMO,
    ApiToken,
    Behaviour,
    OAuthConsumer,
    WorkspaceAccessToken,
    World,
)
from tests.sandbox.reader import Reader

CLASSIC = {
    "/2.0/users/{user}": {"account"},
    "/2.0/workspaces/acme": {"account"},
    "/2.0/workspaces/acme/members": {"account"},
    "/2.0/workspaces/acme/permissions": {"account"},
    "/2.0/workspaces/acme/permissions/repositories": {"account"},
    "/2.0/workspaces/acme/projects": {"project"},
    "/2.0/workspaces/acme/projects/CORE": {"project"},
    "/2.0/workspaces/acme/projects/CORE/permissions-config/groups": {"project:admin"},
    "/2.0/workspaces/acme/projects/CORE/permissions-config/users": {"project:admin"},
    "/2.0/repositories/acme": {"repository"},
    "/2.0/repositories/acme/api": {"repository"},
    "/2.0/repositories/acme/api/permissions-config/groups": {"repository:admin"},
    "/2.0/repositories/acme/api/permissions-config/users": {"repository:admin"},
}
GRANULAR = {
    "/2.0/user": {"read:user"},
    "/2.0/user/workspaces": {"read:user", "read:workspace"},
    "/2.0/users/{user}": {"read:user"},
    "/2.0/workspaces/acme": {"read:user", "read:workspace"},
    "/2.0/workspaces/acme/members": {"read:user", "read:workspace"},
    "/2.0/workspaces/acme/permissions": {"read:user", "read:workspace"},
    "/2.0/workspaces/acme/projects": {"read:project"},
    "/2.0/workspaces/acme/projects/CORE/permissions-config/users": {"admin:project"},
    "/2.0/repositories/acme": {"read:repository"},
    "/2.0/repositories/acme/api/permissions-config/users": {"admin:repository"},
    "/1.0/groups/acme": {"admin:workspace"},
    "/1.0/group-privileges/acme": {"admin:workspace"},
    "/1.0/users/acme/invitations": {"admin:workspace"},
}
INVALID = "Token is invalid, expired, or not supported for this endpoint."


@pytest.fixture
def peopled(world: World) -> World:
    """The small world with a project and a repository in it."""
    core = world.add_project("CORE")
    world.add_repository("api", project=core)
    return world


def basic(name: str, secret: str) -> str:
    """A ``Basic`` credential."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer wrong",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Digest username=admin",
        basic(DEMO.api_token.email, "wrong"),
        basic("nobody@acme.example", DEMO.api_token.token),
        basic(DEMO.app_password.username, DEMO.app_password.password),
        basic("x-token-auth", DEMO.access_token.token),
        f"Bearer {DEMO.api_token.token}",
    ],
)
def test_what_is_nobodys_is_refused(reader: Reader, authorization: str | None) -> None:
    """401 with Bitbucket's sentence; an app password is one of them since it was removed."""
    headers = {} if authorization is None else {"Authorization": authorization}
    response = requests.get(f"{reader.served.url}/2.0/workspaces/acme", headers=headers, timeout=10)
    assert response.status_code == 401
    assert response.json() == {"type": "error", "error": {"message": INVALID}}


@pytest.mark.parametrize(("path", "needed"), CLASSIC.items())
def test_classic_scopes(
    serve: Callable[..., Reader], peopled: World, path: str, needed: set[str]
) -> None:
    """A workspace access token with just the scopes is served; with all but them it is 403."""
    path = path.format(user=next(iter(peopled.accounts)))
    everything = set().union(*CLASSIC.values())
    enough = WorkspaceAccessToken("enough", scopes=needed)
    short = WorkspaceAccessToken("short", scopes=everything - needed)
    reader = serve(peopled, credentials=[enough, short], credential=enough)
    assert reader.get(path).status_code == 200
    reader.credential = short
    status, error = reader.error(path)
    assert status == 403
    assert error["detail"] == {"required": sorted(needed), "granted": sorted(everything - needed)}


@pytest.mark.parametrize(("path", "needed"), GRANULAR.items())
def test_granular_scopes(
    serve: Callable[..., Reader], peopled: World, path: str, needed: set[str]
) -> None:
    """An API token needs the scopes that API tokens have, and no scope stands for another."""
    path = path.format(user=next(iter(peopled.accounts)))
    scopes = {f"{scope}:bitbucket" for scope in needed}
    everything = {f"{scope}:bitbucket" for scope in set().union(*GRANULAR.values())}
    email = DEMO.api_token.email
    enough = ApiToken(email, "enough", scopes=scopes)
    short = ApiToken(email, "short", scopes=everything - scopes)
    reader = serve(peopled, credentials=[enough, short], credential=enough)
    assert reader.get(path).status_code == 200
    reader.credential = short
    status, error = reader.error(path)
    assert status == 403
    assert error["detail"]["required"] == sorted(scopes)


@pytest.mark.parametrize("status", [401, 403])
def test_1_0_refuses_workspace_access_tokens(
    serve: Callable[..., Reader], world: World, status: int
) -> None:
    """By the one status or the other."""
    behaviour = Behaviour(access_token_on_1_0_status=status)
    reader = serve(world, behaviour=behaviour, credential=DEMO.access_token)
    assert reader.error("/1.0/groups/acme")[0] == status


def test_1_0_takes_oauth_consumers_with_account_write(
    serve: Callable[..., Reader], world: World
) -> None:
    """The scope to write accounts is what 1.0 asks of a consumer."""
    without = OAuthConsumer("other", "secret", scopes={"account"})
    reader = serve(world, credentials=[DEMO.oauth, without], credential=DEMO.oauth)
    assert reader.read("/1.0/groups/acme") == []
    reader.credential = without
    assert reader.error("/1.0/groups/acme")[0] == 403


def test_a_bearer_token_of_a_consumer_expires(serve: Callable[..., Reader], world: World) -> None:
    """It is good for two hours, and not a second more."""
    now = [1000.0]
    reader = serve(world, credential=DEMO.oauth, clock=lambda: now[0])
    headers = reader.headers()
    url = f"{reader.served.url}/2.0/workspaces/acme"
    now[0] += 7199
    assert reader.session.get(url, headers=headers, timeout=10).status_code == 200
    now[0] += 1
    assert reader.session.get(url, headers=headers, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("auth", "grant_type", "status", "error"),
    [
        ((DEMO.oauth.key, "wrong"), "client_credentials", 401, "invalid_client"),
        (None, "client_credentials", 401, "invalid_client"),
        ((DEMO.oauth.key, DEMO.oauth.secret), "password", 400, "unsupported_grant_type"),
    ],
)
def test_tokens_are_not_sold_to_everybody(
    reader: Reader, auth: tuple[str, str] | None, grant_type: str, status: int, error: str
) -> None:
    """RFC 6749 §5.2: the wrong client is 401, another grant 400."""
    response = requests.post(
        f"{reader.served.url}/site/oauth2/access_token",
        data={"grant_type": grant_type},
        auth=auth,
        timeout=10,
    )
    assert response.status_code == status
    assert response.json()["error"] == error


def test_a_token_answer_has_its_lifetime_and_scopes(reader: Reader) -> None:
    """RFC 6749 §5.1, with Bitbucket's ``scopes``."""
    response = requests.post(
        f"{reader.served.url}/site/oauth2/access_token",
        data={"grant_type": "client_credentials"},
        auth=(DEMO.oauth.key, DEMO.oauth.secret),
        timeout=10,
    )
    answer = response.json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 7200
    assert set(answer["scopes"].split()) == set(DEMO.oauth.scopes)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("option", "status"), [(403, 403), (200, 200)])
def test_an_access_token_is_no_user(
    serve: Callable[..., Reader], world: World, option: int, status: int
) -> None:
    """``/2.0/user`` refuses a workspace access token, or shows the workspace."""
    behaviour = Behaviour(access_token_user_status=option)
    reader = serve(world, behaviour=behaviour, credential=DEMO.access_token)
    assert reader.get("/2.0/user").status_code == status


@pytest.mark.parametrize("credential", [DEMO.access_token, DEMO.oauth])
def test_credentials_of_one_workspace_list_none(
    serve: Callable[..., Reader], world: World, credential: WorkspaceAccessToken | OAuthConsumer
) -> None:
    """``/2.0/user/workspaces`` is for people."""
    assert serve(world, credential=credential).error("/2.0/user/workspaces")[0] == 403


def test_people_list_their_own_workspaces(serve: Callable[..., Reader], world: World) -> None:
    """Each with whether they administer it, which can be asked for."""
    bob = ApiToken("bob@acme.example", "bob")
    reader = serve(world, credentials=[DEMO.api_token, bob])
    assert [value["administrator"] for value in reader.all("/2.0/user/workspaces")] == [True]
    reader.credential = bob
    assert [value["administrator"] for value in reader.all("/2.0/user/workspaces")] == [False]
    assert reader.all("/2.0/user/workspaces", administrator="true") == []


@pytest.mark.parametrize(
    "path",
    [
        "/2.0/workspaces/acme/permissions/repositories",
        '/2.0/workspaces/acme/members?q=user.email IN ("bob@acme.example")',
        "/2.0/workspaces/acme/projects/CORE/permissions-config/users",
        "/2.0/repositories/acme/api/permissions-config/users",
        "/2.0/workspaces/acme/permissions/repositories/api",
        "/1.0/groups/acme",
        "/1.0/group-privileges/acme",
        "/1.0/users/acme/invitations",
    ],
)
def test_some_things_are_for_administrators(
    serve: Callable[..., Reader], peopled: World, path: str
) -> None:
    """403 for a member with read access, whatever the scopes."""
    bob = ApiToken("bob@acme.example", "bob")
    member = peopled.account_by_email("bob@acme.example")
    repository = peopled.repository("api")
    assert member
    assert repository
    peopled.grant(member, repository, "read")
    reader = serve(peopled, credentials=[DEMO.api_token, bob])
    assert reader.get(path).status_code == 200
    reader.credential = bob
    assert reader.error(path) == (403, {"message": "Forbidden"})


def test_administrators_of_one_thing_see_who_else_may(
    serve: Callable[..., Reader], peopled: World
) -> None:
    """Whoever administers a repository or a project reads its grants."""
    bob = ApiToken("bob@acme.example", "bob")
    member, core = peopled.account_by_email("bob@acme.example"), peopled.project("CORE")
    assert member
    assert core
    peopled.grant(member, core, "admin")
    reader = serve(peopled, credentials=[bob], credential=bob)
    assert reader.get("/2.0/workspaces/acme/projects/CORE/permissions-config/users").ok
    assert reader.get("/2.0/repositories/acme/api/permissions-config/users").ok
    assert reader.get("/2.0/workspaces/acme/permissions/repositories/api").ok


def test_strangers_see_no_workspace(serve: Callable[..., Reader], world: World) -> None:
    """A workspace that is not the caller's is 404, and an account nobody knows 401."""
    world.add_account("Stranger", email="stranger@else.example")
    stranger, ghost = ApiToken("stranger@else.example", "s"), ApiToken("ghost@else.example", "g")
    reader = serve(world, credentials=[stranger, ghost], credential=stranger)
    assert reader.error("/2.0/workspaces/acme")[0] == 404
    assert reader.all("/2.0/user/workspaces") == []
    reader.credential = ghost
    assert reader.error("/2.0/workspaces/acme")[0] == 401


def test_credentials_can_be_revoked(serve: Callable[..., Reader], world: World) -> None:
    """What is taken off the keyring is refused from then on, tokens bought before included."""
    reader = serve(world, credential=DEMO.oauth)
    headers = reader.headers()
    url = f"{reader.served.url}/2.0/workspaces/acme"
    assert reader.session.get(url, headers=headers, timeout=10).status_code == 200
    reader.served.sandbox.keyring.known = ()
    assert reader.session.get(url, headers=headers, timeout=10).status_code == 401


def test_secrets_stay_out_of_representations() -> None:
    """Nothing that might be logged shows a secret."""
    for credential in DEMO.all():
        assert "sandbox-" not in repr(credential).replace("sandbox-oauth-key", "")
