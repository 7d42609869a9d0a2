"""Lists come in pages, and the end is where no ``next`` is."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.sandbox import Behaviour, Paging, World
from tests.sandbox.reader import Reader

MEMBERS = "/2.0/workspaces/acme/members"
EFFECTIVE = "/2.0/workspaces/acme/permissions/repositories"


def uuids(values: list[dict[str, dict[str, str]]]) -> list[str]:
    """The users of memberships."""
    return [value["user"]["uuid"] for value in values]


def test_ten_on_a_page_unless_asked(reader: Reader) -> None:
    """``pagelen`` is 10 by default."""
    page = reader.read(MEMBERS)
    assert page["pagelen"] == len(page["values"]) == 10


@pytest.mark.parametrize("pagelen", ["101", "0", "-1", "x", "1.5", "", "²"])
def test_pagelen_has_its_limits(reader: Reader, pagelen: str) -> None:
    """From 1 to 100, else 400."""
    assert reader.error(MEMBERS, pagelen=pagelen)[0] == 400


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 5000])
def test_page_numbers_begin_at_one(reader: Reader, page: str) -> None:
    """Others are 400."""
    assert reader.error(MEMBERS, page=page)[0] == 400


@pytest.mark.parametrize("pagelen", [1, 7, 10, 65, 100])
@pytest.mark.parametrize("paging", list(Paging))
@pytest.mark.parametrize("details", ["with details", "without"])
def test_following_next_reads_everything_once(
    serve: Callable[..., Reader], generated: World, pagelen: int, paging: Paging, details: str
) -> None:
    """Whatever the style of the pages, in order and without gaps."""
    behaviour = Behaviour(hourly_limit=None, paging=paging, page_details=details == "with details")
    reader = serve(generated, behaviour=behaviour)
    assert uuids(reader.all(MEMBERS, pagelen=pagelen)) == list(generated.memberships)


def test_the_last_page_may_be_full(serve: Callable[..., Reader], world: World) -> None:
    """Four members in pages of two are two pages: a full last page has no ``next``."""
    assert len(list(serve(world).pages(MEMBERS, pagelen=2))) == 2


def test_numbered_pages_count(reader: Reader, generated: World) -> None:
    """``page``, ``size`` and ``previous`` where a list has numbers; none before the first."""
    first, second, *_ = reader.pages(MEMBERS, pagelen=50)
    assert (first["page"], second["page"]) == (1, 2)
    assert first["size"] == len(generated.memberships)
    assert "previous" not in first
    assert reader.read(second["previous"]) == first


def test_details_may_be_missing(serve: Callable[..., Reader], generated: World) -> None:
    """A page may have its values, its length and ``next``, and nothing else."""
    reader = serve(generated, behaviour=Behaviour(page_details=False))
    assert set(reader.read(MEMBERS, page=2)) == {"values", "pagelen", "next"}


def test_a_page_after_the_end_is_empty(reader: Reader) -> None:
    """And the last one."""
    page = reader.read(MEMBERS, page=10_000)
    assert page["values"] == []
    assert "next" not in page


def test_permissions_have_cursors(reader: Reader) -> None:
    """Their pages have no numbers, and nobody but Bitbucket makes a cursor."""
    page = reader.read(EFFECTIVE)
    assert set(page) == {"values", "pagelen", "next"}
    cursor = parse_qs(urlsplit(page["next"]).query)["page"][0]
    assert not cursor.isdigit()
    for invented in ("2", "x", "!!!", "YWZ0ZXI6eA", "é"):
        assert reader.error(EFFECTIVE, page=invented)[0] == 400


def test_next_keeps_the_question(reader: Reader) -> None:
    """``q``, ``sort``, ``fields`` and ``pagelen`` go from page to page."""
    arguments: dict[str, str | int] = {
        "q": 'permission>"read" AND user.display_name!="a+b & c"',
        "sort": "-user.display_name",
        "fields": "+values.user.created_on,-values.*.links",
        "pagelen": 5,
    }
    page = reader.read(EFFECTIVE, **arguments)
    kept = parse_qs(urlsplit(page["next"]).query)
    assert {name: kept[name] for name in arguments} == {
        name: [str(value)] for name, value in arguments.items()
    }
    following = reader.read(page["next"])
    assert {value["permission"] for value in following["values"]} <= {"write", "admin"}
    assert all("links" not in value["user"] for value in following["values"])


def test_next_is_absolute_and_encoded(reader: Reader, generated: World) -> None:
    """It can be followed as it is, braces and all."""
    page = reader.read(f"/2.0/workspaces/{generated.uuid}/members")
    assert page["next"].startswith(f"{reader.served.url}/2.0/workspaces/%7B")
