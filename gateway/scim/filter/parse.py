"""
From a filter's text to its syntax: the one module that knows scim2-filter-parser.

The library's parser builds the tree. Its lexer is passed over, as it reads numbers, strings and
names that begin like a keyword wrongly; the tree is put right, as it gives ``and`` and ``or`` the
same precedence.
"""

from collections.abc import Iterator
from typing import Any, Self

from scim2_filter_parser import ast
from scim2_filter_parser.parser import SCIMParser

from gateway.scim.filter.syntax import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Node,
    Presence,
    ValuePath,
)
from gateway.scim.filter.tokens import Token, tokenize
from gateway.scim.path import AttributePath


def parse_filter(text: str) -> Node:
    """
    Parse a filter.

    Names and operators are read in any letter case, and ``and`` binds tighter than ``or``.
    Nothing is resolved in a schema: that is :func:`gateway.scim.filter.bind.bind_filter`.

    Args:
        text: The filter, percent-decoded, of at most 8192 characters and 500 clauses.

    Returns:
        The root: ``a pr or b pr and c pr`` gives ``Disjunction(a, Conjunction(b, c))``.

    Raises:
        InvalidFilter: *text* is outside the grammar or one of its bounds.

    RFC 7644 §3.4.2.2, Figure 1.
    """
    tokens = [_ParserToken(token) for token in tokenize(text)]
    return _node(SCIMParser().parse(iter(tokens)))


class _Text(str):  # noqa: SLOT000 - a subclass of str can't have slots that hold anything
    """A token's text, as the library expects it, which still knows the token."""

    token: Token

    def __new__(cls, token: Token) -> Self:
        text = super().__new__(cls, token.text)
        text.token = token
        return text


class _ParserToken:
    """A token in the form that the library's parser reads."""

    __slots__ = ("end", "index", "lineno", "type", "value")

    def __init__(self, token: Token) -> None:
        self.type = token.type
        self.value = _Text(token)
        self.index = token.position
        self.end = token.position + len(token.text)
        self.lineno = 1


def _node(parsed: ast.Filter) -> Node:
    """Return the node for a filter of the library's: an expression, or one in parentheses."""
    match parsed.expr:
        case ast.LogExpr():
            node = _regrouped(list(_chain(parsed)))
        case ast.AttrExpr() as expression:
            node = _comparison(expression)
        case ast.Filter(namespace=None) as in_parentheses:
            node = _node(in_parentheses)
        case value_path:
            path = value_path.namespace
            node = ValuePath(_path(path), _node(value_path.expr), _position(path))
    return Negation(node) if parsed.negated else node


def _chain(parsed: ast.Filter) -> Iterator[ast.Filter | str]:
    """Yield operands and connectives in the order in which they were written."""
    backwards: list[ast.Filter | str] = []
    # Connectives are left-associative: the tree of a long filter is as deep as it is long.
    while isinstance(parsed.expr, ast.LogExpr):
        backwards += [parsed.expr.expr2, parsed.expr.op.lower()]
        parsed = parsed.expr.expr1
    yield parsed
    yield from reversed(backwards)


def _regrouped(chain: list[ast.Filter | str]) -> Node:
    alternatives: list[list[Node]] = [[]]
    for link in chain:
        if link == "or":
            alternatives.append([])
        elif link != "and":
            alternatives[-1].append(_node(link))
    joined = [Conjunction(tuple(a)) if len(a) > 1 else a[0] for a in alternatives]
    return Disjunction(tuple(joined)) if len(joined) > 1 else joined[0]


def _comparison(expression: ast.AttrExpr) -> Node:
    path = expression.attr_path
    if isinstance(path.attr_name, ast.Filter):
        return _value_path_with_comparison(path.attr_name, expression)
    return _compared(_path(path), _position(path), expression)


def _value_path_with_comparison(value_path: ast.Filter, expression: ast.AttrExpr) -> Node:
    """Move the comparison of ``emails[type eq "work"].value eq "x"`` into the brackets."""
    namespace = value_path.namespace
    sub_attribute = namespace.sub_attr
    # The library has moved it from behind the brackets to before them.
    namespace.sub_attr = None
    inner = AttributePath(urn=None, name=str(sub_attribute.value), sub_name=None)
    compared = _compared(inner, sub_attribute.value.token.position, expression)
    condition = Conjunction((_node(value_path.expr), compared))
    return ValuePath(_path(namespace), condition, _position(namespace))


def _compared(path: AttributePath, position: int, expression: ast.AttrExpr) -> Node:
    operator: Token = expression.value.token
    if expression.comp_value is None:
        return Presence(path, position)
    literal: Token = expression.comp_value.value.token
    return Comparison(
        path, operator.text.lower(), literal.literal, position, operator.position, literal.position
    )


def _path(path: ast.AttrPath) -> AttributePath:
    sub_attribute = path.sub_attr
    return AttributePath(
        urn=None if path.uri is None else str(path.uri),
        name=str(path.attr_name),
        sub_name=None if sub_attribute is None else str(sub_attribute.value),
    )


def _position(path: ast.AttrPath) -> int:
    first: Any = path.attr_name if path.uri is None else path.uri
    position: int = first.token.position
    return position
