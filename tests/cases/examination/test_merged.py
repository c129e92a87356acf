"""Two organs under one name: parts far from each other, and a twin's place that another organ fills."""

from __future__ import annotations

import re

import numpy as np
import pytest

from medspatial.cases import CaseData, examine, find_cases, load_case, make_phantom, read_cases
from medspatial.cases.examination.merged import hull_share
from medspatial.cases.examination.samples import sampled_masks
from medspatial.records import Case
from medspatial.volume import Affine, MaskSet

MISSING = "is missing where the scan shows its place: removed, not drawn, or misnamed"


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(64, spacing=6.0)


def examined(masks, ct=None):
    return examine(CaseData(Case(case_id="a", patient_id="a"), ct, masks))


def renamed(masks, lost, kept):
    """Give one structure's voxels the label of another."""
    tables, layers = masks.tables(), [np.array(layer) for layer in masks.layers]
    at, value = masks.locate(lost)
    where, new = masks.locate(kept)
    assert at == where
    layers[at][layers[at] == value] = new
    del tables[at][value]
    return MaskSet(layers, tables, masks.affine)


@pytest.mark.parametrize(("lost", "kept"), [("kidney_right", "liver"), ("kidney_left", "spleen")])
def test_a_kidney_under_the_name_of_its_neighbour_sets_that_aside(phantom, lost, kept):
    found = examined(renamed(phantom.masks, lost, kept), phantom.ct)
    assert f"{lost} {MISSING}" in found.assumptions
    assert "two organs may carry one name" in found.set_aside[kept]


def cut_merger(seed, spacing, region):
    made = make_phantom(seed, spacing=spacing, region=region)
    assert examined(made.masks, made.ct).set_aside == {}
    merged = renamed(made.masks, "kidney_left", "spleen")
    assert sampled_masks(merged)["spleen"].cut == (False, False, True)
    return examined(merged, made.ct)


def test_kidney_and_spleen_under_one_name_that_the_scan_cuts():
    cause = "two areas of 4 cm2 or more in axial sections over 68 mm"  # without another kidney
    assert cause in cut_merger(21, 4.0, "slab").set_aside["spleen"]


def test_what_is_left_of_them_may_have_no_notch():
    """Of the right kidney 25 mm are seen: a spleen in the place of a removed kidney looks the same."""
    found = cut_merger(8, 5.0, "chest")
    assert found.set_aside == {}
    assert f"kidney_left {MISSING}" in found.assumptions


@pytest.mark.parametrize(
    ("seed", "region", "lost", "kept", "aside"),
    [
        (3, "torso", "spleen", "kidney_left", True),
        (8, "chest", "spleen", "kidney_left", False),  # of the right kidney 25 mm are seen
        (203, "slab", "spleen", "kidney_left", True),
        (3, "torso", "liver", "kidney_right", True),
        (8, "chest", "liver", "kidney_right", True),
        (14, "abdomen", "liver", "kidney_right", True),
    ],
)
def test_a_neighbour_under_the_name_of_a_kidney_is_said_to_be_missing(seed, region, lost, kept, aside):
    made = make_phantom(seed, spacing=5.0, region=region)
    assert not [one for one in examined(made.masks, made.ct).assumptions if one.startswith(lost)]
    found = examined(renamed(made.masks, lost, kept), made.ct)
    assert f"{lost} {MISSING}" in found.assumptions
    assert (kept in found.set_aside) is aside
    assert not aside or "two organs may carry one name" in found.set_aside[kept]


@pytest.mark.parametrize(("seed", "region", "side"), [(203, "chest", "left"), (216, "chest", "right")])
def test_an_adrenal_gland_shows_where_its_kidney_is(seed, region, side):
    made = make_phantom(seed, spacing=6.0, region=region)
    kidney, other = f"kidney_{side}", f"kidney_{'right' if side == 'left' else 'left'}"
    masks = without(made.masks, other)  # nothing to mirror
    assert f"{kidney} {MISSING}" not in examined(masks, made.ct).assumptions
    assert f"{kidney} {MISSING}" in examined(without(masks, kidney), made.ct).assumptions
    gland = f"adrenal_gland_{side}"
    assert f"{kidney} {MISSING}" not in examined(without(masks, kidney, gland), made.ct).assumptions


def without(masks, *names):
    tables = [{v: n for v, n in table.items() if n not in names} for table in masks.tables()]
    layers = [
        np.where(np.isin(layer, list(table)), layer, 0)
        for layer, table in zip(masks.layers, tables, strict=True)
    ]
    return MaskSet(layers, tables, masks.affine)


def test_masks_of_kidneys_alone_are_not_said_to_lack_organs(phantom):
    kidneys = ("kidney_left", "kidney_right")
    found = examined(without(phantom.masks, *(set(phantom.masks.names) - set(kidneys))))
    assert not [one for one in found.assumptions if "missing" in one]


