"""The same images in a notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from viewed_run import LIVER, middle

from medspatial.errors import InputError, MissingPackageError
from medspatial.records import Question, read_records
from medspatial.view.notebook import show


def test_a_question_s_ct_masks_and_point(run_folder: Path) -> None:
    pytest.importorskip("ipyniivue", reason="ipyniivue is not installed (extra view)")
    from medspatial.volume import read_volume

    question = read_records(run_folder / "questions" / "questions.jsonl", Question).rows[0]
    view = show(run_folder, question=question.id, window="bone")
    ct, *masks = view.volumes
    assert len(masks) == 2
    assert (ct.cal_min, ct.cal_max) == (-500, 1300)
    assert view.opts.is_radiological_convention
    volume = read_volume(ct.path)
    assert volume.axcodes == "RAS"
    # The share of the grid leads back to the point.
    shares = view.scene.crosshair_pos
    voxel = [share * size - 0.5 for share, size in zip(shares, volume.shape, strict=True)]
    assert volume.affine.apply(voxel) == pytest.approx(middle(LIVER), abs=1e-3)
    assert len(show(run_folder, masks=["liver"]).volumes) == 2


def test_what_is_wrong_is_said(run_folder: Path) -> None:
    pytest.importorskip("ipyniivue", reason="ipyniivue is not installed (extra view)")
    with pytest.raises(InputError, match="window must be one of"):
        show(run_folder, window="pink")
    with pytest.raises(InputError, match="no question"):
        show(run_folder, question="nothing")
    with pytest.raises(InputError, match="no mask"):
        show(run_folder, masks=["spleen"])


def test_without_the_package(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ipyniivue", None)
    with pytest.raises(MissingPackageError, match=r"medspatial\[view\]"):
        show(run_folder)
