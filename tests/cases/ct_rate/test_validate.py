from __future__ import annotations

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import make_phantom
from medspatial.cases.ct_rate import metadata_path, parse_name, validate
from medspatial.cases.ct_rate.chest import lung_ml_of_voxels
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.volume import read_volume

HEAD = (
    "VolumeName,PatientPosition,ImagePositionPatient,ImageOrientationPatient,Rows,Columns,XYSpacing,"
    "RescaleIntercept,RescaleSlope,NumberofSlices,ZSpacing\n"
)


@pytest.fixture(scope="module")
def phantom():
    """CT of a phantom with axes as DICOM gives them, spacing 4 mm."""
    found = make_phantom(5, spacing=(4.0, 4.0, 5.0), axcodes="LPS")
    return found.ct.oriented("LPS")


def _write(
    folder, text, volume, *, voxels=None, affine=None, intercept=-1024.0, raw_shift=None, dtype=np.int16
):
    """Write a volume with the scaling in its header, as the corrected upload has it."""
    shift = intercept if raw_shift is None else raw_shift
    raw = np.rint(np.asarray(volume.voxels if voxels is None else voxels) - shift).astype(dtype)
    image = nib.Nifti1Image(raw, volume.affine.matrix if affine is None else affine)
    image.header.set_slope_inter(1.0, intercept)
    path = folder / parse_name(text).volume_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    image.to_filename(path)
    return path


def _row(text, volume, **changes):
    corner = -volume.affine.apply(np.array([0, 0, 0]))[:2]  # first voxel of an LPS grid, in LPS mm
    shape, spacing = volume.shape, volume.spacing
    cells = {
        "name": f"{text}.nii.gz",
        "position": "HFS",
        "corner": f'"[{corner[0]}, {corner[1]}, 0]"',
        "orientation": '"[1, 0, 0, 0, 1, 0]"',
        "rows": shape[1],
        "columns": shape[0],
        "xy": f'"[{spacing[1]}, {spacing[0]}]"',
        "intercept": -1024,
        "slope": 1,
        "slices": shape[2],
        "z": spacing[2],
    }
    return ",".join(str(one) for one in {**cells, **changes}.values()) + "\n"


def _table(folder, *rows):
    path = folder / metadata_path("valid_fixed")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(rows))


def _told(rows, case):
    (row,) = (one for one in rows if one.case == case)
    return {finding.check: finding.text for finding in row.findings}


def test_good_volume(tmp_path, phantom):
    _write(tmp_path, "valid_1_a_1", phantom)
    _table(tmp_path, _row("valid_1_a_1", phantom))
    (row,) = validate(tmp_path)
    assert row.findings == []
    assert (row.axes, row.to_row()["verdict"]) == ("LPS", "ok")


def test_header_against_the_table(tmp_path, phantom):
    _write(tmp_path, "valid_1_a_1", phantom)
    _table(tmp_path, _row("valid_1_a_1", phantom, z=2.5, slices=99, corner='"[0, 0, 0]"', position="FFS"))
    rows = validate(tmp_path, headers_only=True)
    told = _told(rows, "valid_1_a_1")
    assert "x 5 mm, the table says 4 x 4 x 2.5 mm" in told["spacing"]
    assert "x 99" in told["size"]
    assert "right anterior corner" in told["place"]
    assert "FFS" in told["position"]
    assert rows[0].failed


def test_tilted_and_sagittal_axes(tmp_path, phantom):
    tilted = phantom.affine.matrix.copy()
    angle = np.deg2rad(40)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    tilted[:3, :3] = turn @ tilted[:3, :3]
    _write(tmp_path, "valid_1_a_1", phantom, affine=tilted)
    _table(tmp_path, _row("valid_1_a_1", phantom))
    assert "not along columns" in _told(validate(tmp_path, headers_only=True), "valid_1_a_1")["orientation"]


@pytest.mark.parametrize("intercept", [-1024.0, -8192.0])
def test_double_rescale_is_named(tmp_path, phantom, intercept):
    hu = np.asarray(phantom.voxels, dtype=np.float64)
    _write(tmp_path, "valid_1_a_1", phantom, voxels=hu + intercept, intercept=intercept)
    _table(tmp_path, _row("valid_1_a_1", phantom, intercept=intercept))
    told = _told(validate(tmp_path), "valid_1_a_1")["HU"]
    assert f"({intercept:g}) was applied twice" in told
    assert f"the table's RescaleIntercept is {intercept:g}" in told


@pytest.mark.parametrize("intercept", [-1024.0, -8192.0])
def test_rescale_left_out_is_named(tmp_path, phantom, intercept):
    _write(tmp_path, "valid_1_a_1", phantom, intercept=0.0, raw_shift=intercept)
    _table(tmp_path, _row("valid_1_a_1", phantom, intercept=intercept))
    told = _told(validate(tmp_path), "valid_1_a_1")["HU"]
    assert f"({intercept:g}) was not applied (the header adds 0, the table's" in told


