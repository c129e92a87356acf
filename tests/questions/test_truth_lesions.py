"""Answers about lesions, levels and compositions against a second computation from the bare masks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import ndimage

from medspatial.anatomy import describe, structure, vertebra_order
from medspatial.cases import CaseData
from medspatial.questions import Plan, questions_of
from medspatial.records import Case
from medspatial.volume import MaskSet

SUBTYPES = ("L1", "L2", "L3", "D5", "D6", "D7", "V5", "A1", "A2", "A3", "A6", "M2", "M3", "M4", "M5")
CUBE = np.ones((3, 3, 3), bool)
SPACING = 5.0


@pytest.fixture(scope="module")
def asked(phantoms, ask, brute):
    plan = Plan(subtypes=SUBTYPES, per_subtype=3)
    return [
        (brute(phantom), question) for phantom in phantoms[:5] for question in ask(phantom, plan).questions
    ]


def pick(asked, subtype):
    found = [(brute, q, q.evidence) for brute, q in asked if q.subtype == subtype]
    assert found, f"no {subtype} was asked"
    return found


def centre(brute, name, evidence):
    return brute.points(brute.mask(name, evidence)).mean(axis=0)


def spine_at(brute, evidence, z):
    """x of the spine at a height, from the centroids of all vertebrae that touch no face."""
    rows = []
    for name in vertebra_order():
        if name in brute.masks.names:
            mask = brute.clean(name)
            index = np.argwhere(mask)
            inside = (index.min(0) > 0).all() and (index.max(0) < np.array(mask.shape) - 1).all()
            if inside and mask.sum() >= 100 and brute.ml(mask) >= 1:
                rows.append(brute.points(mask).mean(axis=0))
    rows.sort(key=lambda point: point[2])
    heights = [point[2] for point in rows]
    return float(np.interp(z, heights, [point[0] for point in rows]))


def test_sides(asked):
    for brute, question, evidence in pick(asked, "L1"):
        (name,) = evidence.structures
        x, _, z = centre(brute, name, evidence)
        offset = x - spine_at(brute, evidence, z)
        assert evidence.value == pytest.approx(offset, abs=0.01)
        assert question.answer == ("midline" if abs(offset) < 3 else "right" if offset > 0 else "left")
        if question.answer != "midline":
            assert abs(offset) > max(10, 0.1 * evidence.details["half_width_mm"])


def around(brute, name, evidence):
    return ndimage.binary_dilation(brute.mask(name, evidence), CUBE)


def test_which_paired_organ(asked):
    answers = set()
    for brute, question, evidence in pick(asked, "L2"):
        kind, *organs = evidence.structures
        counts = {"left": 0, "right": 0}
        if kind in brute.masks.names:
            shell = ndimage.binary_dilation(brute.masks.mask(kind), CUBE)
            for organ in organs:
                counts[structure(organ).side] += (shell & brute.clean(organ)).sum()
        total = sum(counts.values())
        if total == 0:
            expected = "neither"
        elif max(counts.values()) / total > 0.8:
            expected = max(counts, key=counts.get)
        else:
            assert min(counts.values()) / total > 0.2
            expected = "both"
        assert question.balance_kind == expected
        answers.add(expected)
    assert len(answers) >= 3


def test_involvement(asked):
    for brute, question, evidence in pick(asked, "L3"):
        (kind,) = evidence.structures
        counts = [0, 0]
        if kind in brute.masks.names:
            labels, count = ndimage.label(brute.masks.mask(kind), CUBE)
            for number in range(1, count + 1):
                piece = labels == number
                shell = ndimage.binary_dilation(piece, CUBE)
                held = {
                    name: (shell & brute.clean(name)).sum()
                    for name in brute.masks.names
                    if describe(name).group in {"lung lobe", "lung", "liver", "abdominal organ"}
                    and _can_hold(kind, name)
                }
                host = max(held, key=held.get) if any(held.values()) else None
                side = describe(host).side if host else None
                if side:
                    counts[side == "right"] += piece.sum()
                else:
                    points = brute.points(piece)
                    right = points[:, 0] >= spine_at(brute, evidence, points[:, 2].mean())
                    counts[1] += right.sum()
                    counts[0] += (~right).sum()
        assert [evidence.details["left_voxels"], evidence.details["right_voxels"]] == counts
        left, right = counts
        expected = {(0, 0): "neither", (1, 0): "left", (0, 1): "right", (1, 1): "both"}
        assert question.balance_kind == expected[bool(left), bool(right)]
        if left and right:
            assert min(counts) > max(27, 0.05 * sum(counts))


def _can_hold(kind, organ):
    first = kind.split("_")[0]
    if first in {"nodule", "lung"}:
        return organ.startswith("lung")
    if first in {"kidney", "liver"}:
        return organ.startswith(first)
    return first not in {"pleural", "pericardial"}


def test_depths(asked):
    for brute, question, evidence in pick(asked, "D5"):
        lesion = brute.mask(evidence.structures[0], evidence)
        if question.form == "skin":
            continue  # see test_skin.py
        organ = ndimage.binary_fill_holes(brute.mask(evidence.structures[1], evidence) | lesion)
        surface = organ & ~ndimage.binary_erosion(organ)
        if (lesion & surface).any():
            assert question.answer == "it reaches the surface"
            continue
        gaps = np.linalg.norm(brute.points(lesion)[:, None] - brute.points(surface)[None], axis=2)
        assert evidence.value == pytest.approx(gaps.min(), abs=1e-3)
        place = 1 + (gaps.min() > 10) + (gaps.min() > 20)
        assert question.balance_kind == str(place)


def test_nearer_lesions(asked):
    for brute, question, evidence in pick(asked, "D6"):
        near, far, organ = evidence.structures
        own = brute.mask(organ, evidence)
        gaps = [brute.gap(brute.mask(name, evidence), own) for name in (near, far)]
        assert gaps[1] - gaps[0] == pytest.approx(evidence.value, abs=1e-3)
        assert evidence.value > max(10, 0.2 * gaps[0])
        assert question.answer in question.options


def level_of(brute, z):
    """The vertebra nearest in height, which must have WHOLE neighbours beside the point."""
    order = vertebra_order()
    heights = {
        place: brute.points(brute.clean(name))[:, 2].mean()
        for place, name in enumerate(order)
        if name in brute.masks.names
    }
    return min(heights, key=lambda place: abs(heights[place] - z))


def test_level_spans(asked):
    for brute, question, evidence in pick(asked, "D7"):
        levels = [level_of(brute, centre(brute, name, evidence)[2]) for name in evidence.structures]
        assert question.value == abs(levels[0] - levels[1])


def test_vertebral_levels(asked):
    forms = set()
    for brute, question, evidence in pick(asked, "A2"):
        (name,) = evidence.structures
        z = brute.points(brute.mask(name, evidence))[:, 2]
        form = question.form
        height = {"centre": z.mean(), "upper": z.max() + SPACING / 2, "lower": z.min() - SPACING / 2}[form]
        assert question.answer == vertebra_order()[level_of(brute, height)].removeprefix("vertebrae_")
        forms.add(form)
    assert len(forms) > 1


def test_diameters(asked):
    for brute, question, evidence in pick(asked, "V5"):
        mask = brute.mask(evidence.structures[0], evidence)
        longest = 0.0
        for k in np.flatnonzero(mask.any(axis=(0, 1))):
            points = np.argwhere(mask[:, :, k]) * SPACING
            steps = np.array([b - a for a, b in combinations(points, 2)] or [[1e-9, 0.0]])
            lengths = np.linalg.norm(steps, axis=1)
            farthest = np.isclose(lengths, lengths.max())  # extreme centres first, then a voxel's projection
            edges = lengths + SPACING * np.abs(steps / lengths[:, None]).sum(axis=1)
            longest = max(longest, edges[farthest].max())
        assert question.value == pytest.approx(longest, abs=1e-3)
        extent = (np.ptp(np.argwhere(mask)[:, :2], axis=0) + 1) * SPACING
        assert extent.min() >= 3 * SPACING - 1e-6


def test_holding_organs(asked):
    for brute, question, evidence in pick(asked, "A1"):
        lesion, host = evidence.structures
        shell = around(brute, lesion, evidence)
        kind = lesion.partition("#")[0]
        counts = {n: (shell & brute.clean(n)).sum() for n in brute.masks.names if _host_group(kind, n)}
        assert max(counts, key=counts.get) == host
        assert counts[host] / sum(counts.values()) == pytest.approx(evidence.value, abs=1e-3)
        assert evidence.value > 0.8
        assert question.answer == structure(host).title


def _host_group(kind, name):
    groups = {"abdominal organ", "pelvic organ", "lung lobe", "lung", "heart", "neck and mediastinum"}
    return describe(name).kind == "organ" and describe(name).group in groups and _can_hold(kind, name)


def test_thirds(asked):
    for brute, question, evidence in pick(asked, "A3"):
        lesion, organ = evidence.structures
        axis = "xyz".index(evidence.formula[-1])
        own = brute.points(brute.mask(organ, evidence))[:, axis]
        low, high = own.min() - SPACING / 2, own.max() + SPACING / 2
        share = (centre(brute, lesion, evidence)[axis] - low) / (high - low)
        assert evidence.value == pytest.approx(share, abs=1e-3)
        assert question.balance_kind == str(int(share * 3))
        assert min(abs(share - 1 / 3), abs(share - 2 / 3)) > 0.1
        words = (("left", "middle", "right"), ("back", "middle", "front"), ("lower", "middle", "upper"))
        assert words[axis][int(share * 3)] in question.answer


def test_completeness(asked):
    kinds = set()
    for brute, question, evidence in pick(asked, "A6"):
        (name,) = evidence.structures
        kind = question.balance_kind
        kinds.add(kind)
        if kind == "absent":
            assert name not in brute.masks.names
            continue
        index = np.argwhere(brute.mask(name, evidence))
        low, high = index.min(axis=0) == 0, index.max(axis=0) == np.array(brute.masks.shape) - 1
        assert not low[:2].any()
        assert not high[:2].any()
        assert (bool(low[2]), bool(high[2])) == {
            "whole": (False, False),
            "top": (False, True),
            "bottom": (True, False),
        }[kind]
    assert len(kinds) >= 2


def test_orders(asked):
    forms = set()
    for brute, question, evidence in pick(asked, "M2"):
        form = question.form
        forms.add(form)
        names = list(evidence.details["figures"])
        masks = {name: brute.mask(name, evidence) for name in evidence.structures}
        if form == "volume":
            key = {name: -brute.ml(masks[name]) for name in names}
        elif form == "height":
            key = {name: -brute.points(masks[name])[:, 2].mean() for name in names}
        else:
            key = {name: brute.gap(masks[evidence.structures[-1]], masks[name]) for name in names}
        ranked = sorted(names, key=key.get)
        assert question.answer == " – ".join(structure(name).title for name in ranked)
        assert len(question.options) == 4
    assert len(forms) == 3


def test_between(asked):
    for brute, question, evidence in pick(asked, "M3"):
        a, b, found = evidence.structures
        ends = [brute.mask(name, evidence) for name in (a, b)]
        start, stop = (np.argwhere(mask).mean(axis=0) for mask in ends)
        steps = np.rint(start + np.linspace(0, 1, 20001)[:, None] * (stop - start)).astype(int)
        free = ~(ends[0][tuple(steps.T)] | ends[1][tuple(steps.T)])
        inside = brute.mask(found, evidence)[tuple(steps.T)][free]
        assert inside.mean() == pytest.approx(evidence.value, abs=2e-3)
        assert evidence.value > 0.3
        assert evidence.details["second_share"] < 0.15
        assert question.answer == structure(found).title


def test_counts_of_touching_organs(asked):
    for brute, question, evidence in pick(asked, "M4"):
        a = evidence.structures[0]
        organs = [
            n
            for n in brute.masks.names
            if n != a and describe(n).kind == "organ" and not _left_out(n) and describe(n).group
        ]
        own = brute.mask(a, evidence)
        touching = [n for n in organs if brute.faces(own, brute.mask(n, evidence)) >= 10]
        assert question.value == len(touching)
        assert set(touching) == set(evidence.structures[1:])
        for name in touching:
            assert structure(name).title in question.question


def _left_out(name):
    known = describe(name)
    return known.bone or known.muscle or known.vessel


def test_hosts_compared(asked):
    for brute, question, evidence in pick(asked, "M5"):
        lesions, hosts = evidence.structures[:2], evidence.structures[2:]
        masks = [brute.mask(host, evidence) for host in hosts]
        if question.form == "volume":
            figures = [brute.ml(mask) for mask in masks]
        else:
            figures = [brute.points(mask)[:, 2].mean() for mask in masks]
        assert question.balance_kind == lesions[int(np.argmax(figures))]
        assert "highest" not in question.answer
        assert "lowest" not in question.answer


def test_missing_organs_of_a_pair():
    """L4 on a torso of blocks: the left adrenal gland is not there, its place is."""

    def block(low, high):
        mask = np.zeros((80, 60, 100), bool)
        mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
        return mask

    masks = {f"vertebrae_L{n}": block((36, 10, 77 - 14 * n), (45, 20, 88 - 14 * n)) for n in range(1, 6)}
    masks |= {
        # with thinner poles: a kidney that ends flat is taken for cut
        "kidney_left": block((12, 20, 34), (26, 34, 56)) | block((16, 24, 30), (22, 30, 60)),
        "kidney_right": block((55, 20, 34), (69, 34, 56)) | block((59, 24, 30), (65, 30, 60)),
        "adrenal_gland_right": block((52, 22, 62), (60, 30, 70)),
    }
    from medspatial.volume import Affine

    data = CaseData(
        Case(case_id="a", patient_id="a"), None, MaskSet.from_masks(masks, Affine(np.diag([2, 2, 2, 1.0])))
    )
    listed = frozenset({*masks, "adrenal_gland_left"})
    found = questions_of(data, Plan(subtypes=("L4",), per_subtype=8), listed=listed).questions
    answers = {q.evidence.structures[0]: (q.answer, q.evidence.value) for q in found}
    assert answers == {
        "adrenal_gland_left": ("no", 0),
        "adrenal_gland_right": ("yes", 512),
        "kidney_left": ("yes", 4600),
        "kidney_right": ("yes", 4600),
    }
