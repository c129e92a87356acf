"""CT-RATE's two HU conventions, and the double rescale between them."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medspatial.cases.ct_rate import RawFacts, in_hu, read_ct_rate, read_raw_table
from medspatial.errors import InputError
from medspatial.volume import Affine, Volume, read_volume

HEADER = (
    "VolumeName,Manufacturer,RescaleSlope,RescaleIntercept,XYSpacing,ZSpacing,"
    "ImagePositionPatient,ImageOrientationPatient"
)
IDENTITY = '"[1, 0, 0, 0, 1, 0]"'


def hu() -> np.ndarray:
    """Air around a body of soft tissue."""
    values = np.full((20, 22, 12), -1000.0)
    values[4:16, 5:18] = np.random.default_rng(0).normal(40, 15, (12, 13, 12))
    return values.round()


def table_file(folder: Path, *rows: str) -> Path:
    path = folder / "metadata.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def row(name: str, intercept: str = "-1024", orientation: str = IDENTITY) -> str:
    return f'{name},Maker,1,{intercept},"[0.7, 0.7]",1.5,"[-166, 9, 56.25]",{orientation}'


def raw_file(folder: Path, intercept: float, name: str = "valid_1_a_1.nii.gz") -> Path:
    """Stored values in a header without spacing, direction or scaling."""
    image = nib.Nifti1Image((hu() - intercept).astype(np.float32), np.eye(4))
    nib.save(image, folder / name)
    return folder / name


def fixed_file(folder: Path, name: str = "valid_1_a_1.nii.gz") -> Path:
    affine = Affine.from_axcodes("LPS", (0.7, 0.7, 1.5), origin=(166, -9, 56.25)).matrix
    nib.save(nib.Nifti1Image(hu().astype(np.int16), affine), folder / name)
    return folder / name


def test_spacing_in_the_plane_is_between_rows_then_between_columns(tmp_path: Path) -> None:
    oblong = row("valid_1_a_1.nii.gz").replace("[0.7, 0.7]", "[0.8, 0.6]")
    facts = read_raw_table(table_file(tmp_path, oblong))["valid_1_a_1.nii.gz"]
    assert facts.spacing == (0.6, 0.8, 1.5)  # x runs along the columns


@pytest.mark.parametrize("intercept", [-1024, -8192])
def test_raw_volumes_take_everything_from_the_table(tmp_path: Path, intercept: int) -> None:
    table = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz", str(intercept))))
    volume = read_ct_rate(raw_file(tmp_path, intercept), table)
    assert np.array_equal(volume.voxels, hu())
    assert volume.unit == "HU"
    assert volume.axcodes == "LPS"
    assert volume.spacing == (0.7, 0.7, 1.5)
    assert volume.affine.origin == (166, -9, 56.25)
    assert [step.name for step in volume.history] == ["assumed_axes", "ct_rate_table"]


def test_the_wrong_intercept_is_refused(tmp_path: Path) -> None:
    table = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz", "-1024")))
    with pytest.raises(InputError, match="not CT in HU"):
        read_ct_rate(raw_file(tmp_path, -8192), table)


def test_fixed_volumes_stay_as_they_are(tmp_path: Path) -> None:
    table = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz")))
    volume = read_ct_rate(fixed_file(tmp_path), table)
    assert np.array_equal(volume.voxels, hu())
    assert volume.history == ()
    assert volume.affine == table["valid_1_a_1.nii.gz"].affine


def test_the_double_rescale_is_refused(tmp_path: Path) -> None:
    table = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz")))
    facts = table["valid_1_a_1.nii.gz"]
    with pytest.raises(
        InputError, match=r"already in HU; the table's intercept \(-1024\) would be applied twice"
    ):
        in_hu(read_volume(fixed_file(tmp_path)), facts)
    raw = read_volume(raw_file(tmp_path, -1024), assume_axes="LPS")
    once = in_hu(raw, facts)
    with pytest.raises(InputError, match="would be applied twice"):
        in_hu(once, facts)


def test_values_that_were_rescaled_twice_elsewhere_are_refused(tmp_path: Path) -> None:
    twice = Volume(hu() - 1024, Affine.from_axcodes("LPS", (1, 1, 1), (0, 0, 0)))
    with pytest.raises(InputError, match="applied twice"):
        twice.with_unit("HU")


def test_a_header_with_its_own_scaling_is_not_raw(tmp_path: Path) -> None:
    image = nib.Nifti1Image((hu() + 1024).astype(np.int16), np.eye(4))
    image.header.set_slope_inter(1, 500)
    nib.save(image, tmp_path / "valid_1_a_1.nii.gz")
    facts = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz")))["valid_1_a_1.nii.gz"]
    volume = read_volume(tmp_path / "valid_1_a_1.nii.gz", assume_axes="LPS")
    with pytest.raises(InputError, match="header's own rescale"):
        in_hu(volume, facts)


def test_hu_without_a_good_header_is_placed_by_the_table(tmp_path: Path) -> None:
    table = read_raw_table(table_file(tmp_path, row("valid_1_a_1.nii.gz")))
    volume = read_ct_rate(raw_file(tmp_path, 0), table)
    assert np.array_equal(volume.voxels, hu())
    assert volume.spacing == (0.7, 0.7, 1.5)
    with pytest.raises(InputError, match="no usable affine"):
        read_ct_rate(raw_file(tmp_path, 0, "other.nii.gz"), table)


def test_a_raw_volume_without_a_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no row 'valid_1_a_1\.nii\.gz'"):
        read_ct_rate(raw_file(tmp_path, -1024), {})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row("a", "many"), r"metadata\.csv:2: field 'RescaleIntercept': not a number .*'many'"),
        (row("a", orientation='"[0, 1, 0, 1, 0, 0]"'), "only the identity is known"),
        (row("a", orientation='"[1, 0, 0]"'), "'ImageOrientationPatient': needs 6 numbers"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_raw_table(table_file(tmp_path, line))


def test_a_missing_column_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("VolumeName,RescaleSlope\n")
    with pytest.raises(InputError, match=r"t\.csv:1: lacks the column 'RescaleIntercept'"):
        read_raw_table(tmp_path / "t.csv")
    with pytest.raises(InputError, match="no such file"):
        read_raw_table(tmp_path / "nothing.csv")


def test_the_second_spelling_of_the_identity(tmp_path: Path) -> None:
    text = '"[1.000000, 0.000000, -0.000000, 0.000000, 1.000000, 0.000000]"'
    assert read_raw_table(table_file(tmp_path, row("a", orientation=text)))["a"].slope == 1.0


def test_real_rows(shared: Path) -> None:
    table = read_raw_table(shared / "data" / "ct_rate_validation_metadata_sample.csv")
    assert len(table) == 200
    assert {facts.intercept for facts in table.values()} == {-1024.0, -8192.0}
    first = table["valid_1_a_1.nii.gz"]
    assert first == RawFacts(
        "valid_1_a_1.nii.gz", 1.0, -1024.0, (0.341796875, 0.341796875, 1.5), (166.0, -9.0, 56.2998657)
    )
