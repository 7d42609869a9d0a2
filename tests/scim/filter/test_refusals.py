"""A filter that can't be answered is refused, with the place of what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.parse import parse_filter
from gateway.scim.filter.syntax import Disjunction
from gateway.scim.filter.tokens import MAX_CHARACTERS, MAX_CLAUSES, MAX_DEPTH
from gateway.scim.schema import Registry, ResourceType, load_registry
from tests.scim.strategies import filters, unhurried

USER = load_registry().user
#: Tokens of the grammar: in any order, they are seldom a filter, and often nearly one.
PIECES = st.sampled_from(
    ["(", ")", "[", "]", "not", "a", "eq", "pr", '"x"', "1", "null", ".b", " and ", " or ", " "]
)


EXTENSION = "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User"


@pytest.mark.rule(
    "7644-3.4.2.2-malformed", "7644-3.4.2.2-not", "7644-3.4.2.2-no-order", "7644-3.4.2.2-undeclared"
)
@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 0, "The filter is empty."),
        (" \t ", 0, "The filter is empty."),
        ("userName", 8, "The filter ends where it needs an operator, such as eq."),
        ("userName eq", 11, "The filter ends where it needs a value."),
        ('userName eq "x" and', 19, "The filter ends where it needs an attribute."),
        ("not ", 4, "The filter ends where it needs an operator"),
        ("not (", 5, "The filter ends where it needs an attribute."),
        ('(userName eq "x"', 16, "The filter ends before '(' at character 1 is closed."),
        ('(emails[type eq "x"', 19, "The filter ends before '[' at character 8 is closed."),
        ('userName eq "x")', 15, "Nothing is open that ')' could close."),
        ('(userName eq "x"]', 16, "Nothing is open that ']' could close."),
        ('emails[type eq "x")', 18, "Nothing is open that ')' could close."),
        ("()", 1, "')' stands where the filter needs an attribute."),
        ("emails[]", 7, "']' stands where the filter needs an attribute."),
        ('"x" eq userName', 0, "'\"' stands where the filter needs an attribute."),
        ("userName (pr)", 9, "'(' stands where the filter needs an operator, such as eq."),
        ("userName eq (1)", 12, "'(' stands where the filter needs a value."),
        ("id pr (id pr)", 6, "'(' stands where the filter needs 'and', 'or' or the end"),
        ("userName\u00a0pr", 8, "'\\xa0' stands where the filter needs an operator"),
        ('userName regex "x"', 9, "'regex' is not an operator; use eq, ne, co, sw, ew, gt,"),
        ("not userName pr", 4, "'userName' is not an operator"),
        ("not not (id pr)", 4, "'not' is not an operator"),
        ("emails[type pr].value.x pr", 21, "'.x' is not an operator"),
        ("userName eq x", 12, "'x' is not a value; a string stands in double quotes."),
        ("userName eq 'x'", 12, "\"'x'\" is not a value; a string stands in double quotes."),
        ("userName eq 01", 12, "'01' is not a value"),
        ("userName eq .5", 12, "'.5' is not a value"),
        ("userName eq +1", 12, "'+1' is not a value"),
        ("userName eq 1.", 12, "'1.' is not a value"),
        ("userName eq NaN", 12, "'NaN' is not a value"),
        ("userName eq 1e1000", 12, "'1e1000' is not a value"),
        (f"userName eq {'1' * 101}", 12, f"'{'1' * 40}…' is not a value"),
        ('userName eq "x', 12, "The string that begins here has no closing double quote."),
        (r'userName eq "\"', 12, "The string that begins here has no closing double quote."),
        (r'userName eq "\x"', 12, "is not a JSON string; a quote in it is written"),
        ('userName eq "\n"', 12, "is not a JSON string"),
        (r'userName eq "\u00"', 12, "is not a JSON string"),
        (r'userName eq "\ud800"', 12, "is not a JSON string"),
        ('userName eq "\ud800"', 12, "'\"\\ud800\"' is not a JSON string"),
        (r'userName eq "\u0000"', 12, "No value holds a null character."),
        ('userName eq "x" userName pr', 16, "'userName' can't follow a comparison; join"),
        ('emails[type eq "x"] eq "y"', 20, "'eq' can't follow a comparison"),
        ('emails[type eq "x"] .value pr', 20, "'.value' can't follow a comparison"),
        ('userName eq "x"and active pr', 15, "A blank is missing before 'a'."),
        ('userName eq"x"', 11, "A blank is missing before '\"'."),
        ("userName pr\n", 11, "A blank is missing before '\\n'."),
        ('emails.value[type eq "x"]', 12, "Brackets stand after an attribute, not after a sub"),
        ('1name eq "x"', 0, "'1name' is not the name of an attribute."),
        ("name.given.x pr", 0, "'name.given.x' is not the name of an attribute."),
        ("urn: pr", 0, "'urn:' is not the name of an attribute."),
        ("nic\u212aname pr", 0, "is not the name of an attribute."),
        ('nope eq "x"', 0, "User has no attribute nope to filter by;"),
        ('emails.nope eq "x"', 0, "User has no attribute emails.nope to filter by;"),
        ('active eq true and nope eq "x"', 19, "User has no attribute nope to filter by;"),
        ('not (userName eq "x" or nope pr)', 24, "User has no attribute nope to filter by;"),
        ("password pr", 0, "password is ignored here, as Bitbucket has no place for it:"),
        ("slug pr", 0, "User has no attribute slug to filter by;"),
        ('urn:x:y:userName eq "x"', 0, "User has no attribute urn:x:y:userName to filter by;"),
        (
            f"{EXTENSION}:userName pr",
            0,
            f"User has no attribute {EXTENSION}:userName to filter by;",
        ),
        (f"{EXTENSION}:access pr", 0, f"{EXTENSION}:access can't be filtered by;"),
        (f'{EXTENSION}:access[value eq "x"]', 0, "can't be filtered by;"),
        (f'{EXTENSION}:access.via eq "x"', 0, "can't be filtered by;"),
        ('name eq "Ann"', 0, "name has parts; compare one of them."),
        ("meta ne null", 0, "meta has parts; compare one of them."),
        ("active gt true", 7, "active is boolean, which has no order; use eq or ne."),
        ("emails[primary le true]", 15, "primary is boolean, which has no order"),
        ("active co true", 7, "active is boolean, not text; use another operator than co."),
        ('active eq "true"', 10, "active is compared with true or false, without quotes."),
        ("active eq 1", 10, "active is compared with true or false, without quotes."),
        ("userName eq 5", 12, "userName is compared with a string in double quotes."),
        ("userName eq true", 12, "userName is compared with a string in double quotes."),
        ("emails co 1.5", 10, "emails is compared with a string in double quotes."),
        ("userName gt null", 9, "null is compared with eq and ne only, not with gt."),
        ("active co null", 7, "null is compared with eq and ne only, not with co."),
        ('meta.created gt "2026-11-23"', 16, "compared with a date and time with its zone, as"),
        ('meta.created gt "2026-11-23T10:00:00"', 16, "a date and time with its zone"),
        ('meta.created gt "2026-11-23T10:00Z"', 16, "a date and time with its zone"),
        ('meta.created gt "20261123T100000Z"', 16, "a date and time with its zone"),
        ('meta.created gt "2026-W48-1T10:00:00Z"', 16, "a date and time with its zone"),
        ('meta.created gt "2026-02-30T10:00:00Z"', 16, "a date and time with its zone"),
        ('meta.created gt "0001-01-01T00:00:00+14:00"', 16, "a date and time with its zone"),
        ("meta.created gt 5", 16, "a date and time with its zone"),
        ('userName[value eq "x"]', 0, "userName has no values with parts that brackets could"),
        ('name[givenName eq "x"]', 0, "name has no values with parts that brackets could"),
        ('schemas[value eq "urn:x"]', 0, "schemas has no values with parts that brackets could"),
        ("photos[value pr and display pr]", 20, "display is ignored here, as Bitbucket has no"),
        ('emails[groups[value eq "x"]]', 7, "groups to filter by; it has value, display, type, p"),
        ('emails[type[value eq "x"]]', 7, "type has no values with parts that brackets could"),
        ('emails[type.value eq "x"]', 7, "emails has no attribute type.value to filter by;"),
        ('emails[urn:x:value eq "x"]', 7, "emails has no attribute urn:x:value to filter by;"),
        ('emails[type pr].nope eq "x"', 16, "emails has no attribute nope to filter by;"),
    ],
)
def test_a_refusal_says_what_and_where(
    registry: Registry, text: str, position: int, reason: str
) -> None:
    """The status is 400, the type invalidFilter, and the position counts from nought."""
    with pytest.raises(InvalidFilter) as refused:
        bind_filter(text, registry.user)

    assert reason in refused.value.detail
    assert refused.value.position == position
    assert f"(at character {position + 1} of the filter)" in refused.value.detail
    # Whatever was sent, it can be said in an answer, and not at any length.
    assert len(refused.value.detail.encode()) < 256
    assert (refused.value.status, refused.value.scim_type) == (400, "invalidFilter")


@pytest.mark.rule("7644-3.4.2.2-no-order", "7643-2.3.6-binary", "7643-4.1.1-password")
@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("size eq 1.5", 8, "size is compared with a whole number."),
        ("share eq true", 9, "share is compared with a number."),
        ('share gt "1"', 9, "share is compared with a number."),
        ("share sw 1", 6, "share is decimal, not text"),
        ('blob ge "QQ=="', 5, "blob is binary, which has no order"),
        ('blob co "QQ=="', 5, "blob is binary, not text"),
        ("secret pr", 0, "secret can't be filtered by;"),
        ("computed pr", 0, "computed can't be filtered by;"),
        ("whole.never pr", 0, "whole.never can't be filtered by;"),
        ("parts[type pr or request pr]", 17, "request can't be filtered by;"),
    ],
)
def test_a_refusal_for_what_users_and_groups_lack(
    specimen: ResourceType, text: str, position: int, reason: str
) -> None:
    """Numbers, binary values, and what is returned never or on request."""
    with pytest.raises(InvalidFilter) as refused:
        bind_filter(text, specimen)

    assert reason in refused.value.detail
    assert refused.value.position == position


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        (f'userName eq "{"x" * MAX_CHARACTERS}"', 8192, "longer than 8192 characters"),
        (" or ".join(["id pr"] * (MAX_CLAUSES + 1)), 4503, "more than 500 clauses"),
        ("emails[id pr]or " * (MAX_CLAUSES + 1), 8010, "more than 500 clauses"),
        ("(" * (MAX_DEPTH + 1), 50, "nested deeper than 50 brackets"),
        ("not (" * (MAX_DEPTH + 1), 254, "nested deeper than 50 brackets"),
        ("a[" * (MAX_DEPTH + 1), 101, "nested deeper than 50 brackets"),
    ],
)
def test_a_filter_is_bounded(text: str, position: int, reason: str) -> None:
    """Length, clauses and depth are bounded before anything is parsed."""
    with pytest.raises(InvalidFilter, match=reason) as refused:
        parse_filter(text)

    assert refused.value.position == position


def test_a_filter_may_reach_its_bounds() -> None:
    """One character, clause or bracket less, and it is read."""
    clauses = " or ".join(["id pr"] * MAX_CLAUSES)
    nested = f"{'(' * MAX_DEPTH}id pr{')' * MAX_DEPTH}"

    assert parse_filter(nested) == parse_filter("id pr")
    assert isinstance(parse_filter(clauses), Disjunction)
    assert parse_filter("id pr".ljust(MAX_CHARACTERS)) == parse_filter("id pr")


@pytest.mark.rule("7644-3.4.2.2-malformed")
@unhurried
@given(
    st.text()
    | st.text(alphabet='()[]"\\.:- andortpqe$urnx1\t\n\x00')
    | st.lists(PIECES).map("".join)
)
def test_whatever_is_sent_is_read_or_refused(text: str) -> None:
    """No text raises anything but InvalidFilter, whose position is in the text."""
    try:
        parse_filter(text)
    except InvalidFilter as error:
        assert 0 <= error.position <= len(text)


@unhurried
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
