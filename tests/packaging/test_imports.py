"""What the gateway takes from outside is declared, and taken where it should be."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "gateway").rglob("*.py"))
#: Ourselves, and what is there for type checkers alone.
NOT_INSTALLED = {"gateway", "_typeshed"}


def imported(module: Path) -> Iterator[str]:
    """Yield the top-level packages that *module* imports."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def declared(requirements: list[str]) -> set[str]:
    """Return the names of the distributions that *requirements* ask for."""
    return {requirement.partition(">")[0].lower() for requirement in requirements}


def test_every_dependency_is_declared_and_used() -> None:
    """One that is there by another's grace may go; one that nobody imports is a burden."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = {package for module in MODULES for package in imported(module)}
    distributions = packages_distributions()

    needed = {
        distributions[package][0].lower()
        for package in packages - sys.stdlib_module_names - NOT_INSTALLED
    }

    assert needed == declared(project["dependencies"])


def test_only_the_entry_points_read_the_environment() -> None:
    """Everything else is handed its settings."""
    readers = {
        module.relative_to(ROOT / "gateway").as_posix()
        for module in MODULES
        if any(word in module.read_text(encoding="utf-8") for word in ("os.environ", "getenv"))
    }

    assert readers == {"app.py", "cli/environment.py", "sandbox/wsgi.py"}
