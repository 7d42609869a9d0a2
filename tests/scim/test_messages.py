"""Query parameters, and lists of resources (RFC 7644 §3.4.2)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, ScimError
from gateway.scim.freshness import Provenance
from gateway.scim.handler import Listing, Query
from gateway.scim.messages import list_response, read_projection, read_query
from gateway.scim.page import IndexPage
from gateway.scim.schema import ResourceType, load_registry

NAMES = [
    *("filter", "startIndex", "count", "sortBy", "sortOrder"),
    *("attributes", "excludedAttributes"),
]


@pytest.fixture(scope="module")
def user_type() -> ResourceType:
    """The type of users."""
    return load_registry().user


def read(user_type: ResourceType, **parameters: str) -> Query:
    """Return the query that parameters with one value each ask for."""
    values = {name: [value] for name, value in parameters.items()}
    return read_query(values, user_type, base_url="https://acme.com/scim/v2")


def test_without_parameters_everything_is_asked_for(user_type: ResourceType) -> None:
    """The first page, whole, in the order of the directory."""
    query = read(user_type)

    assert (query.filter, query.sort, query.page) == (None, None, IndexPage(1, 1000))
    assert query.projection.is_default
    assert query.base_url == "https://acme.com/scim/v2"


def test_every_parameter_is_bound(user_type: ResourceType) -> None:
    """What the handler gets names attributes by their canonical paths."""
    query = read(
        user_type,
        filter="ACTIVE eq true",
        startIndex="11",
        count="10",
        sortBy="username",
        sortOrder="descending",
        attributes="USERNAME",
    )

    assert query.filter is not None
    assert query.sort is not None
    assert (query.sort.target.name, query.sort.descending) == ("userName", True)
    assert query.page == IndexPage(11, 10)
    assert query.projection.attributes == frozenset({"userName"})


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"filter": ""}, InvalidFilter),
        ({"count": "ten"}, InvalidValue),
        ({"count": " 1"}, InvalidValue),
        ({"count": "1 "}, InvalidValue),
        ({"count": "1\n"}, InvalidValue),
        ({"count": "0x1"}, InvalidValue),
        ({"count": "1e2"}, InvalidValue),
        ({"count": "-"}, InvalidValue),
        ({"startIndex": "9" * 20}, InvalidValue),
        ({"sortOrder": "Ascending"}, InvalidValue),
        ({"sortOrder": ""}, InvalidValue),
        ({"sortBy": "nope"}, InvalidPath),
        ({"attributes": "id", "excludedAttributes": "id"}, InvalidSyntax),
    ],
)
def test_a_malformed_parameter_is_refused(
    user_type: ResourceType, parameters: dict[str, str], error: type[ScimError]
) -> None:
    """Nothing is guessed."""
    with pytest.raises(error):
        read(user_type, **parameters)


@pytest.mark.parametrize("name", NAMES)
def test_a_repeated_parameter_is_refused(user_type: ResourceType, name: str) -> None:
    """Which of two filters is meant can't be known; the sentence names the parameter."""
    with pytest.raises(InvalidValue, match=f"{name} is given 2 times"):
        read_query({name: ["1", "1"]}, user_type, base_url="")


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_in_another_letter_case_is_refused(user_type: ResourceType, name: str) -> None:
    """Passing it over would answer with more than was asked for."""
    with pytest.raises(InvalidValue, match=f"as {name}, not as {name.upper()}"):
        read(user_type, **{name.upper(): "1"})


def test_a_single_resource_takes_the_parameters_of_a_projection_alone(
    user_type: ResourceType,
) -> None:
    """Those of a query are as unknown there as any."""
    shown = read_projection(
        {"attributes": ["id"], "count": ["x", "y"], "FILTER": ["x"], "flag": [""]}, user_type
    )

    assert shown.attributes == frozenset({"id"})


@pytest.mark.rule("7644-3.4.2-too-many", "7644-3.4.2.4-capped")
@given(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_page_is_always_one_that_can_be_served(start_index: int, count: int) -> None:
    """RFC 7644 §3.4.2.4: what is out of range is put right."""
    page = read(load_registry().user, startIndex=str(start_index), count=str(count)).page

    assert isinstance(page, IndexPage)
    assert page.start_index == max(1, start_index)
    assert page.count == min(1000, max(0, count))


@given(st.integers(0), st.lists(st.dictionaries(st.text(), st.integers()), max_size=5))
def test_a_list_is_json_with_its_resources_as_they_are(
    total: int, resources: list[dict[str, Any]]
) -> None:
    """It counts those of the page, and says how many there are in all."""
    total %= 1 << 63
    parts = [json.dumps(resource).encode() for resource in resources]
    listing = Listing(total, len(parts), b",".join(parts), Provenance(age_seconds=0, calls=0))
    body = list_response(listing, IndexPage(3, 100))

    assert json.loads(body) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": 3,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }
    assert b",".join(parts) in body
