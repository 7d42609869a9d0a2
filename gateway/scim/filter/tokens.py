"""
A filter's text as tokens of the grammar (RFC 7644 §3.4.2.2, Figure 1).

What a word is depends on where it stands: ``or`` may join two comparisons, or name an attribute.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.syntax import Literal
from gateway.scim.path import PATH, SUB_ATTRIBUTE

MAX_CHARACTERS = 8192
MAX_CLAUSES = 500
MAX_DEPTH = 50

_BLANKS = re.compile(r"[ \t]*")
_WORD = re.compile(r"[^\s()\[\]\"]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# JSON bounds no number; those too long for this are held by no attribute, and costly to compare.
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?(?:[eE][+-]?[0-9]{1,3})?")

_COMPARISONS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_CLOSING: Mapping[str, tuple[str, str]] = {")": ("RPAREN", "("), "]": ("RBRACKET", "[")}


class _Place(Enum):
    """What the grammar needs next."""

    OPERAND = "an attribute"
    OPERATOR = "an operator, such as eq"
    LITERAL = "a value"
    CONNECTIVE = "'and', 'or' or the end of the filter"


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token.

    Attributes:
        type: Its name in the grammar that parses it.
        text: What is written there.
        position: Where it begins, counted from 0.
        literal: What a literal stands for.
    """

    type: str
    text: str
    position: int
    literal: Literal = None


