"""Lists, their order, and their pages by index (RFC 7644 §3.4.2, §3.4.3)."""

from typing import Any

import pytest

from tests.rules.letters import OF_LETTERS, found
from tests.rules.service import SEARCH, Service, refused, succeeded

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@pytest.mark.rule("7644-3.4.2-list-response", "7644-3.4.2-numbers")
@pytest.mark.parametrize(
    ("text", "count"), [("id pr", 5), ('displayName eq "beta"', 1), ("not (id pr)", 0)]
)
@pytest.mark.usefixtures("letters")
def test_a_query_is_answered_with_a_list(service: Service, text: str, count: int) -> None:
    """Of many, of one and of none, with numbers that are numbers."""
    answer = service.get("/Users", filter=f"{OF_LETTERS} and {text}")
    assert answer["schemas"] == [LIST]
    numbers = [answer[name] for name in ("totalResults", "itemsPerPage", "startIndex")]
    assert numbers == [count, count, 1]
    assert all(type(number) is int for number in numbers)
    assert len(answer["Resources"]) == count


@pytest.mark.rule("7644-3.4.2.3-sort", "7644-3.4.2.3-without-a-value", "7643-7-case-exact")
def test_a_list_is_sorted(service: Service, letters: list[str]) -> None:
    """In any letter case; who has no value is last ascending, first descending."""
    beta, alpha, delta, gamma, nameless = letters
    ascending = [alpha, beta, delta, gamma, nameless]
    assert found(service, "", sortBy="displayName") == ascending
    assert found(service, "", sortBy="displayname", sortOrder="ascending") == ascending
    assert found(service, "", sortBy="displayName", sortOrder="descending") == ascending[::-1]


@pytest.mark.rule("7644-3.4.2.3-many-values", "7644-3.4.2.3-parts")
def test_a_list_is_sorted_by_primary_values(service: Service, letters: list[str]) -> None:
    """And by one part of a complex attribute; it has no order as a whole."""
    assert found(service, "", sortBy="emails") == letters[::-1]
    assert found(service, "", sortBy="emails.value") == letters[::-1]
    refused(service.client.get("/Users", sortBy="name"), 400, "invalidPath")


@pytest.mark.rule(
    "7644-3.4.2.4-start-index",
    "7644-3.4.2.4-count",
    "7644-3.4.2.4-capped",
    "7644-3.4.2.4-past-the-end",
    "7644-3.4.2-numbers",
)
@pytest.mark.parametrize(
    ("start_index", "count", "begins_at", "holds"),
    [
        (1, 2, 1, 2),
        (5, 2, 5, 1),
        (0, 2, 1, 2),
        (-3, 2, 1, 2),
        (1, 0, 1, 0),
        (1, -2, 1, 0),
        (1, 10_000, 1, 5),
        (6, 2, 6, 0),
        (1000, 2, 1000, 0),
    ],
)
@pytest.mark.usefixtures("letters")
def test_a_page_is_a_part_of_the_list(
    service: Service, start_index: int, count: int, begins_at: int, holds: int
) -> None:
    """What is out of range is put right, and the total is always that of the whole."""
    answer = service.get("/Users", filter=OF_LETTERS, startIndex=start_index, count=count)
    assert (answer["startIndex"], answer["itemsPerPage"], answer["totalResults"]) == (
        begins_at,
        holds,
        5,
    )
    assert len(answer["Resources"]) == holds


@pytest.mark.rule("7644-3.4.2.4-stable")
def test_pages_are_the_list(service: Service, letters: list[str]) -> None:
    """One after another, each resource once, sorted or not."""
    orders: tuple[dict[str, str], ...] = ({}, {"sortBy": "userName"})
    for order in orders:
        pages = [found(service, "", startIndex=n, count=2, **order) for n in (1, 3, 5)]
        assert [len(page) for page in pages] == [2, 2, 1]
        assert {each for page in pages for each in page} == set(letters)


@pytest.mark.rule("7644-3.4.2.4-whole-numbers")
@pytest.mark.parametrize("value", ["ten", "1.5", "", "1e2"])
@pytest.mark.parametrize("name", ["count", "startIndex"])
def test_what_is_no_whole_number_is_refused(service: Service, name: str, value: str) -> None:
    """With the name of the parameter."""
    answer = service.client.get("/Users", **{name: value})
    assert name in refused(answer, 400, "invalidValue")["detail"]


@pytest.mark.rule("7644-3.4.3-search")
def test_a_search_is_answered_as_a_query(service: Service, letters: list[str]) -> None:
    """With everything that a query can ask for."""
    asked: dict[str, Any] = {
        "filter": OF_LETTERS,
        "sortBy": "displayName",
        "startIndex": 2,
        "count": 2,
    }
    body = {"schemas": [SEARCH], **asked, "attributes": ["displayName"]}
    searched = succeeded(service.send("POST", "/Users/.search", body))
    assert searched == service.get("/Users", **asked, attributes="displayName")
    assert [each["id"] for each in searched["Resources"]] == [letters[0], letters[2]]


@pytest.mark.rule("interop-pages")
def test_a_page_of_a_hundred_is_given(service: Service) -> None:
    """And one without a count is no smaller, as the configuration says."""
    page = service.get("/ServiceProviderConfig")["pagination"]
    assert page["defaultPageSize"] >= 100
    everybody = service.get("/Users", count=100)
    assert everybody["itemsPerPage"] == min(100, everybody["totalResults"])


@pytest.mark.rule("7644-3.4.2.1-all-types", "7644-3.4.2.1-lacking", "7644-3.4.3-search-all-types")
def test_a_query_at_the_root_covers_all_types(service: Service) -> None:
    """In the address and in the body; of what a type lacks it has no value."""
    user, group = service.new_user(), service.new_group()
    text = f'userName eq "{user["userName"]}" or displayName eq "{group["displayName"]}"'
    body: Any = {"schemas": [SEARCH], "filter": text}

    listed = service.get("/", filter=text)

    assert [each["id"] for each in listed["Resources"]] == [user["id"], group["id"]]
    assert listed["totalResults"] == 2
    assert succeeded(service.send("POST", "/.search", body)) == listed
    of_groups = service.get("/", filter=f'({text}) and meta.resourceType eq "Group"')
    assert [each["id"] for each in of_groups["Resources"]] == [group["id"]]
    assert service.get("/", filter=f"({text}) and not (userName pr)") == of_groups
    refused(service.client.get("/", filter="nope pr"), 400, "invalidFilter")
