"""Grants that were made elsewhere a moment ago."""

import pytest

from gateway.planner.needs import EVERYTHING
from gateway.provisioning import transition
from gateway.scim.freshness import FreshnessWanted
from tests.provisioning.office import Office, resource
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import WRITE, account_of, grants_of, groups_of
from tests.provisioning.test_users import granting, shown


def read_everything(office: Office) -> None:
    """Read everything: from now on it is known, and young."""
    office.provisioner.refresher.ensure(EVERYTHING, FreshnessWanted(no_cache=True))


@pytest.mark.parametrize("way", ["put", "replace", "remove"])
@pytest.mark.parametrize("on", ["repository", "project"])
def test_what_is_all_that_is_wanted_leaves_nothing_that_was_granted_since(
    office: Office, way: str, on: str
) -> None:
    """Though the lists that were read before say nothing of it."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    read_everything(office)
    docs, project = office.world.repository("web-docs"), office.world.project("WEB")
    assert docs is not None
    assert project is not None
    office.world.grant(account, docs if on == "repository" else project, "admin")
    wanted = [{"value": WRITE}]
    match way:
        case "put":
            body = {"userName": "ann@acme.example", "entitlements": wanted}
            office.users.replace(ann, body, office.write(office.registry.user))
        case "replace":
            office.patch_user(ann, {"op": "replace", "path": "entitlements", "value": wanted})
        case _:
            office.patch_user(ann, {"op": "remove", "path": "entitlements"})
            wanted = []
    assert grants_of(office, account) == ["write"] * len(wanted)
    assert len(shown(office, ann).get("entitlements", [])) == len(wanted)


def test_what_is_taken_by_its_type_is_taken_though_it_was_granted_since(office: Office) -> None:
    """That too is about whatever there is."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    read_everything(office)
    docs = office.world.repository("web-docs")
    assert docs is not None
    office.world.grant(account, docs, "admin")
    office.patch_user(ann, {"op": "remove", "path": 'entitlements[type eq "repository"]'})
    assert grants_of(office, account) == []


def test_what_groups_give_betrays_nothing(office: Office) -> None:
    """One call tells that there is nothing to look for."""
    ann = uuid_of(office, "Ann")
    developers, project = office.world.group("developers"), office.world.project("API")
    assert developers is not None
    assert project is not None
    office.world.grant(developers, project, "write")
    read_everything(office)
    office.bitbucket.calls.reset()
    office.patch_user(ann, {"op": "remove", "path": "entitlements"})
    reads = [call.path.partition("?")[0] for call in office.bitbucket.calls.made]
    assert reads == ["/2.0/workspaces/acme/permissions/repositories"]


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_a_project_without_repositories_is_asked_who_is_granted_something(
    office: Office, how: str
) -> None:
    """No right on a repository would betray it, and one may be made there later."""
    project = office.world.add_project("NEW")
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    read_everything(office)
    office.world.grant(account, project, "create-repo")
    if how == "delete":
        office.users.delete(ann, office.write(office.registry.user))
    else:
        office.activate(ann, active=False)
    assert grants_of(office, account) == []


def test_where_too_many_are_empty_it_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deactivation goes on, and says what it rests on."""
    monkeypatch.setattr(transition, "MOST_EMPTY_PROJECTS", 1)
    for key in ("NEW", "OLD"):
        office.world.add_project(key)
    ann = uuid_of(office, "Ann")
    written = office.activate(ann, active=False)
    assert resource(written)["active"] is False
    assert written.notes == ("not read anew: grants on 2 projects without a repository",)
    assert groups_of(office, account_of(office, "Ann")) == []
