"""What can be changed, by whom, and what is answered."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from gateway.sandbox import DEMO, Behaviour, Permission, World
from gateway.sandbox.credentials import API_TOKEN_READ_SCOPES, ApiToken
from tests.sandbox.reader import TIMEOUT_SECONDS, Reader


@pytest.fixture
def small() -> World:
    """An administrator, Ann in the developers, Bob, a project and a repository."""
    world = World(slug="acme", name="Acme")
    world.add_member("Admin", role="owner", email="admin@acme.example")
    ann = world.add_member("Ann", email="ann@acme.example")
    world.add_member("Bob", email="bob@acme.example")
    world.add_group("Developers", members=[ann])
    world.add_repository("api", project=world.add_project("API"))
    return world


@pytest.fixture
def send(serve: Callable[..., Reader], small: World) -> Callable[..., requests.Response]:
    """Send a call: by the API token to 2.0, and by the OAuth consumer to 1.0."""

    def sent(method: str, path: str, credential: Any = None, **how: Any) -> requests.Response:
        behaviour = how.pop("behaviour", None) or Behaviour(hourly_limit=None)
        usual = DEMO.oauth if path.startswith("/1.0") else DEMO.api_token
        reader = serve(small, behaviour=behaviour, credential=credential or usual)
        return requests.request(
            method,
            f"{reader.served.url}{path}",
            headers=reader.headers() | how.pop("headers", {}),
            timeout=TIMEOUT_SECONDS,
            **how,
        )

    return sent


def uuid_of(world: World, name: str) -> str:
    """Return the UUID of a member, with its braces."""
    return next(a.uuid for a, _ in world.members() if a.display_name == name)


REPOSITORY = "/2.0/repositories/acme/api/permissions-config"
PROJECT = "/2.0/workspaces/acme/projects/API/permissions-config"


@pytest.mark.parametrize("place", [REPOSITORY, PROJECT])
def test_permissions_are_set_and_deleted(
    send: Callable[..., requests.Response], small: World, place: str
) -> None:
    """200 with the object, again too; 204, and then 404."""
    for subject in ("groups/developers", f"users/{uuid_of(small, 'Bob')}"):
        for permission in ("read", "write", "write"):
            answer = send("PUT", f"{place}/{subject}", json={"permission": permission})
            assert (answer.status_code, answer.json()["permission"]) == (200, permission)
        assert send("DELETE", f"{place}/{subject}").status_code == 204
        assert send("DELETE", f"{place}/{subject}").status_code == 404
    assert not small.grants()


@pytest.mark.parametrize(
    ("path", "word", "status"),
    [
        (f"{REPOSITORY}/groups/developers", "create-repo", 400),
        (f"{REPOSITORY}/groups/developers", "none", 400),
        (f"{PROJECT}/groups/developers", "create-repo", 200),
        (f"{REPOSITORY}/groups/nobody", "read", 404),
        (f"{REPOSITORY}/users/557058:nobody", "read", 400),
        ("/2.0/repositories/acme/none/permissions-config/groups/developers", "read", 404),
    ],
)
def test_what_can_not_be_granted_is_refused(
    send: Callable[..., requests.Response], path: str, word: str, status: int
) -> None:
    """By its word, its holder or its place."""
    assert send("PUT", path, json={"permission": word}).status_code == status


def test_an_owner_is_granted_nothing(send: Callable[..., requests.Response], small: World) -> None:
    """400."""
    path = f"{REPOSITORY}/users/{uuid_of(small, 'Admin')}"
    assert send("PUT", path, json={"permission": "read"}).status_code == 400


@pytest.mark.parametrize("credential", [DEMO.access_token, DEMO.oauth])
def test_only_accounts_grant(send: Callable[..., requests.Response], credential: Any) -> None:
    """403 for access tokens and OAuth consumers."""
    answer = send("PUT", f"{REPOSITORY}/groups/developers", credential, json={"permission": "read"})
    assert answer.status_code == 403


def test_granting_takes_scopes_of_its_own(serve: Callable[..., Reader], small: World) -> None:
    """Those that read are not enough: 403, with what is missing."""
    reads = ApiToken(DEMO.api_token.email, DEMO.api_token.token, API_TOKEN_READ_SCOPES)
    reader = serve(small, credential=reads, credentials=[reads])
    url = f"{reader.served.url}{REPOSITORY}/groups/developers"
    answer = requests.put(
        url, json={"permission": "read"}, headers=reader.headers(), timeout=TIMEOUT_SECONDS
    )
    assert answer.status_code == 403
    assert "write:permission:bitbucket" in answer.json()["error"]["detail"]["required"]


def test_a_full_plan_gives_no_seat(send: Callable[..., requests.Response], small: World) -> None:
    """402 for who has no access yet; who has some may be given more."""
    full = Behaviour(hourly_limit=None, seat_limit=2)
    path = f"{REPOSITORY}/users/{uuid_of(small, 'Bob')}"
    body = {"permission": "read"}
    assert send("PUT", path, json=body, behaviour=full).status_code == 402
    ann = f"{REPOSITORY}/users/{uuid_of(small, 'Ann')}"
    assert send("PUT", ann, json=body, behaviour=full).status_code == 200


def test_groups_are_made_changed_and_deleted(
    send: Callable[..., requests.Response], small: World
) -> None:
    """With another slug by another name; 409 for a name that is taken."""
    made = send("POST", "/1.0/groups/acme", data={"name": "New Team"})
    assert (made.status_code, made.json()["slug"]) == (200, "new-team")
    assert send("POST", "/1.0/groups/acme", data={"name": "new team"}).status_code == 409
    assert send("POST", "/1.0/groups/acme", data={}).status_code == 400
    body = {"name": "Newer", "permission": "read", "auto_add": True}
    changed = send("PUT", "/1.0/groups/acme/new-team", json=body)
    assert changed.json()["slug"] == "newer"
    assert small.group("newer").permission is Permission.READ  # type: ignore[union-attr]  # it is there
    body = {"name": "Developers", "permission": None, "auto_add": False}
    assert send("PUT", "/1.0/groups/acme/newer", json=body).status_code == 409
    assert send("DELETE", "/1.0/groups/acme/newer").status_code == 204
    assert send("DELETE", "/1.0/groups/acme/newer").status_code == 404


def test_a_group_has_a_slug_whatever_its_name_is_written_in(
    send: Callable[..., requests.Response],
) -> None:
    """A change that doesn't rename keeps it, as does a name of which no slug can be made."""
    made = send("POST", "/1.0/groups/acme", data={"name": "漢字"}).json()["slug"]
    assert made
    for name in ("漢字", "漢字 漢"):
        changed = send("PUT", f"/1.0/groups/acme/{made}", json={"name": name, "auto_add": True})
        assert changed.json()["slug"] == made


