"""The rights in effect, with every way they come by, are Bitbucket's own."""

from typing import Any

from gateway.sandbox import Account, World

EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"
ACCESS = f"{EXTENSION}:access"


def access_of(stage: Any, account: Account) -> dict[str, dict[str, Any]]:
    """Return the rights of a user, by what they are on."""
    text = f'id eq "{account.uuid.strip("{}")}"'
    (user,) = stage.resources(stage.users, text, attributes=ACCESS)
    values = user.get(EXTENSION, {}).get("access", [])
    return {value["value"].rpartition(":")[0]: value for value in values}


def test_every_right_is_the_one_in_effect(stage: Any) -> None:
    """For every user, repository and project, the highest of all ways."""
    world: World = stage.world
    for account, _ in world.members():
        access = access_of(stage, account)
        found = {name: value["value"].rpartition(":")[2] for name, value in access.items()}

        expected = {
            f"repository:{repository.uuid.strip('{}')}": world.effective_permission(
                account, repository
            )
            for repository in world.repositories.values()
        } | {
            f"project:{project.uuid.strip('{}')}": world.project_permission(account, project)
            for project in world.projects.values()
        }
        assert found == {name: right.value for name, right in expected.items() if right}


def test_every_way_is_named(stage: Any) -> None:
    """Direct, by a group, by the project, by the group's right on the project or everywhere."""
    world: World = stage.world
    ann = world.add_member("Ann")
    project = next(iter(world.projects.values()))
    repository = world.add_repository("Paths", project=project)
    group = world.add_group("Devs", members=[ann], permission="read")
    world.grant(ann, repository, "write")
    world.grant(ann, project, "create-repo")
    world.grant(group, repository, "admin")
    world.grant(group, project, "read")

    access = access_of(stage, ann)

    on_repository = access[f"repository:{repository.uuid.strip('{}')}"]
    assert on_repository["display"] == "acme/paths: admin"
    assert on_repository["via"] == [
        "group Devs: admin",
        "direct: write",
        f"project {project.key}: write",
        f"group Devs on project {project.key}: read",
        "group Devs on the workspace: read",
    ]
    on_project = access[f"project:{project.uuid.strip('{}')}"]
    assert on_project["via"] == [
        f"project {project.key}: create-repo",
        f"group Devs on project {project.key}: read",
    ]


def test_access_is_shown_only_when_it_is_asked_for(stage: Any) -> None:
    """It costs what nothing else does."""
    assert b'"access"' not in stage.ask(stage.users).resources


def test_the_version_tells_of_another_access(stage: Any) -> None:
    """A group's new grant changes what its members may do, and nothing else of them."""
    world: World = stage.world
    ann = world.add_member("Ann")
    group = world.add_group("Devs", members=[ann])
    text = f'id eq "{ann.uuid.strip("{}")}"'
    shown = f"{ACCESS},meta"
    (before,) = stage.resources(stage.users, text, attributes=shown)
    world.grant(group, next(iter(world.repositories.values())), "admin")
    stage.clock.pass_time(minutes=10)

    (after,) = stage.resources(stage.users, text, attributes=shown)

    assert after["meta"]["version"] != before["meta"]["version"]
