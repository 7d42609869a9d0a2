"""Cursors (RFC 9865): opaque, and of use for nothing but what they were given for."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.cursor import Place, Seal
from gateway.scim.errors import InvalidCount, InvalidCursor, InvalidValue
from gateway.scim.messages import read_query
from gateway.scim.page import MAX_COUNT, CursorPage
from gateway.scim.schema import Registry, ResourceType

SEAL = Seal(b"k" * 32)
PLACE = Place(UUID(int=7), 200)

places = st.builds(Place, st.uuids(), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))


@pytest.mark.rule("9865-2-characters")
@given(places, st.integers(0, 2**32 - 1), st.binary())
def test_a_cursor_leads_back_to_its_place(place: Place, count: int, bound_to: bytes) -> None:
    """In characters that no address has to escape (RFC 9865 §2)."""
    cursor = SEAL.cursor(place, count=count, bound_to=bound_to)

    assert re.fullmatch(r"[A-Za-z0-9._~-]+", cursor)
    assert SEAL.place(cursor, count=count, bound_to=bound_to) == place


@pytest.mark.rule("9865-2.1-invalid-cursor")
@given(st.text() | st.from_regex(r"\A[A-Za-z0-9_-]{69,70}\Z"))
def test_no_other_text_is_a_cursor(text: str) -> None:
    """Whatever a client makes up."""
    with pytest.raises(InvalidCursor):
        SEAL.place(text, count=100, bound_to=b"")


@pytest.mark.rule("9865-5-opaque")
@given(st.data())
def test_a_cursor_that_was_changed_is_none(data: st.DataObject) -> None:
    """Not one character of it can be another."""
    cursor = SEAL.cursor(PLACE, count=100, bound_to=b"q")
    at = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from(sorted(set("ABCxyz019-_") - {cursor[at]})))

    with pytest.raises(InvalidCursor):
        SEAL.place(cursor[:at] + other + cursor[at + 1 :], count=100, bound_to=b"q")


@pytest.mark.parametrize("added", ["=", "==", "\n", " ", "!", "%", "A"])
def test_a_cursor_with_something_more_is_none(added: str) -> None:
    """Not even with what decoders of Base64 pass over."""
    cursor = SEAL.cursor(PLACE, count=100, bound_to=b"q")
    for at in (0, 7, len(cursor)):
        with pytest.raises(InvalidCursor):
            SEAL.place(cursor[:at] + added + cursor[at:], count=100, bound_to=b"q")


@pytest.mark.rule("9865-2-same-question")
def test_a_cursor_is_of_use_for_its_question_alone() -> None:
    """And with the count that the walk began with; the key of another service opens none."""
    cursor = SEAL.cursor(PLACE, count=100, bound_to=b"q")
    with pytest.raises(InvalidCursor):
        SEAL.place(cursor, count=100, bound_to=b"another")
    with pytest.raises(InvalidCursor):
        Seal(b"l" * 32).place(cursor, count=100, bound_to=b"q")
    with pytest.raises(InvalidCount):
        SEAL.place(cursor, count=50, bound_to=b"q")


def page_of(user_type: ResourceType, caller: str = "t", **parameters: str) -> CursorPage:
    """Return the page that parameters ask for."""
    given_ = {name: [value] for name, value in parameters.items()}
    page = read_query(given_, user_type, base_url="https://x", caller=caller).page
    assert isinstance(page, CursorPage)
    return page


@pytest.mark.rule("9865-2-first-page", "9865-2.1-invalid-count")
def test_a_walk_begins_with_an_empty_cursor(registry: Registry) -> None:
    """A negative count reads as none, and no count as the largest (RFC 9865 §2)."""
    user_type = registry.user
    assert page_of(user_type, cursor="").count == MAX_COUNT
    assert page_of(user_type, cursor="", count="-1").count == 0
    with pytest.raises(InvalidCount):
        page_of(user_type, cursor="", count=str(MAX_COUNT + 1))
    with pytest.raises(InvalidValue, match="not both"):
        page_of(user_type, cursor="", startIndex="1")


@pytest.mark.rule("9865-2-same-question", "9865-5-opaque")
def test_every_parameter_binds_a_cursor(registry: Registry) -> None:
    """So do the type and who asks."""
    user_type = registry.user
    bound = {
        page_of(user_type, cursor="").bound_to,
        page_of(user_type, cursor="", filter="active eq true").bound_to,
        page_of(user_type, cursor="", sortBy="userName").bound_to,
        page_of(user_type, cursor="", sortBy="userName", sortOrder="descending").bound_to,
        page_of(user_type, cursor="", attributes="userName").bound_to,
        page_of(user_type, cursor="", excludedAttributes="userName").bound_to,
        page_of(user_type, "another", cursor="").bound_to,
        page_of(registry.group, cursor="").bound_to,
    }
    assert len(bound) == 8
