"""``medspatial segment --with vista3d``: masks that questions can be built from, resuming, failures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import load_case, read_cases
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.volume import Affine, Volume, read_volume, write_volume


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["segment", *[str(a) for a in arguments]])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two small blocks of tissue in air, so that few windows cover them."""
    (tmp_path / "ct").mkdir()
    for seed, name in enumerate(("a", "b")):
        voxels = np.full((10, 9, 8), -1000, np.int16)
        voxels[1:9, 1:8, 1:7] = np.random.default_rng(seed).integers(-200, 400, (8, 7, 6))
        affine = Affine(np.diag([-4.0, -4.0, 4.0, 1.0]))
        write_volume(Volume(voxels, affine, unit="HU"), tmp_path / f"ct/{name}.nii.gz")
    return tmp_path / "ct"


STRUCTURES = ("--structure", "liver", "--structure", "spleen", "--structure", "kidney_left")


def test_masks_are_read_as_cases_and_the_command_resumes(
    data: Path, tiny_vista3d: Path, tmp_path: Path
) -> None:
    out = tmp_path / "masks"
    options = (data, "-o", out, "--model-path", tiny_vista3d, "--device", "cpu", "--window", 32, *STRUCTURES)
    assert "2 segmented now, 0 before, 0 failed" in run(*options)
    cases = read_cases(out)
    assert len(cases) == 2
    loaded = load_case(cases[0], out)
    assert loaded.ct is not None
    assert loaded.masks is not None
    assert loaded.masks.shape == loaded.ct.shape
    assert 0 < len(loaded.masks.names) <= 3
    assert set(loaded.masks.names) <= {"liver", "spleen", "kidney_left"}
    # Killed in the second case: its mask is not there, a part of it is.
    lost = out / cases[1].masks[0].path
    whole = read_volume(lost, unit="label").voxels
    lost.rename(lost.with_name(f".{lost.name}.1-1.nii.gz"))
    assert "1 segmented now, 1 before, 0 failed" in run(*options)
    assert np.array_equal(read_volume(lost, unit="label").voxels, whole)
    assert read_cases(out) == cases
    with pytest.raises(InputError, match="other settings"):
        run(*options[:-2])


def test_a_case_that_fails_does_not_stop_the_others(data: Path, tiny_vista3d: Path, tmp_path: Path) -> None:
    first = data / str(read_cases(data)[0].image_path)
    first.write_bytes(first.read_bytes()[:200])
    options = (data, "-o", tmp_path / "m", "--model-path", tiny_vista3d, "--device", "cpu", "--window", 32)
    told = run(*options, *STRUCTURES, code=1)
    assert "1 segmented now, 0 before, 1 failed" in told
    assert len(read_cases(tmp_path / "m")) == 1


def test_vista3d_needs_weights(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--model-path is needed"):
        run(data, "-o", tmp_path / "m")
