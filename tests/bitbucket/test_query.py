"""The language of ``q``: what is built can be read back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.bitbucket.query import (
    Condition,
    all_of,
    any_of,
    at_least,
    contains,
    differs,
    equals,
    exceeds,
    is_in,
    literal,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


def unquote(source: str) -> list[str]:
    """Read the strings in *source*, character by character."""
    strings: list[str] = []
    characters = iter(source)
    for character in characters:
        if character != '"':
            continue
        text = ""
        while (inner := next(characters)) != '"':
            text += next(characters) if inner == "\\" else inner
        strings.append(text)
    return strings


@given(TEXTS)
def test_a_text_survives_its_quotes(text: str) -> None:
    """No text ends its own quotes, or loses a character in them."""
    quoted = literal(text)

    assert quoted[0] == quoted[-1] == '"'
    assert unquote(quoted) == [text]


@given(st.lists(TEXTS, min_size=1))
def test_a_list_of_texts_survives(texts: list[str]) -> None:
    """Each text of an IN list is one string, whatever is in it."""
    assert unquote(str(is_in("user.email", texts))) == texts


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (equals("permission", "owner"), 'permission = "owner"'),
        (differs("is_private", True), "is_private != true"),
        (equals("project", None), "project = null"),
        (contains("repository.name", "api"), 'repository.name ~ "api"'),
        (exceeds("permission", "read"), 'permission > "read"'),
        (at_least("size", 10), "size >= 10"),
        (
            exceeds("updated_on", datetime(2026, 1, 2, tzinfo=UTC)),
            "updated_on > 2026-01-02T00:00:00+00:00",
        ),
        (is_in("user.email", ["a@x", "b@x"]), 'user.email IN ("a@x", "b@x")'),
        (all_of(equals("a", 1)), "a = 1"),
        (
            all_of(any_of(equals("a", 1), equals("b", 2)), equals("c", 3)),
            "(a = 1 OR b = 2) AND c = 3",
        ),
    ],
)
def test_conditions_read_as_bitbucket_writes_them(condition: Condition, text: str) -> None:
    """Each operator has Bitbucket's spelling, and joined conditions keep their brackets."""
    assert str(condition) == text


@pytest.mark.parametrize(
    "build",
    [
        lambda: equals('name" OR "x', "y"),
        lambda: equals("", "y"),
        lambda: equals("name", "line\nbreak"),
        lambda: equals("updated_on", datetime(2026, 1, 2)),  # noqa: DTZ001 - it is what is refused
        lambda: is_in("name", []),
        all_of,
        any_of,
    ],
)
def test_what_the_language_can_not_say_is_refused(build: object) -> None:
    """A field that is none, a control character, a time without zone and an empty list."""
    assert callable(build)
    with pytest.raises(ValueError, match=r"."):
        build()
