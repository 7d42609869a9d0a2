"""Finding resources by the filters that clients send."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from gateway.mirror.mirror import Mirror
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.projection import Projection
from gateway.scim.reference import relative
from gateway.scim.schema import Registry
from gateway.scim.sort import bind_sort

BASE_URL = "https://scim.example/v2"
NAMES = ["Straße", "STRASSE", "\u0130stanbul", 'O\'Néill "A"', "50%_\\", "\U0001f600", "\uffff"]

Find = Callable[..., tuple[int, list[str]]]
MakeQuery = Callable[..., Query]


@pytest.fixture
def make_query(registry: Registry) -> MakeQuery:
    """Make a query for users from what a client sends."""

    def make(
        filter_text: str | None = None,
        *,
        sort_by: str | None = None,
        descending: bool = False,
        page: IndexPage | None = None,
    ) -> Query:
        user = registry.user
        return Query(
            filter=None if filter_text is None else bind_filter(filter_text, user),
            sort=None
            if sort_by is None
            else bind_sort(sort_by, descending=descending, resource_type=user),
            page=page or IndexPage(),
            projection=Projection(user),
            base_url=BASE_URL,
        )

    return make


@pytest.fixture
def find(mirror: Mirror, registry: Registry, make_query: MakeQuery, now: datetime) -> Find:
    """Find users among one for each of NAMES: the total, and the names on the page."""
    _save(mirror, registry, [_user(number, name) for number, name in enumerate(NAMES)], now)

    def do(*arguments: Any, **named: Any) -> tuple[int, list[str]]:
        with mirror.reading() as tx:
            total, found = tx.resources(registry.user).find(make_query(*arguments, **named))
        return total, [orjson.loads(document.json)["displayName"] for document in found]

    return do


@pytest.mark.parametrize(
    ("filter_text", "names"),
    [
        ('displayName eq "STRAßE"', ["Straße"]),
        ('displayName eq "strasse"', ["STRASSE"]),
        ('displayName eq "\u0130STANBUL"', ["\u0130stanbul"]),
        ('displayName sw "i\u0307s"', ["\u0130stanbul"]),
        ('displayName eq "istanbul"', []),
        ('displayName co "NE\u0301ILL"', ['O\'Néill "A"']),
        (r'displayName ew "\"a\""', ['O\'Néill "A"']),
        ('displayName co "%"', ["50%_\\"]),
        ('displayName sw "5_"', []),
        (r'displayName ew "_\\"', ["50%_\\"]),
        ('displayName gt "\uffff"', ["\U0001f600"]),
        ('displayName ge "\uffff"', ["\U0001f600", "\uffff"]),
        ('emails.value eq "STRASSE@x.org"', ["STRASSE"]),
        (f'meta.location eq "{BASE_URL}/Users/1"', ["STRASSE"]),
        (f'groups.$ref eq "{BASE_URL}/Groups/g"', NAMES),
        ('groups.$ref sw "/Groups"', []),
        ('meta.resourceType eq "User" and id eq "1"', ["STRASSE"]),
        ('meta.resourceType ne "User"', []),
        ('meta.resourceType lt "user"', NAMES),
        ('profileUrl sw "https://bitbucket.org/"', NAMES),
        ('profileUrl eq "https://bitbucket.org/1"', ["STRASSE"]),
        ("nickName pr", []),
        ('not (nickName eq "x")', NAMES),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager pr", []),
        ('meta.lastModified ge "2026-11-23T23:15:00+01:00"', NAMES),
        ('meta.lastModified gt "2026-11-23T23:15:00+01:00"', []),
        ('nickName ne "x"', NAMES),
    ],
)
def test_filters_select(find: Find, filter_text: str, names: Sequence[str]) -> None:
    """Letter case, wildcards, quotes, code points, references and what is unassigned."""
    assert find(filter_text) == (len(names), list(names))


def test_without_an_order_it_is_that_of_first_sight(find: Find) -> None:
    """It stays the same."""
    assert find() == (7, NAMES)


def test_texts_are_sorted_by_code_point(find: Find) -> None:
    """Also by a database that orders them as people do."""
    names = ["50%_\\", "\u0130stanbul", 'O\'Néill "A"', "STRASSE", "Straße", "\uffff", "\U0001f600"]
    assert find(sort_by="displayName") == (7, names)
    assert find(sort_by="displayName", descending=True) == (7, names[::-1])


def test_what_nothing_has_leaves_the_order_of_first_sight(find: Find) -> None:
    """All are without a value."""
    for path in (
        "nickName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division",
    ):
        assert find(sort_by=path, descending=True) == (7, NAMES)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (IndexPage(1, 2), NAMES[:2]),
        (IndexPage(3, 2), NAMES[2:4]),
        (IndexPage(7, 100), NAMES[6:]),
        (IndexPage(8, 100), []),
        (IndexPage(1, 0), []),
    ],
)
def test_a_page_comes_with_the_whole_number(
    find: Find, page: IndexPage, names: Sequence[str]
) -> None:
    """Also one without resources."""
    assert find(page=page) == (7, list(names))


def nested(template: str) -> str:
    """Return a filter that nests as deep as the parser allows, and selects everything."""
    condition = "id pr"
    for _ in range(50 // template.count("(")):
        condition = template.replace("…", condition)
    return condition


@pytest.mark.parametrize(
    "filter_text",
    [
        nested('id pr and (id eq "x" or (…))'),
        nested('id eq "x" or not (id pr and not (…))'),
        nested("not (not (…))"),
        nested('id eq "x" or (emails.value pr and id pr and (…))'),
        " or ".join([f'id eq "{i}"' for i in range(500)]),
        " or ".join([f'emails.value sw "{i}"' for i in range(200)] + ["id pr"]),
        " and ".join([f'id ne "a{i % 10}"' for i in range(500)]),
        " and ".join([f'groups[value ne "{i}"]' for i in range(200)]),
        " or ".join(["id pr and userName pr"] * 250),
    ],
)
def test_the_largest_filters_are_within_the_limits_of_the_databases(
    find: Find, filter_text: str
) -> None:
    """Depth of nesting, depth of expressions, and number of parameters."""
    assert find(filter_text)[0] == 7


@pytest.mark.parametrize(
    "filter_text",
    [
        'id eq "7"',
        'userName eq "user7"',
        'externalId eq "e7"',
        'emails.value eq "u7@x.org"',
        'emails eq "u7@x.org"',
        'emails[type eq "work" and value eq "u7@x.org"]',
        'groups.value eq "g"',
        'entitlements.value eq "repository:r:write"',
        'userName eq "user7" and active eq true',
        'id eq "7" or id eq "8"',
    ],
)
@pytest.mark.parametrize("analysed", [True, False])
def test_what_clients_look_up_is_found_by_an_index(
    sqlite: Engine,
    registry: Registry,
    make_query: MakeQuery,
    now: datetime,
    filter_text: str,
    *,
    analysed: bool,
) -> None:
    """SQLite does not go through all resources, whether or not it knows their statistics."""
    plan = _plan(sqlite, registry, make_query(filter_text), now, analysed=analysed)
    assert not [step for step in plan if step.startswith("SCAN") or "(integration=?)" in step]


def test_members_of_groups_are_found_by_an_index(
    sqlite: Engine, registry: Registry, now: datetime
) -> None:
    """The groups of a user are what clients ask for by members."""
    group = registry.group
    query = Query(
        bind_filter('members.value eq "u"', group), None, IndexPage(), Projection(group), BASE_URL
    )
    with Mirror(sqlite, integration="acme").writing() as tx:
        tx.documents(group).save_all([_user(i, "x") for i in range(500)], now=now)
        statement = tx.resources(group).sql(query)
    with sqlite.connect() as connection:
        steps = connection.execute(text(f"EXPLAIN QUERY PLAN {_escaped(statement)}"))
        assert not [step for step in steps if step.detail.startswith("SCAN")]


def test_pages_without_an_order_are_not_sorted(
    sqlite: Engine, registry: Registry, make_query: MakeQuery, now: datetime
) -> None:
    """The index is in the order of first sight, and holds all that a page takes to be found."""
    plan = _plan(sqlite, registry, make_query(page=IndexPage(300, 100)), now, analysed=False)
    assert len(plan) == 1
    assert "USING COVERING INDEX" in plan[0]


def test_the_statement_can_be_read(
    mirror: Mirror, registry: Registry, make_query: MakeQuery, now: datetime
) -> None:
    """It is what is executed, with its values in place and no sign doubled."""
    _save(mirror, registry, [_user(0, "it's 100%")], now)
    query = make_query('displayName eq "IT\'S 100%"')
    with mirror.reading() as tx:
        statement = tx.resources(registry.user).sql(query)
    assert "users.display_name = 'it''s 100%'" in statement
    assert "%%" not in statement


def _plan(
    engine: Engine, registry: Registry, query: Query, now: datetime, *, analysed: bool
) -> list[str]:
    mirror = Mirror(engine, integration="acme")
    _save(mirror, registry, [_user(number, "x") for number in range(500)], now)
    with mirror.reading() as tx:
        statement = tx.resources(registry.user).sql(query)
    with engine.connect() as connection:
        if analysed:
            connection.execute(text("ANALYZE"))
        steps = connection.execute(text(f"EXPLAIN QUERY PLAN {_escaped(statement)}"))
        return [step.detail for step in steps]


def _escaped(statement: str) -> str:
    # A colon begins a parameter.
    return statement.replace(":", r"\:")


def _save(
    mirror: Mirror, registry: Registry, resources: list[dict[str, Any]], now: datetime
) -> None:
    with mirror.writing() as tx:
        tx.documents(registry.user).save_all(resources, now=now)


def _user(number: int, name: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "externalId": f"e{number}",
        "userName": f"user{number}",
        "displayName": name,
        "profileUrl": f"https://bitbucket.org/{number}",
        "active": True,
        "emails": [
            {"value": f"{name}@x.org", "type": "work", "primary": True},
            {"value": f"u{number}@x.org", "type": "other"},
        ],
        "groups": [{"value": "g", "$ref": relative("/Groups/g"), "type": "direct"}],
        "meta": {"resourceType": "User", "location": relative(f"/Users/{number}")},
    }
