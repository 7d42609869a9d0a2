"""The wheel has everything that the gateway needs, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built here, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)  # noqa: S603 - our own build
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_schema_is_in_the_wheel(contents: set[str]) -> None:
    """They are where an installed gateway looks for them."""
    shipped = {name for name in contents if name.startswith("gateway/schemas/")}

    assert shipped == {f"gateway/schemas/{path.name}" for path in (ROOT / "schemas").glob("*.json")}


def test_the_documentation_is_in_the_wheel(contents: set[str]) -> None:
    """The description of the API, and the page that shows it."""
    pages = (ROOT / "gateway" / "web" / "pages").iterdir()

    assert "gateway/openapi.yaml" in contents
    assert {str(page.relative_to(ROOT)) for page in pages} <= contents


def test_every_module_is_in_the_wheel(contents: set[str]) -> None:
    """Migrations and the mark of a typed package too."""
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "gateway").rglob("*.py")}

    assert modules <= contents
    assert {"gateway/py.typed", "gateway/mirror/migrations/script.py.mako"} <= contents


def test_nothing_stray_is_in_the_wheel(contents: set[str]) -> None:
    """No test, no cache, no other top level."""
    top = {name.split("/")[0] for name in contents}

    assert {name for name in top if not name.endswith(".dist-info")} == {"gateway"}
    assert not [name for name in contents if "__pycache__" in name or "test" in name]
