"""A case is held against its image and against a body: what cannot be is refused, what can be passes."""

import numpy as np
import pytest

from medspatial.anatomy.limits import body_order, hu_table, members, size_table
from medspatial.cases import AFFINE_ONLY, MASKS_ALONE, CaseData, examine, load_case, make_phantom, read_cases
from medspatial.cases.notes import Assumption
from medspatial.records import Case
from medspatial.volume import Affine, MaskSet, Volume


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(3, spacing=6.0, axcodes="LPS")


def data_of(masks, ct=None, **metadata):
    return CaseData(Case(case_id="a", patient_id="a", image_path="a.nii.gz", metadata=metadata), ct, masks)


def moved(masks, change, affine=None):
    """Return masks with each layer changed, on the same grid."""
    layers = [np.ascontiguousarray(change(np.asarray(layer))) for layer in masks.layers]
    return MaskSet(layers, masks.tables(), affine or masks.affine)


@pytest.mark.parametrize("spacing", [4.0, 6.0, 8.0])
@pytest.mark.parametrize("seed", range(3))
def test_phantoms_raise_no_alarm(seed, spacing):
    one = make_phantom(seed, spacing=spacing)
    found = examine(data_of(one.masks, one.ct))
    assert (found.problems, found.set_aside, found.notes, found.assumptions) == ((), {}, (), ())
    assert {"liver", "aortic arch"} <= set(found.confirmed_by["left-right"])
    assert "vertebrae" in found.confirmed_by["head-feet"]
    assert "spine" in found.confirmed_by["front-back"]


def test_a_mirrored_control_passes_as_one(phantom):
    data = data_of(phantom.masks.mirrored(), phantom.ct.mirrored())
    assert any("left-right" in one for one in examine(data).problems)
    data.case = data.case.model_copy(update={"transform": ("mirror_left_right",)})
    assert examine(data).problems == ()


