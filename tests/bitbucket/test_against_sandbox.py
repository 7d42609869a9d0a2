"""Every typed method against the simulated Bitbucket: what is read is what its world holds."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from gateway import sandbox
from gateway.bitbucket import models
from gateway.bitbucket.administration import Administration, administration
from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.client import connect
from gateway.bitbucket.credentials import (
    ApiToken,
    AppPassword,
    Credential,
    OAuthConsumer,
    WorkspaceAccessToken,
)
from gateway.bitbucket.errors import NotFound, Unauthorized
from gateway.bitbucket.identifier import bare_uuid, braced_uuid
from gateway.bitbucket.probe import probe
from gateway.bitbucket.query import all_of, equals, exceeds
from gateway.bitbucket.transport import Transport
from gateway.bitbucket.workspace import BitbucketWorkspace

ACCESS_TOKEN = WorkspaceAccessToken(sandbox.DEMO.access_token.token)
API_TOKEN = ApiToken(sandbox.DEMO.api_token.email, sandbox.DEMO.api_token.token)
CONSUMER = OAuthConsumer(sandbox.DEMO.oauth.key, sandbox.DEMO.oauth.secret)
APP_PASSWORD = AppPassword(sandbox.DEMO.app_password.username, sandbox.DEMO.app_password.password)
CHANGES_OF_PERMISSIONS = {
    "to change permissions on projects",
    "to change permissions on repositories",
}
CHANGES_OF_GROUPS = "to change groups and invite"
ALL = (APP_PASSWORD, CONSUMER, API_TOKEN, ACCESS_TOKEN)


@pytest.fixture(scope="module")
def world() -> sandbox.World:
    """A workspace of several pages, with a grant of every sort."""
    return sandbox.generate(users=230, groups=12, projects=3, repositories=130, seed=7)


@pytest.fixture(scope="module", params=list(sandbox.Paging))
def transport(world: sandbox.World, request: pytest.FixtureRequest) -> Iterator[Transport]:
    """A session with the sandbox, for each way it may page."""
    behaviour = sandbox.Behaviour(paging=request.param, hourly_limit=None)
    with sandbox.serving(sandbox.create_app(world, behaviour=behaviour)) as running:
        session = Transport(running.url)
        yield session
        session.close()


@pytest.fixture
def acme(transport: Transport) -> BitbucketWorkspace:
    """The workspace, with a credential of every kind."""
    return BitbucketWorkspace(connect(transport, ALL), "acme")


def bare(uuid: str) -> str:
    """Return *uuid* without its braces."""
    found = bare_uuid(uuid)
    assert found is not None
    return found


def accounts(found: Sequence[models.Account]) -> set[tuple[str, str | None, str]]:
    """Return what tells accounts apart."""
    return {(account.uuid, account.account_id, account.display_name) for account in found}


def truth(found: Sequence[sandbox.Account]) -> set[tuple[str, str | None, str]]:
    """Return the same of the world's accounts."""
    return {(bare(account.uuid), account.account_id, account.display_name) for account in found}


def places(world: sandbox.World) -> list[sandbox.Project | sandbox.Repository]:
    """Return every project and some repositories."""
    return [*world.projects.values(), *list(world.repositories.values())[:20]]


