"""Rendered resources keep their history: what is new, what changed, what went and came back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from gateway.mirror.documents import version_of
from gateway.mirror.mirror import Mirror
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.reference import relative
from gateway.scim.schema import Registry, ResourceType

BASE_URL = "https://scim.example/v2"
FIRST = "2026-11-23T22:15:00.000000Z"
SECOND = "2026-11-24T22:15:00.000000Z"


def resource(resource_id: str, **members: Any) -> dict[str, Any]:
    """Return a user as the directory renders it."""
    return {
        "id": resource_id,
        **members,
        "meta": {"resourceType": "User", "location": relative(f"/Users/{resource_id}")},
    }


@pytest.fixture
def user(registry: Registry) -> ResourceType:
    """The resource type."""
    return registry.user


@pytest.fixture
def next_day(now: datetime) -> datetime:
    """A day later."""
    return now + timedelta(days=1)


def test_a_resource_is_completed_with_its_history(
    mirror: Mirror, user: ResourceType, now: datetime
) -> None:
    """And its references are absolute."""
    ann = resource("a", userName="Ann", groups=[{"$ref": relative("/Groups/g")}])
    _save_all(mirror, user, [ann], now)
    assert _read(mirror, user) == [
        {
            "id": "a",
            "userName": "Ann",
            "groups": [{"$ref": f"{BASE_URL}/Groups/g"}],
            "meta": {
                "resourceType": "User",
                "location": f"{BASE_URL}/Users/a",
                "created": FIRST,
                "lastModified": FIRST,
                "version": version_of(ann),
            },
        }
    ]


@pytest.mark.rule("7644-3.14-entity-tags")
def test_the_version_is_a_weak_entity_tag_of_the_content() -> None:
    """The order of members is nothing, that of values is something."""
    version = version_of({"a": 1, "b": [1, 2]})
    assert version == version_of({"b": [1, 2], "a": 1})
    assert version != version_of({"b": [2, 1], "a": 1})
    assert version.startswith('W/"')
    assert version.endswith('"')
    assert len(version) == len('W/""') + 32


def test_a_document_is_handed_out_with_its_version(
    mirror: Mirror, user: ResourceType, now: datetime
) -> None:
    """The same as in its meta."""
    _save_all(mirror, user, [resource("a")], now)
    with mirror.reading() as tx:
        document = tx.resources(user).get("a", projection=Projection(user), base_url=BASE_URL)
    assert document is not None
    assert document.version == orjson.loads(document.json)["meta"]["version"]


def test_the_same_content_keeps_its_last_modification(
    mirror: Mirror, user: ResourceType, now: datetime, next_day: datetime
) -> None:
    """However often it is rendered."""
    for moment in (now, next_day):
        _save_all(mirror, user, [resource("a", userName="ann")], moment)
    assert _meta(mirror, user, "a") == {"created": FIRST, "lastModified": FIRST}


def test_another_content_is_a_modification(
    mirror: Mirror, user: ResourceType, now: datetime, next_day: datetime
) -> None:
    """The creation stays."""
    _save_all(mirror, user, [resource("a", userName="ann"), resource("b")], now)
    _save_all(mirror, user, [resource("a", userName="Ann"), resource("b")], next_day)
    assert _meta(mirror, user, "a") == {"created": FIRST, "lastModified": SECOND}
    assert _meta(mirror, user, "b") == {"created": FIRST, "lastModified": FIRST}
    assert _read(mirror, user)[0]["userName"] == "Ann"


def test_a_resource_that_is_not_in_the_set_is_gone(
    mirror: Mirror, user: ResourceType, now: datetime
) -> None:
    """From lists and by its id."""
    _save_all(mirror, user, [resource("a"), resource("b")], now)
    _save_all(mirror, user, [resource("b")], now)
    assert [found["id"] for found in _read(mirror, user)] == ["b"]
    with mirror.reading() as tx:
        assert tx.resources(user).get("a", projection=Projection(user), base_url=BASE_URL) is None


def test_a_resource_that_is_back_has_its_old_creation_and_place(
    mirror: Mirror, user: ResourceType, now: datetime, next_day: datetime
) -> None:
    """Who asks for modifications learns of its return."""
    both = [resource("a"), resource("b")]
    for moment, resources in ((now, both), (now, both[1:]), (next_day, both)):
        _save_all(mirror, user, resources, moment)
    assert [found["id"] for found in _read(mirror, user)] == ["a", "b"]
    assert _meta(mirror, user, "a") == {"created": FIRST, "lastModified": SECOND}


def test_some_can_be_saved_alone(
    mirror: Mirror, user: ResourceType, now: datetime, next_day: datetime
) -> None:
    """The others are as they were."""
    _save_all(mirror, user, [resource("a", nickName="x"), resource("b")], now)
    with mirror.writing() as tx:
        changed = [resource("a", nickName="y"), resource("c")]
        tx.documents(user).save_some(["a", "c", "d"], changed, now=next_day)
    assert [found["id"] for found in _read(mirror, user)] == ["a", "b", "c"]
    assert _meta(mirror, user, "a") == {"created": FIRST, "lastModified": SECOND}
    assert _meta(mirror, user, "b") == {"created": FIRST, "lastModified": FIRST}


def test_of_some_those_that_are_missing_are_gone(
    mirror: Mirror, user: ResourceType, now: datetime
) -> None:
    """They were asked for, and are not there."""
    _save_all(mirror, user, [resource("a"), resource("b")], now)
    with mirror.writing() as tx:
        tx.documents(user).save_some(["a"], [], now=now)
    assert [found["id"] for found in _read(mirror, user)] == ["b"]


def test_a_later_change_is_modified_later(
    mirror: Mirror, user: ResourceType, now: datetime, next_day: datetime
) -> None:
    """Even in the same microsecond, or where the clock went back."""
    _save_all(mirror, user, [resource("a")], next_day)
    for number, moment in enumerate((next_day, now)):
        _save_all(mirror, user, [resource("a", nickName=str(number))], moment)
    assert _meta(mirror, user, "a")["lastModified"] == SECOND.replace("000Z", "002Z")


@pytest.mark.rule("7644-3.9-spared")
def test_members_that_are_not_shown_are_not_read(
    mirror: Mirror, registry: Registry, now: datetime
) -> None:
    """The document of a group comes without them; all else of it is the same."""
    group = registry.group
    members = [{"value": f"u{number}", "display": "é"} for number in range(50)]
    empty = {
        "id": "b",
        "displayName": "B",
        "meta": {"resourceType": "Group", "location": relative("/Groups/b")},
    }
    full = {**empty, "id": "a", "displayName": "Ä", "members": members}
    _save_all(mirror, group, [full, empty], now)
    without = bind_projection(None, "members", resource_type=group)
    query = Query(None, None, IndexPage(), Projection(group), BASE_URL)
    with mirror.reading() as tx:
        _, whole = tx.resources(group).find(query)
        _, lean = tx.resources(group).find(replace(query, projection=without))
        one = tx.resources(group).get("a", projection=without, base_url=BASE_URL)
    assert one == lean[0]
    for all_of_it, part in zip(whole, lean, strict=True):
        expected = orjson.loads(all_of_it.json)
        expected.pop("members", None)
        assert orjson.loads(part.json) == expected
        assert part.version == all_of_it.version


def test_the_columns_follow_the_content(
    mirror: Mirror, user: ResourceType, engine: Engine, now: datetime
) -> None:
    """Values that are no longer there leave nothing behind."""
    addresses = [{"value": "A@x.org", "primary": True}, {"value": "b@x.org"}]
    for emails in (addresses, addresses[1:]):
        _save_all(mirror, user, [resource("a", emails=emails)], now)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT position, value, is_primary FROM user_values"))
        assert rows.all() == [(0, "b@x.org", None)]


def test_what_has_not_changed_is_not_written(
    mirror: Mirror, user: ResourceType, engine: Engine, now: datetime, next_day: datetime
) -> None:
    """A trace left in the database behind the mirror's back is still there."""
    _save_all(mirror, user, [resource("a"), resource("b")], now)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET nick_name = 'a trace'"))
    _save_all(mirror, user, [resource("a"), resource("b", nickName="new")], next_day)
    with engine.connect() as connection:
        traces = connection.execute(text("SELECT nick_name FROM users ORDER BY key"))
        assert traces.scalars().all() == ["a trace", "new"]


