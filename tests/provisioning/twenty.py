"""A change of a group that takes exactly twenty calls, and what the workspace is after it."""

from typing import Any

from gateway.sandbox import World
from tests.provisioning.office import GROUP_EXTENSION, Office, bare

STEPS = 20
#: The first that takes something away.
DELETIONS_FROM = 13
GROUP = "Developers"


def world() -> World:
    """Thirty people, of whom ten are developers, and six repositories."""
    made = World(slug="acme", name="Acme")
    made.add_member("Admin", role="owner", email="admin@acme.example")
    people = [made.add_member(f"Person {number:02}") for number in range(30)]
    group = made.add_group(GROUP, members=people[:10])
    project = made.add_project("API")
    repositories = [made.add_repository(f"Repo {n}", project=project) for n in range(6)]
    for repository in repositories[:2]:
        made.grant(group, repository, "read")
    return made


def operations(made: World) -> list[dict[str, Any]]:
    """Return a PATCH: a name, eight members more, five less, four permissions more, two less."""
    people = [account for account, role in made.members() if role.value == "member"]
    repositories = [bare(repository.uuid) for repository in made.repositories.values()]
    values = [{"value": f"repository:{uuid}:write"} for uuid in repositories[2:]]
    return [
        {"op": "replace", "path": "displayName", "value": "Builders"},
        {"op": "add", "path": "members", "value": [{"value": bare(p.uuid)} for p in people[10:18]]},
        {"op": "remove", "path": "members", "value": [{"value": bare(p.uuid)} for p in people[:5]]},
        {"op": "replace", "path": f"{GROUP_EXTENSION}:entitlements", "value": values},
    ]


def undoing(made: World) -> list[dict[str, Any]]:
    """Return the PATCH after which the workspace is as it was at first; asked before any other."""
    (group,) = made.groups.values()
    values = [
        {"value": f"repository:{bare(grant.target.uuid)}:{grant.permission.value}"}
        for grant in made.grants(subject=group)
    ]
    members = [{"value": bare(member.uuid)} for member in made.group_members(group)]
    return [
        {"op": "replace", "path": "displayName", "value": group.name},
        {"op": "replace", "path": "members", "value": members},
        {"op": "replace", "path": f"{GROUP_EXTENSION}:entitlements", "value": values},
    ]


def is_done(made: World) -> bool:
    """Return whether the workspace is as it is wanted."""
    (group,) = made.groups.values()
    names = sorted(member.display_name for member in made.group_members(group))
    held = sorted(g.permission.value for g in made.grants(subject=group))
    wanted = [f"Person {number:02}" for number in range(5, 18)]
    return (group.name, names, held) == ("Builders", wanted, ["write"] * 4)


def group_id(office: Office) -> str:
    """Return the id of the group, whatever it is called."""
    with office.mirror.reading() as snapshot:
        (group,) = snapshot.facts.groups()
    return group.id
