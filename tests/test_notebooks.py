"""The notebooks run from first to last cell, and show what their text promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: pip install -e '.[docs]'")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install -e '.[docs]'")

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "notebooks"
SHOWN = {
    "first_look": ["int16, RAS, 4 x 4 x 4 mm, HU", "adrenal_gland_left", "'measurement'", "oracle", "100.0%"],
    "own_ct": ["ct.nii.gz", "87 structures", "marked: liver", "Image.Image image", "margin:"],
    "compare_two_models": ["8 patients", "careful minus hasty", "after Holm", "<svg"],
    "what_a_model_sees": ["m3d_lamed", "axes grow to SPL as declared", "(1, 32, 256, 256)", "Grid of 9"],
}


def outputs(notebook: Any) -> str:
    """Return all that the cells of an executed notebook show, as text."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            found += [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
            found.append(data.get("image/svg+xml", ""))
    return "\n".join(found)


def test_every_notebook_is_run_here_and_in_the_site() -> None:
    names = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert names == set(SHOWN)
    site = (FOLDER.parents[1] / "mkdocs.yml").read_text()
    assert all(f"notebooks/{name}.ipynb" in site for name in names)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_notebook_runs_and_shows_what_it_says(name: str, tmp_path: Path) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=place).execute()
    shown = outputs(notebook)
    assert [one for one in SHOWN[name] if one not in shown] == []


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    nbformat.validate(notebook)
