"""The mask set: packing, names, orientation, mirroring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine, MaskPacker, MaskSet

SHAPE = (40, 30, 20)


def box(low, high, shape=SHAPE):
    mask = np.zeros(shape, np.bool_)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


LIVER = box((22, 8, 10), (36, 20, 17))


def test_packs_masks_that_do_not_overlap_into_one_layer(torso, affine):
    masks = MaskSet.from_masks(torso, affine)
    assert len(masks.layers) == 1
    assert masks.layers[0].dtype == np.uint8
    for name, mask in torso.items():
        assert np.array_equal(masks.mask(name), mask)
        assert masks.voxels(name) == mask.sum()
        layer, value = masks.locate(name)
        assert (masks.layers[layer] == value).sum() == mask.sum()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=1, max_size=8))
def test_any_overlapping_masks_come_back_whole(spans):
    given_masks = {
        f"organ{n}": box((a, 0, 0), (a + length, 3, 3), (10, 3, 3)) for n, (a, length) in enumerate(spans)
    }
    masks = MaskSet.from_masks(given_masks, Affine(np.eye(4)))
    kept = {spans[n]: f"organ{n}" for n in reversed(range(len(spans)))}  # of equal masks the first
    assert set(masks.names) == set(kept.values())
    assert len(masks.notes) == len(spans) - len(kept)
    for name in masks.names:
        assert np.array_equal(masks.mask(name), given_masks[name])


def test_equal_masks_are_noted_and_the_second_ignored(affine):
    liver = LIVER
    masks = MaskSet.from_masks({"liver": liver, "organ_b": liver.copy()}, affine)
    assert masks.names == ("liver",)
    assert masks.notes == ("organ_b: same voxels as liver, ignored",)
    two = MaskSet([liver, liver], [{1: "liver"}, {1: "organ_b"}], affine)
    assert (two.names, two.notes) == (masks.names, masks.notes)


def test_empty_masks_and_values_without_voxels_are_left_out(affine):
    masks = MaskSet.from_masks({"liver": LIVER, "spleen": np.zeros(SHAPE)}, affine)
    assert masks.names == ("liver",)
    assert "spleen" not in masks
    assert MaskSet([np.zeros(SHAPE, int)], [{3: "spleen"}], affine).names == ()


def test_more_than_255_masks_need_two_bytes():
    masks = {f"organ{n}": box((n, 0, 0), (n + 1, 1, 1), (300, 1, 1)) for n in range(300)}
    packed = MaskSet.from_masks(masks, Affine(np.eye(4)))
    assert packed.layers[0].dtype == np.uint16
    assert len(packed) == 300
    assert np.array_equal(packed.mask("organ299"), masks["organ299"])


def test_integer_layers_become_small_and_read_only(affine):
    masks = MaskSet([np.where(LIVER, 5, 0).astype(np.int64)], [{5: "liver"}], affine)
    assert masks.layers[0].dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        masks.layers[0][0] = 1


@pytest.mark.parametrize(
    ("layers", "names", "message"),
    [
        ([np.zeros((2, 2))], [{}], "three axes"),
        ([np.zeros(SHAPE)], [], "one table of names per layer"),
        ([np.zeros(SHAPE), np.zeros((1, 1, 1))], [{}, {}], "must share one grid"),
        ([np.full(SHAPE, -1)], [{}], "must lie from 0 to 65535, got -1 to -1"),
        ([np.full(SHAPE, 0.5)], [{}], "whole numbers, got fractions"),
        ([np.full(SHAPE, np.nan)], [{}], "must lie from 0"),
        ([LIVER, box((4, 5, 11), (10, 12, 16))], [{1: "liver"}, {1: "liver"}], "'liver' occurs twice"),
    ],
)
def test_bad_layers_are_refused(layers, names, message, affine):
    with pytest.raises(InputError, match=message):
        MaskSet(layers, names, affine)


def test_an_unknown_mask_lists_those_that_exist(torso, affine):
    with pytest.raises(
        InputError, match="no mask named 'heart' in this case; it has: kidney_left, kidney_right"
    ):
        MaskSet.from_masks(torso, affine).mask("heart")


def test_packer_refuses_another_grid():
    packer = MaskPacker()
    packer.add("liver", LIVER)
    with pytest.raises(InputError, match="must share one grid"):
        packer.add("spleen", np.ones((2, 2, 2), np.bool_))


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_orientation_keeps_names_volumes_and_world_positions(codes, torso, affine):
    masks = MaskSet.from_masks(torso, affine)
    turned = masks.oriented(codes)
    assert turned.affine.axcodes == codes
    assert turned.names == masks.names
    for name in masks.names:
        assert turned.voxels(name) == turned.mask(name).sum() == masks.voxels(name)
        assert np.allclose(_world(turned, name), _world(masks, name))
    assert np.array_equal(turned.oriented("RAS").layers[0], masks.layers[0])


def _world(masks, name):
    """Return the mask's voxel centres in mm, sorted."""
    points = masks.affine.apply(np.argwhere(masks.mask(name)))
    return points[np.lexsort(np.round(points.T, 3))]


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL", "SAR"])
def test_mirroring_exchanges_sides_in_patient_space(codes, torso, affine):
    masks = MaskSet.from_masks(torso, affine).oriented(codes)
    mirrored = masks.mirrored()
    assert mirrored.affine == masks.affine
    middle = masks.affine.apply((np.array(masks.shape) - 1) / 2)[0]
    for old, new in (("kidney_left", "kidney_right"), ("kidney_right", "kidney_left"), ("liver", "liver")):
        expected = _world(masks, old)
        expected[:, 0] = 2 * middle - expected[:, 0]
        expected = expected[np.lexsort(np.round(expected.T, 3))]
        assert np.allclose(_world(mirrored, new), expected)
    back = mirrored.mirrored()
    assert set(back.names) == set(masks.names)
    assert np.array_equal(back.layers[0], masks.layers[0])


