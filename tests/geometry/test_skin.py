"""Depth below the skin in made-up bodies, against distances of all voxels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medspatial.geometry import Measured
from medspatial.volume import Affine, MaskSet, Volume

SPACING = np.array((2.0, 2.0, 4.0))
SHAPE = (70, 60, 40)
AFFINE = Affine(np.diag([*SPACING, 1.0]))


def body(radius_mm=45.0):
    """An oval trunk that the volume cuts above and below, with a lung of air in it and a table behind."""
    x, y, _ = np.ogrid[:70, :60, :40]
    ct = np.full(SHAPE, -1000.0, np.float32)
    trunk = (((x - 34) * 2.0 / radius_mm) ** 2 + ((y - 30) * 2.0 / 40) ** 2 <= 1) & np.ones(SHAPE, bool)
    ct[trunk] = 40
    ct[24:34, 24:36, 10:30] = -850
    ct[:, 2:4, :] = 100
    return ct, trunk


def measured(ct, lesion):
    masks = MaskSet.from_masks({"nodule": lesion}, AFFINE)
    return Measured(masks, Volume(ct, AFFINE, "HU"))


def nodule(low, size=3):
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(a, a + size) for a in low)] = True
    return mask


@pytest.mark.parametrize("low", [(28, 29, 18), (20, 28, 18), (34, 44, 20), (48, 30, 20), (34, 12, 19)])
def test_depth_equals_the_distance_to_the_bodys_outline(low):
    ct, trunk = body()
    lesion = nodule(low)
    found = measured(ct, lesion).skin_depth("nodule", 28.0)
    outline = trunk & ~ndimage.binary_erosion(trunk, ndimage.generate_binary_structure(3, 1), border_value=1)
    gaps = np.argwhere(lesion)[:, None] * SPACING - np.argwhere(outline)[None] * SPACING
    expected = np.linalg.norm(gaps, axis=2).min()
    assert found is not None
    if expected <= 28:
        assert found.mm == pytest.approx(expected)
        assert np.linalg.norm(np.subtract(found.point_a, found.point_b)) == pytest.approx(expected)
    else:
        assert found.mm == np.inf
    assert not found.near_cut


def test_the_air_inside_is_not_outside():
    ct, _ = body()
    found = measured(ct, nodule((28, 29, 18))).skin_depth("nodule", 20.0)  # in the middle of the lung
    assert found is not None
    assert found.mm == np.inf


def test_a_lesion_on_the_skin():
    ct, trunk = body()
    row = np.flatnonzero(trunk[:, 30, 20])
    found = measured(ct, nodule((row[-1] - 2, 30, 20))).skin_depth("nodule", 28.0)
    assert found is not None
    assert found.mm == 0


def test_skin_outside_the_volume_is_near_a_cut():
    ct, _ = body(radius_mm=90.0)  # wider than the volume: both sides are cut
    found = measured(ct, nodule((5, 29, 20))).skin_depth("nodule", 28.0)
    assert found is not None
    assert found.near_cut


def test_the_volumes_end_above_is_a_cut():
    ct, _ = body()
    found = measured(ct, nodule((34, 44, 36))).skin_depth("nodule", 28.0)
    assert found is not None
    assert found.near_cut


def test_without_ct_or_outside_the_body_there_is_no_answer():
    ct, _ = body()
    assert (
        Measured(MaskSet.from_masks({"nodule": nodule((28, 29, 18))}, AFFINE)).skin_depth("nodule", 20)
        is None
    )
    assert measured(ct, nodule((2, 50, 20))).skin_depth("nodule", 20.0) is None
