"""Walks through a list by cursor, while the world changes."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from gateway.directory.directory import Directory
from gateway.directory.walks import LIFETIME
from gateway.scim.errors import ExpiredCursor
from gateway.scim.filter.bind import bind_filter
from gateway.scim.handler import Listing, Query
from gateway.scim.page import CursorPage
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType
from gateway.scim.sort import bind_sort


def ask(stage: Any, cursor: str, *, text: str | None = None, sort_by: str = "") -> Listing:
    """Return a page of three users."""
    user: ResourceType = stage.users.resource_type
    sort = bind_sort(sort_by, descending=True, resource_type=user) if sort_by else None
    node = None if text is None else bind_filter(text, user)
    page = CursorPage(cursor, b"question", 3)
    listing: Listing = stage.users.query(Query(node, sort, page, Projection(user), "https://x"))
    return listing


def ids(listing: Listing) -> list[str]:
    """Return the ids of those on a page."""
    return [user["id"] for user in orjson.loads(listing.json)]


@pytest.mark.rule("9865-2-next-cursor", "9865-2-previous-cursor", "9865-2-sorted-walk")
@pytest.mark.parametrize("sort_by", ["", "displayName"])
@pytest.mark.parametrize("text", [None, "active eq true"])
def test_a_walk_meets_everybody_once(stage: Any, text: str | None, sort_by: str) -> None:
    """In the order that was asked for, in whole pages but for the last, there and back."""
    pages = [ask(stage, "", text=text, sort_by=sort_by)]
    while pages[-1].next_cursor is not None:
        pages.append(ask(stage, pages[-1].next_cursor, text=text, sort_by=sort_by))

    met = [each for page in pages for each in ids(page)]
    assert len(met) == len(set(met)) == pages[0].total_results > 10
    assert [page.count for page in pages[:-1]] == [3] * (len(pages) - 1)
    assert pages[0].previous_cursor is None
    back = pages[-1].previous_cursor
    assert back is not None
    assert ids(ask(stage, back, text=text, sort_by=sort_by)) == ids(pages[-2])


def test_who_was_there_throughout_is_met_once(stage: Any) -> None:
    """While people join, leave and are renamed, and everything is read anew between the pages."""
    world = stage.world
    before = {account.uuid.strip("{}") for account, _ in world.members()}
    page = ask(stage, "", sort_by="displayName")
    met, left = ids(page), set[str]()
    number = 0
    while page.next_cursor is not None:
        number += 1
        world.add_member(f"Newcomer {number}")
        account = [account for account, role in world.members() if role != "owner"][number]
        world.remove_member(account)
        left.add(account.uuid.strip("{}"))
        renamed = [account for account, _ in world.members()][-1 - number]
        world.change_account(renamed, display_name=f"Aaron {number}")
        stage.clock.pass_time(minutes=6)
        page = ask(stage, page.next_cursor, sort_by="displayName")
        met += ids(page)

    assert number > 2
    assert len(met) == len(set(met))
    assert before - left <= set(met) <= before


@pytest.mark.rule("9865-2.1-expired-cursor")
def test_a_walk_that_took_too_long_is_given_up(stage: Any) -> None:
    """Not a second earlier."""
    cursor = ask(stage, "").next_cursor
    assert cursor is not None
    stage.clock.pass_time(seconds=LIFETIME.total_seconds())
    assert ask(stage, cursor).count == 3
    stage.clock.pass_time(seconds=1)

    with pytest.raises(ExpiredCursor):
        ask(stage, cursor)


def test_the_oldest_walk_makes_room(stage: Any) -> None:
    """There is room for a hundred."""
    first = ask(stage, "").next_cursor
    for _ in range(99):
        stage.clock.pass_time(seconds=1)
        latest = ask(stage, "").next_cursor
    assert first is not None
    assert latest is not None
    assert ask(stage, first).count == 3
    stage.clock.pass_time(seconds=1)
    ask(stage, "")
    with pytest.raises(ExpiredCursor):
        ask(stage, first)
    assert ask(stage, latest).count == 3


@pytest.mark.rule("9865-2-next-cursor")
def test_what_fits_on_a_page_is_no_walk(stage: Any) -> None:
    """It has no cursors, and nothing is kept of it; nor of a count of none."""
    alone = ask(stage, "", text='roles.value eq "owner"')
    assert (alone.next_cursor, alone.previous_cursor) == (None, None)
    assert alone.count == alone.total_results <= 3
    user: ResourceType = stage.users.resource_type
    none = Query(None, None, CursorPage("", b"", 0), Projection(user), "https://x")
    counted = stage.users.query(none)
    assert (counted.count, counted.next_cursor) == (0, None)
    assert counted.total_results > 10


def test_another_process_goes_on_with_a_walk(stage: Any) -> None:
    """It is kept in the database, and so is the key of the seals."""
    cursor = ask(stage, "").next_cursor
    other = Directory(stage.users.resource_type, stage.users.mirror, stage.users.refresher)
    page = CursorPage(cursor or "", b"question", 3)
    query = Query(None, None, page, Projection(stage.users.resource_type), "https://x")
    assert other.query(query).count == 3
    assert timedelta(seconds=3600) == LIFETIME
