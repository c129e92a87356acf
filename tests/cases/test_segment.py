"""Masks for cases that have none: one at a time, whole or not at all; TotalSegmentator as a program."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import Segmenter, load_case, read_cases, segment_cases
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.records import Case, MaskSource
from medspatial.volume import Affine, Volume, read_volume, write_volume


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["segment", *[str(a) for a in arguments]])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two small blocks of tissue in air."""
    (tmp_path / "ct").mkdir()
    for seed, name in enumerate(("a", "b")):
        voxels = np.full((10, 9, 8), -1000, np.int16)
        voxels[1:9, 1:8, 1:7] = np.random.default_rng(seed).integers(-200, 400, (8, 7, 6))
        affine = Affine(np.diag([-4.0, -4.0, 4.0, 1.0]))
        write_volume(Volume(voxels, affine, unit="HU"), tmp_path / f"ct/{name}.nii.gz")
    return tmp_path / "ct"


class Threshold:
    """Labels what is over 0 HU as the liver; counts its calls and dies where it is told to."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.calls = 0
        self.dies_at = dies_at

    def __call__(self, image: Path, target: Path) -> None:
        self.calls += 1
        volume = read_volume(image, unit="HU")
        labels = np.asarray(volume.voxels > 0, dtype=np.uint8) * 5
        write_volume(Volume(labels, volume.affine, unit="label"), target)
        if self.calls == self.dies_at:
            raise KeyboardInterrupt

    def segmenter(self, **facts: object) -> Segmenter:
        return Segmenter(self, "totalsegmentator_v2", {"segmenter": "threshold", **facts})


def test_cases_get_masks_on_their_own_grid(data: Path, tmp_path: Path) -> None:
    done = segment_cases(read_cases(data), data, tmp_path / "m", lambda _: Threshold().segmenter())
    assert (done.now, done.before, done.failed) == (2, 0, {})
    for case in read_cases(tmp_path / "m"):
        loaded = load_case(case, tmp_path / "m")
        assert loaded.ct is not None
        assert loaded.masks is not None
        assert loaded.masks.names == ("liver",)
        assert np.array_equal(loaded.masks.mask("liver"), loaded.ct.voxels > 0)


def test_interrupted_in_a_case_only_whole_masks_are_there(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    with pytest.raises(KeyboardInterrupt):
        segment_cases(read_cases(data), data, out, lambda _: Threshold(dies_at=2).segmenter())
    assert len(read_cases(out / "cases.jsonl")) == 1
    assert len([path for path in out.rglob("*.nii.gz") if not path.name.startswith(".")]) == 1
    again = Threshold()
    done = segment_cases(read_cases(data), data, out, lambda _: again.segmenter())
    assert (done.now, done.before, again.calls) == (1, 1, 1)
    with pytest.raises(InputError, match=r"segment\.json: masks made with other settings"):
        segment_cases(read_cases(data), data, out, lambda _: Threshold().segmenter(threshold=10))


def test_a_case_without_ct_and_one_that_cannot_be_read_fail_alone(data: Path, tmp_path: Path) -> None:
    (data / "b.nii.gz").write_bytes((data / "b.nii.gz").read_bytes()[:100])
    mask = MaskSource(path="c.nii.gz", label_map="totalsegmentator_v2")
    bare = Case(case_id="c", patient_id="c", masks=(mask,))
    done = segment_cases([*read_cases(data), bare], data, tmp_path / "m", lambda _: Threshold().segmenter())
    assert (done.now, sorted(done.failed)) == (1, ["b", "c"])
    assert done.failed["c"] == "the case has no CT"
    assert [case.case_id for case in read_cases(tmp_path / "m" / "cases.jsonl")] == ["a"]


PROGRAM = """#!/bin/sh
echo "$@" >> "{log}"
case "$2" in *{bad}*) echo "out of memory" >&2; exit 3;; esac
cp "{mask}" "$4"
"""


def test_an_installed_totalsegmentator_is_called(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = read_cases(data)
    volume = read_volume(data / str(cases[0].image_path), unit="HU")
    mask = np.zeros(volume.shape, np.int16)
    mask[2:4, 2:4, 2:4] = 5
    write_volume(Volume(mask, volume.affine, unit="label"), tmp_path / "mask.nii.gz")
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "TotalSegmentator"
    text = PROGRAM.format(log=tmp_path / "log", bad="b.nii.gz", mask=tmp_path / "mask.nii.gz")
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    options = (data, "-o", tmp_path / "m", "--with", "totalsegmentator", "--device", "cuda:1")
    told = run(*options, code=1)
    assert "1 segmented now, 0 before, 1 failed" in told
    assert "--ml --device gpu:1" in (tmp_path / "log").read_text()
    found = read_cases(tmp_path / "m")
    assert [case.masks[0].label_map for case in found] == ["totalsegmentator_v2"]
    assert load_case(found[0], tmp_path / "m").masks.names == ("liver",)  # type: ignore[union-attr]
    assert json.loads((tmp_path / "m/segment.json").read_text())["segmenter"] == "totalsegmentator"


def test_a_missing_totalsegmentator_is_said(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="TotalSegmentator is not installed"):
        run(data, "-o", tmp_path / "m", "--with", "totalsegmentator")
