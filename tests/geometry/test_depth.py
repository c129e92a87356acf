from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist

from medspatial.geometry import RasGrid, Runs
from medspatial.geometry.depth import depth, outer_boundary
from medspatial.geometry.distance import Searchable


def brute_outer(mask: np.ndarray) -> np.ndarray:
    """Voxels of the mask that see open space through a face, by flood fill from a frame around the volume."""
    filled = ndimage.binary_fill_holes(np.pad(mask, 1))[1:-1, 1:-1, 1:-1]
    return filled & ~ndimage.binary_erosion(filled)


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_outer_boundary_equals_a_flood_fill(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 9, 3)) < rng.choice([0.5, 0.8, 0.95])
    mask.ravel()[0] = True
    assert np.array_equal(outer_boundary(Runs.of_mask(mask)).mask(), brute_outer(mask))


@given(st.integers(0, 10**6), st.sampled_from(["anisotropic", "oblique"]))
@settings(max_examples=40, deadline=None)
def test_depth_equals_every_pair(random_affine: Callable, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    organ = rng.random((11, 10, 12)) < 0.998
    lesion = np.zeros_like(organ)
    low = rng.integers(0, 8, 3)
    lesion[tuple(slice(a, a + n) for a, n in zip(low, rng.integers(1, 4, 3), strict=True))] = True
    organ |= lesion
    matrix = random_affine(seed, kind)
    grid = RasGrid(organ.shape, matrix)
    found = depth(Runs.of_mask(lesion), Searchable(outer_boundary(Runs.of_mask(organ)), grid), grid)
    axes = matrix[:3, :3].T
    expected = cdist(np.argwhere(lesion) @ axes, np.argwhere(brute_outer(organ)) @ axes).min()
    assert found.mm == pytest.approx(expected, abs=1e-9)
    assert lesion[found.voxel_a]
    assert brute_outer(organ)[found.voxel_b]


def test_a_hole_beside_the_lesion_is_not_the_surface_and_a_neighbour_is_not_on_it() -> None:
    organ = np.zeros((15, 15, 15), dtype=bool)
    organ[1:14, 1:14, 1:14] = True
    organ[8, 7, 7] = False  # a vessel that the mask leaves out
    lesion = np.zeros_like(organ)
    lesion[7, 7, 7] = True
    grid = RasGrid(organ.shape, np.eye(4))
    surface = Searchable(outer_boundary(Runs.of_mask(organ)), grid)
    assert depth(Runs.of_mask(lesion), surface, grid).mm == 6.0
    lesion[2, 7, 7] = True  # next to the boundary: one voxel deep
    assert depth(Runs.of_mask(lesion), surface, grid).mm == 1.0
    lesion[1, 7, 7] = True
    found = depth(Runs.of_mask(lesion), surface, grid)
    assert (found.mm, found.voxel_a, found.voxel_b) == (0.0, (1, 7, 7), (1, 7, 7))
