from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist

from medspatial.geometry import RasGrid, Runs
from medspatial.geometry.distance import (
    Searchable,
    closest_centres,
    closest_pair,
    contact,
    distance_to_point,
    least_gap,
)

SEEDS = st.integers(0, 10**6)
KINDS = st.sampled_from(["cubic", "anisotropic", "oblique", "sheared"])


def boundary_voxels(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask & ~ndimage.binary_erosion(mask))


def brute_closest(a: np.ndarray, b: np.ndarray, matrix: np.ndarray, surface: bool) -> tuple:
    """Every pair: least distance, and the first pair in lexicographic order among those within 1e-9 of it."""
    first = boundary_voxels(a) if surface else np.argwhere(a)
    second = boundary_voxels(b) if surface else np.argwhere(b)
    every = cdist(first @ matrix[:3, :3].T, second @ matrix[:3, :3].T)
    least = every.min()
    p, q = np.argwhere(every <= least * (1 + 4e-10) + 1e-12)[0]
    return least, tuple(first[p].tolist()), tuple(second[q].tolist())


def brute_touch(a: np.ndarray, b: np.ndarray, matrix: np.ndarray) -> tuple | None:
    """Closest of all pairs of 26-neighbours (or equal voxels), first in lexicographic order."""
    found = []
    for p in np.argwhere(a).tolist():
        for q in np.argwhere(b).tolist():
            if max(abs(x - y) for x, y in zip(p, q, strict=True)) <= 1:
                gap = np.linalg.norm(matrix[:3, :3] @ (np.array(p) - q))
                found.append((round(float(gap), 6), tuple(p), tuple(q)))
    return min(found)[1:] if found else None


def brute_faces(a: np.ndarray, b: np.ndarray) -> int:
    count = 0
    for axis in range(3):
        x, y = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
        count += int((x[1:] & y[:-1]).sum() + (x[:-1] & y[1:]).sum())
    return count


def searchables(volume: np.ndarray, matrix: np.ndarray) -> tuple[Searchable, Searchable]:
    grid = RasGrid(volume.shape, matrix)
    return Searchable(Runs.of_mask(volume == 1), grid), Searchable(Runs.of_mask(volume == 2), grid)


@given(SEEDS, KINDS)
@settings(max_examples=50, deadline=None)
def test_distance_equals_every_pair(
    random_labels: Callable, random_affine: Callable, seed: int, kind: str
) -> None:
    volume, matrix = random_labels(seed, 2), random_affine(seed, kind)
    a, b = searchables(volume, matrix)
    # on a sheared grid inner voxels can be the closest, so that all voxels count
    least, voxel_a, voxel_b = brute_closest(volume == 1, volume == 2, matrix, surface=kind != "sheared")
    found = closest_centres(a, b)
    assert found is not None
    assert found.mm == pytest.approx(least, rel=1e-9)
    assert (found.voxel_a, found.voxel_b) == (voxel_a, voxel_b)


@given(SEEDS, KINDS)
@settings(max_examples=50, deadline=None)
def test_touching_structures_have_distance_zero_and_others_the_least(
    random_labels: Callable, random_affine: Callable, seed: int, kind: str
) -> None:
    volume, matrix = random_labels(seed, 2, most=6), random_affine(seed, kind)
    found = closest_pair(*searchables(volume, matrix))
    touching = brute_touch(volume == 1, volume == 2, matrix)
    assert found is not None
    assert found.touching == (touching is not None)
    if touching is not None:
        assert (found.mm, found.voxel_a, found.voxel_b) == (0.0, *touching)
    else:
        assert found.mm == pytest.approx(brute_closest(volume == 1, volume == 2, matrix, False)[0])


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_contact_counts_faces_and_shared_voxels_of_overlapping_masks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 7, 3)
    a, b = rng.random(shape) < 0.2, rng.random(shape) < 0.2
    a.ravel()[rng.integers(a.size)] = b.ravel()[rng.integers(b.size)] = True
    grid = RasGrid(a.shape, np.eye(4))
    found, closest = contact(Searchable(Runs.of_mask(a), grid), Searchable(Runs.of_mask(b), grid))
    assert found.faces == brute_faces(a, b)
    assert found.overlap_voxels == (a & b).sum()
    expected = brute_touch(a, b, np.eye(4))
    assert found.any26 == (expected is not None)
    assert (None if closest is None else (closest.voxel_a, closest.voxel_b)) == expected


