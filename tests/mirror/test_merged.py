"""Users and groups, sorted as one list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gateway.mirror.merged import Ranked
from gateway.mirror.mirror import Mirror
from gateway.scim.handler import RootQuery
from gateway.scim.messages import read_root_query
from gateway.scim.page import IndexPage
from gateway.scim.reference import relative
from gateway.scim.schema import Registry
from tests.mirror.test_selection import nested

USERS = ["delta", "Alpha", None, "echo", "same"]
GROUPS = ["bravo", "same", "charlie", None, "\U0001f600"]

Sorted = Callable[..., tuple[int, list[str]]]


def _resource(kind: str, number: int, name: str | None) -> dict[str, Any]:
    mark = f"{kind[0].lower()}{number}"
    resource: dict[str, Any] = {
        "schemas": [f"urn:ietf:params:scim:schemas:core:2.0:{kind}"],
        "id": mark,
        "meta": {"resourceType": kind, "location": relative(f"/{kind}s/{mark}")},
    }
    if name is not None:
        resource["displayName"] = name
    if kind == "User":
        resource |= {"userName": f"n{9 - number}", "active": number % 2 == 0}
    else:
        resource["members"] = [{"value": f"m{number}"}] if number else []
    return resource


@pytest.fixture
def listed(mirror: Mirror, registry: Registry, now: datetime) -> Sorted:
    """Put some users and groups in order: the total, and the ids on the page."""
    with mirror.writing() as tx:
        for resource_type, names in ((registry.user, USERS), (registry.group, GROUPS)):
            kind = resource_type.name
            made = [_resource(kind, number, name) for number, name in enumerate(names)]
            tx.documents(resource_type).save_all(made, now=now)

    def do(page: IndexPage | None = None, **parameters: str) -> tuple[int, list[str]]:
        query: RootQuery = read_root_query(
            {name: [value] for name, value in parameters.items()},
            registry.resource_types,
            base_url="https://x",
        )
        with mirror.reading() as tx:
            parts = [
                (tx.resources(resource_type), query.parts[resource_type.name])
                for resource_type in registry.resource_types
            ]
            merged = tx.merged(parts)
            total, found = merged.page(page or IndexPage())
            assert page is not None or list(found) == list(merged.all())
            return total, [_id(ranked, parts) for ranked in found]

    return do


def _id(ranked: Ranked, parts: Any) -> str:
    selection, query = parts[ranked.rank]
    version_and_json = selection.documents([ranked.key], query)[0]
    found: str = version_and_json.json.split(b'"id":"')[1].split(b'"')[0].decode()
    return found


IN_ORDER = ["u1", "g0", "g2", "u0", "u3", "u4", "g1", "g4"]


def test_names_of_both_are_in_one_order(listed: Sorted) -> None:
    """By code point, in any letter case; of the same name users first; those without one last."""
    assert listed(sortBy="displayName") == (10, [*IN_ORDER, "u2", "g3"])


def test_descending_those_without_a_name_come_first(listed: Sorted) -> None:
    """The rest is turned round, but for what is the same."""
    turned = ["g4", "u4", "g1", "u3", "u0", "g2", "g0", "u1"]
    assert listed(sortBy="displayName", sortOrder="descending") == (10, ["u2", "g3", *turned])


@pytest.mark.parametrize(
    ("sort_by", "ascending", "descending"),
    [
        ("userName", "u4 u3 u2 u1 u0 g0 g1 g2 g3 g4", "g0 g1 g2 g3 g4 u0 u1 u2 u3 u4"),
        ("active", "u1 u3 u0 u2 u4 g0 g1 g2 g3 g4", "g0 g1 g2 g3 g4 u0 u2 u4 u1 u3"),
        ("members.value", "g1 g2 g3 g4 u0 u1 u2 u3 u4 g0", "u0 u1 u2 u3 u4 g0 g4 g3 g2 g1"),
        ("meta.resourceType", "g0 g1 g2 g3 g4 u0 u1 u2 u3 u4", "u0 u1 u2 u3 u4 g0 g1 g2 g3 g4"),
        ("meta.created", "u0 u1 u2 u3 u4 g0 g1 g2 g3 g4", "u0 u1 u2 u3 u4 g0 g1 g2 g3 g4"),
        ("meta.location", "g0 g1 g2 g3 g4 u0 u1 u2 u3 u4", "u4 u3 u2 u1 u0 g4 g3 g2 g1 g0"),
        ("nickName", "u0 u1 u2 u3 u4 g0 g1 g2 g3 g4", "u0 u1 u2 u3 u4 g0 g1 g2 g3 g4"),
    ],
)
def test_what_one_type_lacks_is_no_value(
    listed: Sorted, sort_by: str, ascending: str, descending: str
) -> None:
    """Its resources come last, descending first, in the order of first sight."""
    assert listed(sortBy=sort_by) == (10, ascending.split())
    assert listed(sortBy=sort_by, sortOrder="descending") == (10, descending.split())


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        (IndexPage(1, 3), IN_ORDER[:3]),
        (IndexPage(4, 3), IN_ORDER[3:6]),
        (IndexPage(7, 100), [*IN_ORDER[6:], "u2", "g3"]),
        (IndexPage(11, 5), []),
        (IndexPage(1, 0), []),
    ],
)
def test_a_page_comes_with_the_whole_number(
    listed: Sorted, page: IndexPage, ids: list[str]
) -> None:
    """Of both types."""
    assert listed(page, sortBy="displayName") == (10, ids)


def test_each_type_is_filtered(listed: Sorted) -> None:
    """By what it has."""
    text = 'displayName eq "same" or active eq false or members.value eq "m2"'
    assert listed(sortBy="displayName", filter=text) == (5, ["u1", "g2", "u3", "u4", "g1"])


@pytest.mark.parametrize(
    "text",
    [
        nested('id pr and (id eq "x" or (…))'),
        nested('id eq "x" or not (id pr and not (…))'),
        nested("not (not (…))"),
        " or ".join([f'id eq "{i}"' for i in range(499)] + ["id pr"]),
        " and ".join([f'id ne "a{i % 10}"' for i in range(500)]),
    ],
)
def test_the_largest_filters_are_within_the_limits_of_the_databases(
    listed: Sorted, text: str
) -> None:
    """Although each stands in a union."""
    assert listed(sortBy="displayName", filter=text)[0] == 10
