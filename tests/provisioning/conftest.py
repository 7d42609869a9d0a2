"""An office in front of a small made-up workspace."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sandbox import Behaviour, World, create_app, serving
from tests.provisioning.office import Office, opened


def small_world() -> World:
    """Four people, an administrator, two groups, two projects with two repositories each."""
    world = World(slug="acme", name="Acme")
    world.add_member("Admin", role="owner", email="admin@acme.example")
    people = [
        world.add_member(name, email=f"{name.lower()}@acme.example")
        for name in ("Ann", "Bob", "Cat", "Dan")
    ]
    world.add_group("Developers", members=people[:2])
    world.add_group("Testers", members=people[1:3])
    for key in ("API", "WEB"):
        project = world.add_project(key)
        for name in ("Core", "Docs"):
            world.add_repository(f"{key} {name}", project=project)
    return world


@pytest.fixture
def behaviour() -> Behaviour:
    """How Bitbucket behaves; tests override it."""
    return Behaviour(hourly_limit=None)


@pytest.fixture
def office(tmp_path: Path, behaviour: Behaviour) -> Iterator[Office]:
    """Writers that know nothing yet."""
    with (
        serving(create_app(small_world(), behaviour=behaviour)) as bitbucket,
        opened(bitbucket, f"sqlite:///{tmp_path / 'mirror.sqlite3'}") as made,
    ):
        yield made
