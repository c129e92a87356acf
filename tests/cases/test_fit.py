"""Whether a label map can be a file's: places among each other, sizes, sides."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.anatomy import LabelMap
from medspatial.cases.fit import Measured, contradictions, measure_values
from medspatial.volume import Affine

# Volumes in ml and centroids in RAS+ mm, as in a body: the patient's right is positive x.
BODY = {
    "liver": (1500, (60.0, 20.0, 60.0)),
    "spleen": (200, (-95.0, -10.0, 70.0)),
    "kidney_right": (160, (60.0, -30.0, 0.0)),
    "kidney_left": (160, (-60.0, -30.0, 10.0)),
    "urinary_bladder": (200, (0.0, 20.0, -250.0)),
    "heart": (600, (-25.0, 40.0, 170.0)),
}


def file_of(body):
    names = list(body)
    found = {
        value: Measured(ml, np.array(xyz), False) for value, (ml, xyz) in enumerate(body.values(), start=1)
    }
    return found, LabelMap("own", dict(enumerate(names, start=1)))


def turned(body, signs):
    return {
        name: (ml, tuple(sign * one for sign, one in zip(signs, xyz, strict=True)))
        for name, (ml, xyz) in body.items()
    }


def test_a_body_contradicts_nothing():
    known, wrong = contradictions(*file_of(BODY))
    assert known == len(BODY)
    assert wrong == []


@given(
    st.tuples(*[st.floats(-400, 400)] * 3), st.floats(0.85, 1.15), st.lists(st.floats(-25, 25), min_size=18)
)
@settings(max_examples=40)
def test_neither_where_the_body_lies_nor_its_build_is_held_against_a_map(offset, scale, noise):
    moved = {
        name: (ml, tuple(scale * one + more + noise[3 * at + axis] / 3 for axis, (one, more) in pairs))
        for at, (name, (ml, xyz)) in enumerate(BODY.items())
        for pairs in [list(enumerate(zip(xyz, offset, strict=True)))]
    }
    assert contradictions(*file_of(moved))[1] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: {**b, "liver": b["spleen"], "spleen": b["liver"]}, "liver"),
        (lambda b: {**b, "heart": b["urinary_bladder"], "urinary_bladder": b["heart"]}, "heart"),
        (
            lambda b: {name: (ml, (-x, y, z)) for name, (ml, (x, y, z)) in b.items()},
            "other side|does not lie",
        ),
        (lambda b: {name: (ml, (x, y, -z)) for name, (ml, (x, y, z)) in b.items()}, "does not lie so from"),
        (lambda b: {**b, "liver": (9000, b["liver"][1])}, "liver of 9000 ml, at most"),
        (lambda b: {**b, "liver": (20, b["liver"][1])}, "liver of 20 ml, at least"),
    ],
)
def test_what_no_body_has_is_said_by_its_name(change, said):
    wrong = contradictions(*file_of(change(dict(BODY))))[1]
    assert any(re.search(said, one) for one in wrong), wrong


def test_what_the_scan_cuts_may_be_small():
    found, label_map = file_of({**BODY, "liver": (20, BODY["liver"][1])})
    cut = {**found, 1: Measured(20, found[1].centroid, True)}
    assert contradictions(found, label_map)[1]
    assert not any("at least" in one for one in contradictions(cut, label_map)[1])


def test_values_without_a_name_are_no_contradiction():
    found, label_map = file_of(BODY)
    found[99] = Measured(50_000, np.zeros(3), False)
    assert contradictions(found, label_map) == (len(BODY), [])


def test_one_structure_alone_can_only_be_held_to_its_size():
    known, wrong = contradictions(*file_of({"liver": (1500, (-900.0, 0.0, 900.0))}))
    assert (known, wrong) == (1, [])


def test_values_are_measured_in_millilitres_and_patient_space():
    voxels = np.zeros((20, 20, 10), np.uint8)
    voxels[2:6, 3:7, 4:6] = 7
    affine = Affine([[2, 0, 0, -10], [0, 2, 0, 0], [0, 0, 5, 100], [0, 0, 0, 1]])
    [(value, one)] = measure_values(voxels, affine).items()
    assert value == 7
    assert one.ml == pytest.approx(32 * 20 / 1000)
    assert one.centroid == pytest.approx(affine.apply((3.5, 4.5, 4.5)))
    assert not one.cut


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_what_touches_a_border_is_cut(axis, end):
    voxels = np.zeros((6, 6, 6), np.uint8)
    at = [slice(2, 4)] * 3
    at[axis] = end
    voxels[tuple(at)] = 1
    assert measure_values(voxels, Affine(np.eye(4)))[1].cut


def test_the_border_is_that_of_what_the_file_has_seen():
    voxels = np.zeros((8, 8, 8), np.uint8)
    voxels[3:5, 3:5, 3:5] = 1
    assert not measure_values(voxels, Affine(np.eye(4)))[1].cut
    assert measure_values(voxels, Affine(np.eye(4)), ((3, 0, 0), (7, 7, 7)))[1].cut
