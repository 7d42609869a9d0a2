"""The ``q`` language: text to a tree."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from gateway.sandbox.errors import bad_request

Literal: TypeAlias = str | int | float | bool | datetime | None

MAX_DEPTH = 50
MAX_DIGITS = 30
WORDS = {"null": None, "true": True, "false": False}
TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\["\\])*")
      | (?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<operator>!=|!~|>=|<=|=|~|>|<)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_][A-Za-z0-9_.]*)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field against one value."""

    field: str
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class In:
    """One field against a list of values."""

    field: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: "tuple[Node, ...]"


Node: TypeAlias = Comparison | In | And | Or


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, and what kind of piece."""

    kind: str
    text: str


def parse(text: str) -> Node:
    """
    Parse the value of ``q``.

    ``AND`` binds tighter than ``OR``; field names and strings keep their case, words of the
    language do not. A string knows two escapes: of the double quote and of the backslash.

    Raises:
        Refusal: 400, when *text* is outside the language.
    """
    parser = _Parser(_tokens(text))
    node = parser.alternatives(depth=0)
    parser.expect_end()
    return node


def _tokens(text: str) -> list[Token]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        found = TOKEN.match(text, position)
        if found is None:
            raise bad_request("Invalid query", f"Unexpected input at offset {position}.")
        tokens.append(Token(str(found.lastgroup), found.group(str(found.lastgroup))))
        position = found.end()
    return tokens


class _Parser:
    """Recursive descent over a list of tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def alternatives(self, *, depth: int) -> Node:
        """``a OR b``."""
        parts = [self._conjunction(depth=depth)]
        while self._take_word("or"):
            parts.append(self._conjunction(depth=depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self._next < len(self._tokens):
            raise self._unexpected()

    def _conjunction(self, *, depth: int) -> Node:
        parts = [self._term(depth=depth)]
        while self._take_word("and"):
            parts.append(self._term(depth=depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _term(self, *, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise bad_request("Invalid query", "Brackets are nested too deeply.")
        if self._take_mark("("):
            inner = self.alternatives(depth=depth + 1)
            self._expect_mark(")")
            return inner
        field = self._take("word").text
        if self._take_word("in"):
            return In(field, self._values())
        return Comparison(field, self._take("operator").text, self._value())

    def _values(self) -> tuple[Literal, ...]:
        self._expect_mark("(")
        values = [self._value()]
        while self._take_mark(","):
            values.append(self._value())
        self._expect_mark(")")
        return tuple(values)

    def _value(self) -> Literal:
        token = self._peek()
        if token is None or token.kind not in READERS:
            raise self._unexpected()
        self._next += 1
        return READERS[token.kind](token.text)

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str) -> Token:
        token = self._peek()
        if token is None or token.kind != kind:
            raise self._unexpected()
        self._next += 1
        return token

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        taken = token is not None and token.kind == "word" and token.text.lower() == word
        self._next += taken
        return taken

    def _take_mark(self, mark: str) -> bool:
        taken = self._peek() == Token("mark", mark)
        self._next += taken
        return taken

    def _expect_mark(self, mark: str) -> None:
        if not self._take_mark(mark):
            raise self._unexpected()

    def _unexpected(self) -> Exception:
        token = self._peek()
        what = "end of query" if token is None else f"'{token.text}'"
        return bad_request("Invalid query", f"Unexpected {what}.")


def _string(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _number(text: str) -> int | float:
    if len(text) > MAX_DIGITS:
        raise bad_request("Invalid query", "The number is too long.")
    return float(text) if "." in text else int(text)


def _word(text: str) -> bool | None:
    if text.lower() not in WORDS:
        raise bad_request("Invalid query", f"Unexpected '{text}'.")
    return WORDS[text.lower()]


def moment(text: str) -> datetime:
    """Read an ISO 8601 date, which means its midnight, or a date and time; UTC unless it says."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request("Invalid query", f"'{text}' is no date.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


READERS = {"string": _string, "number": _number, "date": moment, "word": _word}
