"""What is made of Bitbucket's JSON, and what is refused."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from gateway.bitbucket import loaders
from gateway.bitbucket.answers import Answer, Request
from gateway.bitbucket.errors import BadAnswer
from gateway.bitbucket.models import (
    Account,
    Group,
    GroupGrant,
    GroupPrivilege,
    Invitation,
    Permission,
    Project,
    Repository,
    RepositoryPermission,
    UserGrant,
    Workspace,
    WorkspaceMembership,
    WorkspaceRole,
)

ANN_UUID = "c423e13e-0b1c-4d6c-8f0a-1c2d3e4f5a6b"
API_UUID = "11111111-2222-4333-8444-555555555555"
JSON = dict[str, Any]


def ann(**members: object) -> JSON:
    """Return a user as 2.0 has it."""
    return {
        "type": "user",
        "uuid": f"{{{ANN_UUID.upper()}}}",
        "account_id": "557058:ann",
        "display_name": "Ann Lee",
        "nickname": "ann",
        "account_status": "active",
        "created_on": "2020-01-02T03:04:05.000006+00:00",
        "links": {
            "html": {"href": "https://bitbucket.org/ann"},
            "avatar": {"href": "https://avatars/ann"},
            "self": {"href": "https://api/ann"},
        },
        "is_staff": False,
        **members,
    }


ANN = Account(
    uuid=ANN_UUID,
    type="user",
    account_id="557058:ann",
    display_name="Ann Lee",
    nickname="ann",
    status="active",
    created_on=datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    html_url="https://bitbucket.org/ann",
    avatar_url="https://avatars/ann",
)


def load(loader: loaders.Loader[Any], value: object) -> Any:
    """Return what *loader* makes of *value* on the wire."""
    request = Request(method="GET", url="http://x/", resource="/x", path="/x")
    return loader.one(Answer(request, 200, {}, orjson.dumps(value)))


@pytest.mark.parametrize(
    ("loader", "wire", "value"),
    [
        (loaders.ACCOUNT, ann(), ANN),
        (
            loaders.ACCOUNT,
            {"type": "app_user", "uuid": ANN_UUID, "display_name": "Bot", "kind": "repository"},
            Account(uuid=ANN_UUID, type="app_user", display_name="Bot"),
        ),
        (
            loaders.ACCOUNT,
            {"uuid": ANN_UUID, "display_name": "", "links": {"html": None, "avatar": {}}},
            Account(uuid=ANN_UUID, type="user", display_name=""),
        ),
        (
            loaders.MEMBERSHIP,
            {
                "user": ann(),
                "permission": "owner",
                "added_on": "2021-01-01T00:00:00Z",
                "last_accessed": None,
            },
            WorkspaceMembership(
                user=ANN,
                permission=WorkspaceRole.OWNER,
                added_on=datetime(2021, 1, 1, tzinfo=UTC),
            ),
        ),
        (
            loaders.MEMBERSHIP,
            {"user": ann(), "permission": "member"},
            WorkspaceMembership(user=ANN, permission=WorkspaceRole.MEMBER),
        ),
        (loaders.USER, {"type": "workspace_membership", "user": ann()}, ANN),
        (
            loaders.WORKSPACE,
            {"uuid": f"{{{API_UUID}}}", "slug": "acme", "name": "Acme", "is_private": True},
            Workspace(uuid=API_UUID, slug="acme", name="Acme", is_private=True),
        ),
        (
            loaders.GROUP,
            {
                "name": "Developers",
                "slug": "developers",
                "permission": None,
                "auto_add": True,
                "members": [
                    {
                        "uuid": f"{{{ANN_UUID}}}",
                        "display_name": "Ann Lee",
                        "account_id": "557058:ann",
                        "nickname": "ann",
                        "avatar": "https://avatars/ann",
                        "is_team": False,
                    }
                ],
            },
            Group(
                slug="developers",
                name="Developers",
                permission=None,
                auto_add=True,
                members=(
                    Account(
                        uuid=ANN_UUID,
                        type="user",
                        display_name="Ann Lee",
                        account_id="557058:ann",
                        nickname="ann",
                        avatar_url="https://avatars/ann",
                    ),
                ),
            ),
        ),
        (
            loaders.PROJECT,
            {"uuid": f"{{{API_UUID}}}", "key": "API", "name": "Api", "is_private": False},
            Project(uuid=API_UUID, key="API", name="Api", is_private=False),
        ),
        (
            loaders.REPOSITORY,
            {
                "uuid": f"{{{API_UUID}}}",
                "slug": "api",
                "full_name": "acme/api",
                "name": "API",
                "project": {"uuid": f"{{{ANN_UUID}}}", "key": "P", "name": "P"},
                "is_private": True,
                "updated_on": "2022-02-02T02:02:02+00:00",
            },
            Repository(
                uuid=API_UUID,
                slug="api",
                full_name="acme/api",
                name="API",
                project_uuid=ANN_UUID,
                project_key="P",
                is_private=True,
                updated_on=datetime(2022, 2, 2, 2, 2, 2, tzinfo=UTC),
            ),
        ),
        (
            loaders.REPOSITORY,
            {"uuid": API_UUID, "slug": "api", "full_name": "a/api", "name": "x", "project": None},
            Repository(uuid=API_UUID, slug="api", full_name="a/api", name="x"),
        ),
        (
            loaders.REPOSITORY_PERMISSION,
            {"user": ann(), "repository": {"uuid": f"{{{API_UUID}}}"}, "permission": "write"},
            RepositoryPermission(
                user_uuid=ANN_UUID, repository_uuid=API_UUID, permission=Permission.WRITE
            ),
        ),
        (
            loaders.GROUP_GRANT,
            {"permission": "create-repo", "group": {"slug": "dev", "name": "Dev"}},
            GroupGrant(group_slug="dev", group_name="Dev", permission=Permission.CREATE_REPO),
        ),
        (
            loaders.USER_GRANT,
            {"permission": "none", "user": ann()},
            UserGrant(user=ANN, permission=Permission.NONE),
        ),
        (
            loaders.GROUP_PRIVILEGE,
            {"repo": "acme/api", "privilege": "admin", "group": {"slug": "dev", "name": "Dev"}},
            GroupPrivilege(
                repository_full_name="acme/api", group_slug="dev", permission=Permission.ADMIN
            ),
        ),
        (
            loaders.INVITATION,
            {"email": "bob@acme.example", "groups": [{"slug": "dev"}]},
            Invitation(email="bob@acme.example", group_slugs=("dev",)),
        ),
        (
            loaders.INVITATION,
            {"email": "bob@acme.example"},
            Invitation(email="bob@acme.example"),
        ),
    ],
)
def test_json_becomes_a_value(loader: loaders.Loader[Any], wire: JSON, value: object) -> None:
    """Known members are taken over, unknown ones passed over, optional ones may lack."""
    assert load(loader, wire) == value


@pytest.mark.parametrize(
    ("loader", "wire", "problem"),
    [
        (loaders.ACCOUNT, ann(uuid="{not-a-uuid}"), "uuid: Not a UUID"),
        (loaders.ACCOUNT, ann(uuid=None), "uuid: "),
        (loaders.ACCOUNT, ann(display_name=7), "display_name: Not a valid string"),
        (loaders.ACCOUNT, ann(created_on="yesterday"), "created_on: Not a valid datetime"),
        (loaders.ACCOUNT, [], "Invalid input"),
        (loaders.MEMBERSHIP, {"user": {}, "permission": "member"}, r"user\.\w+: Missing data"),
        (loaders.MEMBERSHIP, {"user": ann(), "permission": "emperor"}, "permission: Must be one"),
        (loaders.MEMBERSHIP, {"user": ann()}, "permission: Missing data"),
        (loaders.GROUP, {"slug": "a", "name": "A"}, "members: Missing data"),
        (loaders.GROUP, {"slug": "", "name": "A", "members": []}, "slug: Shorter than"),
        (loaders.GROUP_GRANT, {"permission": "read", "group": {}}, "group: Without"),
        (loaders.GROUP_GRANT, {"permission": "read"}, "group: Missing data"),
        (loaders.GROUP_GRANT, {"permission": "read", "group": {"slug": 1, "name": ""}}, "string"),
    ],
)
def test_another_shape_is_refused_by_name(
    loader: loaders.Loader[Any], wire: object, problem: str
) -> None:
    """The error says which resource, which member and what is wrong with it."""
    with pytest.raises(BadAnswer, match=problem) as failure:
        load(loader, wire)
    assert failure.value.evidence.resource == "/x"


def test_an_address_does_not_show_by_itself() -> None:
    """The repr of a value that knows an e-mail address leaves it out."""
    account = load(loaders.ACCOUNT, ann(email="ann@acme.example"))

    assert account.email == "ann@acme.example"
    assert "ann@" not in repr(account)
    assert "bob@" not in repr(Invitation(email="bob@acme.example"))


@pytest.fixture
def timed() -> Callable[[Callable[[], object]], float]:
    """Measures the processor's time, which others on the machine don't change."""

    def measure(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return measure


def test_a_large_workspace_loads_fast(timed: Callable[[Callable[[], object]], float]) -> None:
    """Ten thousand memberships take well under two seconds."""
    membership = {"user": ann(), "permission": "member", "added_on": "2021-01-01T00:00:00Z"}
    request = Request(method="GET", url="http://x/", resource="/x", path="/x")
    answer = Answer(request, 200, {}, orjson.dumps([membership] * 10_000))

    assert timed(lambda: loaders.MEMBERSHIP.many(answer, answer.json())) < 2
