"""Schemathesis, which makes requests of openapi.yaml and holds the answers against it."""

from collections.abc import Iterator

import pytest

from tests.conformance.fuzzing import fuzz, fuzzed
from tests.demonstration import Demo


@pytest.fixture
def small() -> Iterator[Demo]:
    """A demonstration of a small workspace, which may be changed."""
    with fuzzed() as started:
        yield started


def test_schemathesis_finds_no_fault(small: Demo) -> None:
    """By no check, in requests that are valid, at the edge or wrong, one by one and in a row."""
    # The same requests each time: `make fuzz` makes others.
    outcome = fuzz(small, "--seed=1", "--max-examples=5", briefly=True)

    assert outcome.is_faultless, outcome.text
    assert outcome.cases > 3000
