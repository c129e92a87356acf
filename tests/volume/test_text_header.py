"""The words of NRRD and MetaImage headers: length units and spaces."""

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume import read_header, read_volume
from medspatial.volume.read.metaimage import stored_metaimage
from medspatial.volume.read.nrrd import stored_nrrd

STORED = np.arange(120, dtype=np.int16).reshape(4, 5, 6)


def nrrd(path, words="", space="left-posterior-superior"):
    head = (
        "NRRD0005\n# a comment: with a colon\ntype: short\ndimension: 3\nsizes: 4 5 6\nendian: little\n"
        f"encoding: raw\nspace: {space}\n{words}space directions: (1,0,0) (0,2,0) (0,0,3)\n"
        "space origin: (10,-20,30)\n\n"
    )
    path.write_bytes(head.encode() + STORED.tobytes(order="F"))
    return path


def mha(path, words=""):
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 10 -20 30\nElementSpacing = 1 2 3\n{words}"
        "DimSize = 4 5 6\nElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(head.encode() + STORED.tobytes(order="F"))
    return path


@pytest.mark.parametrize(
    ("word", "factor", "name"),
    [
        ("mm", 1, None),
        ("cm", 10, "centimetres"),
        ("um", 0.001, "micrometres"),
        ("microns", 0.001, "micrometres"),
        ("m", 1000, "metres"),
    ],
)
def test_units_become_millimetres_and_are_told(tmp_path, word, factor, name):
    for path in (
        nrrd(tmp_path / "a.nrrd", f'space units: "{word}" "{word}" "{word}"\n'),
        mha(tmp_path / "a.mha", f"DistanceUnits = {word}\n"),
    ):
        geometry = (stored_nrrd if path.suffix == ".nrrd" else stored_metaimage)(path).geometry
        assert geometry.spacing == pytest.approx([factor, 2 * factor, 3 * factor])
        assert geometry.stated_unit == name
    if factor in (1, 10):  # others make grids that no scanner gives
        volume = read_volume(path, unit="label")
        assert volume.spacing == pytest.approx((1 * factor, 2 * factor, 3 * factor))
        assert volume.affine.apply((0, 0, 0)) == pytest.approx((-10 * factor, 20 * factor, 30 * factor))
        assert any(step.name == "converted_unit" for step in volume.history) is (factor == 10)


def test_micrometres_without_conversion_would_be_no_scan(tmp_path):
    path = nrrd(tmp_path / "a.nrrd", 'space units: "um" "um" "um"\n')
    with pytest.raises(InputError, match="voxel"):
        read_header(path)


@pytest.mark.parametrize(
    "words", ['space units: "mm" "mm" "cm"\n', 'space units: "furlong" "furlong" "furlong"\n']
)
def test_units_that_differ_or_are_unknown_are_refused(tmp_path, words):
    with pytest.raises(InputError, match="length unit must be one"):
        read_volume(nrrd(tmp_path / "a.nrrd", words))


def test_unknown_units_of_metaimage_are_refused_and_the_questionmark_says_nothing(tmp_path):
    assert stored_metaimage(mha(tmp_path / "a.mha", "DistanceUnits = ?\n")).geometry.stated_unit is None
    with pytest.raises(InputError, match="got parsec"):
        read_volume(mha(tmp_path / "b.mha", "DistanceUnits = parsec\n"))


@pytest.mark.parametrize("space", ["scanner-xyz", "3D-right-handed", "3D-left-handed"])
def test_a_space_without_patient_tells_no_sides(tmp_path, space):
    with pytest.raises(InputError, match="not that of a patient"):
        read_volume(nrrd(tmp_path / "a.nrrd", space=space), unit="label")
