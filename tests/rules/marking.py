"""The marker ``rule``, by which a test names the rules it proves."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.rules.book import known_ids

#: By the id of a rule: the files, below the project, and the functions that prove it.
Proofs = Mapping[str, frozenset[tuple[str, str]]]

ALL_TESTS = "tests"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "rule(id, ...): the rules in tests/rules that it proves.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Let no test name a rule that there is not.

    Raises:
        pytest.UsageError: One does.
    """
    for item in items:
        unknown = rules_of(item) - known_ids()
        if unknown:
            named = ", ".join(sorted(unknown))
            raise pytest.UsageError(f"{item.nodeid} names no rule of tests/rules: {named}.")


def rules_of(item: pytest.Item) -> frozenset[str]:
    """Return the ids of the rules that a test proves."""
    return frozenset(str(each) for mark in item.iter_markers("rule") for each in mark.args)


def proofs_in(items: Iterable[pytest.Item]) -> Proofs:
    """Return which of some tests prove what."""
    found: dict[str, set[tuple[str, str]]] = {}
    for item in items:
        where = item.path.relative_to(item.config.rootpath).as_posix()
        name = item.originalname if isinstance(item, pytest.Function) else item.name
        for each in rules_of(item):
            found.setdefault(each, set()).add((where, name))
    return {each: frozenset(tests) for each, tests in found.items()}


def is_of_everything(config: pytest.Config) -> bool:
    """Return whether a run collects all tests."""
    asked = {Path(config.rootpath, each).resolve() for each in config.args}
    options = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf")
    chosen = (config.getoption(name, None) for name in options)
    return asked == {config.rootpath / ALL_TESTS} and not any(chosen)
