"""Two organs under one name: parts far from each other, and a twin's place that another organ fills."""

from __future__ import annotations

import re

import numpy as np
import pytest

from medspatial.cases import CaseData, examine, load_case, make_phantom, read_cases
from medspatial.records import Case
from medspatial.volume import MaskSet

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
