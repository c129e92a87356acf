import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume import Affine, Step, Volume

AFFINE = Affine.from_axcodes("LPS", (1, 2, 3), origin=(10, 20, 30))


def test_voxels_are_read_only_and_not_copied():
    voxels = np.zeros((3, 4, 5), np.int16)
    volume = Volume(voxels, AFFINE)
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1
    voxels[0, 0, 0] = 7  # the caller's own array stays writable
    assert volume.voxels[0, 0, 0] == 7
    with pytest.raises(AttributeError):
        volume.unit = "HU"


def test_properties_come_from_the_affine():
    volume = Volume(np.zeros((3, 4, 5)), AFFINE, source="a.nii")
    assert volume.shape == (3, 4, 5)
    assert volume.spacing == (1, 2, 3)
    assert volume.axcodes == "LPS"
    assert volume.centre == (9, 17, 36)
    assert repr(volume) == "Volume(3x4x5 float64, LPS, 1 x 2 x 3 mm, unknown)"


def test_a_bare_matrix_is_accepted_as_affine():
    assert Volume(np.zeros((1, 1, 1)), AFFINE.matrix).affine == AFFINE


@pytest.mark.parametrize(
    ("voxels", "rule"),
    [
        (np.zeros((3, 4)), "3 dimensions"),
        (np.zeros((3, 4, 5, 2)), "3 dimensions"),
        (np.zeros((3, 0, 5)), "empty"),
        (np.zeros((3, 4, 5), complex), "must be numbers"),
        (np.full((1, 1, 1), "x"), "must be numbers"),
    ],
)
def test_bad_arrays_are_refused(voxels, rule):
    with pytest.raises(InputError, match=f"scan.nii: .*{rule}"):
        Volume(voxels, AFFINE, source="scan.nii")


def test_unknown_units_are_refused():
    with pytest.raises(InputError, match="unit 'hu'"):
        Volume(np.zeros((1, 1, 1)), AFFINE, "hu")


def test_window_maps_linearly_and_clips():
    volume = Volume(np.array([-2000, -160, 40, 240, 3000], np.int16).reshape(5, 1, 1), AFFINE, "HU")
    windowed = volume.windowed(-160, 240)
    assert windowed.voxels.ravel().tolist() == pytest.approx([0, 0, 0.5, 1, 1])
    assert windowed.voxels.dtype == np.float32
    assert windowed.unit == "intensity"
    assert volume.windowed(-160, 240, out=(-1, 1)).voxels.ravel().tolist() == pytest.approx([-1, -1, 0, 1, 1])
    assert volume.windowed(-160, 240, out=(255, 0)).voxels.ravel().tolist() == pytest.approx(
        [255, 255, 127.5, 0, 0]
    )


@pytest.mark.parametrize(("low", "high"), [(1, 1), (5, -5), (np.nan, 1), (0, np.inf)])
def test_bad_windows_are_refused(low, high):
    with pytest.raises(InputError, match="low < high"):
        Volume(np.zeros((1, 1, 1)), AFFINE).windowed(low, high)


def test_history_grows_in_order_and_the_source_stays():
    start = Volume(np.zeros((6, 6, 6), np.int16), AFFINE, "HU", (Step("read"),), "a.nii")
    end = (
        start.oriented("RAS").cropped((0, 0, 0), (5, 5, 5)).resampled(1.0).cropped_or_padded((8, 8, 8), -1024)
    )
    end = end.padded((0, 0, 0), (1, 1, 1), 0).mirrored().windowed(-1000, 1000)
    names = [
        "read",
        "oriented",
        "cropped",
        "resampled",
        "cropped_or_padded",
        "padded",
        "mirrored",
        "windowed",
    ]
    assert [step.name for step in end.history] == names
    assert end.source == "a.nii"
    assert start.history == (Step("read"),)


def test_with_unit_checks_hu():
    volume = Volume(np.zeros((3, 3, 3), np.uint8), AFFINE)
    assert volume.with_unit("label").unit == "label"
    with pytest.raises(InputError, match="not CT in HU"):
        volume.with_unit("HU")