def test_members_come_and_go(send: Callable[..., requests.Response], small: World) -> None:
    """200 with the member, 409 if in already; 204, and 404 if not in."""
    bob = uuid_of(small, "Bob")
    path = f"/1.0/groups/acme/developers/members/{bob}"
    answer = send("PUT", path, json={})
    assert (answer.status_code, answer.json()["uuid"]) == (200, bob)
    assert send("PUT", path, json={}).status_code == 409
    assert send("PUT", path, data="{}").status_code == 415
    assert send("DELETE", path).status_code == 204
    assert send("DELETE", path).status_code == 404
    assert send("PUT", f"{path}0", json={}).status_code == 404


def test_privileges_are_bare_words(send: Callable[..., requests.Response], small: World) -> None:
    """Of groups on repositories, as 1.0 has them."""
    path = "/1.0/group-privileges/acme/api/acme/developers"
    assert send("PUT", path, data="write").json()[0]["privilege"] == "write"
    assert send("PUT", path, data="create-repo").status_code == 400
    assert send("DELETE", path).status_code == 204
    assert send("DELETE", path).status_code == 404
    assert not small.grants()


def test_people_are_invited(send: Callable[..., requests.Response], small: World) -> None:
    """Into a group, and another; withdrawn from one, and wholly."""
    small.add_group("Testers")
    path = "/1.0/users/acme/invitations"
    for slug in ("developers", "testers"):
        body = {"email": "zoe@acme.example", "group_slug": slug}
        assert send("PUT", path, json=body).status_code == 200
    assert set(small.invitations["zoe@acme.example"].group_slugs) == {"developers", "testers"}
    assert send("DELETE", path, json=body).status_code == 204
    assert small.invitations["zoe@acme.example"].group_slugs == ("developers",)
    assert send("DELETE", path, json={"email": "zoe@acme.example"}).status_code == 204
    assert send("DELETE", path, json={"email": "zoe@acme.example"}).status_code == 404
    assert send("PUT", path, json={"email": "ann@acme.example"}).status_code == 400
    assert send("PUT", path, json={"email": "nonsense"}).status_code == 400


