"""Masks that are squashed from head to feet show by their surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases import load_case, make_phantom, read_cases
from medspatial.cases.examination.surfaces import SURFACE_NOTED, surface_note, surface_ratio
from medspatial.volume import Affine, MaskSet


def along(masks):
    return next(axis for axis, letter in enumerate(masks.affine.axcodes) if letter in "SI")


def thinned(masks, *, told):
    """Every second slice, with the step in the header doubled or not."""
    axis = along(masks)
    scale = np.eye(4)
    scale[axis, axis] = 2.0 if told else 1.0
    chosen = [slice(None, None, 2 if k == axis else 1) for k in range(3)]
    layers = [np.ascontiguousarray(np.asarray(layer)[tuple(chosen)]) for layer in masks.layers]
    return MaskSet(layers, masks.tables(), Affine(masks.affine.matrix @ scale))


@pytest.mark.parametrize("region", ["torso", "chest", "abdomen", "slab"])
@pytest.mark.parametrize("seed", [2, 31])
def test_left_out_slices_are_noted_and_thick_ones_are_not(region, seed):
    masks = make_phantom(seed, spacing=5.0, region=region).masks
    assert surface_note(masks) is None
    assert surface_note(thinned(masks, told=True)) is None
    assert "slices may be missing" in str(surface_note(thinned(masks, told=False)))


@pytest.mark.parametrize("codes", ["RAS", "SPL"])
def test_the_storage_order_does_not_matter(codes):
    masks = make_phantom(5, spacing=6.0).masks
    assert surface_ratio(masks.oriented(codes)) == pytest.approx(surface_ratio(masks), rel=0.1)


def test_few_structures_or_a_spine_alone_say_nothing():
    masks = make_phantom(5, spacing=6.0).masks
    spine = [name for name in masks.names if name.startswith(("vertebrae_", "rib_"))]
    assert len(spine) > 20
    assert surface_ratio(masks.without([name for name in masks.names if name not in spine])) is None
    assert surface_ratio(masks.without(masks.names[5:])) is None


def test_real_masks_are_below_the_limit_and_above_it_with_every_second_slice(shared):
    real = shared / "data" / "real_ct"
    for case in read_cases(real):
        if "abdomen" in case.case_id:
            masks = load_case(case, real).masks
            assert surface_ratio(masks) < 0.8 < SURFACE_NOTED < surface_ratio(thinned(masks, told=False))