def tokenize(text: str) -> Iterator[Token]:
    """
    Yield the tokens of a filter. All of them together are a sentence of the grammar.

    Raises:
        InvalidFilter: *text* is too long, nested too deep, has too many clauses, or holds what
            can't stand where it does.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidFilter(
            f"The filter is longer than {MAX_CHARACTERS} characters.", position=MAX_CHARACTERS
        )
    return _Scanner(text).tokens()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._place = _Place.OPERAND
        self._open_brackets: list[Token] = []
        self._clauses = 0

    def tokens(self) -> Iterator[Token]:
        readers: Mapping[_Place, Callable[[], Iterator[Token]]] = {
            _Place.OPERAND: self._operand,
            _Place.OPERATOR: self._operator,
            _Place.LITERAL: self._literal,
            _Place.CONNECTIVE: self._connective,
        }
        while self._skip_blanks():
            yield from readers[self._place]()
        self._check_end()

    def _operand(self) -> Iterator[Token]:
        if self._peek() == "(":
            yield self._open("LPAREN")
            return
        word = self._word()
        if word.lower() == "not" and self._follows(word, "("):
            yield self._take("NOT", word)
            return
        match = PATH.fullmatch(word)
        if match is None:
            raise self._error(f"{_shown(word)} is not the name of an attribute.")
        yield from self._path(match)
        if self._peek() != "[":
            self._place = _Place.OPERATOR
        elif match["sub"] is None:
            yield self._open("LBRACKET")
        else:
            raise self._error("Brackets stand after an attribute, not after a sub-attribute.")

    def _path(self, match: re.Match[str]) -> Iterator[Token]:
        types = {"urn": "SCHEMA_URI", "name": "ATTRNAME", "sub": "SUBATTR"}
        for group, token_type in types.items():
            if match[group] is not None:
                yield Token(token_type, match[group], self._at + match.start(group))
        self._at += match.end()

    def _operator(self) -> Iterator[Token]:
        word = self._word()
        operator = word.lower()
        if operator != "pr" and operator not in _COMPARISONS:
            raise self._error(
                f"{_shown(word)} is not an operator; use eq, ne, co, sw, ew, gt, ge, lt, le or pr."
            )
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise self._error(f"The filter has more than {MAX_CLAUSES} clauses.")
        self._place = _Place.CONNECTIVE if operator == "pr" else _Place.LITERAL
        yield self._take(operator.upper(), word)
        self._check_end_of_word()

    def _literal(self) -> Iterator[Token]:
        yield self._string() if self._peek() == '"' else self._constant()
        self._place = _Place.CONNECTIVE
        self._check_end_of_word()

    def _string(self) -> Token:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise self._error("The string that begins here has no closing double quote.")
        try:
            literal = json.loads(match[0])
            literal.encode()  # half a surrogate pair is no character
        except ValueError:
            raise self._error(
                f"{_shown(match[0])} is not a JSON string; "
                'a quote in it is written \\" and a backslash \\\\.'
            ) from None
        if "\0" in literal:
            raise self._error("No value holds a null character.")
        return self._take("COMP_VALUE", match[0], literal)

    def _constant(self) -> Token:
        word = self._word()
        if word.lower() in _CONSTANTS:
            return self._take(word.upper(), word, _CONSTANTS[word.lower()])
        if _NUMBER.fullmatch(word):
            return self._take("NUMBER", word, _number(word))
        raise self._error(f"{_shown(word)} is not a value; a string stands in double quotes.")

    def _connective(self) -> Iterator[Token]:
        if self._peek() in _CLOSING:
            yield from self._close()
            return
        word = self._word()
        if word.lower() not in ("and", "or"):
            raise self._error(
                f"{_shown(word)} can't follow a comparison; join comparisons by 'and' or 'or'."
            )
        self._place = _Place.OPERAND
        yield self._take(word.upper(), word)

    def _open(self, token_type: str) -> Token:
        if len(self._open_brackets) == MAX_DEPTH:
            raise self._error(f"The filter is nested deeper than {MAX_DEPTH} brackets.")
        token = self._take(token_type, self._peek())
        self._open_brackets.append(token)
        self._place = _Place.OPERAND
        return token

    def _close(self) -> Iterator[Token]:
        closing = self._peek()
        token_type, opening = _CLOSING[closing]
        if not self._open_brackets or self._open_brackets[-1].text != opening:
            raise self._error(f"Nothing is open that {closing!r} could close.")
        self._open_brackets.pop()
        yield self._take(token_type, closing)
        match = SUB_ATTRIBUTE.match(self._text, self._at)
        if match and closing == "]":
            # Not in the RFC's grammar, yet what Entra ID matches users by.
            yield Token("SUBATTR", match["sub"], match.start("sub"))
            self._at = match.end()
            self._place = _Place.OPERATOR

    def _check_end(self) -> None:
        if not self._text.strip(" \t"):
            raise InvalidFilter("The filter is empty.", position=0)
        if self._place is not _Place.CONNECTIVE:
            raise self._error(f"The filter ends where it needs {self._place.value}.")
        if self._open_brackets:
            bracket = self._open_brackets[-1]
            raise self._error(
                f"The filter ends before {bracket.text!r} at character {bracket.position + 1} "
                "is closed."
            )

    def _skip_blanks(self) -> bool:
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at < len(self._text)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _word(self) -> str:
        match = _WORD.match(self._text, self._at)
        if match is None:
            raise self._error(
                f"{_shown(self._peek())} stands where the filter needs {self._place.value}."
            )
        return match[0]

    def _follows(self, word: str, text: str) -> bool:
        return self._text[self._at + len(word) :].lstrip(" \t").startswith(text)

    def _take(self, token_type: str, text: str, literal: Literal = None) -> Token:
        token = Token(token_type, text, self._at, literal)
        self._at += len(text)
        return token

    def _check_end_of_word(self) -> None:
        if self._peek() not in ("", " ", "\t", ")", "]"):
            raise self._error(f"A blank is missing before {_shown(self._peek())}.")

    def _error(self, detail: str) -> InvalidFilter:
        return InvalidFilter(detail, position=self._at)


def _number(word: str) -> int | Decimal:
    value = Decimal(word)
    return int(value) if value == value.to_integral_value() else value


def _shown(text: str) -> str:
    """Return *text* for a message: the beginning of it, without what could not be printed."""
    longest = 40
    return repr(text if len(text) <= longest else f"{text[:longest]}…")
