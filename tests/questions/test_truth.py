"""Answers against a second computation from the bare masks, written without the measuring code."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medspatial.questions import Plan

SUBTYPES = ("L5", "D1", "D2", "D3", "D4", "V1", "V2", "V3", "V4", "V6", "V7", "A4", "A5", "M1", "M6")


@pytest.fixture(scope="module")
def asked(phantoms, ask, brute):
    plan = Plan(subtypes=SUBTYPES, per_subtype=3)
    return [
        (brute(phantom), question) for phantom in phantoms[:4] for question in ask(phantom, plan).questions
    ]


def pick(asked, subtype):
    found = [(brute, q, q.evidence) for brute, q in asked if q.subtype == subtype]
    assert found, f"no {subtype} was asked"
    return found


def test_left_of(asked):
    for brute, question, evidence in pick(asked, "L5"):
        a, b = (brute.points(brute.mask(name, evidence)).mean(axis=0) for name in evidence.structures)
        assert question.answer == ("yes" if a[0] < b[0] else "no")
        assert abs(a[0] - b[0]) > 10
        assert evidence.value == pytest.approx(b[0] - a[0], abs=1e-3)


def test_surface_distance(asked):
    for brute, question, evidence in pick(asked, "D2"):
        a, b = (brute.mask(name, evidence) for name in evidence.structures)
        assert question.value == pytest.approx(brute.gap(a, b), abs=1e-3)
        assert question.value > 10  # 2 vmax at 5 mm
        ends = [np.array(point.xyz) for point in evidence.points]
        assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(question.value, abs=0.05)


def test_nearest(asked):
    from medspatial.anatomy import structure

    for brute, question, evidence in pick(asked, "D1"):
        x, *candidates = evidence.structures
        own = brute.mask(x, evidence)
        gaps = {name: brute.gap(own, brute.mask(name, evidence)) for name in candidates}
        best, second = sorted(gaps, key=gaps.get)[:2]
        assert question.answer == structure(best).title
        assert gaps[second] - gaps[best] > max(10, 0.2 * gaps[best])


def test_centroid_distance(asked):
    for brute, question, evidence in pick(asked, "D3"):
        a, b = (brute.points(brute.mask(name, evidence)).mean(axis=0) for name in evidence.structures)
        assert question.value == pytest.approx(np.linalg.norm(a - b), abs=1e-3)


def test_touching(asked):
    answers = set()
    for brute, question, evidence in pick(asked, "D4"):
        a, b = (brute.mask(name, evidence) for name in evidence.structures)
        if question.answer == "yes":
            assert brute.faces(a, b) == evidence.value >= 10
        else:
            assert brute.faces(a, b) == 0
            assert brute.gap(a, b) == pytest.approx(evidence.value, abs=1e-3)
            assert evidence.value > 10
        answers.add(question.answer)
    assert answers == {"yes", "no"}


def test_volumes(asked):
    for brute, question, evidence in pick(asked, "V3"):
        (name,) = evidence.structures
        assert question.value == pytest.approx(brute.ml(brute.mask(name, evidence)), abs=1e-3)
        assert question.answer.endswith(" ml")


def test_larger_of_two(asked):
    for brute, _question, evidence in pick(asked, "V1"):
        volumes = [brute.ml(brute.mask(name, evidence)) for name in evidence.structures]
        assert max(volumes) / min(volumes) == pytest.approx(evidence.value, rel=1e-3)
        assert evidence.value > evidence.margin >= 1.10


def test_extreme_of_several(asked):
    from medspatial.anatomy import structure

    for brute, question, evidence in pick(asked, "V2"):
        volumes = {name: brute.ml(brute.mask(name, evidence)) for name in evidence.structures}
        extreme = (max if question.form == "largest" else min)(volumes, key=volumes.get)
        assert question.answer == structure(extreme).title


def test_shares(asked):
    for brute, question, evidence in pick(asked, "V4"):
        a, b = (brute.ml(brute.mask(name, evidence)) for name in evidence.structures)
        assert question.value == pytest.approx(100 * a / b, rel=1e-3)


def test_extents(asked):
    for brute, question, evidence in pick(asked, "V6"):
        (name,) = evidence.structures
        axis = "xyz".index(evidence.measurement[-1])
        points = brute.points(brute.mask(name, evidence))[:, axis]
        assert question.value == pytest.approx(np.ptp(points) + 5.0, abs=1e-3)


def test_counts(asked):
    for brute, question, evidence in pick(asked, "V7"):
        (kind,) = evidence.structures
        labels, count = ndimage.label(brute.masks.mask(kind), np.ones((3, 3, 3)))
        sizes = ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))
        assert question.value == (np.asarray(sizes) >= 8).sum()
        assert not ((np.asarray(sizes) >= 4) & (np.asarray(sizes) < 8)).any()


def test_quarters(asked):
    words = ("the lowest", "the second", "the third", "the highest")
    for brute, question, evidence in pick(asked, "A4"):
        (name,) = evidence.structures
        k = np.argwhere(brute.mask(name, evidence))[:, 2].mean()
        share = (k + 0.5) / brute.masks.shape[2]
        assert question.answer.startswith(words[int(share * 4)])


def test_directions(asked):
    words = (("left", "right"), ("posterior", "anterior"), ("inferior", "superior"))
    for brute, question, evidence in pick(asked, "A5"):
        a, b = (brute.points(brute.mask(name, evidence)).mean(axis=0) for name in evidence.structures)
        offset = a - b
        axis = int(np.argmax(np.abs(offset)))
        assert question.answer == words[axis][int(offset[axis] > 0)]
        assert np.sort(np.abs(offset))[2] > 1.5 * np.sort(np.abs(offset))[1]
        opposite = words[axis][int(offset[axis] <= 0)]
        assert opposite in question.options


def test_asymmetry(asked):
    for brute, question, evidence in pick(asked, "M1"):
        left, right = (brute.ml(brute.mask(name, evidence)) for name in evidence.structures)
        ratio = left / right
        kind = question.balance_kind
        assert kind == ("left" if ratio > 1.15 else "right" if ratio < 1 / 1.15 else "equal")
        if kind == "equal":
            assert max(ratio, 1 / ratio) < 1.05


def test_pair_sums(asked):
    for brute, question, evidence in pick(asked, "M6"):
        left, right, x = (brute.ml(brute.mask(name, evidence)) for name in evidence.structures)
        assert question.answer == ("yes" if left + right > x else "no")
