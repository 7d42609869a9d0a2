"""Texts and numbers that a gateway would rather not be sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")

#: Each has broken something somewhere: what compares, folds, cuts, escapes or counts characters.
NASTY: tuple[str, ...] = (
    *("", " ", "\t", "\0", "a\0b", "\r\nX-Injected: 1", "\x1b[31m", "\x7f", "\x85"),
    *("\ud800", "\udfff", "\ud83d\ude00", "a\ud800b", "\ufeff", "\ufffd", "\ufffe", "\uffff"),
    *("\u202eevil", "\u2066x\u2069", "\u200d", "\u200b", "\u2028", "\xa0", "\xad"),
    *("e\u0301", "\xe9", "\u0301", "e" + "\u0301" * 200, "\u0344", "\u1100\u1161", "\u1e9b\u0323"),
    *("\u0130", "\u0131", "\xdf", "\u1e9e", "\u017f", "\u212a", "\ufb01", "\u03c3\u03c2", "\u01c5"),
    *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0010ffff", "\U000e0041", "漢字", "עברית"),
    *("%", "%00", "%ff", "%u0041", "_", "*", "?", "[a-z]", "\\", "\\\\", '"', '\\"', "'", "`"),
    *("' OR 1=1 --", '"; DROP TABLE users; --', "$(id)", "${jndi:ldap://x}", "{{7*7}}", "{0.a}"),
    *("<script>", "../../etc/passwd", "file:///etc/passwd", "http://[::1", "//evil", "a" * 5000),
    *("true", "false", "null", "None", "undefined", "NaN", "and", "or", "not", "pr", "eq"),
    *("id", "meta", "schemas", "urn:", "urn:ietf:params:scim:schemas:core:2.0:User", "bulkId:x"),
    *("$ref", "value", "__class__", "__proto__", "constructor", "$", ".", "a.b", "a[b]", "a:b"),
)
#: Past what an int, a float, a date or a database's column holds, or next to it.
NUMBERS: tuple[str, ...] = (
    *("0", "-0", "1", "-1", "2", "3", "1000", "1001", "00", "01", "+1", " 1", "1 ", "1_000"),
    *("2147483647", "2147483648", "-2147483649", "4294967296", "9007199254740993"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("18446744073709551616", "9" * 30, "9" * 99, "9" * 100, "9" * 101, "9" * 400, "9" * 5000),
    *("0.1", "1.0", "1.", ".5", "-.5", "1e3", "1E+3", "1e-3", "1e308", "1e309", "1e999", "1e1000"),
    *("1e-999", "0e999", "-1e999", "0." + "0" * 98 + "1", "0x10", "1e", "1e+", "--1", "Infinity"),
    *("-Infinity", "NaN", "\u0661\u0662", "\uff11", "\xb2", "\u00bd"),
)
_RARE = 0.02


@dataclass(frozen=True, slots=True)
class Source:
    """
    What hostile input is made of: by chance, so that the same seed gives the same.

    Attributes:
        chance: Decides.
        texts: Other texts to take, besides the nasty ones.
    """

    chance: Random
    texts: Sequence[str] = ()

    def often(self, share: float) -> bool:
        """Return true that often."""
        return self.chance.random() < share

    def rarely(self) -> bool:
        """Return true once in fifty times: for what is costly."""
        return self.chance.random() < _RARE

    def one(self, choices: Sequence[T]) -> T:
        """Return one of *choices*."""
        return choices[int(self.chance.random() * len(choices))]

    def up_to(self, most: int) -> int:
        """Return a number from 0 to *most*."""
        return int(self.chance.random() * (most + 1))

    def some(self, make: Callable[[], T], most: int) -> list[T]:
        """Return at most so many of what *make* returns."""
        return [make() for _ in range(self.up_to(most))]

    def text(self) -> str:
        """Return a text: a nasty one, one of the others, or several in a row."""
        if self.often(0.1):
            return self.text() + self.text()
        if self.texts and self.often(0.5):
            return self.one(self.texts)
        return self.one(NASTY)

    def number(self) -> str:
        """Return a number, or nearly one, as it is written."""
        return self.one(NUMBERS)

    def cased(self, text: str) -> str:
        """Return *text*, in some letter case."""
        decided = self.chance.random()
        if decided < 0.6:
            return text
        return (
            text.swapcase() if decided < 0.7 else text.upper() if decided < 0.85 else text.lower()
        )

    def damaged(self, text: str) -> str:
        """Return *text* with something in it that was not: at least once, seldom more often."""
        at, upto = sorted((self.up_to(len(text)), self.up_to(len(text))))
        match self.up_to(6):
            case 0:
                text = text[:at]
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = text[:at] + self.text() + text[at:]
            case 3:
                text = text[:at] + text[at:upto][::-1] + text[upto:]
            case 4:
                text = text[:upto] + text[at:upto] + text[upto:]
            case 5:
                text = text[upto:] + text[:upto]
            case _:
                text = text[:at] + self.text() + text[at + 1 :]
        return self.damaged(text) if self.often(0.2) else text

    def damaged_bytes(self, content: bytes) -> bytes:
        """Return *content* cut, or with other bytes in it."""
        at = self.up_to(len(content))
        other = bytes(self.up_to(255) for _ in range(1 + self.up_to(3)))
        match self.up_to(3):
            case 0:
                return content[:at]
            case 1:
                return content[:at] + other + content[at:]
            case 2:
                return content[:at] + other + content[at + len(other) :]
        return content + self.one((b"\0", b"\xff", b"}", b",", b"\n{}", content))
