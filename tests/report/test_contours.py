from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Polygon

from medspatial.report.pictures.contours import outline, simplified
from medspatial.volume import Affine, Grid
from medspatial.volume.plane import PlaneFrame, frame_at

SHAPE = (40, 30, 20)
GRID = Grid(SHAPE, Affine.from_axcodes("RAS", (2.0, 2.0, 2.0), origin=(-39.0, -29.0, -19.0)))


def axial(grid: Grid = GRID) -> PlaneFrame:
    return frame_at("axial", np.zeros(3), grid, 200)


def vertices(path: str) -> np.ndarray:
    return np.array([[float(x), float(y)] for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)])


def test_empty_mask_has_no_outline() -> None:
    assert outline(np.zeros((30, 40), dtype=bool), axial(), axial()) == ""


def test_path_is_only_digits_and_commands() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[5:12, 8:20] = True
    mask[20:25, 30:35] = True
    path = outline(mask, axial(), axial())
    assert re.fullmatch(r"[MLZ0-9. ]+", path)
    assert path.count("M") == path.count("Z") == 2


def test_outline_encloses_exactly_the_masks_pixels() -> None:
    frame = axial()
    mask = np.zeros((30, 40), dtype=bool)
    mask[5:15, 10:25] = True
    scale = np.array(frame.size) / np.array([40, 30])
    rows, columns = np.mgrid[0:30, 0:40]
    centres = (np.stack([columns, rows], axis=-1) + 0.5) * scale
    inside = Polygon(vertices(outline(mask, frame, frame))).contains_points(
        centres.reshape(-1, 2), radius=1e-6
    )
    np.testing.assert_array_equal(inside.reshape(30, 40), mask)


def test_a_mask_at_the_edge_is_closed() -> None:
    mask = np.ones((30, 40), dtype=bool)
    found = vertices(outline(mask, axial(), axial()))
    assert found[:, 0].max() <= axial().size[0] + 1
    assert len(found) >= 4


def test_masks_of_another_grid_meet_in_patient_space() -> None:
    """The same box on a grid twice as coarse and turned is outlined at the same place."""
    coarse = Grid((20, 15, 10), Affine.from_axcodes("LPS", (4.0, 4.0, 4.0), origin=(38.0, 28.0, -18.0)))
    low, high = np.array([-20.0, -8.0]), np.array([4.0, 16.0])
    drawn = []
    for grid in (GRID, coarse):
        index = np.stack(np.meshgrid(*(range(n) for n in grid.shape), indexing="ij"), axis=-1)
        xy = grid.affine.apply(index)[..., :2]
        voxels = ((xy > low) & (xy < high)).all(axis=-1)
        own = axial(grid)
        drawn.append(vertices(outline(np.asarray(own.cut(voxels), dtype=bool), own, axial())))
    for find in (np.min, np.max):
        np.testing.assert_allclose(find(drawn[0], axis=0), find(drawn[1], axis=0), atol=2 * 200 / 80)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=40, unique=True))
def test_simplified_line_stays_near(raw: list[tuple[int, int]]) -> None:
    points = np.array(raw, dtype=np.float64)
    kept = simplified(points, 0.5)
    assert len(kept) <= len(points)
    np.testing.assert_array_equal(kept[[0, -1]], points[[0, -1]])
    for point in points:
        starts, ends = kept[:-1], kept[1:]
        along = ends - starts
        share = np.clip(((point - starts) * along).sum(1) / np.maximum((along**2).sum(1), 1e-12), 0, 1)
        assert np.hypot(*(starts + share[:, None] * along - point).T).min() <= 0.5 + 1e-9


def test_straight_runs_are_dropped() -> None:
    square = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1], [0, 0]], dtype=float)
    assert len(simplified(square, 0.1)) == 4
