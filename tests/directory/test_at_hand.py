"""What is asked for only if it is at hand: by who can't wait, and asks again of who can."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.directory.answering import Answering
from gateway.directory.root import Root
from gateway.scim.errors import NotStored
from gateway.scim.freshness import AS_IT_COMES, AT_HAND, FreshnessWanted
from gateway.scim.handler import Listing, Query, RootQuery
from gateway.scim.page import CursorPage, IndexPage, Page
from gateway.scim.projection import Projection
from tests.directory.conftest import BASE_URL
from tests.directory.test_catalogue import made

HANDLERS = ["User", "Group", "Entitlement", "Role", "all"]


def ask(stage: Any, name: str, freshness: FreshnessWanted, page: Page | None = None) -> Listing:
    """Return a page of everything that a handler has."""
    page = page or IndexPage()
    directories = {"User": stage.users, "Group": stage.groups}
    if name == "all":
        parts = {
            each: Query(None, None, page, Projection(d.resource_type), BASE_URL, freshness)
            for each, d in directories.items()
        }
        root = Root(directories, Answering(stage.mirror, stage.refresher))
        return root.query(RootQuery(parts, page, freshness))
    handler: Any = directories.get(name) or made(stage, name)
    shown = Projection(handler.resource_type)
    listing: Listing = handler.query(Query(None, None, page, shown, BASE_URL, freshness))
    return listing


@pytest.mark.parametrize("name", HANDLERS)
def test_nothing_is_read_for_it(stage: Any, name: str) -> None:
    """What was read before, it is told, for as long as that is young enough."""
    calls = stage.bitbucket.calls
    if name != "Role":
        with pytest.raises(NotStored):
            ask(stage, name, AT_HAND)
    assert calls.total == 0

    waited = ask(stage, name, AS_IT_COMES)
    made_before = calls.total
    at_hand = ask(stage, name, AT_HAND)
    assert at_hand == replace(waited, provenance=at_hand.provenance)
    assert at_hand.provenance.calls == 0

    stage.clock.pass_time(hours=1)
    if name != "Role":
        with pytest.raises(NotStored):
            ask(stage, name, AT_HAND)
    assert calls.total == made_before


@pytest.mark.parametrize("name", ["User", "all"])
def test_no_walk_begins_for_it(stage: Any, name: str) -> None:
    """That is written, for which others may have to be waited for; to go on is not."""
    ask(stage, name, AS_IT_COMES)
    with pytest.raises(NotStored):
        ask(stage, name, AT_HAND, CursorPage("", b"question", 3))

    first = ask(stage, name, AS_IT_COMES, CursorPage("", b"question", 3))
    assert first.next_cursor is not None
    second = ask(stage, name, AT_HAND, CursorPage(first.next_cursor, b"question", 3))
    assert second.count == 3
