"""The names at the top of the package: all there, imported only when used; README and docs snippets run."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest
from page_blocks import FOLLOWED, blocks

import medspatial

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", medspatial.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(medspatial, name).__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = medspatial.nonsense


def test_importing_the_package_imports_no_room() -> None:
    code = "import sys, medspatial; print([m for m in sys.modules if 'medspatial.' in m or m == 'numpy'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['medspatial.version']"


def test_the_package_docstring_runs() -> None:
    assert doctest.testmod(medspatial).failed == 0


def snippets() -> list[tuple[str, str]]:
    """Return each Python block that stands alone; one that is not run has a comment that says why."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = [one for page in pages if page.stem not in FOLLOWED for one in blocks(page)]
    alone = [one for one in found if one.language == "python" and one.why is None and one.file is None]
    return [(one.where, one.text) for one in alone]


@pytest.mark.parametrize(("name", "code"), snippets(), ids=[name for name, _ in snippets()])
def test_snippets_of_the_documentation_run(
    name: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs" / "images").mkdir(parents=True)
    medspatial.write_phantoms(tmp_path / "my_data", 2, spacing=6)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, name, "exec"), {"__name__": "snippet"})


def test_a_listing_of_models_reads_no_file_format_and_no_network_library() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from medspatial.cli.app import app; "
        "assert CliRunner().invoke(app, ['models', 'list']).exit_code == 0; "
        "heavy = {'nibabel', 'torch', 'transformers', 'scipy', 'matplotlib', 'pydicom'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