@pytest.mark.parametrize("seed", [71, 75, 92, 99])
def test_a_removed_kidney_is_said_and_costs_no_organ(seed):
    made = make_phantom(seed, spacing=6.0)
    there = [name for name in made.masks.names if name in ("kidney_left", "kidney_right")]
    assert len(there) == 1
    found = examined(made.masks, made.ct)
    gone = {"kidney_left", "kidney_right"} - set(there)
    assert f"{gone.pop()} {MISSING}" in found.assumptions
    assert found.set_aside == {}


def test_a_scan_that_ends_before_the_other_kidney_says_nothing(phantom):
    masks = phantom.masks.oriented("RAS")
    at, value = masks.locate("kidney_left")
    low = int(np.argwhere(masks.layers[at] == value)[:, 2].max()) - 1
    cut = MaskSet([np.asarray(layer)[:, :, low:] for layer in masks.layers], masks.tables(), masks.affine)
    assert not [one for one in examined(cut).assumptions if "missing" in one]


@pytest.mark.parametrize(
    ("name", "size", "ml"), [("liver", 10, 216), ("spleen", 6, 46.7), ("urinary_bladder", 6, 46.7)]
)
def test_an_organ_in_two_places_is_set_aside_with_the_figures(phantom, name, size, ml):
    masks = phantom.masks.oriented("RAS")
    layers = [np.array(layer) for layer in masks.layers]
    at, value = masks.locate(name)
    layers[at][2 : 2 + size, 2 : 2 + size, 2 : 2 + size] = value  # in a corner
    found = examined(MaskSet(layers, masks.tables(), masks.affine))
    parts = re.search(r"lies in 2 parts over 8 mm apart, the second of ([\d.]+) ml", found.set_aside[name])
    assert parts is not None
    assert float(parts[1]) == pytest.approx(ml, rel=0.15)  # by a sample of the voxels


@pytest.mark.parametrize("slices", [7.5, 9.0, 10.0])
@pytest.mark.parametrize("codes", ["LPS", "IPL"])
def test_thick_slices_part_no_organ(slices, codes):
    made = make_phantom(5, spacing=(2.5, 2.5, slices), axcodes="RAS")
    masks, ct = made.masks.oriented(codes), made.ct.oriented(codes)
    assert examined(masks, ct).set_aside == {}
    merged = renamed(masks, "kidney_left", "spleen")
    assert "two organs may carry one name" in examined(merged, ct).set_aside["spleen"]


@pytest.mark.parametrize("first", [0, 1])
def test_real_kidneys_in_slices_of_ten_millimetres_are_whole(shared, first):
    for number in ("00004", "00009", "00012", "00020"):
        found = find_cases(shared / "data" / "real_ct" / f"kits19_case_{number}", label_map="kits19")
        masks = load_case(found.cases[0], found.root).masks.oriented("RAS")
        step = round(10 / masks.affine.spacing[2])
        affine = masks.affine.matrix.copy()
        affine[:3, 3] += affine[:3, 2] * (first % step)
        affine[:3, 2] *= step
        layers = [np.array(layer)[..., first % step :: step] for layer in masks.layers]
        assert examined(MaskSet(layers, masks.tables(), Affine(affine))).set_aside == {}, number


def test_crumbs_are_no_second_organ(phantom):
    masks = phantom.masks.oriented("RAS")
    layers = [np.array(layer) for layer in masks.layers]
    at, value = masks.locate("liver")
    layers[at][2:5, 2:5, 2:5] = value  # 6 ml
    assert "liver" not in examined(MaskSet(layers, masks.tables(), masks.affine)).set_aside


def test_real_cases_raise_no_alarm(shared):
    real = shared / "data" / "real_ct"
    for case in read_cases(real):
        if "abdomen" in case.case_id:
            data = load_case(case, real)
            found = examine(data)
            assert found.set_aside == {}
            assert not [one for one in found.assumptions if "missing" in one]
            merged = examine(CaseData(case, data.ct, renamed(data.masks, "kidney_right", "liver")))
            assert case.case_id == "abdomen_slab_3mm" or "liver" in merged.set_aside


def test_a_spleen_that_fell_into_the_place_of_a_removed_kidney_stays():
    """It fills more of that place than the limit, and is one body: nothing else carries its name."""
    one = make_phantom(6164, spacing=3.0)
    assert "kidney_left" not in one.masks
    found = examined(one.masks, one.ct)
    assert found.set_aside == {}
    assert any(text.startswith("kidney_left is missing") for text in found.assumptions)


def test_the_share_of_a_hull():
    """A cube fills its hull; two cubes that meet at a corner fill less of theirs."""
    cube = np.indices((5, 5, 5)).reshape(3, -1).T
    assert hull_share(cube) == 1.0
    assert hull_share(np.concatenate([cube, cube + 5])) < 0.6
    assert hull_share(cube[cube[:, 0] == 0]) == 1.0  # flat
