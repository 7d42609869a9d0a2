"""
A filter's text as tokens of the grammar (RFC 7644 §3.4.2.2, Figure 1).

What a word is depends on where it stands: ``or`` may join two comparisons, or name an attribute.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from gateway.scim.errors import InvalidFilter
from gateway.scim.filter.syntax import Literal

MAX_CHARACTERS = 8192
MAX_CLAUSES = 500
MAX_DEPTH = 50

_NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*|\$ref)"
_BLANKS = re.compile(r"[ \t]*")
_WORD = re.compile(r"[^\s()\[\]\"]+")
_PATH = re.compile(
    rf"(?:(?P<urn>urn:[^\s()\[\]\"]+):)?(?P<name>{_NAME})(?P<sub>\.{_NAME})?", re.IGNORECASE
)
_SUB_ATTRIBUTE = re.compile(rf"\.{_NAME}")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

_COMPARISONS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


class _Place(Enum):
    """What the grammar expects next."""

    OPERAND = auto()
    OPERATOR = auto()
    LITERAL = auto()
    CONNECTIVE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token.

    Attributes:
        type: Its name in the grammar that parses it.
        text: Its own text; of an operator in lower case.
        position: Where it begins, counted from 0.
        literal: What a literal stands for.
    """

    type: str
    text: str
    position: int
    literal: Literal = None


def tokenize(text: str) -> Iterator[Token]:
    """
    Yield the tokens of a filter.

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
        self._brackets: list[Token] = []
        self._clauses = 0

    def tokens(self) -> Iterator[Token]:
        readers = {
            _Place.OPERAND: self._operand,
            _Place.OPERATOR: self._operator,
            _Place.LITERAL: self._literal,
            _Place.CONNECTIVE: self._connective,
        }
        while self._skip_blanks():
            yield from readers[self._place]()

    def _operand(self) -> Iterator[Token]:
        if self._peek() == "(":
            yield self._open("LPAREN")
            return
        word = self._word("an attribute")
        if word.lower() == "not" and self._follows(word, "("):
            yield self._take("NOT", word)
            return
        match = _PATH.fullmatch(word)
        if match is None:
            raise self._error(f"{word!r} is not the name of an attribute.")
        yield from self._path(match)
        self._count_clause()
        if self._peek() == "[" and match["sub"]:
            raise self._error("Brackets stand after an attribute, not after a sub-attribute.")
        if self._peek() == "[":
            yield self._open("LBRACKET")
        else:
            self._place = _Place.OPERATOR

    def _path(self, match: re.Match[str]) -> Iterator[Token]:
        start = self._at
        if match["urn"]:
            yield Token("SCHEMA_URI", match["urn"], start)
        yield Token("ATTRNAME", match["name"], start + match.start("name"))
        if match["sub"]:
            yield Token("SUBATTR", match["sub"][1:], start + match.start("sub"))
        self._at = start + match.end()

    def _operator(self) -> Iterator[Token]:
        word = self._word("an operator, such as eq")
        operator = word.lower()
        if operator == "pr":
            self._place = _Place.CONNECTIVE
        elif operator in _COMPARISONS:
            self._place = _Place.LITERAL
        else:
            raise self._error(
                f"{word!r} is not an operator; use eq, ne, co, sw, ew, gt, ge, lt, le or pr."
            )
        yield self._take(operator.upper(), word)

    def _literal(self) -> Iterator[Token]:
        self._place = _Place.CONNECTIVE
        if self._peek() == '"':
            yield self._string()
            return
        word = self._word("a value")
        if word.lower() in _CONSTANTS:
            token = self._take(word.upper(), word)
            yield Token(token.type, word, token.position, _CONSTANTS[word.lower()])
        elif _NUMBER.fullmatch(word):
            token = self._take("NUMBER", word)
            yield Token("NUMBER", word, token.position, _number(word))
        else:
            raise self._error(f"{word!r} is not a value; a string stands in double quotes.")

    def _string(self) -> Token:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise self._error("A string begins here that has no closing double quote.")
        try:
            literal = json.loads(match[0])
            literal.encode()
        except ValueError:
            raise self._error(
                f'{match[0]} is not a JSON string; write \\" and \\\\ for a quote and a backslash.'
            ) from None
        if "\0" in literal:
            raise self._error("No value holds a null character.")
        token = Token("COMP_VALUE", match[0], self._at, literal)
        self._at = match.end()
        self._end_of_word()
        return token

    def _connective(self) -> Iterator[Token]:
        if self._peek() in (")", "]"):
            yield from self._close()
            return
        word = self._word("and, or, or the end of the filter")
        if word.lower() not in ("and", "or"):
            raise self._error(f"{word!r} can't follow a comparison; join comparisons by and or or.")
        self._place = _Place.OPERAND
        yield self._take(word.upper(), word)

    def _open(self, token_type: str) -> Token:
        token = Token(token_type, self._text[self._at], self._at)
        self._brackets.append(token)
        if len(self._brackets) > MAX_DEPTH:
            raise self._error(f"The filter is nested deeper than {MAX_DEPTH} brackets.")
        self._at += 1
        self._place = _Place.OPERAND
        return token

    def _close(self) -> Iterator[Token]:
        closing = self._peek()
        token_type, opening = {")": ("RPAREN", "("), "]": ("RBRACKET", "[")}[closing]
        if not self._brackets or self._brackets.pop().text != opening:
            raise self._error(f"Nothing is open that {closing!r} could close.")
        yield Token(token_type, closing, self._at)
        self._at += 1
        match = _SUB_ATTRIBUTE.match(self._text, self._at) if closing == "]" else None
        if match:
            # Not in the RFC's grammar, yet what Entra ID matches users by.
            yield Token("SUBATTR", match[0][1:], self._at)
            self._at = match.end()
            self._place = _Place.OPERATOR

    def _skip_blanks(self) -> bool:
        match = _BLANKS.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at < len(self._text)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _word(self, expected: str) -> str:
        match = _WORD.match(self._text, self._at)
        if match is None:
            raise self._error(f"{self._peek()!r} stands where the filter needs {expected}.")
        return match[0]

    def _follows(self, word: str, text: str) -> bool:
        return self._text[self._at + len(word) :].lstrip(" \t").startswith(text)

    def _take(self, name: str, word: str) -> Token:
        token = Token(name, word.lower(), self._at)
        self._at += len(word)
        if name != "NOT":
            self._end_of_word()
        return token

    def _end_of_word(self) -> None:
        if self._peek() not in ("", " ", "\t", ")", "]"):
            raise self._error(f"A blank is missing before {self._peek()!r}.")

    def _count_clause(self) -> None:
        self._clauses += 1
        if self._clauses > MAX_CLAUSES:
            raise self._error(f"The filter has more than {MAX_CLAUSES} clauses.")

    def _error(self, detail: str) -> InvalidFilter:
        return InvalidFilter(detail, position=self._at)


def _number(word: str) -> int | Decimal:
    value = Decimal(word)
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else value
