"""The values that schemas suggest for entitlements."""

from pathlib import Path

from gateway.directory.entitlements import grantable
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs
from gateway.sandbox import create_app, generate, serving
from gateway.scim.freshness import AS_IT_COMES
from tests.directory.conftest import Stage, staged
from tests.end_to_end.worlds import bare

PLACES = Needs.whole(Collection.PROJECTS, Collection.REPOSITORIES)


def test_every_permission_on_some_repositories_is_suggested(stage: Stage) -> None:
    """Of no other type, so that the one type that is suggested goes with each of them."""
    assert grantable(stage.mirror) == []
    stage.refresher.ensure(PLACES, AS_IT_COMES)

    uuids = sorted(bare(each.uuid) for each in stage.world.repositories.values())
    values = [f"repository:{uuid}:{word}" for uuid in uuids for word in ("read", "write", "admin")]
    assert grantable(stage.mirror) == values
    assert grantable(stage.mirror, places=2) == values[:6]


def test_projects_stand_in_where_there_is_no_repository(tmp_path: Path) -> None:
    """With the permissions that they have."""
    world = generate(users=2, groups=1, projects=1, repositories=0)
    database = f"sqlite:///{tmp_path / 'mirror.sqlite3'}"
    with serving(create_app(world)) as bitbucket, staged(bitbucket, database) as stage:
        stage.refresher.ensure(PLACES, AS_IT_COMES)

        (project,) = world.projects.values()
        words = ("read", "write", "create-repo", "admin")
        assert grantable(stage.mirror) == [f"project:{bare(project.uuid)}:{w}" for w in words]
