"""The ``q`` language: text to tree to answer, against an evaluation that knows no parser."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sandbox.bbql import And, Comparison, In, Node, Or, parse
from gateway.sandbox.errors import Refusal
from gateway.sandbox.predicate import Field, Fields, Kind, ordered, predicate

# How long an example takes says more about the machine than about the code.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

Thing = Mapping[str, Any]

WORDS = st.sampled_from(["", "a", "A", "ab", "É", "é", 'say "hi"', "back\\slash", "AND", "null"])
MOMENTS = st.integers(-3, 3).map(
    lambda hours: datetime(2020, 2, 29, 12, tzinfo=UTC) + timedelta(hours=hours)
)
VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: WORDS,
    Kind.NUMBER: st.integers(-3, 3) | st.sampled_from([0.5, -1.25]),
    Kind.DATE: MOMENTS,
    Kind.BOOLEAN: st.booleans(),
}
NAMES = {
    "name": Kind.TEXT,
    "project.key": Kind.TEXT,
    "size": Kind.NUMBER,
    "updated_on": Kind.DATE,
    "is_private": Kind.BOOLEAN,
}


def held_under(name: str) -> Callable[[Thing], Any]:
    """What reads one field."""
    return lambda thing: thing[name]


FIELDS: Fields[Thing] = {name: Field(kind, held_under(name)) for name, kind in NAMES.items()}
ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


@dataclass(frozen=True)
class Said:
    """A query: how it is written, and what it means for a thing."""

    text: str
    means: Callable[[Thing], bool]


@st.composite
def values(draw: st.DrawFn, kind: Kind) -> Any:
    """A value of a field, or null."""
    return draw(st.none() | VALUES[kind])


def written(value: Any) -> str:
    """A literal of the language; JSON writes all of them but dates."""
    if isinstance(value, datetime):
        elsewhere = value.astimezone(timezone(timedelta(hours=5, minutes=30)))
        return elsewhere.isoformat()
    return json.dumps(value, ensure_ascii=False)


@st.composite
def comparisons(draw: st.DrawFn) -> Said:
    """One field, one operator, one value."""
    name = draw(st.sampled_from(sorted(NAMES)))
    kind = NAMES[name]
    operators = ["=", "!=", "IN"]
    operators += ["~", "!~"] if kind is Kind.TEXT else []
    operators += list(ORDERINGS) if kind is not Kind.BOOLEAN else []
    operator = draw(st.sampled_from(operators))
    if operator == "IN":
        several = draw(st.lists(values(kind), min_size=1, max_size=3))
        inside = ", ".join(map(written, several))
        return Said(f"{name} IN ({inside})", lambda thing: thing[name] in several)
    nullable = operator in ("=", "!=")
    value = draw(values(kind) if nullable else VALUES[kind])
    return Said(f"{name}{operator}{written(value)}", meaning(name, operator, value))


def meaning(name: str, operator: str, value: Any) -> Callable[[Thing], bool]:
    """What a comparison means, said as plainly as possible."""
    if operator == "=":
        return lambda thing: bool(thing[name] == value)
    if operator == "!=":
        return lambda thing: bool(thing[name] != value)
    if operator == "~":
        return lambda thing: value.lower() in (thing[name] or "").lower()
    if operator == "!~":
        return lambda thing: value.lower() not in (thing[name] or "").lower()
    return lambda thing: thing[name] is not None and ORDERINGS[operator](thing[name], value)


def bracketed(said: Said) -> Said:
    """The same in brackets."""
    return Said(f"( {said.text})", said.means)


def conjunction(parts: list[Said]) -> Said:
    """All of them; what was said with ``OR`` needs brackets."""
    text = " AND ".join(f"({p.text})" if " OR " in p.text else p.text for p in parts)
    return Said(text, lambda thing: all(part.means(thing) for part in parts))


def disjunction(parts: list[Said]) -> Said:
    """Any of them, without brackets, because ``AND`` binds tighter."""
    text = " OR ".join(part.text for part in parts)
    return Said(text, lambda thing: any(part.means(thing) for part in parts))


def deeper(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    """Queries of queries."""
    several = st.lists(inner, min_size=2, max_size=3)
    return several.map(conjunction) | several.map(disjunction) | inner.map(bracketed)


QUERIES = st.recursive(comparisons(), deeper, max_leaves=8)
THINGS = st.fixed_dictionaries({name: values(kind) for name, kind in NAMES.items()})


@unhurried
@given(QUERIES, st.lists(THINGS, max_size=5))
def test_an_answer_is_what_the_query_means(said: Said, things: list[Thing]) -> None:
    """Parsing and evaluating gives what the query was built to mean."""
    holds = predicate(parse(said.text), FIELDS)
    assert [holds(thing) for thing in things] == [said.means(thing) for thing in things]


@unhurried
@given(st.lists(THINGS, max_size=8), st.sampled_from(sorted(NAMES)), st.sampled_from(["", "-"]))
def test_sorting_orders_and_keeps(things: list[Thing], name: str, sign: str) -> None:
    """Sorting loses nothing, puts nulls last, and orders text without regard to case."""
    result = ordered(things, f"{sign}{name}", FIELDS)
    assert sorted(map(id, result)) == sorted(map(id, things))
    held = [thing[name] for thing in result]
    known = [value for value in held if value is not None]
    assert held == known + [None] * (len(held) - len(known))
    keys = [value.casefold() if isinstance(value, str) else value for value in known]
    assert keys == sorted(keys, reverse=sign == "-")


@unhurried
@given(st.text(max_size=30))
def test_any_text_is_a_query_or_a_refusal(text: str) -> None:
    """Nothing that a client may send fails otherwise than by 400."""
    try:
        predicate(parse(text), FIELDS)
    except Refusal as refusal:
        assert refusal.status == 400


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('name="x"', Comparison("name", "=", "x")),
        (' name = "x" ', Comparison("name", "=", "x")),
        (r'name="a\"b\\c"', Comparison("name", "=", 'a"b\\c')),
        ("size>=-2.5", Comparison("size", ">=", -2.5)),
        ("parent=null", Comparison("parent", "=", None)),
        ("is_private=true", Comparison("is_private", "=", True)),
        ("updated_on>2020-01-02", Comparison("updated_on", ">", datetime(2020, 1, 2, tzinfo=UTC))),
        (
            "updated_on<2020-01-02T03:04:05.678901+00:00",
            Comparison("updated_on", "<", datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)),
        ),
        ('user.email IN ("a","b")', In("user.email", ("a", "b"))),
        ('user.email in("a")', In("user.email", ("a",))),
        (
            "a=1 OR b=2 AND c=3",
            Or((Comparison("a", "=", 1), And((Comparison("b", "=", 2), Comparison("c", "=", 3))))),
        ),
        (
            "(a=1 or b=2) and c=3",
            And((Or((Comparison("a", "=", 1), Comparison("b", "=", 2))), Comparison("c", "=", 3))),
        ),
    ],
)
def test_text_becomes_a_tree(text: str, tree: Node) -> None:
    """The grammar, by example."""
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name=",
        '="x"',
        'name="x',
        r'name="\n"',
        "name=x",
        'name=="x"',
        'name="x" AND',
        'AND name="x"',
        'name="x" name="y"',
        '(name="x"',
        'name="x")',
        "name IN ()",
        'name IN ("a",)',
        'name IN "a"',
        "name eq 1",
        "updated_on>2020-13-45",
        "NOT a=1",
        "size=" + "9" * 5000,
        "(" * 60 + "a=1" + ")" * 60,
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    """400 for whatever is outside the grammar."""
    with pytest.raises(Refusal) as refused:
        parse(text)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "text",
    [
        'nope="x"',
        "name=1",
        "name=true",
        'size="1"',
        "size=true",
        "is_private=1",
        "is_private>true",
        "size~1",
        "name>null",
        "name~null",
        'updated_on>"never"',
        'name IN ("a", 1)',
    ],
)
def test_what_does_not_go_with_a_field_is_refused(text: str) -> None:
    """400 for an unknown field, and for values and operators of another kind."""
    with pytest.raises(Refusal) as refused:
        predicate(parse(text), FIELDS)
    assert refused.value.status == 400


def test_a_date_may_be_a_string() -> None:
    """Quoted or not, a date is a date where the field is one."""
    thing: Thing = {"updated_on": datetime(2020, 1, 1, tzinfo=UTC)}
    assert predicate(parse('updated_on="2020-01-01T01:00:00+01:00"'), FIELDS)(thing)
