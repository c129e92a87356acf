from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, Grid, Volume
from medspatial.volume.plane import PLANES, Plane, frame_at

SHAPE = (40, 30, 20)
GRID = Grid(SHAPE, Affine.from_axcodes("RAS", (2.0, 3.0, 4.0), origin=(-39.0, -43.5, -38.0)))
LONGEST = 200

coordinates = st.floats(-35, 35).map(lambda value: round(value, 2))
points = st.tuples(coordinates, coordinates, coordinates).map(np.array)


def marker_volume() -> tuple[np.ndarray, np.ndarray]:
    """Voxels with one bright block at the patient's left, front and top; and the block's world centre."""
    voxels = np.zeros(SHAPE, dtype=np.int16)
    voxels[5:8, 22:25, 14:17] = 1000
    return voxels, GRID.affine.apply((6, 23, 15))


@pytest.mark.parametrize(
    ("plane", "half_across", "letters"),
    [
        ("axial", "right", {"left": "R", "right": "L", "top": "A", "bottom": "P"}),
        ("coronal", "right", {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
        ("sagittal", "left", {"left": "A", "right": "P", "top": "S", "bottom": "I"}),
    ],
)
def test_radiological_display(plane: Plane, half_across: str, letters: dict[str, str]) -> None:
    """A marker at the patient's left appears on the right of axial and coronal pictures."""
    voxels, centre = marker_volume()
    assert centre[0] < 0 < centre[1]  # left of the middle, in front of it
    frame = frame_at(plane, centre, GRID, LONGEST)
    rows, columns = np.nonzero(frame.cut(voxels))
    height, width = frame.cut(voxels).shape
    assert (columns.mean() > width / 2) == (half_across == "right")
    assert rows.mean() < height / 2  # anterior, or superior, is up
    assert frame.letters == letters


@settings(max_examples=40, deadline=None)
@given(codes=st.sampled_from(sorted(AXIS_CODES)), xyz=points)
def test_storage_orientation_does_not_matter(codes: str, xyz: np.ndarray) -> None:
    from medspatial.volume.orient import reoriented

    voxels, _ = marker_volume()
    turned, affine = reoriented(voxels, GRID.affine, codes)
    other = Grid(turned.shape, affine)
    for plane in PLANES:
        first, second = frame_at(plane, xyz, GRID, LONGEST), frame_at(plane, xyz, other, LONGEST)
        assert first.index == second.index or abs(first.offset(xyz) + second.offset(xyz)) < 1e-6  # a tie
        assert first.size == second.size
        np.testing.assert_allclose(first.pixels(xyz), second.pixels(xyz), atol=1e-6)
        if first.index == second.index:
            np.testing.assert_array_equal(first.cut(voxels), second.cut(turned))


@settings(max_examples=40, deadline=None)
@given(xyz=points)
def test_pixels_and_patient_are_inverse_on_the_slice(xyz: np.ndarray) -> None:
    for plane in PLANES:
        frame = frame_at(plane, xyz, GRID, LONGEST)
        back = frame.patient(frame.pixels(xyz))
        assert np.linalg.norm(back - xyz) == pytest.approx(abs(frame.offset(xyz)), abs=1e-6)


def test_a_points_pixel_is_the_voxel_that_holds_it() -> None:
    voxels, centre = marker_volume()
    for plane in PLANES:
        frame = frame_at(plane, centre, GRID, LONGEST)
        x, y = frame.pixels(centre) / np.array(frame.size) * frame.cut(voxels).shape[::-1]
        assert frame.cut(voxels)[int(y), int(x)] == 1000


@pytest.mark.parametrize(("plane", "step", "sign"), [("axial", 2, 1), ("coronal", 1, 1), ("sagittal", 0, 1)])
def test_offset_grows_towards_right_front_and_top(plane: Plane, step: int, sign: int) -> None:
    frame = frame_at(plane, np.zeros(3), GRID, LONGEST)
    aside = frame.centre.copy()
    aside[step] += 7.0
    assert frame.offset(aside) == pytest.approx(sign * 7.0)


def test_pixels_are_square_and_no_side_is_too_long() -> None:
    for plane in PLANES:
        frame = frame_at(plane, np.zeros(3), GRID, 60)
        assert max(frame.size) <= 60
        right = frame.pixels(frame.centre + frame.affine.directions[:, 0] * 20) - frame.pixels(frame.centre)
        down = frame.pixels(frame.centre + frame.affine.directions[:, 1] * 20) - frame.pixels(frame.centre)
        assert right[0] == pytest.approx(down[1], rel=0.05)


def test_point_outside_takes_the_outermost_slice() -> None:
    assert frame_at("axial", np.array([0, 0, 1e4]), GRID, LONGEST).index in {0, SHAPE[2] - 1}


def test_position_names_the_world_axis() -> None:
    centre = GRID.affine.apply((6, 23, 15))
    assert frame_at("axial", centre, GRID, LONGEST).position == "z = 22.0 mm"
    assert frame_at("sagittal", centre, GRID, LONGEST).position == "x = −27.0 mm"


def test_scale_bar_has_its_length_in_the_picture() -> None:
    frame = frame_at("axial", np.zeros(3), GRID, LONGEST)
    length, pixels = frame.scale_bar
    start = frame.pixels(frame.centre)
    end = frame.pixels(frame.centre + frame.affine.directions[:, 0] * length)
    assert np.hypot(*(end - start)) == pytest.approx(pixels, rel=0.02)
    assert pixels <= 0.3 * frame.size[0]


# Bright voxels at the ends of the patient, in a 11 x 13 x 9 grid of 1 x 2 x 3 mm.
MARKS = {"right": 1, "left": 2, "anterior": 3, "posterior": 4, "superior": 5, "inferior": 6}


def marked(codes: str) -> Volume:
    voxels = np.zeros((11, 13, 9), np.int16)
    voxels[10, 6, 4], voxels[0, 6, 4] = MARKS["right"], MARKS["left"]
    voxels[5, 12, 4], voxels[5, 0, 4] = MARKS["anterior"], MARKS["posterior"]
    voxels[5, 6, 8], voxels[5, 6, 0] = MARKS["superior"], MARKS["inferior"]
    return Volume(voxels, Affine.from_axcodes("RAS", (1, 2, 3), origin=(-40, 7, 100))).oriented(codes)


@pytest.mark.parametrize("codes", AXIS_CODES)
@pytest.mark.parametrize(
    ("plane", "shape", "places"),
    [
        ("axial", (13, 11), {"right": (6, 0), "left": (6, 10), "anterior": (0, 5), "posterior": (12, 5)}),
        ("coronal", (9, 11), {"right": (4, 0), "superior": (0, 5), "inferior": (8, 5)}),
        ("sagittal", (9, 13), {"anterior": (4, 0), "posterior": (4, 12), "superior": (0, 6)}),
    ],
)
def test_ends_of_the_patient_whatever_the_storage_order(
    codes: str, plane: Plane, shape: tuple[int, int], places: dict[str, tuple[int, int]]
) -> None:
    """Row and column of each end: the patient's right is on the left of the picture."""
    volume = marked(codes)
    cut = frame_at(plane, volume.centre, volume.grid).cut(volume.voxels)
    assert cut.shape == shape
    assert {name: tuple(np.argwhere(cut == MARKS[name])[0]) for name in places} == places


@settings(max_examples=50, deadline=None)
@given(
    codes=st.sampled_from(AXIS_CODES),
    plane=st.sampled_from(PLANES),
    tilt=st.floats(-0.2, 0.2),
    ijk=st.tuples(st.integers(0, 10), st.integers(0, 12), st.integers(0, 8)),
)
def test_the_pixel_of_a_voxel_shows_its_value_on_oblique_grids(
    codes: str, plane: Plane, tilt: float, ijk: tuple[int, int, int]
) -> None:
    voxels = np.arange(11 * 13 * 9, dtype=np.int16).reshape(11, 13, 9)
    matrix = Affine.from_axcodes("RAS", (1, 2, 3), origin=(-40, 7, 100)).matrix.copy()
    matrix[:3, :3] = (np.eye(3) + np.cross(np.eye(3), [tilt, tilt, -tilt])) @ matrix[:3, :3]
    volume = Volume(voxels, Affine(matrix))
    point = volume.affine.apply(ijk)
    turned = volume.oriented(codes)
    frame = frame_at(plane, point, turned.grid)
    cut = frame.cut(turned.voxels)
    column, row = (frame.pixels(point) / frame.size * cut.shape[::-1]).astype(int)
    assert cut[row, column] == voxels[ijk]
    assert frame.offset(point) == pytest.approx(0, abs=1e-6)


def test_an_unknown_plane_is_refused() -> None:
    with pytest.raises(InputError, match="plane 'oblique': must be one of axial, coronal, sagittal"):
        frame_at("oblique", np.zeros(3), GRID)  # type: ignore[arg-type]
