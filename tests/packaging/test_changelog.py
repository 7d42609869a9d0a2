"""The changelog and the version agree."""

import re
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_changelog_knows_the_version() -> None:
    """What is unreleased comes first; then releases, the newest first, none newer than this."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *releases = re.findall(r"^## \[?([^\]\s]+)", changelog, re.MULTILINE)
    numbers = [tuple(map(int, release.split("."))) for release in releases]

    assert first == "Unreleased"
    assert numbers == sorted(numbers, reverse=True)
    assert all(
        number <= tuple(map(int, version("bitbucket-scim").split("."))) for number in numbers
    )
