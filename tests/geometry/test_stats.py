from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.geometry import Measured, Runs
from medspatial.geometry.stats import on_face, touched_faces, why_not_whole
from medspatial.geometry.traits import traits

KINDS = st.sampled_from(["cubic", "anisotropic", "oblique", "sheared"])
LESIONS = ("nodule", "kidney_cyst", "kidney_tumor")  # no piece of a lesion is stray


@given(st.integers(0, 10**6), KINDS)
@settings(max_examples=50, deadline=None)
def test_figures_equal_those_of_the_voxel_list(
    random_labels: Callable, random_affine: Callable, measured_of: Callable, seed: int, kind: str
) -> None:
    volume, matrix = random_labels(seed, 3), random_affine(seed, kind)
    measured = measured_of(volume, matrix, LESIONS)
    for value, name in enumerate(LESIONS, 1):
        stats = measured.stats(name)
        index = np.argwhere(volume == value)
        centres = index @ matrix[:3, :3].T + matrix[:3, 3]
        corners = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
        edges = (index[:, None] + corners).reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
        assert stats.voxels == len(index)
        assert stats.volume_ml == pytest.approx(len(index) * abs(np.linalg.det(matrix)) / 1000)
        assert stats.centroid_mm == pytest.approx(centres.mean(axis=0))
        assert stats.bbox == (tuple(index.min(axis=0)), tuple(index.max(axis=0)))
        assert stats.low_mm == pytest.approx(edges.min(axis=0))
        assert stats.high_mm == pytest.approx(edges.max(axis=0))
        assert stats.extent_mm == pytest.approx(np.ptp(edges, axis=0))
        assert stats.mean_hu is None


@pytest.mark.parametrize(
    ("voxel", "face"),
    [
        ((0, 2, 2), "left"),
        ((4, 2, 2), "right"),
        ((2, 0, 2), "posterior"),
        ((2, 4, 2), "anterior"),
        ((2, 2, 0), "inferior"),
        ((2, 2, 4), "superior"),
    ],
)
def test_faces_are_named_by_the_patient(voxel: tuple[int, int, int], face: str) -> None:
    mask = np.zeros((5, 5, 5), dtype=bool)
    mask[2, 2, 2] = True
    assert touched_faces(Runs.of_mask(mask)) == frozenset()
    mask[voxel] = True
    assert touched_faces(Runs.of_mask(mask)) == {face}


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_the_part_on_the_faces_is_the_outermost_layer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 7, 3)) < 0.6
    border = np.ones_like(mask)
    border[1:-1, 1:-1, 1:-1] = False
    assert on_face(Runs.of_mask(mask)).voxels == (mask & border).sum()
    assert np.array_equal(on_face(Runs.of_mask(mask)).mask(), mask & border)


@pytest.mark.parametrize(
    ("name", "faces", "voxels", "ml", "share", "reason"),
    [
        ("liver", {"inferior"}, 5000, 1500.0, 1.0, "touches the inferior face of the volume"),
        ("liver", set(), 99, 20.0, 1.0, "99 voxels, under 100"),
        ("liver", set(), 100, 0.9, 1.0, "0.9 ml, under 1 ml"),
        ("liver", set(), 500, 9.0, 0.97, "largest component holds 97.0%, under 98%"),
        ("liver", set(), 100, 1.0, 0.98, None),
        ("stomach", set(), 500, 9.0, 0.91, None),
        ("stomach", set(), 500, 9.0, 0.89, "largest component holds 89.0%, under 90%"),
        ("colon", set(), 500, 9.0, 0.3, None),
        ("rib_left_7", set(), 500, 9.0, 0.3, None),
        ("rib_left_7", set(), 99, 9.0, 0.3, "99 voxels, under 100"),
        ("nodule", set(), 27, 0.01, 0.2, None),
        ("nodule", set(), 26, 0.01, 1.0, "26 voxels, under 27"),
        ("nodule", {"left", "anterior"}, 900, 1.0, 1.0, "touches the anterior, left face of the volume"),
    ],
)
def test_whole_and_the_reason_why_not(
    name: str, faces: set[str], voxels: int, ml: float, share: float, reason: str | None
) -> None:
    assert why_not_whole(frozenset(faces), voxels, ml, share, traits(name)) == reason


def test_vessels_and_bowel_lose_pieces_from_one_per_cent_others_from_five() -> None:
    assert (
        traits("aorta").stray_share == traits("colon").stray_share == traits("rib_left_1").stray_share == 0.01
    )
    assert traits("liver").stray_share == traits("gallbladder").stray_share == 0.05
    assert traits("nodule").stray_share == 0.0
    assert traits("aorta").largest_share == 0.9  # vessels are not exempt from the component clause


def test_stray_pieces_enter_no_figure_and_are_counted(measured_of: Callable) -> None:
    volume = np.zeros((30, 12, 12), dtype=np.uint8)
    volume[1:11, 1:11, 1:11] = 1
    volume[29, 0, 0] = 1  # a stray voxel, on three faces
    measured: Measured = measured_of(volume, np.diag([2.0, 2.0, 2.0, 1.0]))
    stats = measured.stats("stomach")
    assert (stats.voxels, stats.components, stats.stray_components, stats.stray_voxels) == (1000, 1, 1, 1)
    assert stats.centroid_mm == pytest.approx((11, 11, 11))
    assert stats.extent_mm == pytest.approx((20, 20, 20))
    assert stats.faces == frozenset()
    assert stats.whole
    assert measured.raw_runs("stomach").voxels == 1001
