"""Masks that would fit the CT better elsewhere: where to, by how much, and from which limit on."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases import make_phantom
from medspatial.cases.examination.alignment import (
    EDGED_ORGANS,
    LEAST_FIT,
    LEAST_SAMPLES,
    alignment_doubts,
    check_alignment,
)
from medspatial.cases.examination.samples import sampled_masks
from medspatial.volume import Affine, MaskSet, Volume

SHAPE = (60, 60, 60)
AFFINE = Affine.from_axcodes("RAS", (5.0, 5.0, 5.0), origin=(-147.5, -147.5, -147.5))
NAMES = {1: "liver", 2: "spleen", 3: "kidney_left"}


def cubes(values=(100, 100, 100), names=NAMES, *, background=-1000):
    """Organs of 60 mm on a diagonal, so that none is moved into another, with the CT under them."""
    layer, hu = np.zeros(SHAPE, np.uint8), np.full(SHAPE, background, np.int16)
    for place, (value, _) in enumerate(names.items()):
        box = (slice(8 + 16 * place, 20 + 16 * place),) * 3
        layer[box], hu[box] = value, values[place]
    return MaskSet([layer], [dict(names)], AFFINE), Volume(hu, AFFINE, unit="HU")


def moved(masks, axis, millimetres):
    return MaskSet(
        [np.roll(masks.layers[0], round(millimetres / 5), axis)], masks.tables(), masks.affine, masks.notes
    )


def look(masks, ct):
    return check_alignment(sampled_masks(masks, ct), ct)


def test_masks_in_place_are_not_talked_about():
    assert look(*cubes()) is None


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("millimetres", [-40, -20, 20, 40])
def test_the_way_back_is_named_with_axis_sign_and_shares(axis, millimetres):
    masks, ct = cubes()
    words = ("left-right (x)", "front-back (y)", "head-feet (z)")[axis]
    share = 1 - abs(millimetres) / 60
    text = look(moved(masks, axis, millimetres), ct)
    now, _, then = text.removeprefix("image: the masks do not lie where the CT shows them: ").partition(
        "% of the voxels have values that their structure can have, but "
    )
    assert float(now) == pytest.approx(100 * share, abs=9)  # by a sample of the voxels
    assert then == f"100% when moved by {-millimetres:+.0f} mm along {words}"


@pytest.mark.parametrize("codes", ["LPS", "IAR", "PSL"])
def test_the_way_back_is_that_of_the_patient_in_any_storage(codes):
    masks, ct = cubes()
    text = look(moved(masks, 1, 40).oriented(codes), ct.oriented(codes))
    assert text.endswith("but 100% when moved by -40 mm along front-back (y)")


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_masks_turned_over_are_told_which_way(axis, codes):
    masks, ct = cubes()
    ct = Volume(np.roll(ct.voxels, 10, axis), AFFINE, unit="HU")  # off the middle: turning over shows
    turned = MaskSet([np.flip(np.roll(masks.layers[0], 10, axis), axis).copy()], masks.tables(), AFFINE)
    words = ("left-right", "front-back", "head-feet")[axis]
    said = [look(turned.oriented(codes), ct.oriented(codes))]
    assert said[0].split("100% when ")[1] in (
        f"turned over along {words}", f"moved by +100 mm along {words} ({'xyz'[axis]})",
    )  # fmt: skip


def noise(share):
    """Values that fit in so many voxels wherever one looks."""
    draw = np.random.default_rng(5)
    masks, ct = cubes()
    voxels = np.where(draw.random(SHAPE) < share, 100, -1000).astype(np.int16)
    return masks, Volume(voxels, ct.affine, unit="HU")


@pytest.mark.parametrize(("share", "refused"), [(LEAST_FIT - 0.06, True), (LEAST_FIT + 0.06, False)])
def test_masks_that_fit_nowhere_are_refused_below_the_limit(share, refused):
    text = look(*noise(share))
    assert (text is not None) is refused
    if refused:
        assert text.startswith("image: only ")
        assert text.endswith("of the masks' voxels have values their structure can have (at least 65%)")
        assert float(text.split()[2].rstrip("%")) == pytest.approx(100 * share, abs=6)


def test_each_structure_counts_alike_whatever_its_size():
    """A small spleen and kidney of wrong values against a large liver of right ones: a third fits."""
    layer = np.zeros(SHAPE, np.uint8)
    layer[20:40, 20:40, 20:40] = 1
    layer[8:14, 8:14, 8:14], layer[46:52, 46:52, 46:52] = 2, 3  # no move along one axis brings them in
    masks = MaskSet([layer], [NAMES], AFFINE)
    hu = np.where(layer == 1, 100, 600).astype(np.int16)
    assert look(masks, Volume(hu, AFFINE, unit="HU")).startswith("image: only 33% of the masks' voxels")


def test_two_structures_are_too_few_for_shares_of_fitting_values():
    masks, ct = cubes((900, 900, 900), background=900)
    assert look(masks, ct).startswith("image: only 0%")
    assert look(masks.without(["spleen"]), ct) is None


def test_one_organ_alone_tells_by_its_even_values():
    masks, ct = cubes()
    draw = np.random.default_rng(2)
    ct = Volume(
        np.where(ct.voxels == 100, 100, draw.integers(-1000, 0, SHAPE)).astype(np.int16), AFFINE, unit="HU"
    )
    liver = masks.without(["spleen", "kidney_left"])
    assert look(liver, ct) is None
    text = look(moved(liver, 2, 30), ct)
    assert " of the voxels of liver lie within 80 HU of their median, but 100% when moved by -30 mm" in text
    assert text.endswith("along head-feet (z)")


def test_air_is_even_and_no_organ():
    """Moved into the air around the body a mask holds one value, and is not said to belong there."""
    masks, _ = cubes()
    draw = np.random.default_rng(2)
    hu = np.where(masks.layers[0] > 0, draw.integers(-50, 300, SHAPE), -1000).astype(np.int16)
    liver = masks.without(["spleen", "kidney_left"])
    assert look(liver, Volume(hu, AFFINE, unit="HU")) is None
    assert "+" not in str(look(masks, Volume(hu, AFFINE, unit="HU")))


@pytest.mark.parametrize(("side", "looked_at"), [(3, False), (4, True)])
def test_small_masks_say_nothing(side, looked_at):
    """27 voxels are under the least number of samples, 64 are not."""
    assert 27 < LEAST_SAMPLES <= 64
    layer = np.zeros(SHAPE, np.uint8)
    for value in NAMES:
        layer[10 * value : 10 * value + side, 30 : 30 + side, 30 : 30 + side] = value
    masks = MaskSet([layer], [NAMES], AFFINE)
    ct = Volume(np.full(SHAPE, -1000, np.int16), AFFINE, unit="HU")
    assert (look(masks, ct) is not None) is looked_at


def test_a_kidney_a_little_beside_its_place_is_a_doubt():
    made = make_phantom(3, spacing=4.0, region="abdomen")
    organs = [name for name in made.masks.names if name not in EDGED_ORGANS]
    kidneys = made.masks.without(organs)
    assert alignment_doubts(sampled_masks(kidneys, made.ct), made.ct) == ()
    layers = [np.roll(np.asarray(layer), 4, 2) for layer in kidneys.layers]
    beside = MaskSet(layers, kidneys.tables(), kidneys.affine)
    doubts = alignment_doubts(sampled_masks(beside, made.ct), made.ct)
    assert any("of kidney_left lie within 80 HU" in one for one in doubts)
    for one in doubts:
        assert one.startswith("image: the masks do not lie where the CT shows them: ")
        assert one.endswith(": the masks may be shifted")
        assert "turned over" not in one
