"""A scene of blocks whose sides, levels, lesions and margins are known."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.geometry import Measured, Runs
from medspatial.questions.contact import overlapping, touch_verdict
from medspatial.questions.drop import Drop
from medspatial.questions.lesions import dilated
from medspatial.questions.scene import Scene
from medspatial.questions.sides import missing_partners, place_covered, voxels_per_side
from medspatial.volume import Affine, MaskSet

SPACING = 2.0
SHAPE = (80, 60, 100)
VERTEBRAE = {f"vertebrae_L{n}": 82 - 14 * n for n in range(1, 6)}  # centre slice, from the head down


def block(low, high):
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


def body(**extra) -> MaskSet:
    """L1 to L5 at x index 40, kidneys 20 voxels to each side, and more."""
    masks = {name: block((36, 10, k - 5), (45, 20, k + 6)) for name, k in VERTEBRAE.items()}
    masks |= {
        "kidney_left": block((12, 20, 40), (26, 34, 70)),
        "kidney_right": block((55, 20, 40), (69, 34, 70)),
        "liver": block((50, 36, 45), (78, 58, 90)),
    }
    return MaskSet.from_masks(masks | extra, Affine(np.diag([SPACING, SPACING, SPACING, 1.0])))


def scene_of(**extra) -> Scene:
    return Scene("case", Measured(body(**extra)), listed=("spleen", "adrenal_gland_left"))


def test_midline_follows_the_spine_between_centroids():
    midline = scene_of().spine.midline(2 * SPACING + 120.0)
    assert midline is not None
    assert midline.x == pytest.approx(80.0)
    assert "vertebrae" in midline.source


def test_midline_ends_one_vertebra_beyond_the_chain():
    scene = scene_of()
    top, height = SPACING * VERTEBRAE["vertebrae_L1"], SPACING * 14
    assert scene.spine.midline(top + height - 1) is not None
    assert scene.spine.midline(top + height + 1) is None


def test_midline_from_the_cord_where_no_vertebra_is_whole():
    masks = MaskSet.from_masks(
        {"spinal_cord": block((30, 10, 0), (34, 14, 100))}, Affine(np.diag([2.0, 2.0, 2.0, 1.0]))
    )
    scene = Scene("cord", Measured(masks))
    midline = scene.spine.midline(100.0)
    assert midline is not None
    assert midline.source == "spinal_cord"
    assert midline.x == pytest.approx(63.0)


@pytest.mark.parametrize(
    ("offset", "level"),
    [(0.0, "L3"), (0.29, "L3"), (0.31, None), (0.5, None), (0.69, None), (0.71, "L2"), (-0.71, "L4")],
)
def test_levels_and_their_borders(offset, level):
    z = SPACING * (VERTEBRAE["vertebrae_L3"] + 14 * offset)
    found = scene_of().spine.level(z)
    assert found.rule == "level_border" if isinstance(found, Drop) else found.name == level
    assert isinstance(found, Drop) is (level is None)


def test_outside_the_chain_there_is_no_level():
    found = scene_of().spine.level(SPACING * (VERTEBRAE["vertebrae_L1"] + 3))
    assert isinstance(found, Drop)
    assert found.rule == "no_spine"


def test_a_tumour_counts_as_part_of_its_kidney():
    scene = scene_of(kidney_tumor=block((26, 22, 50), (31, 32, 60)))
    assert scene.lesions == ("kidney_tumor#1",)
    assert scene.hosts("kidney_tumor#1") == ("kidney_left",)
    assert scene.stats("kidney_left").voxels == 14 * 14 * 30 + 5 * 10 * 10
    assert scene.the("kidney_left") == "the left kidney (including any lesion)"
    assert scene.the("kidney_right") == "the right kidney (including any lesion)"  # it could hold one
    assert scene.the("liver") == "the liver"
    assert scene_of().the("kidney_left") == "the left kidney"  # no kidney lesion was looked for
    assert voxels_per_side(scene, "kidney_tumor") == {"left": 500, "right": 0}


def test_a_cut_tumour_makes_its_kidney_cut():
    scene = scene_of(kidney_tumor=block((0, 22, 50), (12, 32, 60)))
    refusal = scene.not_whole("kidney_left")
    assert refusal is not None
    assert refusal.rule == "not_whole"
    assert scene.not_whole("kidney_right") is None


def test_lesions_are_named_by_size_or_height():
    big, small = block((58, 24, 44), (64, 30, 50)), block((58, 24, 60), (61, 27, 63))
    scene = scene_of(kidney_cyst=big | small)
    assert scene.the("kidney_cyst#1", "size") == "the largest kidney cyst"
    assert scene.the("kidney_cyst#2", "height") == "the highest kidney cyst"
    twins = scene_of(kidney_cyst=block((58, 24, 50), (62, 28, 54)) | block((64, 24, 50), (68, 28, 54)))
    assert not twins.describable("kidney_cyst#1")
    assert twins.distinguishable == ()


def test_dilation_reaches_all_26_neighbours_inside_the_grid():
    mask = np.zeros((4, 5, 6), bool)
    mask[0, 4, 3] = True
    found = dilated(Runs.of_mask(mask)).mask()
    expected = np.zeros_like(mask)
    expected[0:2, 3:5, 2:5] = True
    assert np.array_equal(found, expected)


def test_mirrored_names_lead_back_to_the_original():
    scene = Scene("m", Measured(body()), key="case", mirrored=True)
    assert scene.canonical("kidney_left") == "kidney_right"
    assert scene.canonical("kidney_cyst_left#2") == "kidney_cyst_right#2"
    plain = scene_of()
    turned = [scene.canonical(name) for name in scene.order(scene.organs, "salt")]
    assert turned == plain.order(plain.organs, "salt")


def test_organs_come_before_bones():
    order = scene_of().order(scene_of().organs, "x")
    assert set(order[:3]) == {"kidney_left", "kidney_right", "liver"}


def test_a_missing_partner_needs_its_place_inside_the_scan():
    masks = {"adrenal_gland_right": block((50, 20, 60), (58, 30, 70))}
    scene = scene_of(**masks)
    assert missing_partners(scene) == ("adrenal_gland_left",)
    assert place_covered(scene, "adrenal_gland_left")
    high = scene_of(adrenal_gland_right=block((50, 20, 84), (58, 30, 98)))
    assert not place_covered(high, "adrenal_gland_left")


def test_touch_verdicts():
    near = scene_of(spleen=block((26, 20, 40), (32, 24, 44)), stomach=block((30, 40, 40), (34, 50, 50)))
    touch = touch_verdict(near, "spleen", "kidney_left")
    assert not isinstance(touch, Drop)
    assert (touch.touch, touch.faces) == (True, 16)
    few = touch_verdict(scene_of(spleen=block((26, 20, 40), (32, 23, 43))), "spleen", "kidney_left")
    assert isinstance(few, Drop)
    assert (few.rule, few.figure) == ("unsure_contact", 9)
    gap = touch_verdict(scene_of(spleen=block((28, 20, 40), (32, 30, 50))), "spleen", "kidney_left")
    assert isinstance(gap, Drop)
    assert (gap.figure, gap.limit) == (6.0, 6.0)
    clear = touch_verdict(scene_of(spleen=block((29, 20, 40), (32, 30, 50))), "spleen", "kidney_left")
    assert not isinstance(clear, Drop)
    assert (clear.touch, clear.mm) == (False, 8.0)


def test_overlap_over_one_per_cent_is_refused():
    overlap = overlapping(scene_of(spleen=block((20, 20, 40), (32, 34, 70))), "spleen", "kidney_left")
    assert overlap is not None
    assert overlap.rule == "overlap"
    assert overlapping(scene_of(), "kidney_left", "kidney_right") is None
