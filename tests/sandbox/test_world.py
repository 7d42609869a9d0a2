"""Worlds: made by hand, generated, changed, and asked for the truth."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from gateway.sandbox import AccountStatus, AccountType, Permission, WorkspaceRole, World, generate
from gateway.sandbox.effective import EffectiveRights
from gateway.sandbox.model import Account, Group
from gateway.sandbox.workspace import slug_of


def test_the_same_arguments_make_the_same_world() -> None:
    """UUIDs, times and all; another seed or slug makes another."""

    def facts(world: World) -> tuple[object, ...]:
        return (
            world.uuid,
            world.accounts,
            world.memberships,
            world.groups,
            world.projects,
            world.repositories,
            world.grants(),
            world.invitations,
        )

    assert facts(generate(seed=3)) == facts(generate(seed=3))
    assert facts(generate(seed=3)) != facts(generate(seed=4))
    one, other = generate(slug="one"), generate(slug="other")
    assert not one.accounts.keys() & other.accounts.keys()


def test_worlds_are_dense_or_sparse() -> None:
    """Dense, as they are by default, or a dozen people with a right on a repository."""
    made = partial(generate, users=300, groups=30, projects=10, repositories=200)
    dense, sparse = made(), made(shape="sparse")
    assert made(shape="dense").grants() == dense.grants()
    holders = [
        sum(len(EffectiveRights(world).on(r)) for r in world.repositories.values()) / 200
        for world in (dense, sparse)
    ]
    assert holders[0] > 60
    assert 8 < holders[1] < 16
    assert {type(grant.subject) for grant in sparse.grants()} == {Account, Group}


def test_groups_have_the_size_asked_for() -> None:
    """Each of them but the administrators, and none more than there are people."""
    for users, size in ((50, 12), (5, 5)):
        world = generate(users=users, groups=20, group_size=12)
        _, *groups = world.groups.values()
        assert {len(world.group_members(group)) for group in groups} == {size}


@pytest.mark.parametrize(
    ("users", "groups", "projects", "repositories"),
    [(0, 0, 0, 0), (1, 1, 1, 1), (0, 5, 0, 9), (45, 70, 20, 90)],
)
def test_worlds_have_the_size_asked_for(
    users: int, groups: int, projects: int, repositories: int
) -> None:
    """Of any size; without a project there is no place for a repository."""
    world = generate(users=users, groups=groups, projects=projects, repositories=repositories)
    assert len(world.memberships) == users
    assert len(world.groups) == groups
    assert len(world.projects) == projects
    assert len(world.repositories) == (repositories if projects else 0)


def test_generated_worlds_are_awkward(generated: World) -> None:
    """What breaks naive code is there."""
    accounts = list(generated.accounts.values())
    names = "".join(account.display_name for account in accounts)
    assert all(character in names for character in ",\"'\\<&+%")
    assert not names.isascii()
    for field in ("display_name", "nickname"):
        assert Counter(getattr(a, field) for a in accounts).most_common(1)[0][1] > 1
    assert {account.status for account in accounts} == set(AccountStatus)
    assert {account.type for account in accounts} == {AccountType.USER, AccountType.APP_USER}
    assert any(a.email and a.email != a.email.lower() for a in accounts)
    assert {role for _, role in generated.members()} == set(WorkspaceRole)
    groups = list(generated.groups.values())
    assert any(not generated.group_members(group) for group in groups)
    assert any(group.slug != slug_of(group.name) for group in groups)
    assert {group.permission for group in groups} >= {None, *Permission} - {Permission.CREATE_REPO}
    assert any(group.auto_add for group in groups)
    repositories = list(generated.repositories.values())
    assert any(repository.slug != slug_of(repository.name) for repository in repositories)
    assert {repository.is_private for repository in repositories} == {True, False}
    assert generated.invitations


def test_what_must_be_unique_is(generated: World) -> None:
    """Slugs and keys, and addresses whatever their case."""
    for values in (
        [group.slug for group in generated.groups.values()],
        [project.key for project in generated.projects.values()],
        [repository.slug for repository in generated.repositories.values()],
        [a.email.casefold() for a in generated.accounts.values() if a.email],
    ):
        assert len(values) == len(set(values))


def test_the_owner_of_the_demonstration_is_there(generated: World) -> None:
    """The demonstration credentials belong to an owner."""
    admin = generated.account_by_email("admin@acme.example")
    assert admin
    assert generated.is_administrator(admin)
    assert generated.group("administrators") in generated.groups_of(admin)


def test_slugs_are_made_of_names() -> None:
    """Lower case, blanks to dashes, ASCII; the second of a kind gets a number."""
    world = World()
    names = ["Release Managers", "Équipe d'accueil", "Release managers", "Контракторы"]
    slugs = [world.add_group(name).slug for name in names]
    assert slugs == ["release-managers", "equipe-d-accueil", "release-managers-2", "group"]


def test_removing_a_member_removes_what_they_had(world: World) -> None:
    """Groups and grants; the account stays known to Bitbucket."""
    ann = world.members()[1][0]
    devs = world.add_group("Devs", members=[ann])
    api = world.add_repository("api", project=world.add_project("CORE"))
    world.grant(ann, api, "write")
    world.remove_member(ann)
    assert world.grants() == []
    assert world.group_members(devs) == []
    assert world.member(ann.uuid) is None
    assert world.account(ann.uuid) == ann


def test_removing_a_group_removes_its_grants(world: World) -> None:
    """Its members stay."""
    ann = world.members()[1][0]
    devs = world.add_group("Devs", members=[ann])
    core = world.add_project("CORE")
    world.grant(devs, core, "write")
    world.remove_group(devs)
    assert world.grants() == []
    assert world.groups_of(ann) == []
    assert world.group("devs") is None


def test_removing_a_repository_removes_the_grants_on_it(world: World) -> None:
    """And no others."""
    ann, core = world.members()[1][0], world.add_project("CORE")
    api, web = (world.add_repository(name, project=core) for name in ("api", "web"))
    world.grant(ann, api, "write")
    kept = world.grant(ann, web, "read")
    world.remove_repository(api)
    assert world.grants() == world.grants(subject=ann) == [kept]


def test_grants_are_asked_for_by_either_side(world: World) -> None:
    """By subject, by object, by both."""
    ann, bob = (account for account, _ in world.members()[1:3])
    core = world.add_project("CORE")
    api = world.add_repository("api", project=core)
    of_ann, of_bob = world.grant(ann, api, "write"), world.grant(bob, api, "read")
    on_core = world.grant(ann, core, "create-repo")
    assert world.grants(subject=ann) == [of_ann, on_core]
    assert world.grants(target=api) == [of_ann, of_bob]
    assert world.grants(subject=bob, target=api) == [of_bob]
    assert world.granted(bob, core) is None
    assert world.project_permission(ann, core) is Permission.CREATE_REPO
    world.grant(ann, api, "admin")
    assert world.granted(ann, api) is Permission.ADMIN


def test_values_read_before_a_change_still_stand_for_it(world: World) -> None:
    """Methods go by UUID, whatever the value is called by now."""
    devs, core = world.add_group("Devs"), world.add_project("CORE")
    world.change_group(devs, name="Engineers", slug="engineers", auto_add=True)
    world.rename_project(core, "Kernel")
    world.set_workspace_permission(devs, "read")
    world.grant(devs, core, "write")
    (grant,) = world.grants()
    assert (grant.subject, grant.target) == (world.group("engineers"), world.project("CORE"))
    assert world.group("devs") is None


def test_what_bitbucket_would_not_hold_is_refused(world: World) -> None:
    """Grants and memberships of strangers, ``create-repo`` on a repository, unknown words."""
    stranger, ann = world.add_account("Stranger"), world.members()[1][0]
    devs, core = world.add_group("Devs"), world.add_project("CORE")
    api = world.add_repository("api", project=core)
    with pytest.raises(ValueError, match="not a member"):
        world.grant(stranger, api, "read")
    with pytest.raises(ValueError, match="not a member"):
        world.join(devs, stranger)
    with pytest.raises(ValueError, match="create-repo"):
        world.grant(ann, api, "create-repo")
    with pytest.raises(ValueError, match="owner"):
        world.grant(ann, api, "owner")
    with pytest.raises(KeyError):
        world.leave(devs, ann)
    with pytest.raises(KeyError):
        world.revoke(ann, api)


def test_every_change_is_a_revision(world: World) -> None:
    """Whoever keeps something worked out can tell that it is old."""
    ann = world.members()[1][0]
    revisions = [world.revision]
    devs = world.add_group("Devs")
    revisions.append(world.revision)
    changes: tuple[Callable[[], object], ...] = (
        lambda: world.join(devs, ann),
        lambda: world.leave(devs, ann),
        lambda: world.rename(slug="new", name="New"),
        world.move_administration,
        lambda: world.remove_group(devs),
    )
    for change in changes:
        change()
        revisions.append(world.revision)
    assert all(before < after for before, after in pairwise(revisions))


def test_a_workspace_can_be_renamed(world: World) -> None:
    """Its UUID stays."""
    before = world.uuid
    world.rename(slug="other", name="Other")
    assert (world.slug, world.name, world.uuid) == ("other", "Other", before)
