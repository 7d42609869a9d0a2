"""Pages by cursor (RFC 9865)."""

import re
from typing import Any

import pytest

from tests.rules.letters import OF_LETTERS
from tests.rules.service import SEARCH, Json, Service, refused, succeeded


@pytest.fixture
def walk(service: Service, letters: list[str]) -> list[Json]:
    """The pages of the five, two by two, from the first to the last."""
    assert letters
    asked: dict[str, Any] = {"filter": OF_LETTERS, "count": 2}
    pages = [service.get("/Users", cursor="", **asked)]
    while "nextCursor" in pages[-1]:
        pages.append(service.get("/Users", cursor=pages[-1]["nextCursor"], **asked))
    return pages


@pytest.mark.rule(
    "9865-2-first-page",
    "9865-2-next-cursor",
    "9865-2-previous-cursor",
    "9865-2-page",
    "9865-2-characters",
)
def test_a_walk_goes_from_the_first_page_to_the_last(
    service: Service, letters: list[str], walk: list[Json]
) -> None:
    """By cursors alone, and back."""
    assert [page["itemsPerPage"] for page in walk] == [2, 2, 1]
    assert {page["totalResults"] for page in walk} == {5}
    assert {each["id"] for page in walk for each in page["Resources"]} == set(letters)
    assert ["previousCursor" in page for page in walk] == [False, True, True]
    assert not any("startIndex" in page for page in walk)
    for page in walk[:-1]:
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", page["nextCursor"])
    asked: dict[str, Any] = {"filter": OF_LETTERS, "count": 2}
    back = service.get("/Users", cursor=walk[2]["previousCursor"], **asked)
    assert back["Resources"] == walk[1]["Resources"]
    url = f"{service.client.base_url}/Users?cursor&count=2&filter={OF_LETTERS}"
    first = succeeded(service.client.session.get(url, timeout=30))
    assert first["Resources"] == walk[0]["Resources"]


@pytest.mark.rule("9865-2-count")
@pytest.mark.parametrize("count", [0, -1])
def test_a_walk_of_no_pages_tells_the_total(service: Service, count: int) -> None:
    """And has no cursor."""
    answer = service.get("/Users", cursor="", count=count)
    assert (answer["itemsPerPage"], answer["Resources"]) == (0, [])
    assert answer["totalResults"] > 0
    assert "nextCursor" not in answer


@pytest.mark.rule(
    "9865-2-same-question", "9865-2.1-invalid-cursor", "9865-2.1-invalid-count", "9865-5-opaque"
)
def test_a_cursor_is_of_use_for_nothing_else(service: Service, walk: list[Json]) -> None:
    """Another question, a made-up cursor, and one that was changed are told alike."""
    cursor = walk[0]["nextCursor"]
    asked: dict[str, Any] = {"filter": OF_LETTERS, "count": 2}
    wrong: list[dict[str, Any]] = [
        asked | {"cursor": cursor, "filter": "id pr"},
        asked | {"cursor": cursor, "sortBy": "userName"},
        asked | {"cursor": cursor, "attributes": "id"},
        asked | {"cursor": "made-up"},
        asked | {"cursor": cursor[:-1]},
    ]
    said = {
        refused(service.client.get("/Users", **each), 400, "invalidCursor")["detail"]
        for each in wrong
    }
    assert len(said) == 1
    other = service.client.get("/Users", **asked | {"cursor": cursor, "count": 3})
    refused(other, 400, "invalidCount")
    refused(service.client.get("/Users", cursor="", count=5000), 400, "invalidCount")


@pytest.mark.rule("9865-3-search")
def test_a_search_walks_too(service: Service, walk: list[Json]) -> None:
    """With the cursor in the body."""
    body = {"schemas": [SEARCH], "filter": OF_LETTERS, "count": 2, "cursor": ""}
    first = succeeded(service.send("POST", "/Users/.search", body))
    second = succeeded(
        service.send("POST", "/Users/.search", body | {"cursor": first["nextCursor"]})
    )
    assert [first["Resources"], second["Resources"]] == [page["Resources"] for page in walk[:2]]


@pytest.mark.rule("9865-2.4-clients-choose", "9865-4-pagination")
@pytest.mark.usefixtures("letters")
def test_clients_choose_how_they_page(service: Service) -> None:
    """By index unless they ask otherwise, as the configuration says; never both at once."""
    said = service.get("/ServiceProviderConfig")["pagination"]
    assert (said["cursor"], said["index"], said["defaultPaginationMethod"]) == (True, True, "index")
    assert 0 < said["defaultPageSize"] <= said["maxPageSize"]
    assert said["cursorTimeout"] > 0
    by_neither = service.get("/Users", filter=OF_LETTERS, count=2)
    assert by_neither["startIndex"] == 1
    assert "nextCursor" not in by_neither
    refused(service.client.get("/Users", cursor="", startIndex=1), 400, "invalidValue")
