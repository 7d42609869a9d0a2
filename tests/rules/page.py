"""The page that says of every rule whether it is met, and which tests prove it."""

from collections.abc import Iterator, Sequence
from itertools import chain

from tests.rules.book import HERE, Chapter, Rule, Section, Status
from tests.rules.marking import Proofs

PAGE = HERE.parents[1] / "docs" / "conformance.md"

_INTRODUCTION = HERE / "introduction.md"


def render(book: Sequence[Chapter], proofs: Proofs) -> str:
    """Return the page, as Markdown."""
    lines = chain(
        _INTRODUCTION.read_text("utf-8").splitlines(),
        _counts(book),
        _reasons("Deviations", book, Status.DEVIATION),
        _reasons("Not offered", book, Status.NOT_OFFERED),
        *(_chapter(chapter, proofs) for chapter in book),
    )
    return "\n".join(lines) + "\n"


def _counts(book: Sequence[Chapter]) -> Iterator[str]:
    yield from (
        "",
        "| | rules | met | deviations | not offered |",
        "| --- | --: | --: | --: | --: |",
    )
    for chapter in book:
        yield _row(f"[{chapter.standard}](#{_anchor(_heading(chapter))})", *_numbers(chapter.rules))
    everything = [rule for chapter in book for rule in chapter.rules]
    yield _row("**all**", *(f"**{number}**" for number in _numbers(everything)))


def _numbers(rules: Sequence[Rule]) -> list[str]:
    by_status = [sum(rule.status is status for rule in rules) for status in Status]
    return [str(number) for number in (len(rules), *by_status)]


def _reasons(title: str, book: Sequence[Chapter], status: Status) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| What is asked | What is done here | Clause |")
    yield "| --- | --- | --- |"
    for section in chain.from_iterable(chapter.sections for chapter in book):
        for rule in section.rules:
            if rule.status is status:
                link = f"[{_clause(rule.section) or section.title}](#{_anchor(_title(section))})"
                yield _row(rule.says, rule.why, link)


def _chapter(chapter: Chapter, proofs: Proofs) -> Iterator[str]:
    yield from ("", f"## {_heading(chapter)}")
    for section in chapter.sections:
        yield from _section(section, proofs)


def _section(section: Section, proofs: Proofs) -> Iterator[str]:
    yield from ("", f"### {_title(section, is_linked=True)}", "")
    yield from ("| Rule | What a server does | | Proved by |", "| --- | --- | --- | --- |")
    for rule in section.rules:
        tests = sorted(proofs.get(rule.id, ()))
        yield _row(f"`{rule.id}`", rule.says, rule.status, "<br>".join(map(_test, tests)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _test(test: tuple[str, str]) -> str:
    path, name = test
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


def _heading(chapter: Chapter) -> str:
    return f"{chapter.standard}: {chapter.title}"


def _title(section: Section, *, is_linked: bool = False) -> str:
    clause = _clause(section.key)
    if not clause:
        return section.title
    return f"{section.title} ({f'[{clause}]({section.link})' if is_linked else clause})"


def _clause(section: str) -> str:
    """Return how a clause is cited; a draft has none."""
    rfc, _, clause = section.partition("-")
    return f"RFC {rfc} §{clause}" if clause else ""


def _anchor(text: str) -> str:
    kept = "".join(each for each in text.lower() if each.isalnum() or each in " -")
    return kept.replace(" ", "-")
