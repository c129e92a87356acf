from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from medspatial.geometry import Runs
from medspatial.geometry.components import pieces_of


def expected_pieces(mask: np.ndarray) -> list[list[tuple[int, ...]]]:
    """Voxel lists of the 26-connected pieces, by size, then by first voxel."""
    labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
    lists = [[tuple(v) for v in np.argwhere(labels == number + 1).tolist()] for number in range(count)]
    return sorted(lists, key=lambda voxels: (-len(voxels), voxels[0]))


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_pieces_of_many_structures_equal_a_separate_labelling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 9, 3)
    masks = [rng.random(shape) < density for density in (0.08, 0.15, 0.5)]
    masks = [mask for mask in masks if mask.any()]
    structures = [Runs.of_mask(mask) for mask in masks]
    for mask, runs, found in zip(masks, structures, pieces_of(structures), strict=True):
        expected = expected_pieces(mask)
        assert found.sizes.tolist() == [len(voxels) for voxels in expected]
        for number, voxels in enumerate(expected):
            piece = runs.take(found.piece == number).mask()
            assert [tuple(v) for v in np.argwhere(piece).tolist()] == voxels


def test_rows_of_neighbouring_planes_do_not_wrap_round() -> None:
    mask = np.zeros((2, 3, 2), dtype=bool)
    mask[0, 2, 0] = mask[0, 0, 1] = True  # end of one plane, begin of the next
    assert pieces_of([Runs.of_mask(mask)])[0].sizes.tolist() == [1, 1]


def test_pieces_under_the_share_are_stray_and_at_the_share_are_not() -> None:
    mask = np.zeros((100, 3, 1), dtype=bool)
    mask[:95, 0, 0] = True
    mask[95:100, 2, 0] = True  # 5 of 100 voxels
    found = pieces_of([Runs.of_mask(mask)])[0]
    assert found.stray(0.05).tolist() == []
    assert found.stray(0.0501).tolist() == [1]


def test_the_largest_piece_is_never_stray() -> None:
    mask = np.zeros((5, 5, 5), dtype=bool)
    mask[::2, ::2, ::2] = True  # 27 single voxels, 3.7 % each
    found = pieces_of([Runs.of_mask(mask)])[0]
    assert found.stray(0.05).tolist() == list(range(1, 27))


def test_nothing_has_no_pieces() -> None:
    assert pieces_of([]) == []