def test_sets_on_one_grid_are_joined(torso, affine):
    masks = MaskSet.from_masks(torso, affine, notes=["a"])
    other = MaskSet.from_masks({"aorta": LIVER, "nodule": box((1, 1, 1), (3, 3, 3)),
                                "spleen": box((0, 0, 0), (2, 2, 2))}, affine, notes=["b"])  # fmt: skip
    both = masks.combined(other)
    assert set(both.names) == {*masks.names, "nodule"}
    assert both.notes == (
        "a", "b", "spleen: given twice, the first is used", "aorta: same voxels as liver, ignored"
    )  # fmt: skip
    assert np.array_equal(both.mask("spleen"), box((4, 5, 11), (10, 12, 16)))
    with pytest.raises(InputError, match="cannot join different grids"):
        masks.combined(MaskSet([np.ones((2, 2, 2), int)], [{1: "x"}], affine))


def test_fingerprint_depends_on_voxels_names_and_affine(torso, affine):
    masks = MaskSet.from_masks(torso, affine)
    assert masks.fingerprint == MaskSet.from_masks(torso, affine).fingerprint
    moved = Affine(affine.matrix + np.array([[0, 0, 0, 1]] + [[0] * 4] * 3))
    others = [
        MaskSet.from_masks(torso, moved),
        masks.mirrored(),
        MaskSet(masks.layers, [{1: "liver"}], affine),
        MaskSet.from_masks({**torso, "liver": box((22, 8, 10), (36, 20, 16))}, affine),
    ]
    assert len({masks.fingerprint, *(one.fingerprint for one in others)}) == 5


def test_printed_form_is_short(torso, affine):
    assert repr(MaskSet.from_masks(torso, affine)) == "MaskSet(5 masks in 1 layers, shape (40, 30, 20))"


@pytest.mark.parametrize("codes", ["RAS", "LPS", "IPL"])
def test_centroids_are_in_world_millimetres(torso, affine, codes):
    masks = MaskSet.from_masks({**torso, "right_half": LIVER & box((29, 0, 0), SHAPE)}, affine).oriented(
        codes
    )
    assert len(masks.layers) == 2
    for name in masks.names:
        expected = masks.affine.apply(np.argwhere(masks.mask(name)).mean(axis=0))
        assert np.allclose(masks.centroid(name), expected, atol=1e-3)
