"""Pages of resources, as documents and in a row."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from gateway.mirror.mirror import Mirror
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection, bind_projection
from gateway.scim.reference import relative
from gateway.scim.schema import Registry, ResourceType

BASE_URL = "https://scim.example/v2"
BEGAN = "2026-11-23T08:00:00+00:00"
EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:Group"


@pytest.fixture
def group(registry: Registry) -> ResourceType:
    """The type of most resources here: its documents have a long list."""
    return registry.group


def save(mirror: Mirror, group: ResourceType, numbers: Iterable[int], now: datetime) -> None:
    """Make the groups of those *numbers* all that there are."""
    with mirror.writing() as tx:
        tx.documents(group).save_all([_group(number) for number in numbers], now=now)


def names(mirror: Mirror, query: Query) -> tuple[int, list[str]]:
    """Return the total, and the names on the page: the same both ways."""
    with mirror.reading() as tx:
        selection = tx.resources(query.projection.resource_type)
        total, documents = selection.find(query)
        joined = selection.find_joined(query)
    found = [orjson.loads(document.json) for document in documents]
    if joined is not None:
        assert (joined.total, joined.count) == (total, len(found))
        assert orjson.loads(b"[" + joined.resources + b"]") == found
    return total, [each["displayName"] for each in found]


@pytest.mark.parametrize("excluded", [None, "members"])
@pytest.mark.parametrize("text", [None, 'displayName co "group"', 'displayName sw "group 1"'])
@pytest.mark.parametrize("page", [IndexPage(1, 5), IndexPage(4, 3), IndexPage(12, 9), IndexPage()])
def test_a_page_in_a_row_holds_its_documents(
    *,
    mirror: Mirror,
    group: ResourceType,
    now: datetime,
    page: IndexPage,
    text: str | None,
    excluded: str | None,
) -> None:
    """Each as it is kept, without its long list where that is not shown, in the order of pages."""
    save(mirror, group, range(13), now)
    shown = bind_projection(None, excluded, resource_type=group)
    node = None if text is None else bind_filter(text, group)
    query = Query(node, None, page, shown, BASE_URL)

    total, found = names(mirror, query)

    numbers = [n for n in range(13) if text is None or "1" not in text or str(n).startswith("1")]
    assert total == len(numbers)
    assert found == [f"Group {n}" for n in numbers][page.start_index - 1 :][: page.count]
    with mirror.reading() as tx:
        assert tx.resources(group).find_joined(query) is not None


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('members.value eq "u"', [1, 2, 4, 5, 7, 8]),
        ('members[value eq "u" and value pr]', [1, 2, 4, 5, 7, 8]),
        (f"{EXTENSION}:autoAdd eq true", [1, 3, 5, 7]),
        (f"members pr and {EXTENSION}:autoAdd eq false", [2, 4, 8]),
        (f'meta.lastModified eq "{BEGAN}" and meta.resourceType eq "Group"', [*range(9)]),
        ('displayName eq "GROUP 3"', [3]),
        (f'meta.location eq "{BASE_URL}/Groups/4"', [4]),
        ('displayName eq "nobody"', []),
    ],
)
def test_a_page_of_what_is_equal_is_in_order(
    mirror: Mirror, group: ResourceType, text: str, numbers: list[int]
) -> None:
    """By one statement for each form: text, truth and instants, in resources and in lists."""
    save(mirror, group, range(9), datetime.fromisoformat(BEGAN))
    node = bind_filter(text, group)

    for page in (IndexPage(1, 2), IndexPage(2, 3), IndexPage(9, 5), IndexPage(1, 0), IndexPage()):
        total, found = names(mirror, Query(node, None, page, Projection(group), BASE_URL))
        assert total == len(numbers)
        assert found == [f"Group {n}" for n in numbers][page.start_index - 1 :][: page.count]


def test_what_is_shown_in_part_is_not_put_in_a_row(
    mirror: Mirror, group: ResourceType, now: datetime
) -> None:
    """Its documents are pruned one by one."""
    save(mirror, group, range(3), now)
    shown = bind_projection("displayName", None, resource_type=group)
    with mirror.reading() as tx:
        query = Query(None, None, IndexPage(), shown, BASE_URL)
        assert tx.resources(group).find_joined(query) is None


def test_pages_follow_every_change(mirror: Mirror, group: ResourceType, now: datetime) -> None:
    """What is kept of one state is not taken for the next: by whoever it was changed."""
    query = Query(None, None, IndexPage(2, 2), Projection(group), BASE_URL)
    save(mirror, group, range(5), now)
    assert names(mirror, query) == (5, ["Group 1", "Group 2"])

    save(mirror, group, (0, 2, 3, 4), now)
    assert names(mirror, query) == (4, ["Group 2", "Group 3"])

    save(mirror, group, range(5), now)
    assert names(mirror, query) == (5, ["Group 1", "Group 2"])


@pytest.mark.parametrize("text", [None, 'displayName sw "group"', "displayName pr"])
def test_a_page_has_another_fingerprint_when_it_is_another(
    mirror: Mirror, group: ResourceType, now: datetime, text: str | None
) -> None:
    """Also where one went and came back as it was: it was modified, then."""
    node = None if text is None else bind_filter(text, group)
    query = Query(node, None, IndexPage(1, 4), Projection(group), BASE_URL)

    def told() -> tuple[bytes, bytes]:
        with mirror.reading() as tx:
            page = tx.resources(group).find_joined(query)
        assert page is not None
        return page.fingerprint, page.resources

    seen = []
    for numbers in (range(3), range(3), range(5), (0, 2, 3), range(3), range(3)):
        save(mirror, group, numbers, now)
        seen.append(told())
    assert [seen[0] == seen[1], seen[4] == seen[5]] == [True, True]
    assert len(set(seen)) == len({fingerprint for fingerprint, _ in seen})
    assert len({resources for _, resources in seen}) == 4
    assert all(len(fingerprint) < len(resources) for fingerprint, resources in seen)


def test_an_older_state_is_still_seen_whole(
    mirror: Mirror, group: ResourceType, now: datetime
) -> None:
    """A transaction that began before a change pages through what there was."""
    query = Query(None, None, IndexPage(1, 3), Projection(group), BASE_URL)
    save(mirror, group, range(4), now)
    with mirror.reading() as tx:
        before = tx.resources(group).find(query)
        save(mirror, group, (3,), now)
        assert names(mirror, query) == (1, ["Group 3"])
        assert tx.resources(group).find(query) == before


def test_pages_hold_what_is_of_their_own_workspace(
    engine: Engine, mirror: Mirror, group: ResourceType, now: datetime
) -> None:
    """Though several share the tables, and the numbers of rows."""
    other = Mirror(engine, "other")
    for count in (2, 4, 6):
        save(mirror, group, range(count), now)
        save(other, group, range(100, 100 + count), now)
    query = Query(None, None, IndexPage(2, 3), Projection(group), BASE_URL)

    assert names(mirror, query) == (6, ["Group 1", "Group 2", "Group 3"])
    assert names(other, query) == (6, ["Group 101", "Group 102", "Group 103"])
    assert names(other, replace(query, page=IndexPage(7, 3))) == (6, [])
    assert names(other, replace(query, page=IndexPage(1, 0))) == (6, [])


def _group(number: int) -> dict[str, Any]:
    group: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group", EXTENSION],
        "id": str(number),
        "displayName": f"Group {number}",
        EXTENSION: {"autoAdd": bool(number % 2)},
        "meta": {"resourceType": "Group", "location": relative(f"/Groups/{number}")},
    }
    if number % 3:
        group["members"] = [{"value": "u", "$ref": relative("/Users/u"), "display": "É, \0"}]
    return group