def test_permissions(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Every member comes with its role, its times and its status."""
    read = {
        m.user.uuid: (m.permission.value, m.added_on, m.last_accessed, m.user.status, m.user.type)
        for m in acme.permissions()
    }
    assert read == {
        bare(uuid): (
            membership.role.value,
            membership.added_on,
            membership.last_accessed,
            world.accounts[uuid].status.value,
            world.accounts[uuid].type.value,
        )
        for uuid, membership in world.memberships.items()
    }


@pytest.mark.parametrize(
    ("read", "calls"),
    [
        (lambda w: w.permissions(), 3),
        (lambda w: w.repositories(), 2),
        (lambda w: w.projects(), 1),
        (lambda w: w.groups(), 1),
        (lambda w: w.group_privileges(), 1),
        (lambda w: w.members_by_email(f"user{n}@acme.example" for n in range(91)), 2),
    ],
    ids=["permissions", "repositories", "projects", "groups", "privileges", "e-mails"],
)
def test_cost(
    read: Callable[[BitbucketWorkspace], Iterable[object]], calls: int, acme: BitbucketWorkspace
) -> None:
    """A list of 230 members takes three calls, one of 130 repositories two."""
    counter = CallCounter()
    list(read(acme.counting(counter)))

    assert counter.count == calls


def test_permissions_of_owners(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """A question for owners is answered with them."""
    owners = [m.user for m in acme.permissions(equals("permission", "owner"))]
    role = sandbox.WorkspaceRole.OWNER

    assert accounts(owners) == truth([who for who, what in world.members() if what is role])


def test_members(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The list of members is that of the permissions."""
    assert accounts(list(acme.members())) == truth([who for who, _ in world.members()])


def test_members_by_email(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Every address finds its member, whatever its case; unknown ones find nobody."""
    known = {who.email.lower(): who for who, _ in world.members() if who.email}
    found = list(acme.members_by_email([*map(str.upper, known), "nobody@acme.example"]))

    assert len(known) > 180
    assert {(account.uuid, (account.email or "").lower()) for account in found} == {
        (bare(who.uuid), address) for address, who in known.items()
    }


def test_member(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """A member is found by its UUID and by its account id."""
    who, _ = world.members()[3]
    assert who.account_id is not None

    assert accounts([acme.member(who.uuid), acme.member(who.account_id)]) == truth([who])
    assert accounts([acme.user(bare(who.uuid))]) == truth([who])


def test_nobody(acme: BitbucketWorkspace) -> None:
    """Somebody who is no member is not found."""
    with pytest.raises(NotFound):
        acme.member("00000000-0000-4000-8000-000000000000")


def test_current_user(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The account behind an API token is the service account's."""
    admin = world.account_by_email(API_TOKEN.email)
    assert admin is not None

    assert accounts([acme.with_only(API_TOKEN).current_user()]) == truth([admin])


def test_workspace(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The workspace has its name, and its UUID finds its slug."""
    read = acme.workspace()

    assert (read.uuid, read.slug, read.name) == (bare(world.uuid), world.slug, world.name)
    assert read.created_on == world.created_on


def test_a_workspace_by_its_uuid(transport: Transport, world: sandbox.World) -> None:
    """Known by its UUID, the workspace reads the same, 1.0 included."""
    workspace = BitbucketWorkspace(connect(transport, ALL), world.uuid)

    assert len(list(workspace.projects())) == len(world.projects)
    assert len(list(workspace.groups())) == len(world.groups)


def test_projects(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Every project comes with its key."""
    assert {(p.uuid, p.key, p.name, p.is_private) for p in acme.projects()} == {
        (bare(p.uuid), p.key, p.name, p.is_private) for p in world.projects.values()
    }


def test_repositories(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Every repository comes with its project."""
    assert {
        (r.uuid, r.slug, r.full_name, r.name, r.project_uuid, r.is_private, r.updated_on)
        for r in acme.repositories()
    } == {
        (
            bare(r.uuid),
            r.slug,
            f"acme/{r.slug}",
            r.name,
            bare(r.project_uuid),
            r.is_private,
            r.updated_on,
        )
        for r in world.repositories.values()
    }


def test_repository(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """A repository is found by its slug and by its UUID."""
    one = next(iter(world.repositories.values()))

    assert acme.repository(one.slug) == acme.repository(one.uuid)
    assert acme.repository(one.slug).uuid == bare(one.uuid)


def test_group_grants(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The groups' grants on each project and repository are the world's."""
    found = 0
    for target in places(world):
        read = (
            acme.project_group_grants(target.key)
            if isinstance(target, sandbox.Project)
            else acme.repository_group_grants(target.slug)
        )
        expected = {
            (grant.subject.slug, grant.subject.name, grant.permission.value)
            for grant in world.grants(target=target)
            if isinstance(grant.subject, sandbox.Group)
        }
        assert {(g.group_slug, g.group_name, g.permission.value) for g in read} == expected
        found += len(expected)
    assert found > 0


def test_user_grants(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The users' grants on each project and repository are the world's."""
    found = 0
    for target in places(world):
        read = (
            acme.project_user_grants(target.key)
            if isinstance(target, sandbox.Project)
            else acme.repository_user_grants(target.uuid)
        )
        expected = {
            (bare(grant.subject.uuid), grant.permission.value)
            for grant in world.grants(target=target)
            if isinstance(grant.subject, sandbox.Account)
        }
        assert {(g.user.uuid, g.permission.value) for g in read} == expected
        found += len(expected)
    assert found > 0


def test_effective_permissions(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Each right of each member on each repository is the world's."""
    read = {
        (p.user_uuid, p.repository_uuid): p.permission.value for p in acme.effective_permissions()
    }
    expected = {
        (bare(who.uuid), bare(repository.uuid)): permission.value
        for who, _ in world.members()
        for repository in world.repositories.values()
        if (permission := world.effective_permission(who, repository)) is not None
    }
    assert read == expected


def test_effective_permissions_of_one(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Questions about a user, a repository and a permission select those."""
    who, _ = world.members()[0]
    one = next(iter(world.repositories.values()))
    question = all_of(
        equals("user.uuid", braced_uuid(bare(who.uuid))), exceeds("permission", "read")
    )
    on_all = list(acme.effective_permissions(question, sort="repository.name"))
    on_one = list(acme.effective_permissions_on(one.slug, question))

    assert {p.user_uuid for p in on_all} == {bare(who.uuid)}
    assert len(on_all) == len(world.repositories)
    assert [p.repository_uuid for p in on_one] == [bare(one.uuid)]


def test_groups(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Every group comes with every member in one call."""
    assert {
        (g.slug, g.name, g.permission and g.permission.value, g.auto_add): accounts(g.members)
        for g in acme.groups()
    } == {
        (g.slug, g.name, g.permission and g.permission.value, g.auto_add): truth(
            world.group_members(g)
        )
        for g in world.groups.values()
    }


def test_group_members(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The members of one group are read alone."""
    group = next(iter(world.groups.values()))

    assert accounts(acme.group_members(group.slug)) == truth(world.group_members(group))


def test_group_privileges(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """The groups' grants on all repositories come in one call."""
    expected = {
        (f"acme/{grant.target.slug}", grant.subject.slug, grant.permission.value)
        for grant in world.grants()
        if isinstance(grant.subject, sandbox.Group) and isinstance(grant.target, sandbox.Repository)
    }
    assert expected
    assert {
        (p.repository_full_name, p.group_slug, p.permission.value) for p in acme.group_privileges()
    } == expected


def test_invitations(acme: BitbucketWorkspace, world: sandbox.World) -> None:
    """Pending invitations come with their groups."""
    assert {(i.email, i.group_slugs) for i in acme.invitations()} == {
        (i.email, i.group_slugs) for i in world.invitations.values()
    }


def test_administration(acme: BitbucketWorkspace) -> None:
    """A workspace that says since when members are members is administered at Bitbucket."""
    assert administration(acme) is Administration.BITBUCKET


def test_administration_that_moved() -> None:
    """Both signs of the move are seen."""
    moved = sandbox.generate(users=5, groups=2, projects=1, repositories=1)
    moved.move_administration()
    with sandbox.serving(sandbox.create_app(moved)) as running:
        session = Transport(running.url)
        workspace = BitbucketWorkspace(connect(session, [API_TOKEN]), "acme")
        assert administration(workspace) is Administration.ATLASSIAN
        session.close()


@pytest.mark.parametrize(
    ("credential", "refused"),
    [
        (
            ACCESS_TOKEN,
            {
                "groups",
                "group permissions on repositories",
                "invitations",
                *CHANGES_OF_PERMISSIONS,
                CHANGES_OF_GROUPS,
            },
        ),
        (API_TOKEN, {CHANGES_OF_GROUPS}),
        (CONSUMER, CHANGES_OF_PERMISSIONS),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_probe(
    acme: BitbucketWorkspace, world: sandbox.World, credential: Credential, refused: set[str]
) -> None:
    """With every scope, each kind of credential can what Bitbucket opens to it."""
    revision = world.revision
    findings = list(probe(acme, [credential]))

    assert {finding.what for finding in findings if not finding.works} == refused
    assert world.revision == revision


def test_an_app_password_works_nowhere(acme: BitbucketWorkspace) -> None:
    """What ended is said to have ended."""
    with pytest.raises(Unauthorized, match="ended on 2026-07-28"):
        acme.with_only(APP_PASSWORD).groups()
