import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Volume

# Bright voxels at the ends of the patient, by their world position in a 11 x 13 x 9 grid of 1 x 2 x 3 mm.
MARKS = {"right": 1, "left": 2, "anterior": 3, "posterior": 4, "superior": 5, "inferior": 6}


def marked(codes="RAS"):
    voxels = np.zeros((11, 13, 9), np.int16)
    voxels[10, 6, 4], voxels[0, 6, 4] = MARKS["right"], MARKS["left"]
    voxels[5, 12, 4], voxels[5, 0, 4] = MARKS["anterior"], MARKS["posterior"]
    voxels[5, 6, 8], voxels[5, 6, 0] = MARKS["superior"], MARKS["inferior"]
    return Volume(voxels, Affine.from_axcodes("RAS", (1, 2, 3), origin=(-40, 7, 100))).oriented(codes)


def where(image, name):
    return [int(n) for n in np.argwhere(image.pixels == MARKS[name])[0]]


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_radiological_display_whatever_the_storage_order(codes):
    volume = marked(codes)
    axial = volume.plane("axial", volume.centre)
    assert axial.pixels.shape == (13, 11)
    assert where(axial, "right") == [6, 0]  # row, column: the patient's right is on the left
    assert where(axial, "left") == [6, 10]
    assert where(axial, "anterior") == [0, 5]
    assert where(axial, "posterior") == [12, 5]
    coronal = volume.plane("coronal", volume.centre)
    assert where(coronal, "right") == [4, 0]
    assert where(coronal, "superior") == [0, 5]
    assert where(coronal, "inferior") == [8, 5]
    sagittal = volume.plane("sagittal", volume.centre)
    assert where(sagittal, "anterior") == [4, 0]
    assert where(sagittal, "posterior") == [4, 12]
    assert where(sagittal, "superior") == [0, 6]


def test_edges_and_spacing():
    volume = marked("SPL")
    assert volume.plane("axial", volume.centre).edges == {
        "left": "R",
        "right": "L",
        "top": "A",
        "bottom": "P",
    }
    assert volume.plane("coronal", volume.centre).edges == {
        "left": "R",
        "right": "L",
        "top": "S",
        "bottom": "I",
    }
    assert volume.plane("sagittal", volume.centre).edges == {
        "left": "A",
        "right": "P",
        "top": "S",
        "bottom": "I",
    }
    assert volume.plane("axial", volume.centre).spacing == (2, 1)  # rows, columns
    assert volume.plane("coronal", volume.centre).spacing == (3, 1)
    assert volume.plane("sagittal", volume.centre).spacing == (3, 2)


@given(
    st.sampled_from(AXIS_CODES),
    st.sampled_from(["axial", "coronal", "sagittal"]),
    st.floats(-0.2, 0.2),
    st.tuples(st.integers(0, 10), st.integers(0, 12), st.integers(0, 8)),
)
@settings(max_examples=50, deadline=None)
def test_the_pixel_of_a_voxel_shows_its_value(codes, plane, tilt, ijk):
    voxels = np.arange(11 * 13 * 9, dtype=np.int16).reshape(11, 13, 9)
    matrix = Affine.from_axcodes("RAS", (1, 2, 3), origin=(-40, 7, 100)).matrix.copy()
    matrix[:3, :3] = (np.eye(3) + np.cross(np.eye(3), [tilt, tilt, -tilt])) @ matrix[:3, :3]
    volume = Volume(voxels, Affine(matrix))
    point = volume.affine.apply(ijk)
    image = volume.oriented(codes).plane(plane, point)
    column, row = image.pixel_of(point)
    assert (round(column), round(row)) == (pytest.approx(column, abs=1e-6), pytest.approx(row, abs=1e-6))
    assert image.pixels[round(row), round(column)] == voxels[ijk]
    assert image.point_of(column, row) == pytest.approx(tuple(point), abs=1e-6)
    assert image.off_plane_mm(point) == pytest.approx(0, abs=1e-6)


def test_off_plane_distance_is_perpendicular():
    volume = marked()
    image = volume.plane("axial", (-35, 19, 100))
    assert image.off_plane_mm((-30, 10, 107)) == pytest.approx(7)


def test_slice_at_takes_the_world_coordinate_of_the_normal():
    volume = marked("PIR")
    assert where(volume.slice_at("axial", 124), "superior") == [6, 5]
    assert where(volume.slice_at("coronal", 31), "anterior") == [4, 5]
    assert where(volume.slice_at("sagittal", -30), "right") == [4, 6]


def test_the_nearest_slice_is_taken_and_points_outside_are_refused():
    volume = marked()
    assert volume.slice_at("axial", 101.4).index == volume.slice_at("axial", 100).index == 0
    assert volume.slice_at("axial", 101.6).index == 1
    with pytest.raises(InputError, match="outside the volume's 9 slices"):
        volume.slice_at("axial", 126)
    with pytest.raises(InputError, match="plane 'oblique'"):
        volume.plane("oblique", volume.centre)
    with pytest.raises(InputError, match="plane 'top'"):
        volume.slice_at("top", 3)