def test_first_upload_among_corrected_volumes(tmp_path, phantom):
    _write(tmp_path, "valid_1_a_1", phantom)
    path = _write(tmp_path, "valid_2_a_1", phantom, dtype=np.float32)
    rows = validate(tmp_path)
    assert "float32: the first upload did so" in _told(rows, "valid_2_a_1")[
        "version"
    ] or "same voxels" in str(_told(rows, "valid_2_a_1"))
    bare = nib.Nifti1Image(np.zeros((4, 4, 4), np.float32), None)
    bare.to_filename(path)
    assert "no usable affine" in _told(validate(tmp_path), "valid_2_a_1")["header"]


def test_one_volume_under_two_names(tmp_path, phantom):
    for text in ("valid_1_a_1", "valid_2_a_1"):
        _write(tmp_path, text, phantom)
    rows = validate(tmp_path)
    assert _told(rows, "valid_1_a_1")["version"] == "same voxels as valid_2_a_1"
    assert _told(rows, "valid_2_a_1")["version"] == "same voxels as valid_1_a_1"


def test_not_a_chest(tmp_path, phantom):
    voxels = np.array(phantom.voxels)
    lungs = (voxels < -500) & (voxels > -980)
    voxels[lungs] = 30
    _write(tmp_path, "valid_1_a_1", phantom, voxels=voxels)
    assert "not a chest: " in _told(validate(tmp_path), "valid_1_a_1")["region"]


def test_missing_and_extra_files(tmp_path, phantom):
    path = _write(tmp_path, "valid_1_a_1", phantom)
    inner = path.relative_to(tmp_path).as_posix()
    gone = parse_name("valid_3_a_1").volume_path()
    receipt = {"files": {inner: path.stat().st_size + 1, gone: 5}}
    (tmp_path / "ct_rate.json").write_text(json.dumps(receipt))
    stray = tmp_path / "dataset" / "valid_fixed" / "copy.nii.gz"
    shutil.copy(path, stray)
    rows = validate(tmp_path, headers_only=True)
    assert "bytes, the hub said" in _told(rows, "valid_1_a_1")["file"]
    assert "not here" in _told(rows, gone)["missing"]
    assert "not at the place" in _told(rows, "dataset/valid_fixed/copy.nii.gz")["extra"]


def test_damaged_gzip(tmp_path, phantom):
    path = _write(tmp_path, "valid_1_a_1", phantom)
    path.write_bytes(path.read_bytes()[:-1000])
    told = _told(validate(tmp_path), "valid_1_a_1")
    assert "voxels" in told


def test_files_of_two_commits(tmp_path, phantom):
    paths = [_write(tmp_path, f"valid_{n}_a_1", phantom, intercept=-1024.0 - n) for n in (1, 2, 3)]
    for number, path in enumerate(paths):
        inner = path.relative_to(tmp_path)
        side = tmp_path / ".cache" / "huggingface" / "download" / f"{inner.as_posix()}.metadata"
        side.parent.mkdir(parents=True, exist_ok=True)
        side.write_text(f"{'a' * 40 if number else 'b' * 40}\netag\n1.0\n")
    rows = validate(tmp_path, headers_only=True)
    assert _told(rows, paths[0].relative_to(tmp_path).as_posix()) == {
        "version": "from commit bbbbbbbb, 2 files from aaaaaaaa"
    }


def test_command_and_empty_folder(tmp_path, phantom):
    _write(tmp_path, "valid_1_a_1", phantom)
    good = CliRunner().invoke(app, ["cases", "validate", str(tmp_path), "--headers-only", "--json"])
    assert good.exit_code == 0
    assert '"verdict": "ok"' in good.output
    _table(tmp_path, _row("valid_1_a_1", phantom, z=2.5))
    bad = CliRunner().invoke(app, ["cases", "validate", str(tmp_path), "--headers-only"])
    assert bad.exit_code == 1
    assert "FAIL" in bad.output
    with pytest.raises(InputError, match="no such folder"):
        validate(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty"):
        validate(tmp_path / "empty")


def test_lungs_of_real_volumes(shared):
    """Two real chests hold litres of lung, a slab of the abdomen does not."""
    found = {}
    for case in ("chest_lowres_4mm", "abdomen_slab_3mm"):
        path = shared / "data" / "real_ct" / case / "ct.nii.gz"
        found[case] = lung_ml_of_voxels(read_volume(path, unit="HU"))
    assert found["chest_lowres_4mm"] > 2000
    assert found["abdomen_slab_3mm"] < 500
