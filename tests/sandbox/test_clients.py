"""Clients that others wrote for Bitbucket read the simulation, unchanged."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import DEMO, Group, Serving, World

CLIENTS = Path(__file__).parent.parent / "clients"
NODE = shutil.which("node")


@pytest.fixture
def workspace(served_generated: Serving) -> Iterator[Any]:
    """The generated workspace as ``atlassian-python-api`` shows it."""
    # Imported by name, because the package is neither typed nor untyped enough for mypy.
    bitbucket = import_module("atlassian.bitbucket")
    credential = DEMO.api_token
    client = bitbucket.Cloud(
        served_generated.url, username=credential.email, password=credential.token
    )
    with client.session:
        yield client.workspaces.get("acme")


def true_grants(world: World) -> set[tuple[str, str, str]]:
    """Every grant of the truth; a group by its slug, as Bitbucket shows it."""
    return {
        (
            grant.subject.slug if isinstance(grant.subject, Group) else grant.subject.uuid,
            grant.target.uuid,
            grant.permission.value,
        )
        for grant in world.grants()
    }


def true_rights(world: World) -> set[tuple[str, str, str]]:
    """Every effective right of the truth."""
    return {
        (person.uuid, repository.uuid, held.value)
        for person, _ in world.members()
        for repository in world.repositories.values()
        if (held := world.effective_permission(person, repository))
    }


def test_atlassian_python_api_reads_people(workspace: Any, generated: World) -> None:
    """It goes to the members by a link, and to their roles by numbers of pages."""
    assert workspace.uuid == generated.uuid
    assert [m.user["uuid"] for m in workspace.members.each()] == list(generated.memberships)
    roles = [
        (m.get_data("user")["uuid"], m.get_data("permission")) for m in workspace.permissions.each()
    ]
    assert roles == [(account.uuid, role.value) for account, role in generated.members()]


def test_atlassian_python_api_reads_repositories(workspace: Any, generated: World) -> None:
    """Through the workspace and through its projects, each by links."""
    slugs = [repository.slug for repository in workspace.repositories.each()]
    assert slugs == [repository.slug for repository in generated.repositories.values()]
    by_project = {
        project.key: {repository.uuid for repository in project.repositories.each()}
        for project in workspace.projects.each()
    }
    assert by_project == {
        project.key: {
            repository.uuid
            for repository in generated.repositories.values()
            if repository.project_uuid == project.uuid
        }
        for project in generated.projects.values()
    }


def test_atlassian_python_api_reads_permissions(workspace: Any, generated: World) -> None:
    """Effective ones of the workspace, explicit ones of groups on each repository."""
    effective = {
        (found.user["uuid"], found.repository["uuid"], found.get_data("permission"))
        for found in workspace.permissions.repositories(pagelen=100)
    }
    assert effective == true_rights(generated)
    explicit = {
        (found.group["slug"], repository.uuid, found.permission)
        for repository in workspace.repositories.each()
        for found in repository.group_permissions.each()
    }
    assert explicit == {
        grant
        for grant in true_grants(generated)
        if not grant[0].startswith("{") and grant[1] in generated.repositories
    }


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(
    not (CLIENTS / "node_modules" / "bitbucket").is_dir(),
    reason="the client is not installed: npm ci --prefix tests/clients",
)
def test_the_npm_package_bitbucket_reads_everything(
    served_generated: Serving, generated: World
) -> None:
    """Members, roles, projects, repositories, effective rights and every grant."""
    assert NODE
    credential = DEMO.api_token
    command = [NODE, str(CLIENTS / "read.js"), f"{served_generated.url}/2.0"]
    command += [credential.email, credential.token, "acme"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own script
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    admin = generated.account_by_email(credential.email)
    assert admin
    assert seen["workspace"] == generated.uuid
    assert seen["self"] == admin.uuid
    assert seen["members"] == list(generated.memberships)
    assert seen["roles"] == [[account.uuid, role.value] for account, role in generated.members()]
    assert seen["owners"] == [a.uuid for a, role in generated.members() if role.value == "owner"]
    assert seen["projects"] == [project.key for project in generated.projects.values()]
    assert seen["repositories"] == [r.slug for r in generated.repositories.values()]
    assert set(map(tuple, seen["effective"])) == true_rights(generated)
    assert set(map(tuple, seen["grants"])) == true_grants(generated)
