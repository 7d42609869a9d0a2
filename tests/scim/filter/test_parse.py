"""The syntax of filters: what is written is what is read."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scim.filter.parse import parse_filter
from gateway.scim.filter.syntax import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Node,
    Presence,
    ValuePath,
)
from gateway.scim.path import AttributePath
from tests.scim.strategies import unhurried

NAMES = st.sampled_from(
    [
        *("a", "userName", "$ref", "x-y_1", "nullable", "trueName", "falsehood", "orders", "notes"),
        *("android", "prefix", "equal", "and", "or", "not", "pr", "eq", "true", "null", "NOT"),
    ]
)
URNS = st.sampled_from(
    ["urn:x", "URN:ietf:params:scim:schemas:core:2.0:User", "urn:bitbucket-scim:1.0:or"]
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
DECIMALS = st.decimals(-(10**9), 10**9, places=3)
LITERALS = TEXTS | st.booleans() | st.none() | st.integers() | DECIMALS.filter(lambda d: d % 1 != 0)
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])

PATHS = st.builds(AttributePath, st.none() | URNS, NAMES, st.none() | NAMES)
HEADS = st.builds(AttributePath, st.none() | URNS, NAMES, st.none())
CLAUSES = st.builds(Presence, PATHS, position=st.just(0)) | st.builds(
    Comparison,
    PATHS,
    OPERATORS,
    LITERALS,
    position=st.just(0),
    operator_position=st.just(0),
    literal_position=st.just(0),
)


def _combined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return (
        several.map(Conjunction)
        | several.map(Disjunction)
        | inner.map(Negation)
        | st.builds(ValuePath, HEADS, inner, position=st.just(0))
    )


TREES = st.recursive(CLAUSES, _combined, max_leaves=10)


def written(node: Node) -> str:
    """Return the filter that says *node*, with no more parentheses than it needs."""
    match node:
        case Disjunction(operands=operands):
            return " or ".join(_grouped(one, Disjunction) for one in operands)
        case Conjunction(operands=operands):
            return " and ".join(_grouped(one, Disjunction, Conjunction) for one in operands)
        case Negation(operand=operand):
            return f"not ({written(operand)})"
        case ValuePath(path=path, condition=condition):
            return f"{path}[{written(condition)}]"
        case Presence(path=path):
            return f"{path} pr"
        case Comparison(path=path, operator=operator, literal=literal):
            return f"{path} {operator} {_json(literal)}"


def _grouped(node: Node, *kinds: type) -> str:
    return f"({written(node)})" if isinstance(node, kinds) else written(node)


def _json(literal: Any) -> str:
    return str(literal) if isinstance(literal, Decimal) else json.dumps(literal)


@pytest.mark.rule("7644-3.4.2.2-operators")
@unhurried
@given(TREES)
def test_what_is_written_is_read(tree: Node) -> None:
    """A tree written as text and parsed is the same tree, whatever its names and literals."""
    assert parse_filter(written(tree)) == tree


@unhurried
@given(TREES)
def test_positions_are_where_things_are_written(tree: Node) -> None:
    """Each path, operator and literal begins at the position that its node says."""
    text = written(tree)

    for node in _clauses(parse_filter(text)):
        assert text.startswith(str(node.path), node.position)
        if isinstance(node, Comparison):
            assert text.startswith(f"{node.operator} ", node.operator_position)
            assert text.startswith(_json(node.literal), node.literal_position)


def _clauses(node: Node) -> Iterator[Presence | Comparison | ValuePath]:
    match node:
        case Conjunction(operands=operands) | Disjunction(operands=operands):
            for operand in operands:
                yield from _clauses(operand)
        case Negation(operand=operand):
            yield from _clauses(operand)
        case ValuePath(condition=condition):
            yield node
            yield from _clauses(condition)
        case _:
            yield node


def test_a_comparison_behind_brackets_keeps_its_position() -> None:
    """Moved into the brackets, it still says where it was written."""
    parsed = parse_filter('emails[type pr].value EQ "x"')

    assert parsed == parse_filter('emails[type pr and value eq "x"]')
    assert [clause.position for clause in _clauses(parsed)] == [0, 7, 16]


@pytest.mark.rule("7644-3.4.2.2-blanks", "7644-3.4.2.2-letter-case")
def test_nodes_that_say_the_same_are_equal() -> None:
    """Blanks, needless parentheses and the letter case of operators say nothing."""
    assert parse_filter('a EQ "x"  AND (b pr)') == parse_filter('a eq "x" and b pr')
    assert parse_filter("a pr or (b pr or c pr)") != parse_filter("a pr or b pr or c pr")