@pytest.mark.parametrize("step", [(1, 0, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1), (0, -1, 1), (-1, 1, -1)])
def test_faces_edges_and_corners_touch_but_only_faces_count(step: tuple[int, int, int]) -> None:
    volume = np.zeros((5, 5, 5), dtype=int)
    volume[2, 2, 2] = 1
    volume[2 + step[0], 2 + step[1], 2 + step[2]] = 2
    found, _ = contact(*searchables(volume, np.eye(4)))
    assert found.any26
    assert found.faces == (1 if sum(map(abs, step)) == 1 else 0)


def test_a_gap_of_one_voxel_is_no_contact() -> None:
    volume = np.zeros((5, 3, 3), dtype=int)
    volume[0, 1, 1], volume[2, 1, 1] = 1, 2
    found, closest = contact(*searchables(volume, np.eye(4)))
    assert (found.faces, found.any26, found.overlap_voxels) == (0, False, 0)
    assert closest is None


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_ties_between_parallel_walls_go_to_the_first_pair(axis: int) -> None:
    volume = np.zeros((20, 20, 20), dtype=int)
    np.moveaxis(volume, axis, 0)[3], np.moveaxis(volume, axis, 0)[9] = 1, 2
    matrix = np.diag([0.7, 0.7, 0.7, 1.0])
    found = closest_pair(*searchables(volume, matrix))
    assert found is not None
    start, end = [0, 0, 0], [0, 0, 0]
    start[axis], end[axis] = 3, 9
    assert found.mm == pytest.approx(4.2)
    assert (found.voxel_a, found.voxel_b) == (tuple(start), tuple(end))


def test_equal_lengths_in_different_directions_are_ties_in_spite_of_rounding() -> None:
    matrix = np.diag([0.7, 0.7, 0.7, 1.0])
    for order in permutations([(3, 4, 0), (5, 0, 0), (0, 4, 3)]):
        volume = np.zeros((7, 7, 7), dtype=int)
        volume[0, 0, 0] = 1
        for voxel in order:
            volume[voxel] = 2
        found = closest_pair(*searchables(volume, matrix))
        assert found is not None
        assert found.voxel_b == (0, 4, 3)


def test_the_limit_leaves_out_what_is_farther_and_keeps_what_is_as_far() -> None:
    volume = np.zeros((20, 5, 5), dtype=int)
    volume[0], volume[10, 2] = 1, 2
    pair = searchables(volume, np.diag([0.7, 0.7, 3.0, 1.0]))
    assert closest_pair(*pair, limit_mm=6.9) is None
    found = closest_pair(*pair, limit_mm=7.0)
    assert found is not None
    assert found.mm == pytest.approx(7.0)


@given(SEEDS, KINDS)
@settings(max_examples=40, deadline=None)
def test_bounding_boxes_never_overestimate(
    random_labels: Callable, random_affine: Callable, seed: int, kind: str
) -> None:
    volume, matrix = random_labels(seed, 2), random_affine(seed, kind)
    least = brute_closest(volume == 1, volume == 2, matrix, surface=False)[0]
    assert least_gap(*searchables(volume, matrix)) <= least * (1 + 1e-9)


@given(SEEDS, KINDS)
@settings(max_examples=50, deadline=None)
def test_distance_to_a_point_equals_every_voxel(
    random_labels: Callable, random_affine: Callable, seed: int, kind: str
) -> None:
    volume, matrix = random_labels(seed, 1), random_affine(seed, kind)
    grid = RasGrid(volume.shape, matrix)
    point = grid.to_mm(np.random.default_rng(seed).uniform(-3, 10, 3))
    centres = np.argwhere(volume == 1) @ matrix[:3, :3].T + matrix[:3, 3]
    expected = np.linalg.norm(centres - point, axis=1).min()
    assert distance_to_point(Runs.of_mask(volume == 1), grid, point) == pytest.approx(expected)


def test_no_voxels_are_infinitely_far() -> None:
    assert distance_to_point(Runs.empty((2, 2, 2)), RasGrid((2, 2, 2), np.eye(4)), np.zeros(3)) == np.inf


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_large_smooth_shapes_equal_every_surface_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape, spacing = (48, 40, 44), rng.choice([0.7, 1.0, 2.5], 3)
    axes = np.ogrid[: shape[0], : shape[1], : shape[2]]
    volume = np.zeros(shape, dtype=int)
    for value in (1, 2):
        centre, radii = rng.uniform(8, 36, 3), rng.uniform(3, 12, 3)
        volume[sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True)) <= 1] = value
    if not (volume == 1).any():
        return
    matrix = np.diag([*spacing, 1.0])
    least, voxel_a, voxel_b = brute_closest(volume == 1, volume == 2, matrix, surface=True)
    found = closest_centres(*searchables(volume, matrix))
    assert found is not None
    assert found.mm == pytest.approx(least)
    assert (found.voxel_a, found.voxel_b) == (voxel_a, voxel_b)
