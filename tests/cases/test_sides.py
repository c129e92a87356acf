"""Left and right from geometry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases import split_sides
from medspatial.volume import AXIS_CODES, Affine, MaskSet

SHAPE = (50, 20, 20)
MM4 = Affine(np.diag([4.0, 4.0, 4.0, 1.0]))  # x index 0 is the patient's left
KIDNEY, TUMOR = 1, 2


def label(*boxes):
    """Draw (value, low, high) boxes one over the other."""
    voxels = np.zeros(SHAPE, np.uint8)
    for value, low, high in boxes:
        voxels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = value
    return MaskSet([voxels], [{KIDNEY: "kidney", TUMOR: "kidney_tumor"}], MM4)


LEFT = (KIDNEY, (5, 5, 5), (12, 12, 15))
RIGHT = (KIDNEY, (35, 5, 5), (41, 12, 15))


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_two_kidneys_are_split_by_world_x_in_any_orientation(codes):
    masks = split_sides(label(LEFT, RIGHT).oriented(codes), "kidney")
    assert set(masks.names) == {"kidney_left", "kidney_right"}
    assert masks.voxels("kidney_left") == 7 * 7 * 10
    assert masks.voxels("kidney_right") == 6 * 7 * 10
    assert masks.centroid("kidney_left")[0] < masks.centroid("kidney_right")[0]
    assert masks.notes == ()


def test_a_tumor_between_two_parts_does_not_break_a_kidney():
    bridge = (TUMOR, (5, 5, 9), (12, 12, 12))
    masks = split_sides(label(LEFT, RIGHT, bridge), "kidney")
    assert masks.voxels("kidney_left") == 7 * 7 * 7
    assert masks.voxels("kidney_tumor") == 7 * 7 * 3
    assert "kidney" not in masks


def test_a_tumor_on_the_far_side_pulls_its_kidney_along():
    """The part behind the tumour lies nearer to the other kidney, and still belongs to its own."""
    far = [(KIDNEY, (24, 5, 5), (26, 12, 15)), (TUMOR, (12, 5, 5), (24, 12, 15))]
    masks = split_sides(label(LEFT, RIGHT, *far), "kidney")
    assert masks.voxels("kidney_left") == 7 * 7 * 10 + 2 * 7 * 10


def test_small_pieces_join_the_nearer_side():
    masks = split_sides(
        label(LEFT, RIGHT, (KIDNEY, (15, 0, 0), (16, 2, 2)), (KIDNEY, (30, 0, 0), (31, 2, 2))), "kidney"
    )
    assert masks.voxels("kidney_left") == 7 * 7 * 10 + 4
    assert masks.voxels("kidney_right") == 6 * 7 * 10 + 4


@pytest.mark.parametrize(
    ("boxes", "count"),
    [
        ([LEFT], "1 component,"),
        ([LEFT, RIGHT, (KIDNEY, (10, 5, 5), (38, 8, 8))], "1 component,"),  # a horseshoe
        ([LEFT, (KIDNEY, (5, 5, 17), (12, 12, 19))], "2 components,"),  # both on one side
        ([LEFT, (KIDNEY, (40, 5, 5), (41, 7, 7))], "2 components,"),  # a fragment is no kidney
    ],
)
def test_what_cannot_be_split_is_kept_with_a_note(boxes, count):
    masks = split_sides(label(*boxes), "kidney")
    assert masks.names == ("kidney",)
    assert masks.notes == (
        f"kidney: cannot be split into left and right: {count} no two at least 40 mm apart in x",
    )  # fmt: skip


def test_without_that_mask_nothing_happens():
    masks = label((TUMOR, (1, 1, 1), (3, 3, 3)))
    assert split_sides(masks, "kidney") is masks


def test_value_255_in_use_needs_a_wider_layer():
    voxels = np.where(label(LEFT, RIGHT).mask("kidney"), 255, 0).astype(np.uint8)
    masks = split_sides(MaskSet([voxels], [{255: "kidney"}], MM4), "kidney")
    assert masks.layers[0].dtype == np.uint16
    assert set(masks.names) == {"kidney_left", "kidney_right"}


@settings(max_examples=25, deadline=None)
@given(codes=st.sampled_from(AXIS_CODES), mirrored=st.booleans())
def test_split_and_mirror_commute(codes, mirrored):
    whole = label(LEFT, RIGHT, (TUMOR, (5, 5, 9), (12, 12, 12))).oriented(codes)
    first = split_sides(whole.mirrored() if mirrored else whole, "kidney")
    second = split_sides(whole, "kidney")
    second = second.mirrored() if mirrored else second
    for name in ("kidney_left", "kidney_right", "kidney_tumor"):
        assert np.array_equal(first.mask(name), second.mask(name))
