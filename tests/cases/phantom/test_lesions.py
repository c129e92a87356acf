"""Lesions: as the truth says, inside their organs, apart from each other, balanced over a cohort."""

from __future__ import annotations

from collections import Counter

import cc3d
import numpy as np
import pytest

from medspatial.anatomy import structure
from medspatial.cases.phantom import make_phantom
from medspatial.cases.phantom.lesions import GAP, make_effusions, make_lesions
from medspatial.cases.phantom.plan import make_plan

COHORT = range(60)


@pytest.fixture(scope="module")
def cohort():
    patients = []
    for seed in COHORT:
        plan = make_plan(seed)
        effusions = make_effusions(plan)
        patients.append((plan, effusions, make_lesions(plan, effusions)))
    return patients


@pytest.fixture(scope="module")
def drawn():
    return [make_phantom(seed, spacing=3.0, noise=0.0) for seed in (2, 7, 8, 13)]


def test_masks_agree_with_the_truth(drawn) -> None:
    seen = Counter()
    for phantom in drawn:
        affine = phantom.masks.affine
        for lesion in phantom.truth["lesions"]:
            index = np.argwhere(phantom.masks.mask(lesion["kind"]))
            points = affine.apply(index)
            apart = np.linalg.norm(points - lesion["centre"], axis=1)
            own = apart <= lesion["radius"] + 0.1
            volume = own.sum() * affine.voxel_volume_ml
            assert volume > 0.4 * lesion["volume_ml"]
            if not lesion["clipped"]:
                assert volume == pytest.approx(lesion["volume_ml"], rel=0.2)
                np.testing.assert_allclose(points[own].mean(axis=0), lesion["centre"], atol=1.2)
            seen[lesion["kind"]] += 1
    assert len(seen) >= 3


def test_one_component_per_lesion(drawn) -> None:
    for phantom in drawn:
        for kind, count in phantom.truth["counts"].items():
            if count:
                _, pieces = cc3d.connected_components(
                    phantom.masks.mask(kind), connectivity=26, return_N=True
                )
                assert pieces == count


def test_lesions_take_their_organs_place(drawn) -> None:
    for phantom in drawn:
        plain = make_phantom(int(phantom.case_id[-5:]), spacing=3.0, lesions=False, noise=0.0)
        before, after = plain.masks.layers[0], phantom.masks.layers[0]
        changed = before != after
        for name in phantom.masks.names:
            if structure(name).kind == "lesion":
                hosts = {"nodule": "lung", "pleural_effusion": "lung"}.get(name, name.split("_")[0])
                below = np.unique(before[phantom.masks.mask(name)])
                values = {plain.masks.locate(n)[1] for n in plain.masks.names if n.startswith(hosts)}
                assert set(below.tolist()) <= values
                changed &= ~phantom.masks.mask(name)
        assert not changed.any()


def test_lesions_of_one_kind_lie_apart(cohort) -> None:
    for _, _, lesions in cohort:
        for n, first in enumerate(lesions):
            for second in lesions[:n]:
                apart = np.linalg.norm(np.subtract(first.sphere.centre, second.sphere.centre))
                touching = first.sphere.radii[0] + second.sphere.radii[0]
                if first.wish.kind == second.wish.kind:
                    assert apart >= touching + GAP
                elif first.wish.host == second.wish.host:
                    assert apart >= touching


def test_names_are_known_lesions(cohort) -> None:
    for _, _, lesions in cohort:
        for lesion in lesions:
            assert structure(lesion.wish.kind).kind == "lesion"
            assert structure(lesion.wish.host).kind == "organ"


def test_nodules_are_balanced(cohort) -> None:
    counts = Counter(sum(x.wish.kind == "nodule" for x in lesions) for _, _, lesions in cohort)
    assert set(counts) == {0, 1, 2, 3, 4}
    assert min(counts.values()) >= 9
    hosts = [x.wish.host for _, _, lesions in cohort for x in lesions if x.wish.kind == "nodule"]
    left = sum(host.endswith("left") for host in hosts) / len(hosts)
    assert 0.4 < left < 0.6
    assert min(Counter(hosts).values()) >= 0.08 * len(hosts)
    sides = Counter(
        frozenset(x.wish.host.rsplit("_", 1)[1] for x in lesions if x.wish.kind == "nodule")
        for _, _, lesions in cohort
        if sum(x.wish.kind == "nodule" for x in lesions) >= 2
    )
    assert min(sides[frozenset(s)] for s in (("left",), ("right",), ("left", "right"))) >= 7


def test_kidney_lesions_are_balanced(cohort) -> None:
    for kind in ("kidney_cyst", "kidney_tumor"):
        sides = Counter(x.wish.host for _, _, lesions in cohort for x in lesions if x.wish.kind == kind)
        assert 0.35 < sides["kidney_left"] / sides.total() < 0.65
        assert sides.total() >= 20


def test_effusions_are_balanced(cohort) -> None:
    sides = Counter(tuple(e.side for e in effusions) for _, effusions, _ in cohort)
    assert sides == {(): 30, ("left",): 10, ("right",): 10, ("left", "right"): 10}


def test_some_lesions_reach_the_surface_and_some_lie_deep(cohort) -> None:
    clipped = Counter(x.clipped for _, _, lesions in cohort for x in lesions)
    assert min(clipped[True], clipped[False]) > 0.25 * clipped.total()


def test_sizes_differ(cohort) -> None:
    radii = [x.sphere.radii[0] for _, _, lesions in cohort for x in lesions]
    assert min(radii) < 6.5
    assert max(radii) > 15.0
