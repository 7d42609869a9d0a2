"""A filter that can't be answered is refused, with the place of what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.parse import parse_filter
from gateway.scim.filter.tokens import MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH
from gateway.scim.schema import Registry, load_registry
from tests.scim.strategies import filters

USER = load_registry().user


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("userName", 8, "ends too early"),
        ("userName eq", 11, "ends too early"),
        ('userName eq "x" and', 19, "ends too early"),
        ('userName regex "x"', 9, "is not an operator"),
        ("userName eq x", 12, "stands in double quotes"),
        ("userName eq 'x'", 12, "stands in double quotes"),
        ('userName eq "x', 12, "no closing double quote"),
        (r'userName eq "\x"', 12, "not a JSON string"),
        (r'userName eq "\ud800"', 12, "not a JSON string"),
        (r'userName eq "\u0000"', 12, "null character"),
        ("userName eq 01", 12, "is not a value"),
        ('userName eq "x" userName pr', 16, "can't follow"),
        ('userName eq "x"and active pr', 15, "blank is missing"),
        ('(userName eq "x"', 16, "ends too early"),
        ('userName eq "x")', 15, "Nothing is open"),
        ('(userName eq "x"]', 16, "Nothing is open"),
        ("not userName pr", 4, "is not an operator"),
        ("()", 1, "needs an attribute"),
        ("emails[]", 7, "needs an attribute"),
        ('emails.value[type eq "x"]', 12, "not after a sub-attribute"),
        ('emails[type eq "x"] eq "y"', 20, "can't follow"),
        ('1name eq "x"', 0, "not the name of an attribute"),
        ('nope eq "x"', 0, "no attribute nope"),
        ('emails.nope eq "x"', 0, "no attribute emails.nope"),
        ('active eq true and nope eq "x"', 19, "no attribute nope"),
        ('urn:x:y:userName eq "x"', 0, "no attribute urn:x:y:userName"),
        ("password pr", 0, "no attribute password"),
        ("name eq 1", 0, "has parts"),
        ('active eq "true"', 10, "true or false, without quotes"),
        ("active gt true", 7, "has no order"),
        ("active co true", 7, "not text"),
        ("userName eq 5", 12, "a string in double quotes"),
        ("userName eq true", 12, "a string in double quotes"),
        ("userName gt null", 9, "null is compared with eq and ne only"),
        ('meta.created gt "2026-11-23"', 16, "a date and time with its zone"),
        ('meta.created gt "2026-11-23T10:00:00"', 16, "a date and time with its zone"),
        ("meta.created gt 5", 16, "a date and time with its zone"),
        ('userName[value eq "x"]', 0, "no values with parts"),
        ('emails[groups[value eq "x"]]', 7, "no attribute groups"),
        ('emails[urn:x:value eq "x"]', 7, "no attribute urn:x:value"),
        (
            "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User:access pr",
            0,
            "can't be filtered by",
        ),
    ],
)
def test_a_refusal_says_what_and_where(
    registry: Registry, text: str, position: int, reason: str
) -> None:
    """The status is 400, the type invalidFilter, and the position counts from nought."""
    with pytest.raises(InvalidFilter, match=reason) as refused:
        bind_filter(text, registry.user)

    assert refused.value.position == position
    assert (refused.value.status, refused.value.scim_type) == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f'userName eq "{"x" * MAX_CHARACTERS}"', "longer than 8192 characters"),
        (" or ".join(["id pr"] * (MAX_CLAUSES + 1)), "more than 500 clauses"),
        ("(" * (MAX_DEPTH + 1), "nested deeper than 50"),
        ("not (" * (MAX_DEPTH + 1), "nested deeper than 50"),
    ],
)
def test_a_filter_is_bounded(text: str, reason: str) -> None:
    """Length, clauses and depth are bounded before anything is parsed."""
    with pytest.raises(InvalidFilter, match=reason):
        parse_filter(text)


@given(st.text() | st.text(alphabet='()[]"\\.:- andortpqe$urnx1\t\n\x00'))
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    """No text raises anything but InvalidFilter, whose position is in the text."""
    try:
        parse_filter(text)
    except InvalidFilter as error:
        assert 0 <= error.position <= len(text)


@given(filters(USER), st.data())
def test_a_filter_with_an_error_in_it_is_read_or_refused(text: str, data: st.DataObject) -> None:
    """Taking a piece out of a filter, or putting one in, raises nothing but InvalidFilter."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 4)))
    piece = data.draw(st.sampled_from(["", " ", '"', "(", ")", "[", "]", "\\", ".", "not", "é"]))

    try:
        bind_filter(text[:start] + piece + text[end:], USER)
    except InvalidFilter as error:
        assert error.detail