def test_a_new_form_of_the_columns_is_written_without_a_modification(
    mirror: Mirror, user: ResourceType, engine: Engine, now: datetime, next_day: datetime
) -> None:
    """A release that writes columns otherwise finds what it asks for after one refresh."""
    _save_all(mirror, user, [resource("a", nickName="new")], now)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET nick_name = NULL, form = 'an older one'"))
    _save_all(mirror, user, [resource("a", nickName="new")], next_day)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT nick_name FROM users")) == "new"
    assert _meta(mirror, user, "a") == {"created": FIRST, "lastModified": FIRST}


def test_types_and_integrations_share_nothing(
    engine: Engine, registry: Registry, now: datetime
) -> None:
    """The same id may be in each."""
    acme, other = Mirror(engine, integration="acme"), Mirror(engine, integration="other")
    for mirror in (acme, other):
        _save_all(mirror, registry.user, [resource("a")], now)
        _save_all(mirror, registry.group, [resource("a")], now)
    _save_all(acme, registry.user, [], now)
    assert _read(acme, registry.user) == []
    assert len(_read(acme, registry.group)) == 1
    assert len(_read(other, registry.user)) == 1
    with acme.reading() as tx:
        assert (
            tx.resources(registry.user).get(
                "a", projection=Projection(registry.user), base_url=BASE_URL
            )
            is None
        )


def _save_all(
    mirror: Mirror, resource_type: ResourceType, resources: list[dict[str, Any]], now: datetime
) -> None:
    with mirror.writing() as tx:
        tx.documents(resource_type).save_all(resources, now=now)


def _read(mirror: Mirror, resource_type: ResourceType) -> list[dict[str, Any]]:
    query = Query(None, None, IndexPage(), Projection(resource_type), BASE_URL)
    with mirror.reading() as tx:
        _, found = tx.resources(resource_type).find(query)
    return [orjson.loads(document.json) for document in found]


def _meta(mirror: Mirror, resource_type: ResourceType, resource_id: str) -> Mapping[str, Any]:
    found = {r["id"]: r["meta"] for r in _read(mirror, resource_type)}[resource_id]
    return {name: found[name] for name in ("created", "lastModified")}