@pytest.mark.parametrize(
    ("axis", "start", "says"),
    [
        (0, "left-right", "to the right of"),
        (1, "front-back", "behind the spine"),
        (2, "head-feet", "above"),
    ],
)
def test_a_stack_stored_in_reverse_is_refused_with_its_axis(phantom, axis, start, says):
    def flip(voxels):
        return np.flip(voxels, axis)

    ct = Volume(np.ascontiguousarray(flip(phantom.ct.voxels)), phantom.ct.affine, unit="HU")
    problems = examine(data_of(moved(phantom.masks, flip), ct)).problems
    (reason,) = [one for one in problems if one.startswith(start)]
    assert says in reason
    assert "mm" in reason


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("millimetres", [-60, -30, 30, 60])
def test_a_shifted_mask_does_not_fit_the_ct(phantom, axis, millimetres):
    masks = moved(phantom.masks, lambda voxels: np.roll(voxels, millimetres // 6, axis))
    problems = examine(data_of(masks, phantom.ct)).problems
    assert any(one.startswith("image: ") for one in problems)


@pytest.mark.parametrize("region", ["torso", "chest", "abdomen", "slab"])
@pytest.mark.parametrize("axis", range(3))
def test_a_ct_turned_over_under_its_masks_is_refused(region, axis):
    one = make_phantom(23, spacing=6.0, region=region)
    ct = Volume(np.ascontiguousarray(np.flip(one.ct.voxels, axis)), one.ct.affine, unit="HU")
    assert examine(data_of(one.masks, one.ct)).problems == ()
    assert any(text.startswith("image: ") for text in examine(data_of(one.masks, ct)).problems)


@pytest.mark.parametrize("factor", [1000.0, 10.0, 0.25, 0.1])
def test_a_wrong_length_unit_is_refused(phantom, factor):
    matrix = np.array(phantom.ct.affine.matrix)
    matrix[:3] *= factor
    affine = Affine(matrix)
    ct = Volume(phantom.ct.voxels, affine, unit="HU")
    problems = examine(data_of(moved(phantom.masks, lambda v: v, affine), ct)).problems
    assert any("length unit" in one for one in problems)


def test_an_assumed_label_map_is_named_first(phantom):
    masks = moved(phantom.masks, lambda voxels: np.flip(voxels, 2))
    masks = masks.with_notes(Assumption("label map totalsegmentator_v2 assumed"))
    for reason in examine(data_of(masks)).problems:
        assert reason.startswith("label map totalsegmentator_v2 was only assumed")
    assert examine(data_of(masks), names_assumed="x").problems[0].startswith("label map x was only assumed")


def test_one_structure_with_another_image_is_set_aside(phantom):
    voxels = np.array(phantom.ct.voxels)
    voxels[phantom.masks.mask("spleen")] = -900
    found = examine(data_of(phantom.masks, Volume(voxels, phantom.ct.affine, unit="HU")))
    assert found.problems == ()
    assert found.set_aside == {"spleen": "spleen at -900 HU (should be over -50)"}


def test_sides_that_nothing_confirms(phantom):
    only = [one for one in phantom.masks.names if not one.startswith("kidney_")]
    found = examine(data_of(phantom.masks.without(only), phantom.ct))
    assert found.assumptions == (AFFINE_ONLY, "front and back: affine only", "head and feet: affine only")


def test_masks_without_an_image_say_so(phantom):
    assert examine(data_of(phantom.masks, None)).assumptions == (MASKS_ALONE,)


def kidneys_in(phantom, change):
    masks = phantom.masks
    kidneys = masks.without([one for one in masks.names if not one.startswith("kidney_")])
    return data_of(moved(kidneys, lambda layer: layer, Affine(change @ masks.affine.matrix)))


@pytest.mark.parametrize(("order", "said"), [([1, 0, 2], "before or behind"), ([2, 1, 0], "above or below")])
def test_twins_lie_side_by_side(phantom, order, said):
    """Axes exchanged in the header: the kidneys lie one before, or over, the other."""
    turned = np.eye(4)
    turned[:3, :3] = np.eye(3)[order]
    problems = examine(kidneys_in(phantom, turned)).problems
    assert any(said in one for one in problems), problems


@pytest.mark.parametrize("factor", [1 / 3, 3])
def test_kidneys_with_a_wrong_slice_step(phantom, factor):
    (problem,) = examine(kidneys_in(phantom, np.diag([1, 1, factor, 1]))).problems
    assert "times as tall as wide and deep" in problem


def test_the_mask_of_another_place_of_a_real_case(shared):
    real = shared / "data" / "real_ct"
    cases = {one.case_id: load_case(one, real) for one in read_cases(real) if "abdomen" in one.case_id}
    slab, whole = cases["abdomen_slab_3mm"].masks, cases["abdomen_pelvis_3mm"].ct
    layer = np.zeros(whole.shape, np.uint8)
    layer[:, :, :30] = slab.layers[0]
    (reason,) = examine(data_of(MaskSet([layer], slab.tables(), whole.affine), whole)).problems
    assert reason.startswith("image: only 42% of the masks' voxels")
    assert "should be under -400" in reason


def test_the_tables_name_sources_and_known_structures():
    for row in (*hu_table(), *size_table()):
        assert row.source
    for row in size_table():
        assert row.min_ml < row.max_ml
    names = ("lung_upper_lobe_left", "lung_middle_lobe_left", "hip_left", "liver")
    assert members("lungs", names) == names[:2]
    assert body_order().source


@pytest.mark.parametrize("factor", [1 / 3, 0.5, 3.0])
@pytest.mark.parametrize("seed", [1, 5])
def test_a_wrong_slice_step_shows_in_the_spine(seed, factor):
    made = make_phantom(seed, spacing=6.0)
    matrix = made.masks.affine.matrix @ np.diag([1, 1, factor, 1])
    masks = MaskSet(made.masks.layers, made.masks.tables(), Affine(matrix))
    problems = " ".join(examine(CaseData(Case(case_id="p", patient_id="p"), None, masks)).problems)
    assert "size" in problems
    if factor <= 0.5:
        assert "of their depth apart" in problems


@pytest.mark.parametrize("scale", [0.6, 1.2])
def test_a_smaller_body_has_the_same_proportions(scale):
    made = make_phantom(2, spacing=6.0)
    matrix = made.masks.affine.matrix @ np.diag([scale, scale, scale, 1])
    masks = MaskSet(made.masks.layers, made.masks.tables(), Affine(matrix))
    problems = " ".join(examine(CaseData(Case(case_id="p", patient_id="p"), None, masks)).problems)
    assert "of their depth apart" not in problems


def two_kidneys_and_a_tumor(place):
    """Masks of two kidneys 90 mm apart and a tumor around the x of ``place``, without an image."""
    grid = np.zeros((60, 30, 40), np.uint8)
    grid[8:16, 8:16, 10:28] = 1
    grid[44:52, 8:16, 10:28] = 2
    grid[place : place + 6, 8:14, 12:20] = 3
    names = {1: "kidney_right", 2: "kidney_left", 3: "kidney_tumor"}
    return MaskSet([grid], [names], Affine(np.diag([3.0, 3.0, 3.0, 1])))


@pytest.mark.parametrize(("place", "away"), [(12, False), (17, False), (28, True), (48, False)])
def test_a_lesion_that_lies_away_from_its_organ_is_set_aside(place, away):
    found = examine(data_of(two_kidneys_and_a_tumor(place)))
    assert not [one for one in found.problems if one.startswith("lesion")]
    assert ("kidney_tumor" in found.set_aside) is away
    if away:
        assert (
            "100% of the kidney_tumor lies 33 mm or more from any kidney" in found.set_aside["kidney_tumor"]
        )


def test_one_segmented_kidney_costs_the_other_kidneys_tumor_alone():
    masks = two_kidneys_and_a_tumor(48)
    layer = np.array(masks.layers[0])
    layer[layer == 2] = 0
    found = examine(data_of(MaskSet([layer], masks.tables(), masks.affine)))
    assert not found.problems
    assert "a mask of the organ may be missing there" in found.set_aside["kidney_tumor"]


def test_a_large_tumor_that_grows_out_of_its_organ_is_one_with_it():
    masks = two_kidneys_and_a_tumor(16)
    layer = np.array(masks.layers[0])
    layer[16:40, 8:20, 12:26] = 3
    found = examine(data_of(MaskSet([layer], masks.tables(), masks.affine)))
    assert not [one for one in found.problems if one.startswith("lesion")]


def test_organ_and_lesion_exchanged_are_refused():
    masks = two_kidneys_and_a_tumor(16)
    layer = np.array([0, 3, 3, 1], np.uint8)[np.asarray(masks.layers[0])]
    found = examine(data_of(MaskSet([layer], masks.tables(), masks.affine)))
    assert any("label map seems to exchange organ and lesion" in one for one in found.problems)
