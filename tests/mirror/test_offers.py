"""What can be granted: what SQL selects of it is what a filter means, and a page costs itself."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from gateway.mirror.facts import Project, Repository
from gateway.mirror.mirror import Mirror
from gateway.mirror.offers import Named
from gateway.scim.catalogue import CatalogueForm
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.bound import And, Compare, Filter, Not, Operator, Or, Present
from gateway.scim.filter.match import matches
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.path import Target
from gateway.scim.projection import Projection
from gateway.scim.schema import AttributeType, ResourceType, load_registry
from gateway.scim.sort import Sort
from gateway.scim.text import fold

Json = dict[str, Any]

BASE_URL = "https://scim.example/v2"
FORMS = (CatalogueForm.UNLISTED, CatalogueForm.OKTA)
#: What can be granted, said once more: the code's own list is what is tested.
PERMISSIONS = {
    "project": {
        "read": "Read every repository of the project {}",
        "write": "Write to every repository of the project {}",
        "create-repo": "Create repositories in the project {} and write to all of its repositories",
        "admin": "Administer the project {} and all of its repositories",
    },
    "repository": {
        "read": "Read the repository {}",
        "write": "Write to the repository {}",
        "admin": "Administer the repository {}",
    },
}
#: Names that are ordered otherwise by people, or with what follows them, than by code point.
NAMES = ("acme/api", "acme/api-2", "acme/API", "acme/_x", "acme/9.js", "acme/zeta")
KEYS = ("API", "A_1", "WEB", "B2")

_properties = settings(
    max_examples=15,
    deadline=None,
    # Each example has an integration to itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_properties
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_sql_selects_what_the_filter_means(
    engine: Engine, data: st.DataObject, form: CatalogueForm
) -> None:
    """For any places and any filter, it is those that match in memory, in the order of ids."""
    resource_type = entitlement(form)
    mirror, documents = kept(engine, resource_type, data.draw(places()))

    for node in data.draw(st.lists(filters(resource_type, documents), min_size=1, max_size=8)):
        total, found = find(mirror, resource_type, node=node)
        assert found == [d["id"] for d in documents if matches(node, d)]
        assert total == len(found)


@pytest.mark.parametrize("form", FORMS)
def test_every_comparison_of_every_attribute_means_what_it_does_in_memory(
    engine: Engine, form: CatalogueForm
) -> None:
    """With a value that is there, a part of it, and one that is not."""
    resource_type = entitlement(form)
    mirror, documents = kept(engine, resource_type, sample(5)[3:])
    nodes: list[Filter] = [Present(each) for each in targets(resource_type)]
    for target in compared(resource_type):
        if target.leaf.type is AttributeType.BOOLEAN:
            nodes += [Compare(target, Operator.EQ, value) for value in (True, False)]
            continue
        there = [text for each in documents[1:] for text in _texts(each, target)][:1] or ["x"]
        for text in (*there, there[0][:-3], there[0][3:], "m"):
            literal = text if target.leaf.case_exact else fold(text)
            nodes += [Compare(target, operator, literal) for operator in Operator]

    for node in nodes:
        _, found = find(mirror, resource_type, node=node)
        assert found == [d["id"] for d in documents if matches(node, d)], node


@_properties
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_sql_sorts_as_a_naive_sort_does(
    engine: Engine, data: st.DataObject, form: CatalogueForm
) -> None:
    """Without a value last, descending first; the same value in the order of the list."""
    resource_type = entitlement(form)
    mirror, documents = kept(engine, resource_type, data.draw(places()))

    for target in data.draw(st.lists(st.sampled_from(compared(resource_type)), max_size=6)):
        for descending in (False, True):
            _, found = find(mirror, resource_type, sort=Sort(target, descending=descending))
            assert found == in_order(documents, target, descending=descending), target.name


@_properties
@given(data=st.data(), form=st.sampled_from(FORMS))
def test_pages_are_parts_of_the_whole(
    engine: Engine, data: st.DataObject, form: CatalogueForm
) -> None:
    """Whatever is filtered by, and a walk that goes on behind each item is at the right place."""
    resource_type = entitlement(form)
    mirror, documents = kept(engine, resource_type, data.draw(places()))
    node = data.draw(st.none() | filters(resource_type, documents))
    size = data.draw(st.integers(1, 9))
    total, whole = find(mirror, resource_type, node=node)

    paged = []
    for start in range(1, total + 2, size):
        counted, page = find(mirror, resource_type, node=node, page=IndexPage(start, size))
        assert counted == total
        paged += page
    with mirror.reading() as tx:
        passed = [
            tx.offers(resource_type).number_up_to(named(each), query(resource_type, node))
            for each in whole
        ]

    assert paged == whole
    assert passed == list(range(1, total + 1))


def test_a_walk_goes_on_where_a_place_is_gone(engine: Engine) -> None:
    """What comes before it is counted, and it is not."""
    resource_type = entitlement(CatalogueForm.UNLISTED)
    mirror, documents = kept(engine, resource_type, sample(4))
    gone = documents[6]["id"]
    with mirror.writing() as tx:
        tx.facts.replace_repositories(
            [r for r in tx.facts.repositories() if r.uuid not in gone], listed_at=None
        )
        tx.facts.replace_projects(
            [p for p in tx.facts.projects() if p.uuid not in gone], listed_at=None
        )

    with mirror.reading() as tx:
        passed = tx.offers(resource_type).number_up_to(named(gone), query(resource_type))
    _, left = find(mirror, resource_type)

    assert left[passed:] == [d["id"] for d in documents[6:] if d["id"].split(":")[1] not in gone]


def test_other_integrations_have_others(engine: Engine) -> None:
    """A foreign id is none, and no list has it."""
    resource_type = entitlement(CatalogueForm.UNLISTED)
    mirror, documents = kept(engine, resource_type, sample(2))
    other, _ = kept(engine, resource_type, [])

    assert find(other, resource_type) == (0, [])
    node = bind_filter("id pr", resource_type)
    assert find(other, resource_type, node=node) == (0, [])
    with mirror.reading() as mine, other.reading() as theirs:
        assert mine.offers(resource_type).get(documents[0]["id"])
        assert theirs.offers(resource_type).get(documents[0]["id"]) is None


@pytest.mark.parametrize(
    "resource_id",
    ["", "x", "project:a", "repository:{uuid}:create-repo", "REPOSITORY:{uuid}:read", "{uuid}:::"],
)
def test_what_is_no_id_is_found_nowhere(mirror: Mirror, resource_id: str) -> None:
    """Letter case is part of an id, and a repository can't be given what a project can."""
    resource_type = entitlement(CatalogueForm.UNLISTED)
    place = sample(1)[0]
    write(mirror, [("repository", place[1], "acme/api")])

    with mirror.reading() as tx:
        assert tx.offers(resource_type).get(f"repository:{place[1]}:read")
        assert tx.offers(resource_type).get(resource_id.replace("{uuid}", place[1])) is None


