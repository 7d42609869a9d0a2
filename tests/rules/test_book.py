"""What the page of conformance says is what the rules and the tests say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.book import Rule, Status, read_book
from tests.rules.marking import Proofs, is_of_everything, proofs_in
from tests.rules.page import PAGE, render


@pytest.fixture(scope="module")
def proofs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Proofs:
    """Which tests prove what: of all tests, whichever are run."""
    if is_of_everything(request.config):
        return proofs_in(request.session.items)
    read = tmp_path_factory.mktemp("rules") / "proofs.json"
    command = [sys.executable, "-m", "tests.rules", "--proofs", str(read)]
    subprocess.run(command, check=True, capture_output=True, cwd=request.config.rootpath)  # noqa: S603 - our own command
    found: dict[str, list[list[str]]] = json.loads(read.read_text())
    return {rule: frozenset((path, name) for path, name in tests) for rule, tests in found.items()}


def test_every_rule_is_proved(proofs: Proofs) -> None:
    """Those that are met by what is done, the others by what is done instead."""
    rules = [rule for chapter in read_book() for rule in chapter.rules]
    assert [rule.id for rule in rules if rule.id not in proofs] == []


def test_the_page_is_what_would_be_written(proofs: Proofs) -> None:
    """If this fails, ``make conformance`` writes it anew."""
    assert PAGE.read_text("utf-8") == render(read_book(), proofs)


def test_a_test_of_no_rule_is_not_run(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A name that is misspelt proves nothing, and would pass unseen."""
    named = tmp_path / "test_named.py"
    named.write_text("import pytest\n@pytest.mark.rule('7644-9-nope')\ndef test(): pass\n")
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "tests.rules.marking", str(named)]
    root = request.config.rootpath

    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=root)  # noqa: S603 - pytest itself

    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "7644-9-nope" in ended.stderr


@pytest.mark.parametrize(
    ("rule_id", "status", "why"),
    [
        ("7644", Status.MET, ""),
        ("7644-3.6", Status.MET, ""),
        ("7644-3.6-deleted", Status.MET, "A reason."),
        ("7644-3.6-deleted", Status.DEVIATION, ""),
    ],
)
def test_a_rule_names_its_clause_and_a_deviation_its_reason(
    rule_id: str, status: Status, why: str
) -> None:
    """And what is met needs no excuse."""
    with pytest.raises(ValueError, match="7644"):
        Rule(rule_id, "A server does it.", status, why)