def test_an_invitation_may_stay_that_is_into_no_group(
    send: Callable[..., requests.Response], small: World
) -> None:
    """What Bitbucket does with it is not known: so it can be chosen."""
    path, body = "/1.0/users/acme/invitations", {"email": "zoe@acme.example"}
    into = {**body, "group_slug": "developers"}
    send("PUT", path, json=into)
    send("DELETE", path, json=into)
    assert not small.invitations
    stays = Behaviour(hourly_limit=None, keeps_empty_invitations=True)
    send("PUT", path, json=into)
    send("DELETE", path, json=into, behaviour=stays)
    assert small.invitations["zoe@acme.example"].group_slugs == ()


def test_people_are_invited_to_one_repository(
    send: Callable[..., requests.Response], small: World
) -> None:
    """With a permission on it, which they have as soon as they accept; groups may come besides."""
    path, form = "/1.0/invitations/acme/api", {"email": "zoe@acme.example", "permission": "write"}
    assert send("POST", path, data=form).json()["permission"] == "write"
    into = {"email": "zoe@acme.example", "group_slug": "developers"}
    send("PUT", "/1.0/users/acme/invitations", json=into)
    assert len(send("GET", "/1.0/users/acme/invitations").json()) == 1
    zoe = small.accept_invitation("zoe@acme.example", display_name="Zoe")
    (grant,) = small.grants(subject=zoe)
    assert grant.permission is Permission.WRITE
    assert [group.name for group in small.groups_of(zoe)] == ["Developers"]


def test_an_invitation_to_one_repository_is_refused(
    send: Callable[..., requests.Response], small: World
) -> None:
    """To members, with no address or permission, to no repository, and after a move."""
    path, form = "/1.0/invitations/acme/api", {"email": "zoe@acme.example", "permission": "read"}
    for wrong in ({"email": "ann@acme.example"}, {"email": "x"}, {"permission": "create-repo"}):
        assert send("POST", path, data=form | wrong).status_code == 400
    assert send("POST", "/1.0/invitations/acme/none", data=form).status_code == 404
    assert send("POST", path, DEMO.api_token, data=form).status_code == 403
    small.move_administration()
    assert send("POST", path, data=form).status_code == 410
    assert not small.invitations


def test_invitations_are_accepted_by_a_control_call(
    send: Callable[..., requests.Response], small: World
) -> None:
    """Or at once, where that is how Bitbucket behaves."""
    path, body = "/1.0/users/acme/invitations", {"email": "zoe@acme.example"}
    send("PUT", path, json=body)
    assert send("POST", "/sandbox/invitations/accept", json=body).status_code == 204
    assert small.account_by_email("zoe@acme.example") is not None
    assert send("POST", "/sandbox/invitations/accept", json=body).status_code == 404
    at_once = Behaviour(hourly_limit=None, accepts_invitations=True)
    send("PUT", path, json={"email": "yan@acme.example"}, behaviour=at_once)
    assert small.account_by_email("yan@acme.example") is not None
    assert not small.invitations


@pytest.mark.parametrize("credential", [DEMO.access_token, DEMO.api_token])
def test_1_0_is_written_with_account_write_alone(
    send: Callable[..., requests.Response], credential: Any
) -> None:
    """Which no API token has."""
    answer = send("POST", "/1.0/groups/acme", credential, data={"name": "x"})
    assert answer.status_code in (401, 403)


@pytest.mark.parametrize("status", [403, 405])
def test_a_workspace_that_moved_changes_no_groups(
    send: Callable[..., requests.Response], small: World, status: int
) -> None:
    """Nor invites anybody; it is still read, and its permissions are written."""
    small.move_administration()
    moved = Behaviour(hourly_limit=None, moved_administration_status=status)
    body = {"name": "x"}
    assert send("POST", "/1.0/groups/acme", data=body, behaviour=moved).status_code == status
    body = {"email": "zoe@acme.example"}
    path = "/1.0/users/acme/invitations"
    assert send("PUT", path, json=body, behaviour=moved).status_code == 410
    assert send("GET", "/1.0/groups/acme", behaviour=moved).status_code == 200
    path = f"{REPOSITORY}/groups/developers"
    assert send("PUT", path, json={"permission": "read"}, behaviour=moved).status_code == 200
