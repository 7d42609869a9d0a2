"""What SQL selects is what the filter means in memory, and the order is that of a naive sort."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway.mirror.mirror import Mirror
from gateway.scim.filter.bound import (
    And,
    Compare,
    ElementMatch,
    Filter,
    Not,
    Operator,
    Or,
    Present,
)
from gateway.scim.filter.match import matches
from gateway.scim.handler import Query
from gateway.scim.page import IndexPage
from gateway.scim.path import Target
from gateway.scim.projection import Projection
from gateway.scim.reference import relative
from gateway.scim.schema import (
    Attribute,
    AttributeType,
    Registry,
    ResourceType,
    Returned,
    load_registry,
)
from gateway.scim.sort import Sort
from gateway.scim.text import fold, instant

Json = dict[str, Any]

BASE_URL = "https://scim.example/v2"
NOW = datetime(2026, 11, 23, 22, 15, tzinfo=UTC)
TYPES = ("User", "Group")

#: Letters that fold, or seem to; composed and decomposed; signs that SQL or LIKE knows; and
#: characters that are ordered otherwise by UTF-16, or by people. Few, so that filters find some.
_TEXTS = st.sampled_from(
    [
        *("", "a", "A", "ab", "aB", "B", "Z", "ba", "a b", " ", "-", "a-", "1", "10", "9"),
        *("ß", "ẞ", "ss", "é", "É", "e\u0301", "E\u0301", "İ", "i\u0307", "\u0131"),
        # Capital, final and middle sigma.
        *("\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2", "\u03c3\u03b1\u03c3"),
        *("%", "a%", "_", "*", "?", "\\", "'", '"', "/", "/a", "\x01", "\n"),
        *("\u0345", "\uffff", "\U0001f600", "a\U0001f600"),
        # Long enough to be looked up by trigrams, which know no signs and no ends of words.
        *("abba", "ABBA ab", "bba", "aba", "É\u0301 éß", "\u03c3\u03b1\u03c3\u03b1\u03c2"),
        *('"ab"', "'ab' OR", "a%b_", "\\ab\n", "\U0001f600\U0001f600a", "AND", "a*b", "ab-"),
    ]
)
_MOMENTS = st.sampled_from(
    [datetime(2026, 11, day, 8, 30, 0, micros, tzinfo=UTC) for day in (1, 2) for micros in (0, 1)]
)
_PATHS = st.sampled_from(["/Users/a", "/Users/b", "/Groups/a"])
_ADDRESSES = st.sampled_from(["https://elsewhere.example/a", f"{BASE_URL}/Users/a", "urn:a:B"])

_properties = settings(
    max_examples=60,
    deadline=None,
    # Each example has an integration to itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.rule("7644-3.4.2.2-mirror")
@_properties
@given(data=st.data(), type_name=st.sampled_from(TYPES))
def test_sql_selects_what_the_filter_means(
    engine: Engine, data: st.DataObject, type_name: str
) -> None:
    """For any resources and any filter, it is those that match in memory."""
    resource_type = _type(type_name)
    mirror, documents = _kept(engine, resource_type, data.draw(_resources(resource_type)))

    for node in data.draw(st.lists(_filters(resource_type), min_size=1, max_size=8)):
        found = _find(mirror, resource_type, node=node)
        assert found == [d for d in documents if matches(node, d)]


@pytest.mark.rule("7644-3.4.2.3-sort", "7644-3.4.2.3-without-a-value", "7644-3.4.2.3-many-values")
@_properties
@given(data=st.data(), type_name=st.sampled_from(TYPES))
def test_sql_sorts_as_a_naive_sort_does(
    engine: Engine, data: st.DataObject, type_name: str
) -> None:
    """Without a value last, descending first; the same value in the order of first sight."""
    resource_type = _type(type_name)
    mirror, documents = _kept(engine, resource_type, data.draw(_resources(resource_type)))

    for target in data.draw(st.lists(st.sampled_from(_compared(resource_type)), max_size=8)):
        for descending in (False, True):
            found = _find(mirror, resource_type, sort=Sort(target, descending=descending))
            assert found == _sorted(documents, target, descending=descending)


@pytest.mark.rule("7644-3.4.2.4-stable")
@_properties
@given(data=st.data(), type_name=st.sampled_from(TYPES))
def test_pages_are_parts_of_the_whole(engine: Engine, data: st.DataObject, type_name: str) -> None:
    """Whatever is filtered and sorted by, pages one after another are the whole list."""
    resource_type = _type(type_name)
    mirror, _ = _kept(engine, resource_type, data.draw(_resources(resource_type)))
    node = data.draw(st.none() | _filters(resource_type))
    target = data.draw(st.sampled_from(_compared(resource_type)))
    size = data.draw(st.integers(1, 3))
    whole = _find(mirror, resource_type, node=node, sort=Sort(target))

    paged = [
        document
        for start in range(1, len(whole) + 2, size)
        for document in _find(
            mirror, resource_type, node=node, sort=Sort(target), page=IndexPage(start, size)
        )
    ]

    assert paged == whole


def _kept(
    engine: Engine, resource_type: ResourceType, resources: Sequence[Json]
) -> tuple[Mirror, list[Json]]:
    """Return a mirror that holds *resources*, and these as they are served, by first sight."""
    mirror = Mirror(engine, integration=uuid4().hex)
    with mirror.writing() as tx:
        tx.documents(resource_type).save_all(resources, now=NOW)
    documents = _find(mirror, resource_type)
    assert [d["id"] for d in documents] == [r["id"] for r in resources]
    return mirror, documents


def _find(
    mirror: Mirror,
    resource_type: ResourceType,
    *,
    node: Filter | None = None,
    sort: Sort | None = None,
    page: IndexPage | None = None,
) -> list[Json]:
    query = Query(node, sort, page or IndexPage(), Projection(resource_type), BASE_URL)
    with mirror.reading() as tx:
        total, documents = tx.resources(resource_type).find(query)
    assert page is not None or total == len(documents)
    return [orjson.loads(document.json) for document in documents]


def _sorted(documents: list[Json], target: Target, *, descending: bool) -> list[Json]:
    keyed = [(_sort_key(document, target), document) for document in documents]
    having = [(key, document) for key, document in keyed if key not in (None, "")]
    # A reversed sort keeps the order of what is equal, too.
    having.sort(key=lambda pair: pair[0], reverse=descending)
    missing = [document for key, document in keyed if key in (None, "")]
    present = [document for _, document in having]
    return missing + present if descending else present + missing


def _sort_key(document: Json, target: Target) -> Any:
    holder = document if target.extension is None else document.get(target.extension, {})
    value = holder.get(target.attribute.name)
    if isinstance(value, list):
        primary = [v for v in value if isinstance(v, dict) and v.get("primary") is True]
        value = (primary or value or [None])[0]
    if target.sub_attribute is not None and value is not None:
        value = value.get(target.sub_attribute.name)
    if isinstance(value, str) and not target.leaf.case_exact:
        return fold(value)
    return value


@cache
def _registry() -> Registry:
    return load_registry()


def _type(name: str) -> ResourceType:
    found = _registry().resource_type(name)
    assert found is not None
    return found


def _targets(resource_type: ResourceType) -> list[Target]:
    """Return all that a filter may name: attributes, and their sub-attributes."""
    return [
        target
        for extension, attribute in _attributes(resource_type)
        for target in (
            Target(extension, attribute),
            *(Target(extension, attribute, part) for part in attribute.sub_attributes),
        )
    ]


def _compared(resource_type: ResourceType) -> list[Target]:
    """Return all that can be compared and sorted by."""
    return [target for target in _targets(resource_type) if target.compared() == target]


def _attributes(resource_type: ResourceType) -> Iterator[tuple[str | None, Attribute]]:
    for attribute in resource_type.core_attributes():
        yield None, attribute
    for extension in resource_type.extensions:
        for attribute in extension.schema.attributes:
            if attribute.returned not in (Returned.NEVER, Returned.REQUEST):
                yield extension.schema.id, attribute


# Resources


def _resources(resource_type: ResourceType) -> st.SearchStrategy[list[Json]]:
    ids = st.sets(st.integers(0, 20), max_size=6).map(sorted)
    return ids.flatmap(
        lambda chosen: st.tuples(*(_resource(resource_type, number) for number in chosen))
    ).map(list)


def _resource(resource_type: ResourceType, number: int) -> st.SearchStrategy[Json]:
    resource_id = str(UUID(int=number))
    known: Json = {
        "id": resource_id,
        "meta": {
            "resourceType": resource_type.name,
            "location": relative(f"{resource_type.endpoint}/{resource_id}"),
        },
    }
    members: dict[str | None, dict[str, st.SearchStrategy[Any]]] = {}
    for extension, attribute in _attributes(resource_type):
        if attribute.name not in known and not _is_of_enterprises(extension):
            members.setdefault(extension, {})[attribute.name] = _value(attribute)
    core = members.pop(None)
    extensions = {str(urn): _members(parts) for urn, parts in members.items()}
    return _members(core | extensions).map(lambda drawn: drawn | known)


def _is_of_enterprises(extension: str | None) -> bool:
    # Nothing writes it.
    return extension is not None and ":enterprise:" in extension


def _members(values: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=dict(values))


def _value(attribute: Attribute) -> st.SearchStrategy[Any]:
    if attribute.type is AttributeType.COMPLEX:
        one: st.SearchStrategy[Any] = _members(
            {s.name: _value(s) for s in attribute.sub_attributes}
        )
    else:
        one = _SIMPLE[attribute.type]
    return st.lists(one, max_size=3) if attribute.multi_valued else one


_SIMPLE: Mapping[AttributeType, st.SearchStrategy[Any]] = {
    AttributeType.STRING: _TEXTS,
    AttributeType.BOOLEAN: st.booleans(),
    AttributeType.DATE_TIME: _MOMENTS.map(instant),
    AttributeType.REFERENCE: _PATHS.map(relative) | _ADDRESSES,
}


# Filters


def _filters(resource_type: ResourceType) -> st.SearchStrategy[Filter]:
    targets = _targets(resource_type)
    lists = [
        target
        for target in targets
        if target.attribute.multi_valued and target.leaf.type is AttributeType.COMPLEX
    ]
    leaves = st.one_of(_leaves(targets), st.sampled_from(lists).flatmap(_elements))
    return _combined(leaves, max_leaves=8)


def _elements(target: Target) -> st.SearchStrategy[Filter]:
    parts = [
        Target(target.extension, target.attribute, part) for part in target.attribute.sub_attributes
    ]
    condition = _combined(_leaves(parts), max_leaves=4)
    return condition.map(lambda bound: ElementMatch(target, bound))


def _combined(leaves: st.SearchStrategy[Filter], *, max_leaves: int) -> st.SearchStrategy[Filter]:
    def combine(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
        several = st.lists(inner, min_size=2, max_size=4).map(tuple)
        return st.one_of(several.map(And), several.map(Or), inner.map(Not))

    return st.recursive(leaves, combine, max_leaves=max_leaves)


def _leaves(targets: list[Target]) -> st.SearchStrategy[Filter]:
    compared = [target for target in targets if target.compared() == target]
    return st.one_of(
        st.sampled_from(targets).map(Present), st.sampled_from(compared).flatmap(_compare)
    )


def _compare(target: Target) -> st.SearchStrategy[Filter]:
    if target.leaf.type is AttributeType.BOOLEAN:
        return st.booleans().map(lambda value: Compare(target, Operator.EQ, value))
    return st.sampled_from(Operator).flatmap(
        lambda operator: _literals(target, operator).map(
            lambda literal: Compare(target, operator, literal)
        )
    )


def _literals(target: Target, operator: Operator) -> st.SearchStrategy[str]:
    is_partial = operator in (Operator.CO, Operator.SW, Operator.EW)
    leaf = target.leaf
    if leaf.type is AttributeType.REFERENCE or target.name == "meta.location":
        whole = _PATHS.map(lambda path: f"{BASE_URL}{path}") | _ADDRESSES
        return whole.flatmap(_parts_of) if is_partial else whole
    if leaf.type is AttributeType.DATE_TIME:
        moments = (_MOMENTS | st.just(NOW)).map(instant)
        return moments.flatmap(_parts_of) if is_partial else moments
    if target.name == "id":
        ids = st.integers(0, 20).map(lambda number: str(UUID(int=number)))
        return ids.flatmap(_parts_of) if is_partial else ids
    if target.name == "meta.resourceType":
        return st.sampled_from([*TYPES, "Use", "ser", "Device", "\U0001f600"])
    return _TEXTS if leaf.case_exact else _TEXTS.map(fold)


def _parts_of(text: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(
        lambda cut: text[min(cut) : max(cut)]
    )
