"""Filters that ask for equality: one statement for each form of them."""

import pytest

from gateway.mirror.look_ups import LookUp
from gateway.scim.filter.bind import bind_filter
from gateway.scim.schema import Registry


def taken_apart(text: str, registry: Registry) -> LookUp | None:
    """Take a filter for users apart."""
    return LookUp.of(bind_filter(text, registry.user))


@pytest.mark.parametrize(
    ("one", "another", "values"),
    [
        ('userName eq "Ann"', 'username EQ "bob"', ["ann"]),
        (
            'emails[type eq "work"].value eq "a@x"',
            'emails[type eq "home" and value eq "b@x"]',
            ["work", "a@x"],
        ),
        (
            'active eq true and externalId eq "1"',
            'active eq false and externalId eq "2"',
            [True, "1"],
        ),
        ("nickName pr", "nickname pr", []),
    ],
)
def test_one_form_has_one_statement(
    registry: Registry, one: str, another: str, values: list[object]
) -> None:
    """Whatever the values are: they are handed to it."""
    first, second = taken_apart(one, registry), taken_apart(another, registry)

    assert first is not None
    assert second is not None
    assert list(first.values.values()) == values
    assert first.form == second.form
    statement = first.keys(registry.user, "https://x")
    assert statement is second.keys(registry.user, "https://x")


@pytest.mark.parametrize(
    "text",
    [
        'userName co "a"',
        'userName eq "a" or userName eq "b"',
        'not (userName eq "a")',
        'meta.lastModified gt "2026-01-01T00:00:00Z"',
        'active eq true and userName sw "a"',
        " and ".join(f'userName eq "{number}"' for number in range(9)),
    ],
)
def test_other_filters_are_put_together_each_time(registry: Registry, text: str) -> None:
    """They come in more forms than are worth keeping."""
    assert taken_apart(text, registry) is None