@pytest.mark.parametrize(
    "text",
    [
        " and ".join(['contains co "read"', "containedBy pr", 'value sw "r"'] * 80),
        " or ".join(f'not (containedBy eq "repository:{n}:admin")' for n in range(120)),
        "not (" * 49 + 'contains eq "a" or display co "b"' + ")" * 49,
    ],
    ids=["wide", "negated", "deep"],
)
def test_the_largest_filters_are_answered(engine: Engine, text: str) -> None:
    """As deep and as wide as filters may be."""
    resource_type = entitlement(CatalogueForm.UNLISTED)
    mirror, documents = kept(engine, resource_type, sample(4))
    node = bind_filter(text, resource_type)

    _, found = find(mirror, resource_type, node=node)

    assert found == [d["id"] for d in documents if matches(node, d)]


@pytest.mark.parametrize(
    "text",
    [
        None,
        'value eq "repository:00000000-0000-4000-8000-000000000333:write"',
        'display co "x" and id eq "repository:00000000-0000-4000-8000-000000000333:write"',
    ],
)
def test_a_page_costs_what_it_holds(sqlite: Engine, text: str | None) -> None:
    """Ten times as many places are no more to do, but for passing by them."""
    resource_type = entitlement(CatalogueForm.UNLISTED)
    node = None if text is None else bind_filter(text, resource_type)

    def steps(number: int) -> int:
        mirror, _ = kept(sqlite, resource_type, sample(number))
        return counted_steps(
            sqlite,
            lambda: find(mirror, resource_type, node=node, page=IndexPage(2 * number, 30)),
        )

    few, many = steps(400), steps(4000)

    # Of the whole list places are counted, and passed on the way to a page: a few steps each,
    # where a filter that every offer is looked at for takes seventy.
    assert many - few < 3600 * (12 if text is None else 0) + 50


