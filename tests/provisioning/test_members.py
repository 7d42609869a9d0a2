"""Members of a group, in the words of clients."""

import pytest

from tests.provisioning.office import GROUP_EXTENSION, Office, resource
from tests.provisioning.test_groups import members_of, uuid_of


@pytest.mark.parametrize("value", [[], {"members": []}])
def test_to_remove_an_empty_list_of_members_takes_nobody_out(office: Office, value: object) -> None:
    """A list of those who leave may be empty; without any list it is all who leave."""
    group_id = office.group_id("Developers")
    operation = {"op": "remove", "path": "members", "value": value}
    if isinstance(value, dict):
        path = f"{GROUP_EXTENSION}:entitlements"
        entitlement = [{"value": "repository:acme/api-core:write"}]
        office.patch_group(group_id, {"op": "add", "path": path, "value": entitlement})
        operation = {"op": "remove", "path": path, "value": []}
    answer = resource(office.patch_group(group_id, operation))
    assert len(answer["members"]) == 2
    assert (GROUP_EXTENSION in answer) == isinstance(value, dict)
    assert members_of(office, "developers") == ["Ann", "Bob"]
    office.patch_group(group_id, {"op": "remove", "path": "members"})
    assert members_of(office, "developers") == []


@pytest.mark.parametrize(
    "written",
    [
        'members[$ref eq "https://scim.example.com/scim/v2/Users/{}"]',
        'members[$ref eq "/Users/{}"]',
        'members[$ref eq "Users/{}"]',
        'members[value eq "{{{}}}"]',
        'members[value eq " {} "]',
    ],
)
def test_a_member_is_found_however_it_is_written(office: Office, written: str) -> None:
    """By the reference that the answer has, and by an id as Bitbucket writes it."""
    group_id = office.group_id("Developers")
    path = written.format(uuid_of(office, "Ann"))
    left = resource(office.patch_group(group_id, {"op": "remove", "path": path}))
    assert [member["value"] for member in left["members"]] == [uuid_of(office, "Bob")]
    assert members_of(office, "developers") == ["Bob"]


@pytest.mark.parametrize("written", ["{{{}}}", " {}", "{} ", "{{{}}} "])
def test_an_id_is_understood_as_bitbucket_writes_it(office: Office, written: str) -> None:
    """Or with blanks around it: who is meant is put in, and taken out."""
    group_id = office.group_id("Developers")
    value = [{"value": written.format(uuid_of(office, "Cat")).upper()}]
    for op, names in (("add", ["Ann", "Bob", "Cat"]), ("remove", ["Ann", "Bob"])):
        office.patch_group(group_id, {"op": op, "path": "members", "value": value})
        assert members_of(office, "developers") == names


def test_a_member_is_replaced_by_what_it_was_read_as(office: Office) -> None:
    """The reference of an answer is absolute, and an id may be in braces: it is the same."""
    group_id, ann = office.group_id("Developers"), uuid_of(office, "Ann")
    shown = resource(office.patch_group(group_id, {"op": "add", "path": "members", "value": []}))
    (read,) = (each for each in shown["members"] if each["value"] == ann)
    path = f'members[value eq "{ann}"]'
    for value in (read, {"value": f"{{{ann}}}"}):
        office.patch_group(group_id, {"op": "replace", "path": path, "value": value})
        assert members_of(office, "developers") == ["Ann", "Bob"]


@pytest.mark.parametrize(
    ("selector", "is_taken"),
    [
        ("value pr", True),
        ('value sw "{half}"', True),
        ('$ref ew "{ann}"', True),
        ('value eq "{ann}" and type eq "User"', True),
        ('value eq "{ann}" and type eq "Group"', False),
        ('not (value eq "{ann}")', False),
    ],
)
def test_who_is_held_back_leaves_by_the_filter_that_selects_them(
    office: Office, selector: str, *, is_taken: bool
) -> None:
    """As if they were in the group: active: true puts in whoever was not taken out."""
    group_id, ann = office.group_id("Developers"), uuid_of(office, "Ann")
    office.activate(ann, active=False)
    condition = selector.format(ann=ann, half=ann[:20])
    office.patch_group(group_id, {"op": "remove", "path": f"members[{condition}]"})
    office.activate(ann, active=True)
    assert ("Ann" in members_of(office, "developers")) is not is_taken


def test_who_is_held_back_leaves_by_null(office: Office) -> None:
    """A member that is replaced by nothing is taken out."""
    group_id, ann = office.group_id("Developers"), uuid_of(office, "Ann")
    office.activate(ann, active=False)
    operation = {"op": "replace", "path": f'members[value eq "{ann}"]', "value": None}
    office.patch_group(group_id, operation)
    office.activate(ann, active=True)
    assert members_of(office, "developers") == ["Bob"]
