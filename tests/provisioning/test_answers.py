"""What a change is answered with: as old as it is said to be, and what it lacks is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.directory.directory import Directory
from gateway.directory.users import USER_EXTENSION
from gateway.planner.collections import Collection
from gateway.planner.needs import Needs, OneAddress
from gateway.provisioning.groups import GroupWriter
from gateway.provisioning.users import UserWriter
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Written
from gateway.scim.patch.message import read_patch
from gateway.scim.projection import bind_projection
from tests.provisioning.office import BASE_URL, GROUP_EXTENSION, Office, resource
from tests.provisioning.test_groups import uuid_of

START = datetime.now(UTC)
ANEW = FreshnessWanted(no_cache=True)
LISTED = (f"{USER_EXTENSION}:addedOn", f"{USER_EXTENSION}:lastAccessed")
PEOPLE = (Collection.MEMBERS, Collection.ADDRESSES, Collection.GROUPS)
ACCESS = f"{USER_EXTENSION}:access"


def at(office: Office, seconds: int) -> None:
    """Let it be so many seconds after the start."""
    now = START + timedelta(seconds=seconds)
    refresher = replace(office.provisioner.refresher, now=lambda: now)
    office.provisioner = replace(office.provisioner, refresher=refresher)
    office.users, office.groups = UserWriter(office.provisioner), GroupWriter(office.provisioner)


def read(office: Office, *collections: Collection) -> None:
    """Read whole lists."""
    office.provisioner.refresher.ensure(Needs.whole(*collections), ANEW)


def noted(office: Office, user_id: str, attributes: str | None, text: str = "e1") -> Written:
    """Change what is kept here of a user, and ask for *attributes* of it."""
    user = office.registry.user
    projection = bind_projection(attributes, None, resource_type=user)
    operation = {"op": "replace", "path": "externalId", "value": text}
    patch = read_patch({"Operations": [operation]}, user)
    return office.users.patch(user_id, patch, replace(office.write(user), projection=projection))


@pytest.fixture
def ann(office: Office) -> str:
    """A member of a group, with a grant of its own, whose address nobody has asked for."""
    account = office.world.account_by_email("ann@acme.example")
    repository = office.world.repository("api-core")
    assert account is not None
    assert repository is not None
    office.world.grant(account, repository, "write")
    at(office, 0)
    return uuid_of(office, "Ann")


def test_what_was_never_read_is_named(office: Office, ann: str) -> None:
    """Groups would be missed most, and take one list: that is read. The rest is said to lack."""
    answer = noted(office, ann, None)
    assert [group["display"] for group in resource(answer)["groups"]] == ["Developers"]
    assert answer.provenance.incomplete == ("emails", "entitlements", "roles")
    assert answer.provenance.ttl_seconds == 0
    assert office.bitbucket.calls.by_resource["GET /1.0/groups/{workspace}"] == 1
    noted(office, ann, None, "e2")
    assert office.bitbucket.calls.by_resource["GET /1.0/groups/{workspace}"] == 1


@pytest.mark.parametrize(
    ("attributes", "incomplete"),
    [
        ("displayName", ()),
        ("roles.value,displayName", ("roles",)),
        (ACCESS, (ACCESS,)),
        (USER_EXTENSION, (ACCESS, *LISTED)),
    ],
)
def test_only_what_is_shown_is_named(
    office: Office, ann: str, attributes: str, incomplete: tuple[str, ...]
) -> None:
    """As the parameter that asks for it names it."""
    assert noted(office, ann, attributes).provenance.incomplete == incomplete


def test_a_change_is_answered_though_its_groups_can_not_be_read(office: Office, ann: str) -> None:
    """It is done: what can't be shown of the user is named."""
    office.bitbucket.faults.plan("503", "/1.0/groups/acme", times=99)
    answer = noted(office, ann, None)
    office.bitbucket.faults.clear()
    assert "groups" not in resource(answer)
    assert answer.provenance.incomplete == ("emails", "entitlements", "groups", "roles")
    # What has failed is left alone for a while.
    at(office, 60)
    assert resource(noted(office, ann, None, "e2"))["groups"]


def test_of_a_group_its_entitlements_are_named(office: Office) -> None:
    """Its members come with the group."""
    answer = office.create_group(displayName="Made")
    assert answer.provenance.incomplete == (f"{GROUP_EXTENSION}:entitlements",)


def test_nothing_lacks_of_who_has_no_account(office: Office) -> None:
    """Who is invited has what was promised, and nothing else; who is deleted has no answer."""
    made = office.create_user(userName="zoe@acme.example")
    assert made.provenance.incomplete == ()
    gone = office.users.delete(made.resource_id, office.write(office.registry.user))
    assert gone.provenance.incomplete == ()


def test_an_answer_is_as_old_as_its_oldest_fact(office: Office, ann: str) -> None:
    """What was never read besides makes it no younger."""
    read(office, Collection.MEMBERS)
    at(office, 100)
    read(office, Collection.GROUPS)
    at(office, 150)

    whole, groups = noted(office, ann, None), noted(office, ann, "groups", "e2")
    assert (whole.provenance.age_seconds, groups.provenance.age_seconds) == (150, 150)
    assert whole.provenance.incomplete == ("emails", "entitlements")
    assert (groups.provenance.incomplete, groups.provenance.ttl_seconds) == ((), 150)


def test_who_reads_and_who_writes_are_told_the_same(office: Office, ann: str) -> None:
    """The resource, its version, and how old what it rests on is, whatever is shown of it."""
    needs = Needs(frozenset({OneAddress("ann@acme.example")}))
    office.provisioner.refresher.ensure(needs, ANEW)
    # The members last: most of what is shown rests on them.
    of_places = [each for each in Collection if each not in PEOPLE]
    for number, collection in enumerate((*of_places, Collection.GROUPS, Collection.MEMBERS), 1):
        at(office, 10 * number)
        read(office, collection)
    at(office, 200)
    user, ages = office.registry.user, set[int]()
    directory = Directory(user, office.mirror, office.provisioner.refresher)
    shown: list[Any] = [None, "displayName", "emails", "groups", "roles", "entitlements", ACCESS]
    for number, attributes in enumerate(shown):
        written = noted(office, ann, attributes, f"e{number}")
        projection = bind_projection(attributes, None, resource_type=user)
        found = directory.retrieve(ann, projection=projection, base_url=BASE_URL)
        assert written.document == found.document
        assert written.provenance == found.provenance
        ages.add(written.provenance.age_seconds)
    assert len(ages) > 3
