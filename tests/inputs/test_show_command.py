"""``medspatial inputs show`` writes what a model would be given."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    write_phantoms(folder, 2, 3, spacing=8.0)
    return folder


def rows(*arguments: str) -> list[dict[str, str]]:
    result = CliRunner().invoke(app, ["inputs", "show", *arguments, "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    made: list[dict[str, str]] = json.loads(result.stdout)
    return made


@pytest.mark.parametrize("representation", ["slices", "grid", "overlay", "volume"])
def test_each_representation(phantoms: Path, tmp_path: Path, representation: str) -> None:
    options = {
        "slices": ["--planes", "all", "--count", "1", "--letters", "--scale-bar", "--position"],
        "grid": ["--count", "4", "--window", "lung+mediastinum+bone", "--set", "size=64"],
        "overlay": ["--structures", "liver,heart", "--count", "2"],
        "volume": ["--set", "spacing=[8, 8, 8]"],
    }[representation]
    made = rows(str(phantoms), "--representation", representation, *options, "-o", str(tmp_path))
    assert len(made) == {"slices": 3, "grid": 1, "overlay": 2, "volume": 3}[representation]
    for row in made:
        picture = np.asarray(Image.open(row["file"]))
        assert row["pixels"] == f"{picture.shape[1]} x {picture.shape[0]}"
        assert picture.max() > 100
        assert row["caption"]


def test_a_ct_file_alone(phantoms: Path, tmp_path: Path) -> None:
    file = next(path for path in phantoms.rglob("*.nii.gz") if "ct" in path.name)
    assert len(rows(str(file), "--count", "2", "-o", str(tmp_path))) == 2
    with pytest.raises(InputError, match="an overlay needs a case with masks"):
        rows(str(file), "--representation", "overlay", "-o", str(tmp_path))


def test_unknown_case_and_setting(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no case 'nobody'; there are 2"):
        rows(str(phantoms), "--case-id", "nobody", "-o", str(tmp_path))
    with pytest.raises(InputError, match="colour: unknown option; got 'red'"):
        rows(str(phantoms), "--set", "colour=red", "-o", str(tmp_path))
