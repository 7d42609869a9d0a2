"""
The language of ``q``, in which Bitbucket's lists are filtered.

Conditions are built, never pasted together, so that no value can end its own quotes:
``str(is_in("user.email", ["ann@acme.com"]))`` is ``user.email IN ("ann@acme.com")``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Value: TypeAlias = str | bool | int | datetime | None

_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, ready to be the value of ``q``."""

    text: str
    is_compound: bool = False

    def __str__(self) -> str:
        return self.text


def equals(field: str, value: Value) -> Condition:
    """Select what has *value*; strings are compared by Bitbucket as the field has them."""
    return _compare(field, "=", value)


def differs(field: str, value: Value) -> Condition:
    """Select what has another value."""
    return _compare(field, "!=", value)


def contains(field: str, text: str) -> Condition:
    """Select what contains *text*, whatever its case."""
    return _compare(field, "~", text)


def exceeds(field: str, value: Value) -> Condition:
    """Select what is greater; permissions are ordered ``read``, ``write``, ``admin``."""
    return _compare(field, ">", value)


def at_least(field: str, value: Value) -> Condition:
    """Select what is greater or equal."""
    return _compare(field, ">=", value)


def is_in(field: str, values: Iterable[Value]) -> Condition:
    """
    Select what has one of *values*.

    Raises:
        ValueError: There are none: the language has no empty list.
    """
    listed = ", ".join(map(literal, values))
    if not listed:
        raise ValueError(f"no values to look for in {field}")
    return Condition(f"{_checked(field)} IN ({listed})")


def all_of(*conditions: Condition) -> Condition:
    """Select what meets every condition."""
    return _join("AND", conditions)


def any_of(*conditions: Condition) -> Condition:
    """Select what meets one of the conditions."""
    return _join("OR", conditions)


def literal(value: Value) -> str:
    r"""
    Return *value* as the language writes it: strings in double quotes, ``"`` and ``\`` escaped.

    Raises:
        ValueError: It holds a control character, which the language can't say, or is a time
            without a zone.
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return repr(value)
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a time to compare with needs a time zone")
            return value.isoformat()
    if any(character < " " or character == "\x7f" for character in value):
        raise ValueError("a text to compare with holds a control character")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _compare(field: str, operator: str, value: Value) -> Condition:
    return Condition(f"{_checked(field)} {operator} {literal(value)}")


def _join(word: str, conditions: tuple[Condition, ...]) -> Condition:
    if not conditions:
        raise ValueError(f"nothing to join with {word}")
    if len(conditions) == 1:
        return conditions[0]
    texts = (f"({each})" if each.is_compound else str(each) for each in conditions)
    return Condition(f" {word} ".join(texts), is_compound=True)


def _checked(field: str) -> str:
    if not _FIELD.fullmatch(field):
        raise ValueError(f"{field!r} is no name of a field")
    return field
