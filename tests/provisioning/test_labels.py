"""What entitlements are called: a client's own word stays, and ours is never taken for one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.directory.candidates import Candidates
from gateway.directory.confirmation import confirm
from gateway.directory.synchronization import Synchronization
from gateway.sandbox import Behaviour, create_app, generate, serving
from tests.provisioning.office import GROUP_EXTENSION, Office, opened
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import WRITE, read_all
from tests.provisioning.test_users import granting, shown

WORDS = [
    "Writers",
    "Docs team: write",
    "acme/api-core",
    "acme/api-core: write access",
    "acme/api/core: write",
    "API: write",
    ": write",
]
OURS = [
    "acme/api-core: write (inferred)",
    "acme/api-core: write",
    "acme/of-old: write",
    "of-old/api-core: write (inferred)",
    # Read before the permission was changed, by whoever sends it with another value.
    "acme/api-core: read",
]


def put_back(office: Office, user_id: str, read: dict[str, Any]) -> None:
    """Replace a user by what was read of it, as Okta updates users."""
    office.users.replace(user_id, read, office.write(office.registry.user))


def displays(resource: dict[str, Any]) -> list[str]:
    """Return what the entitlements of a user, or of a group's extension, are called."""
    return [each["display"] for each in resource.get("entitlements", ())]


def called_inferred(user: dict[str, Any]) -> list[str]:
    """Return what those of a user's entitlements are called that say that they are inferred."""
    return [each for each in displays(user) if each.endswith(" (inferred)")]


def no_wait(_: float) -> bool:
    """Wait no time at all."""
    return True


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Office]:
    """A workspace of more repositories than are asked one by one."""
    world = generate(users=12, groups=4, projects=3, repositories=130)
    with (
        serving(create_app(world, behaviour=Behaviour(hourly_limit=None))) as bitbucket,
        opened(bitbucket, f"sqlite:///{tmp_path / 'many.sqlite3'}") as made,
    ):
        yield made


def test_what_was_confirmed_does_not_go_on_to_be_called_inferred(many: Office) -> None:
    """Though a client had read it before, and sends back all that it read."""
    read_all(many)
    with many.mirror.reading() as snapshot:
        users = list(snapshot.facts.member_uuids())
    everybody = (shown(many, uuid) for uuid in users)
    read = next(user for user in everybody if user["active"] and called_inferred(user))
    synchronization = Synchronization(many.provisioner.refresher, Candidates(), no_wait)
    confirm(synchronization, until=lambda: False)

    put_back(many, read["id"], read)

    assert not called_inferred(shown(many, read["id"]))


def test_a_renamed_repository_is_called_by_its_new_name(office: Office) -> None:
    """Of a user and of a group, whoever sends back what was read by the old one."""
    ann, group_id = uuid_of(office, "Ann"), office.group_id("Testers")
    path = f"{GROUP_EXTENSION}:entitlements"
    office.patch_user(ann, granting(WRITE))
    office.patch_group(group_id, granting(WRITE) | {"path": path})
    repository = office.world.repository("api-core")
    assert repository is not None
    with office.mirror.reading() as snapshot:
        group = office.provisioner.renderer.group(snapshot, group_id, is_plain=False)
    assert group is not None
    user = shown(office, ann)
    office.world.change_repository(repository, slug="heart")
    read_all(office)

    put_back(office, ann, user)
    office.groups.replace(group_id, group, office.write(office.registry.group))

    assert displays(shown(office, ann)) == ["acme/heart: write"]
    with office.mirror.reading() as snapshot:
        group = office.provisioner.renderer.group(snapshot, group_id, is_plain=False)
    assert group is not None
    assert displays(group[GROUP_EXTENSION]) == ["acme/heart: write"]


@pytest.mark.parametrize("display", OURS)
def test_what_we_call_an_entitlement_is_nobody_s_own_word(office: Office, display: str) -> None:
    """Under whatever name its place was known, confirmed or not."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    path = f'entitlements[value eq "{WRITE}"].display'
    office.patch_user(ann, {"op": "replace", "path": path, "value": display})
    assert displays(shown(office, ann)) == ["acme/api-core: write"]


@pytest.mark.parametrize("display", WORDS)
def test_what_a_client_calls_an_entitlement_stays(office: Office, display: str) -> None:
    """Through every update that sends it back, and whatever its place is called."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    path = f'entitlements[value eq "{WRITE}"].display'
    office.patch_user(ann, {"op": "replace", "path": path, "value": display})
    put_back(office, ann, shown(office, ann))
    assert displays(shown(office, ann)) == [display]


def test_what_an_earlier_release_took_for_a_client_s_word_is_not_shown(office: Office) -> None:
    """It stays in the database; what else was said of the same entitlement is shown."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE, "project:WEB:read"))
    held = {each["display"]: each["value"] for each in shown(office, ann)["entitlements"]}
    called = {
        held["acme/api-core: write"]: {"display": "acme/core: write (inferred)", "primary": True},
        held["WEB: read"]: {"display": "SITE: read"},
    }
    with office.mirror.writing() as writing:
        writing.overlays.put("User", ann, {"entitlements": called})

    read = shown(office, ann)
    assert sorted(displays(read)) == ["WEB: read", "acme/api-core: write"]
    assert [each["display"] for each in read["entitlements"] if each.get("primary")] == [
        "acme/api-core: write"
    ]
