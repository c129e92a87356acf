"""The doctor: a folder with a good case, a doubtful one and two that must be refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import find_cases, make_phantom
from medspatial.cases.doctor import VERDICTS, consult
from medspatial.cli.app import app
from medspatial.report.doctor import doctor_pictures
from medspatial.volume import Volume, write_volume


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """good; flipped (masks upside down), shifted HU, and extra (a file that is not used)."""
    root = tmp_path_factory.mktemp("data")
    phantom = make_phantom(3, spacing=6.0, lesions=False)
    layer = phantom.masks.layers[0]
    names = {str(value): name for value, name in phantom.masks.tables()[0].items()}
    (root / "labels.json").write_text(json.dumps(names))
    for name, ct, labels in (
        ("good", phantom.ct, layer),
        ("flipped", phantom.ct, np.flip(layer, 2)),
        ("shifted", replace(phantom.ct, voxels=phantom.ct.voxels + 400), layer),
        ("extra", phantom.ct, layer),
    ):
        write_volume(ct, root / name / "ct.nii.gz")
        write_volume(
            Volume(np.ascontiguousarray(labels), phantom.masks.affine, unit="label"),
            root / name / "seg.nii.gz",
        )
    write_volume(phantom.ct.resampled(12.0), root / "extra" / "image.nii.gz")
    return root


@pytest.fixture(scope="module")
def found(folder):
    return {one.diagnosis.case_id: one for one in consult(find_cases(folder), folder)}


def test_verdicts(found):
    verdicts = {name: one.diagnosis.verdict for name, one in found.items()}
    assert verdicts["flipped"] == verdicts["shifted"] == "refused"
    assert verdicts["extra"] == "doubtful"
    assert verdicts["good"] in ("fine", "doubtful")
    assert set(verdicts.values()) <= set(VERDICTS)


def test_what_was_read_and_what_not(found):
    good = found["good"].diagnosis
    assert (good.image, good.masks) == ("good/ct.nii.gz", ("good/seg.nii.gz",))
    assert good.spacing_mm == (6.0, 6.0, 6.0)
    assert good.hu is not None
    assert good.hu[0] < -900 < 200 < good.hu[1]
    assert good.structures > 50
    assert good.confirmed_by["head-feet"]
    assert [one.path for one in found["extra"].diagnosis.not_used] == ["extra/image.nii.gz"]
    assert any("HU" in text for text in found["shifted"].diagnosis.problems)
    assert any("head" in text for text in found["flipped"].diagnosis.problems)


def test_pictures_of_the_doubtful_alone(found):
    pictures = doctor_pictures(found["flipped"].diagnosis, found["flipped"].data)
    assert [caption.split(";")[0].split(": ")[1].split(",")[0] for _, caption in pictures] == [
        "axial",
        "coronal",
        "sagittal",
    ]
    assert all(url.startswith("data:image/png;base64,") for url, _ in pictures)
    fine = found["good"].diagnosis.model_copy(update={"verdict": "fine"})
    assert doctor_pictures(fine, found["good"].data) == []
    assert doctor_pictures(found["shifted"].diagnosis, found["shifted"].data) == []  # its CT was refused


def test_terminal_json_and_page(folder, tmp_path):
    page, file = tmp_path / "doctor.html", tmp_path / "doctor.json"
    done = CliRunner().invoke(app, ["cases", "doctor", str(folder), "--html", str(page), "--json", str(file)])
    assert done.exit_code == 1
    assert "flipped: refused" in done.output
    assert "2 refused" in done.output
    report = json.loads(file.read_text())
    assert {one["case_id"] for one in report["cases"]} == {"good", "flipped", "shifted", "extra"}
    text = page.read_text()
    assert text.index('id="flipped"') < text.index('id="extra"') < text.index('id="good"')
    assert text.count("<img ") >= 3
    assert "http" not in text.replace("http-equiv", "")
    assert list(tmp_path.glob("*.tmp")) == []


def test_a_good_folder_ends_well(folder, tmp_path):
    only = tmp_path / "one"
    only.mkdir()
    (only / "good").symlink_to(folder / "good")
    (only / "labels.json").write_text((folder / "labels.json").read_text())
    done = CliRunner().invoke(app, ["cases", "doctor", str(only), "--json", "-"])
    assert done.exit_code == 0, done.output
    assert (
        json.loads(done.output[done.output.index("{") : done.output.rindex("}") + 1])["cases"][0]["case_id"]
        == "good"
    )
