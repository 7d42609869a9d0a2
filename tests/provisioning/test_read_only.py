"""A PATCH of what only Bitbucket changes."""

from dataclasses import replace

import pytest

from gateway.scim.errors import Mutability
from tests.provisioning.office import Office, resource
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import account_of, groups_of

NICKNAME = {"op": "replace", "path": "nickName", "value": "Annie"}
INACTIVE = {"op": "replace", "path": "active", "value": False}


@pytest.mark.rule("7644-3.5.2-read-only-profile")
def test_it_is_refused_unless_it_is_to_be_ignored(office: Office) -> None:
    """With all that is in the same request: it is said, and nothing is done by half."""
    ann = uuid_of(office, "Ann")
    with pytest.raises(Mutability):
        office.patch_user(ann, NICKNAME, INACTIVE)
    assert groups_of(office, account_of(office, "Ann")) == ["Developers"]

    office.users = replace(office.users, ignores_read_only=True)
    written = office.patch_user(ann, NICKNAME, INACTIVE)
    assert resource(written)["active"] is False
    assert resource(written)["nickName"] == "Ann"
    assert written.notes == ("passed over, as only Bitbucket changes it: nickName",)
    assert groups_of(office, account_of(office, "Ann")) == []


def test_what_is_the_same_is_nothing_to_be_told(office: Office) -> None:
    """Clients send back what they were told; that changes nothing."""
    office.users = replace(office.users, ignores_read_only=True)
    ann = uuid_of(office, "Ann")
    assert office.patch_user(ann, NICKNAME | {"value": "Ann"}).notes == ()


@pytest.mark.rule("7644-3.5.2-read-only-profile", "7643-4.1.2-roles-are-writable")
@pytest.mark.parametrize("path", ["groups", "roles"])
def test_access_is_never_ignored(office: Office, path: str) -> None:
    """Who takes a group away must not be told that it is gone."""
    office.users = replace(office.users, ignores_read_only=True)
    ann = uuid_of(office, "Ann")
    office.group_id("Developers")
    with pytest.raises(Mutability):
        office.patch_user(ann, {"op": "add", "path": path, "value": [{"value": "x"}]})
