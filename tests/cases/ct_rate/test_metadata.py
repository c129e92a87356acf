from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import read_metadata
from medspatial.errors import InputError

HEAD = (
    "VolumeName,PatientPosition,ImageOrientationPatient,Rows,Columns,XYSpacing,"
    "RescaleIntercept,NumberofSlices,ZSpacing"
)
ROW = 'valid_1_a_1.nii.gz,HFS,"[1, 0, 0, 0, 1, 0]",10,20,"[0.5, 0.7]",-8192,30,1.5'


def _read(tmp_path, *rows, head=HEAD):
    path = tmp_path / "metadata.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return read_metadata(path)


def test_row(tmp_path):
    row = _read(tmp_path, ROW)["valid_1_a_1"]
    assert row.shape == (20, 10, 30)  # columns, rows, slices
    assert row.spacing == (0.7, 0.5, 1.5)  # DICOM: row distance first
    assert (row.slope, row.intercept, row.corner) == (1.0, -8192.0, ())


def test_bad_rows_name_volume_column_and_value(tmp_path):
    with pytest.raises(InputError, match=r"volume 'valid_1_a_1.nii.gz': field 'ZSpacing': must be a number"):
        _read(tmp_path, ROW.replace("1.5", "x"))
    with pytest.raises(InputError, match="field 'XYSpacing': must be a list of numbers"):
        _read(tmp_path, ROW.replace("[0.5, 0.7]", "0.5;0.7"))
    with pytest.raises(InputError, match="field 'XYSpacing': must be two numbers"):
        _read(tmp_path, ROW.replace("[0.5, 0.7]", "[0.5]"))
    with pytest.raises(InputError, match="lacks ZSpacing"):
        _read(tmp_path, ROW, head=HEAD.replace("ZSpacing", "Z"))
    with pytest.raises(InputError, match=r"metadata.csv:2: a row needs 9 cells"):
        _read(tmp_path, "valid_1_a_1.nii.gz,HFS")


def test_real_table(shared):
    table = read_metadata(shared / "data" / "ct_rate_validation_metadata_sample.csv")
    assert len(table) == 200
    row = table["valid_1_a_1"]
    assert (row.shape, row.spacing) == ((1024, 1024, 251), (0.341796875, 0.341796875, 1.5))
    assert row.corner == (-166.0, 9.0, 56.2998657)
    assert {one.intercept for one in table.values()} == {-1024.0, -8192.0}
    assert all(one.direction == (1, 0, 0, 0, 1, 0) for one in table.values())
