"""Entitlements in whatever spelling, and by whatever name clients call them."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.scim.errors import InvalidValue
from tests.provisioning.office import GROUP_EXTENSION, Office, resource
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import WRITE, account_of, grants_of
from tests.provisioning.test_users import granting, shown


def spellings(office: Office) -> list[str]:
    """Return what clients may call the permission to write."""
    repository = office.world.repository("api-core")
    assert repository is not None
    return [
        WRITE,
        WRITE.upper(),
        f"repository:{repository.uuid}:write",
        f"repository:{repository.uuid}:WRITE".upper(),
        f"repository:{repository.uuid.strip('{}')}:write",
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("way", ["selector", "list", "label"])
def test_an_entitlement_is_taken_by_any_spelling(office: Office, number: int, way: str) -> None:
    """And whatever it is called besides, which a client may have read long ago."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE, "project:WEB:read"))
    value = spellings(office)[number]
    path, removed = "entitlements", list[dict[str, Any]]()
    match way:
        case "selector":
            path = f'entitlements[value eq "{value}"]'
        case "list":
            removed = [{"value": value}]
        case _:
            removed = [{"value": value, "display": "acme/of-old: write", "primary": True}]
    operation = {"op": "remove", "path": path} | ({"value": removed} if removed else {})
    told = resource(office.patch_user(ann, operation))
    assert grants_of(office, account_of(office, "Ann")) == ["read"]
    assert len(told["entitlements"]) == 1


@pytest.mark.parametrize("way", ["post", "put", "patch"])
def test_what_a_client_calls_an_entitlement_comes_back(office: Office, way: str) -> None:
    """By the name of the place as well as by its UUID."""
    labelled = [{"value": WRITE, "display": "Writer", "primary": True}]
    write = office.write(office.registry.user)
    ann = uuid_of(office, "Ann")
    match way:
        case "post":
            office.provisioner.protection.is_on = False
            office.users.delete(ann, write)
            told = office.create_user(userName="ann@acme.example", entitlements=labelled)
        case "put":
            body = {"userName": "ann@acme.example", "entitlements": labelled}
            told = office.users.replace(ann, body, write)
        case _:
            told = office.patch_user(
                ann, {"op": "replace", "path": "entitlements", "value": labelled}
            )
    (held,) = resource(told)["entitlements"]
    assert (held["display"], held["primary"]) == ("Writer", True)
    path = f'entitlements[value eq "{WRITE}"].display'
    office.patch_user(resource(told)["id"], {"op": "replace", "path": path, "value": "Author"})
    (held,) = shown(office, resource(told)["id"])["entitlements"]
    assert held["display"] == "Author"


@pytest.mark.parametrize("number", range(5))
def test_a_group_s_entitlement_is_taken_by_any_spelling(office: Office, number: int) -> None:
    """In its extension as in the core of a user."""
    group_id = office.group_id("Developers")
    path = f"{GROUP_EXTENSION}:entitlements"
    labelled = {"value": WRITE, "display": "Writers"}
    told = resource(office.patch_group(group_id, {"op": "add", "path": path, "value": [labelled]}))
    assert told[GROUP_EXTENSION]["entitlements"][0]["display"] == "Writers"
    value = spellings(office)[number]
    operation: dict[str, Any] = {"op": "remove", "path": f'{path}[value eq "{value}"]'}
    told = resource(office.patch_group(group_id, operation))
    assert "entitlements" not in told.get(GROUP_EXTENSION, {})
    group = office.world.group("developers")
    assert group is not None
    assert not list(office.world.grants(subject=group))


@pytest.mark.parametrize("way", ["put", "patch", "group"])
def test_an_entitlement_of_another_type_than_its_value_is_refused(office: Office, way: str) -> None:
    """It would hide the grant from who asks for all on repositories; the same is passed over."""
    ann, group_id = uuid_of(office, "Ann"), office.group_id("Developers")

    def say(kind: str) -> None:
        called = [{"value": WRITE, "display": "Root", "type": kind}]
        if way == "put":
            body = {"userName": "ann@acme.example", "entitlements": called}
            office.users.replace(ann, body, office.write(office.registry.user))
        elif way == "patch":
            office.patch_user(ann, {"op": "add", "path": "entitlements", "value": called})
        else:
            path = f"{GROUP_EXTENSION}:entitlements"
            office.patch_group(group_id, {"op": "add", "path": path, "value": called})

    with pytest.raises(InvalidValue, match="is of the type repository, not project"):
        say("project")
    assert not grants_of(office, account_of(office, "Ann"))
    say("Repository")
    if way != "group":
        path = f'entitlements[value eq "{WRITE}"].type'
        office.patch_user(ann, {"op": "replace", "path": path, "value": "project"})
        (held,) = shown(office, ann)["entitlements"]
        assert (held["display"], held["type"]) == ("Root", "repository")


@pytest.mark.parametrize(
    "called",
    [
        {"path": "entitlements.type", "value": "x"},
        {"path": "entitlements.type", "value": None},
        {"path": 'entitlements[type eq "repository"]', "value": {"type": None}},
        {"path": 'entitlements[type eq "repository"]', "value": {"type": "x"}},
        {"path": "entitlements", "value": [{"value": WRITE, "display": "Mine"}], "op": "add"},
    ],
)
def test_no_word_of_a_type_keeps_what_it_is_on_from_a_filter(
    office: Office, called: dict[str, Any]
) -> None:
    """What is taken by its type is taken, whatever the same request calls it."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    removal = {"op": "remove", "path": 'entitlements[type eq "repository"]'}
    office.patch_user(ann, {"op": "replace"} | called, removal)
    assert not grants_of(office, account_of(office, "Ann"))


def test_a_type_that_was_kept_once_is_not_told(office: Office) -> None:
    """Earlier releases kept what a client sent, and such a word stays in the database."""
    ann = uuid_of(office, "Ann")
    office.patch_user(ann, granting(WRITE))
    (held,) = shown(office, ann)["entitlements"]
    called = {"entitlements": {held["value"]: {"display": "Root", "type": "project"}}}
    with office.mirror.writing() as writing:
        writing.overlays.put("User", ann, called)

    assert shown(office, ann)["entitlements"] == [held | {"display": "Root"}]


@pytest.mark.parametrize("way", ["post", "put", "patch", "post group", "put group", "patch group"])
def test_too_many_entitlements_are_refused_before_any_is_read(office: Office, way: str) -> None:
    """Each takes a look-up, and a call to be granted."""
    many = [{"value": f"repository:acme/{number}:read"} for number in range(3001)]
    write = office.write(office.registry.user)
    ann, group = uuid_of(office, "Ann"), office.group_id("Testers")
    add = {"op": "add", "path": "entitlements", "value": many}
    in_group = {"displayName": "Testers", GROUP_EXTENSION: {"entitlements": many}}
    ways: dict[str, Callable[[], object]] = {
        "post": lambda: office.create_user(userName="eve@acme.example", entitlements=many),
        "put": lambda: office.users.replace(
            ann, {"userName": "ann@acme.example", "entitlements": many}, write
        ),
        "patch": lambda: office.patch_user(ann, add),
        "post group": lambda: office.groups.create({**in_group, "displayName": "New"}, write),
        "put group": lambda: office.groups.replace(group, in_group, write),
        "patch group": lambda: office.patch_group(
            group, add | {"path": f"{GROUP_EXTENSION}:entitlements"}
        ),
    }
    with pytest.raises(InvalidValue, match="There are 3001 entitlements; send at most 3000"):
        ways[way]()