def counted_steps(engine: Engine, action: Any) -> int:
    """Return how many steps of its machine SQLite takes for *action*, to the nearest ten."""
    counted = 0

    def step() -> int:
        nonlocal counted
        counted += 10
        return 0

    def watch(connection: Any, *_: Any) -> None:
        connection.set_progress_handler(step, 10)

    event.listen(engine, "checkout", watch)
    try:
        action()
    finally:
        event.remove(engine, "checkout", watch)
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(None, 0)
    return counted


def entitlement(form: CatalogueForm) -> ResourceType:
    """Return the type of entitlements in one form of the catalogue."""
    return _types()[form]


@cache
def _types() -> Mapping[CatalogueForm, ResourceType]:
    found = {form: load_registry(form).resource_type("Entitlement") for form in FORMS}
    return {form: each for form, each in found.items() if each is not None}


def sample(number: int) -> list[tuple[str, str, str]]:
    """Return *number* places, projects and repositories by turns."""
    return [
        ("project", uuid, f"P{n}") if n % 4 == 0 else ("repository", uuid, f"acme/r{n}")
        for n in range(1, number + 1)
        for uuid in [f"00000000-0000-4000-8000-{n:012}"]
    ]


def places() -> st.SearchStrategy[list[tuple[str, str, str]]]:
    """Return places by type, UUID and name, in no order."""
    uuid = st.integers(0, 40).map(lambda n: str(UUID(int=(n * 7919) % 41 << 100 | n)))
    place = st.one_of(
        st.tuples(st.just("project"), uuid, st.sampled_from(KEYS)),
        st.tuples(st.just("repository"), uuid, st.sampled_from(NAMES)),
    )
    return st.lists(place, max_size=6, unique_by=lambda each: each[1])


def write(mirror: Mirror, some: Iterable[tuple[str, str, str]]) -> None:
    """Write places as they are read from Bitbucket."""
    with mirror.writing() as tx:
        tx.facts.replace_projects(
            [Project(u, name, "A", is_private=True) for t, u, name in some if t == "project"],
            listed_at=None,
        )
        tx.facts.replace_repositories(
            [
                Repository(u, name.partition("/")[2], name, "A", None, is_private=True)
                for t, u, name in some
                if t == "repository"
            ],
            listed_at=None,
        )


def kept(
    engine: Engine, resource_type: ResourceType, some: Sequence[tuple[str, str, str]]
) -> tuple[Mirror, list[Json]]:
    """Return a mirror that holds places, and what can be granted on them, in its order."""
    mirror = Mirror(engine, integration=uuid4().hex)
    write(mirror, some)
    return mirror, [
        document(resource_type, place, permission)
        for place in sorted(some)
        for permission in PERMISSIONS[place[0]]
    ]


def document(resource_type: ResourceType, place: tuple[str, str, str], permission: str) -> Json:
    """Return what is served for a permission on a place."""
    object_type, uuid, name = place
    words = list(PERMISSIONS[object_type])
    at = words.index(permission)
    value = f"{object_type}:{uuid}:{permission}"
    whole: Json = {
        "schemas": [resource_type.schema.id],
        "id": value,
        "meta": {
            "resourceType": "Entitlement",
            "location": f"{BASE_URL}/Entitlements/{value}",
        },
    }
    if "okta" in resource_type.schema.id:
        return whole | {
            "displayName": f"{name}: {permission}",
            "type": object_type,
            "description": PERMISSIONS[object_type][permission].format(name),
        }
    return whole | {
        "value": value,
        "display": f"{name}: {permission}",
        "type": object_type,
        "supported": True,
        "limitedAssignmentsPermitted": False,
        "contains": [f"{object_type}:{uuid}:{word}" for word in words[:at]],
        "containedBy": [f"{object_type}:{uuid}:{word}" for word in words[at + 1 :]],
    }


