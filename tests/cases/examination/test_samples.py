"""Samples of masks: what is exact, what the sample reaches, and which face of the grid cuts what."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases.examination.samples import (
    FEWEST_SAMPLES,
    MaskSample,
    sample_cells,
    sample_steps,
    sampled_masks,
)
from medspatial.volume import AXIS_CODES, Affine, MaskSet, Volume

SHAPE = (40, 30, 24)


def masks_of(boxes, spacing=(1.0, 2.0, 5.0), fields=None):
    layer = np.zeros(SHAPE, np.uint8)
    for value, (low, high) in enumerate(boxes.values(), 1):
        layer[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = value
    affine = Affine.from_axcodes("RAS", spacing, origin=(-10.0, 20.0, 300.0))
    return MaskSet([layer], [dict(enumerate(boxes, 1))], affine, (), fields or {})


LIVER = {"liver": ((8, 4, 4), (32, 24, 20))}


@settings(max_examples=20, deadline=None)
@given(codes=st.sampled_from(AXIS_CODES))
def test_count_volume_and_centre_are_those_of_the_patient_in_any_storage(codes):
    one = sampled_masks(masks_of(LIVER).oriented(codes))["liver"]
    assert one.voxels == 24 * 20 * 16
    assert one.volume_ml == pytest.approx(24 * 20 * 16 * 10 / 1000)
    # centre of the box: indices 8..31, 4..23, 4..19, by spacing, from the origin
    np.testing.assert_allclose(one.centre, (-10 + 19.5, 20 + 13.5 * 2, 300 + 11.5 * 5), atol=2.0)
    assert (one.span_mm <= (23, 38, 75)).all(), "never more than the true one"
    np.testing.assert_allclose(one.span_mm, (23, 38, 75), atol=6.0)


def test_the_step_is_near_four_millimetres_and_never_finer_than_a_voxel():
    assert sample_steps(masks_of(LIVER)).tolist() == [4, 2, 1]
    assert sample_steps(masks_of(LIVER, (0.7, 3.0, 9.0))).tolist() == [6, 1, 1]


def test_points_are_centres_of_voxels_of_the_structure():
    masks = masks_of(LIVER)
    one = sampled_masks(masks)["liver"]
    index = masks.grid.to_index(one.points)
    np.testing.assert_allclose(index, np.rint(index), atol=1e-6)
    assert masks.mask("liver")[tuple(np.rint(index).astype(int).T)].all()
    assert len(one.points) == pytest.approx(one.voxels / 8, rel=0.2)
    assert one.step_mm.tolist() == [4, 4, 5]


def test_cells_number_the_thinned_grid_without_holes():
    masks = masks_of(LIVER)
    cells = sample_cells(sampled_masks(masks)["liver"], masks)
    assert len(np.unique(cells, axis=0)) == len(cells)
    size = np.ptp(cells, axis=0) + 1
    assert size.prod() == len(cells), "a box stays a box"


@pytest.mark.parametrize("at", [(9, 5, 5), (20, 11, 11)])
def test_a_structure_that_the_grid_hardly_meets_is_looked_at_voxel_by_voxel(at):
    high = tuple(a + b for a, b in zip(at, (5, 3, 2), strict=True))
    masks = masks_of({"adrenal_gland_left": (at, high)})
    one = sampled_masks(masks)["adrenal_gland_left"]
    assert one.voxels == len(one.points) == 30 >= FEWEST_SAMPLES
    np.testing.assert_allclose(one.centre, masks.centroid("adrenal_gland_left"))


def test_a_structure_between_the_samples_is_found_all_the_same():
    """Neither its x (a multiple of four away from two) nor its y is on the grid of the sample."""
    masks = masks_of({"gallbladder": ((11, 6, 3), (12, 7, 5))})
    one = sampled_masks(masks)["gallbladder"]
    assert (one.voxels, len(one.points)) == (2, 2)
    np.testing.assert_allclose(one.centre, masks.centroid("gallbladder"))


def test_the_order_is_that_of_the_masks():
    boxes = {
        "spleen": ((1, 1, 1), (9, 9, 9)),
        "liver": ((20, 1, 1), (30, 9, 9)),
        "aorta": ((12, 1, 1), (18, 9, 9)),
    }
    assert list(sampled_masks(masks_of(boxes))) == ["spleen", "liver", "aorta"]


FACES = {
    "left": (((0, 4, 4), (9, 9, 9)), (True, False, False)),
    "right": (((30, 4, 4), (40, 9, 9)), (True, False, False)),
    "back": (((4, 0, 4), (9, 9, 9)), (False, True, False)),
    "front": (((4, 20, 4), (9, 30, 9)), (False, True, False)),
    "feet": (((4, 4, 0), (9, 9, 9)), (False, False, True)),
    "head": (((4, 4, 14), (9, 9, 24)), (False, False, True)),
    "corner": (((4, 0, 0), (9, 9, 9)), (False, True, True)),
    "nowhere": (((1, 1, 1), (39, 29, 23)), (False, False, False)),
}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("codes", ["RAS", "LPI", "SAR", "PIL"])
def test_which_face_of_the_patient_cuts_a_structure(face, codes):
    box, cut = FACES[face]
    one = sampled_masks(masks_of({"liver": box}).oriented(codes))["liver"]
    assert one.cut == cut
    assert one.whole is not any(cut)


def test_a_mask_whose_file_ends_inside_the_scan_may_go_on_anywhere():
    masks = masks_of(LIVER, fields={"liver": ((0, 0, 0), (39, 29, 20))})
    assert sampled_masks(masks)["liver"].cut == (True, True, True)


def test_values_are_those_under_the_points():
    masks = masks_of(LIVER)
    x = np.broadcast_to(np.arange(SHAPE[0], dtype=np.int16)[:, None, None], SHAPE)
    one = sampled_masks(masks, Volume(np.ascontiguousarray(x), masks.affine, unit="HU"))["liver"]
    assert one.hu.tolist() == pytest.approx((one.points[:, 0] + 10).tolist())
    assert one.median_hu == pytest.approx(np.median(one.points[:, 0] + 10))


def test_an_image_on_another_grid_is_not_used():
    masks = masks_of(LIVER)
    other = Affine.from_axcodes("RAS", (1.0, 2.0, 5.0), origin=(-10.0, 20.0, 305.0))
    one = sampled_masks(masks, Volume(np.zeros(SHAPE, np.int16), other, unit="HU"))["liver"]
    assert one.hu is None
    assert one.median_hu is None


def test_strays_at_either_end_are_no_size():
    line = np.zeros((1000, 3))
    line[:, 2] = np.linspace(0, 100, 1000)
    line[:5, 2], line[-5:, 2] = -500, 900
    one = MaskSample("liver", 1000, 1.0, line, None, (False,) * 3, np.full(3, 4.0))
    assert one.span_mm[2] == pytest.approx(98, abs=1)
