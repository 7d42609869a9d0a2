"""The rules that the tests prove: what a SCIM server has to do, clause by clause."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: In the order in which they are read.
_CHAPTERS = ("rfc7643", "rfc7644", "rfc9865", "rfc9967", "http", "drafts")
#: The number of an RFC and the clause, or the name of a draft; then what is asked there.
_ID = re.compile(r"(?P<section>(?P<rfc>[0-9]{4})-(?P<clause>[0-9.]+)|[a-z]+)-[a-z0-9-]+")


class Status(StrEnum):
    """What of a rule is done."""

    MET = "met"
    DEVIATION = "deviation"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    What one clause asks of a server.

    Attributes:
        id: The number of the RFC and the clause, or the name of the draft, and a word for it.
        says: What a server does that keeps the rule.
        status: What is done here.
        why: What is done instead, and why; empty where the rule is met.
    """

    id: str
    says: str
    status: Status
    why: str = ""

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ValueError(f"{self.id} begins with no clause.")
        if (self.status is Status.MET) == bool(self.why):
            raise ValueError(f"{self.id} is {self.status}, and gives a reason or lacks one.")

    @property
    def section(self) -> str:
        """What the rule is under: 7644-3.4.2.2, or the name of a draft."""
        return _parts(self.id)["section"]


@dataclass(frozen=True, slots=True)
class Section:
    """The rules of a clause, or of several of HTTP; *link* is where the clause is, if it is one."""

    key: str
    title: str
    link: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A standard, clause by clause."""

    standard: str
    title: str
    sections: tuple[Section, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all its sections."""
        return tuple(rule for section in self.sections for rule in section.rules)


@cache
def read_book() -> tuple[Chapter, ...]:
    """
    Return all rules.

    Raises:
        ValueError: Two have the same id, or one is wrong.
    """
    chapters = tuple(
        _chapter(tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))) for name in _CHAPTERS
    )
    ids = [rule.id for chapter in chapters for rule in chapter.rules]
    if len(set(ids)) < len(ids):
        raise ValueError(f"Twice: {sorted(each for each in set(ids) if ids.count(each) > 1)}.")
    return chapters


def known_ids() -> frozenset[str]:
    """Return the ids of all rules."""
    return frozenset(rule.id for chapter in read_book() for rule in chapter.rules)


def _chapter(read: Mapping[str, Any]) -> Chapter:
    rules = [Rule(**each | {"status": Status(each["status"])}) for each in read["rules"]]
    sections = tuple(_sections(read["sections"], rules))
    lost = {rule.id for rule in rules} - {rule.id for each in sections for rule in each.rules}
    if lost:
        raise ValueError(f"In no section: {sorted(lost)}.")
    return Chapter(read["standard"], read["title"], sections)


def _sections(titles: Mapping[str, str], rules: list[Rule]) -> Iterator[Section]:
    for key, title in titles.items():
        inner = tuple(rule for rule in rules if _owner(rule.section, titles) == key)
        if not inner:
            raise ValueError(f"The section {key} has no rules.")
        yield Section(key, title, _link(key), inner)


def _owner(section: str, titles: Mapping[str, str]) -> str:
    """Return the nearest section with a title: 9110-15.5.6 is under 9110-15."""
    while section not in titles and "." in section:
        section = section.rpartition(".")[0]
    return section


def _link(key: str) -> str:
    rfc, _, clause = key.partition("-")
    return f"https://www.rfc-editor.org/rfc/rfc{rfc}#section-{clause}" if clause else ""


def _parts(rule_id: str) -> re.Match[str]:
    match = _ID.fullmatch(rule_id)
    if match is None:
        raise ValueError(f"{rule_id} begins with no clause.")
    return match
