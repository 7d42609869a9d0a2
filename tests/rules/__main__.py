"""Writes ``docs/conformance.md``; with ``--proofs FILE``, what it rests on, as JSON."""

import argparse
import json
from pathlib import Path

import pytest

from tests.rules.book import read_book
from tests.rules.marking import ALL_TESTS, Proofs, proofs_in
from tests.rules.page import PAGE, render


class _Collector:
    """A plugin of pytest that keeps which tests prove what."""

    proofs: Proofs | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.proofs = proofs_in(session.items)


def _collected() -> Proofs:
    collector = _Collector()
    options = ["--collect-only", "-qqq", "--no-summary", "-n0", "-p", "no:cacheprovider"]
    if pytest.main([*options, ALL_TESTS], [collector]) or collector.proofs is None:
        raise SystemExit("The tests can't be collected.")
    return collector.proofs


def _main() -> None:
    parser = argparse.ArgumentParser("python -m tests.rules", description=__doc__)
    parser.add_argument("--proofs", type=Path, metavar="FILE")
    wanted: Path | None = parser.parse_args().proofs
    proofs = _collected()
    if wanted is None:
        PAGE.write_text(render(read_book(), proofs), "utf-8")
    else:
        wanted.write_text(json.dumps({rule: sorted(tests) for rule, tests in proofs.items()}))


if __name__ == "__main__":
    _main()
