"""Random small workspaces, and what is true in them."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from gateway.sandbox import Account, Group, Permission, Project, Repository, WorkspaceRole, World

#: Alike on purpose: equal, differing in letter case, holding what filters and URLs are made of.
NAMES = ("Ann", "ann", "Ann Lee", 'Q "x" \\', "50% _", "É", "a, b", "漢字 漢", "or and not")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a client should be told of a member."""

    display_name: str
    active: bool
    role: str
    groups: frozenset[str]
    entitlements: frozenset[str]


def bare(uuid: str) -> str:
    """Return a UUID without its braces."""
    return uuid.strip("{}")


def users_of(world: World) -> dict[str, Truth]:
    """Return the truth about every member, by UUID."""
    return {
        bare(account.uuid): Truth(
            display_name=account.display_name,
            active=account.status.value == "active",
            role=role.value,
            groups=frozenset(group.name for group in world.groups_of(account)),
            entitlements=entitlements_of(world, account),
        )
        for account, role in world.members()
    }


def entitlements_of(world: World, subject: Account | Group) -> frozenset[str]:
    """Return what was granted to *subject* explicitly, as entitlements."""
    return frozenset(
        f"{_kind(grant.target)}:{bare(grant.target.uuid)}:{grant.permission.value}"
        for grant in world.grants(subject=subject)
    )


def _kind(target: Any) -> str:
    return "repository" if isinstance(target, Repository) else "project"


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Return a workspace of a few of everything."""
    world = World(slug="acme", name="Acme", seed=draw(st.integers(0, 5)))
    admin = world.add_member("Admin", role=WorkspaceRole.OWNER, email="admin@acme.example")
    people = [admin]
    people += [
        world.add_member(
            draw(st.sampled_from(NAMES)),
            role=draw(st.sampled_from(WorkspaceRole)),
            status=draw(st.sampled_from(["active", "active", "inactive", "closed"])),
            type=draw(st.sampled_from(["user", "user", "user", "app_user"])),
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    names = draw(st.lists(st.sampled_from(NAMES), unique_by=str.casefold, max_size=4))
    groups = [
        world.add_group(
            name,
            members=draw(st.lists(st.sampled_from(people), unique_by=lambda a: a.uuid)),
            permission=draw(st.sampled_from([None, "read", "write", "admin"])),
            auto_add=draw(st.booleans()),
        )
        for name in names
    ]
    projects = [world.add_project(key) for key in ("API", "WEB")[: draw(st.integers(0, 2))]]
    repositories = [
        world.add_repository(f"Repo {number}", project=draw(st.sampled_from(projects)))
        for number in range(draw(st.integers(0, 4)) if projects else 0)
    ]
    subjects: list[Account | Group] = [*people, *groups]
    targets: list[Project | Repository] = [*projects, *repositories]
    for subject in subjects:
        for target in targets:
            if draw(st.integers(0, 3)) == 0:
                world.grant(subject, target, draw(st.sampled_from(_grantable(target))))
    return world


def _grantable(target: Project | Repository) -> list[Permission]:
    everywhere = [Permission.READ, Permission.WRITE, Permission.ADMIN]
    return everywhere if isinstance(target, Repository) else [*everywhere, Permission.CREATE_REPO]