def named(resource_id: str) -> Named:
    """Return what an id names."""
    found = Named.parse(resource_id)
    assert found is not None
    return found


def query(
    resource_type: ResourceType, node: Filter | None = None, sort: Sort | None = None
) -> Query:
    """Return a query."""
    return Query(node, sort, IndexPage(), Projection(resource_type), BASE_URL)


def find(
    mirror: Mirror,
    resource_type: ResourceType,
    *,
    node: Filter | None = None,
    sort: Sort | None = None,
    page: IndexPage | None = None,
) -> tuple[int, list[str]]:
    """Return how many are found, and the ids of those on a page."""
    with mirror.reading() as tx:
        total, found = tx.offers(resource_type).find(
            query(resource_type, node, sort), page or IndexPage()
        )
    return total, [offer.value for offer in found]


def targets(resource_type: ResourceType) -> list[Target]:
    """Return all that a filter may name, but for the version, which is opaque."""
    every = [Target(None, attribute) for attribute in resource_type.core_attributes()]
    every += [
        Target(None, each.attribute, part)
        for each in every
        for part in each.attribute.sub_attributes
    ]
    return [target for target in every if target.name != "meta.version"]


def compared(resource_type: ResourceType) -> list[Target]:
    """Return all that can be compared and sorted by."""
    return [target for target in targets(resource_type) if target.compared() == target]


def filters(resource_type: ResourceType, documents: Sequence[Json]) -> st.SearchStrategy[Filter]:
    """Return filters by what there is in *documents*, and what there is not."""
    leaves: st.SearchStrategy[Filter] = st.one_of(
        st.sampled_from(targets(resource_type)).map(Present),
        st.sampled_from(compared(resource_type)).flatmap(lambda each: _compare(each, documents)),
    )

    def combine(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(several.map(And), several.map(Or), inner.map(Not))

    return st.recursive(leaves, combine, max_leaves=6)


def _compare(target: Target, documents: Sequence[Json]) -> st.SearchStrategy[Filter]:
    if target.leaf.type is AttributeType.BOOLEAN:
        return st.booleans().map(lambda value: Compare(target, Operator.EQ, value))
    there = [text for each in documents for text in _texts(each, target)]
    texts = st.sampled_from([*there, "", "a", "repository:", "project:x:read", "\U0001f600"])
    literals = texts if target.leaf.case_exact else texts.map(fold)
    cut = st.tuples(literals, st.integers(0, 60), st.integers(0, 60))
    return st.one_of(
        st.builds(Compare, st.just(target), st.sampled_from(Operator), literals),
        st.builds(
            Compare,
            st.just(target),
            st.sampled_from([Operator.CO, Operator.SW, Operator.EW]),
            cut.map(lambda drawn: drawn[0][min(drawn[1:]) : max(drawn[1:])]),
        ),
    )


def _texts(resource: Json, target: Target) -> list[str]:
    value = resource.get(target.attribute.name)
    if target.sub_attribute is not None and value is not None:
        value = value.get(target.sub_attribute.name)
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def in_order(documents: Sequence[Json], target: Target, *, descending: bool) -> list[str]:
    """Return the ids of *documents*, sorted."""

    def key(resource: Json) -> Any:
        value = resource.get(target.attribute.name)
        if target.sub_attribute is not None and value is not None:
            value = value.get(target.sub_attribute.name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, str) and not target.leaf.case_exact:
            return fold(value)
        return value

    having = [each for each in documents if key(each) is not None]
    # A reversed sort keeps the order of what is equal, too.
    having.sort(key=key, reverse=descending)
    missing = [each for each in documents if key(each) is None]
    return [each["id"] for each in (missing + having if descending else having + missing)]
