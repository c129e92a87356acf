"""A cohort of phantoms: what differs between patients, so that no answer can be known without looking."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from medspatial.cases.phantom import make_phantom
from medspatial.geometry import Measured

SEEDS = range(60)


@pytest.fixture(scope="module")
def cohort():
    """Volumes (ml), centroids and contacts of 60 patients at 7 mm, one row each."""
    rows = []
    for seed in SEEDS:
        phantom = make_phantom(seed, spacing=7.0, lesions=False, noise=0.0)
        layer, affine = phantom.masks.layers[0], phantom.masks.affine
        values = {name: phantom.masks.locate(name)[1] for name in phantom.masks.names}
        counts = np.bincount(layer.ravel(), minlength=256)
        weights = [
            np.bincount(layer.ravel(), weights=axis.ravel(), minlength=256)
            for axis in np.indices(layer.shape)
        ]
        centres = affine.apply(np.stack(weights, axis=1) / np.maximum(counts, 1)[:, None])
        rows.append(
            {
                "volume": {name: counts[v] * affine.voxel_volume_ml for name, v in values.items()},
                "centre": {name: centres[v] for name, v in values.items()},
                "touching": touching(layer, values),
                "truth": phantom.truth,
            }
        )
    return rows


def touching(layer, values) -> set[frozenset[str]]:
    names = {v: name for name, v in values.items()}
    pairs = set()
    for axis in range(3):
        a, b = (np.take(layer, range(s, layer.shape[axis] - 1 + s), axis) for s in (0, 1))
        edge = (a != b) & (a > 0) & (b > 0)
        keys, faces = np.unique(np.stack([a[edge], b[edge]]), axis=1, return_counts=True)
        pairs |= {frozenset((names[p], names[q])) for (p, q), n in zip(keys.T, faces, strict=True) if n >= 3}
    return pairs


def share(cohort, test, *names) -> float:
    rows = [row for row in cohort if all(name in row["volume"] for name in names)]
    return float(np.mean([test(row) for row in rows]))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("kidney_left", "kidney_right"),
        ("adrenal_gland_left", "adrenal_gland_right"),
        ("iliopsoas_left", "iliopsoas_right"),
        ("autochthon_left", "autochthon_right"),
        ("scapula_left", "scapula_right"),
        ("lung_upper_lobe_left", "lung_lower_lobe_left"),
        ("lung_upper_lobe_right", "lung_lower_lobe_right"),
        ("urinary_bladder", "spleen"),
        ("aorta", "spleen"),
        ("spleen", "kidney_right"),
        ("stomach", "spleen"),
    ],
)
def test_either_can_be_the_larger(cohort, first, second) -> None:
    larger = share(cohort, lambda row: row["volume"][first] > row["volume"][second], first, second)
    assert 0.15 < larger < 0.85


@pytest.mark.parametrize(
    ("first", "second", "axis"),
    [
        ("kidney_left", "kidney_right", 2),
        ("adrenal_gland_left", "adrenal_gland_right", 2),
        ("kidney_left", "kidney_right", 1),
        ("urinary_bladder", "sacrum", 0),
        ("aorta", "vertebrae_L3", 0),
        ("stomach", "spleen", 2),
        ("pancreas", "kidney_left", 2),
    ],
)
def test_either_can_lie_farther_along_an_axis(cohort, first, second, axis) -> None:
    farther = share(
        cohort, lambda row: row["centre"][first][axis] > row["centre"][second][axis], first, second
    )
    assert 0.1 < farther < 0.9


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("liver", "kidney_right"),
        ("spleen", "kidney_left"),
        ("spleen", "stomach"),
        ("heart", "liver"),
        ("urinary_bladder", "colon"),
        ("urinary_bladder", "small_bowel"),
        ("pancreas", "spleen"),
        ("liver", "colon"),
        ("aorta", "inferior_vena_cava"),
    ],
)
def test_neighbours_touch_in_some_patients_only(cohort, first, second) -> None:
    touch = share(cohort, lambda row: frozenset((first, second)) in row["touching"], first, second)
    assert 0.15 < touch < 0.9


def test_kidney_ratio_spans_both_ways(cohort) -> None:
    ratios = [
        row["volume"]["kidney_left"] / row["volume"]["kidney_right"]
        for row in cohort
        if not {"kidney_left", "kidney_right"} & set(row["truth"]["absent"])
    ]
    assert min(ratios) < 0.75
    assert max(ratios) > 1.35
    assert sum(0.93 < ratio < 1.07 for ratio in ratios) >= 12


def test_kidneys_lie_at_different_levels(cohort) -> None:
    levels: dict[str, Counter[str]] = defaultdict(Counter)
    for row in cohort:
        vertebrae = row["truth"]["vertebrae"]
        for name in ("kidney_left", "kidney_right"):
            if name in row["centre"]:
                z = row["centre"][name][2]
                levels[name][min(vertebrae, key=lambda v: abs(vertebrae[v][2] - z))] += 1
    for counts in levels.values():
        assert len(counts) >= 2
        assert counts.most_common(1)[0][1] < 0.7 * counts.total()


def test_organs_are_seldom_absent(cohort) -> None:
    absent = Counter(name for row in cohort for name in row["truth"]["absent"])
    assert absent["kidney_left"] == absent["kidney_right"] == 5
    assert absent["gallbladder"] == 10
    assert absent["spleen"] == 3
    assert min(absent["adrenal_gland_left"], absent["adrenal_gland_right"]) >= 3
    for row in cohort:
        for name in row["truth"]["absent"]:
            assert name not in row["volume"]


def test_nobodys_midline_is_the_origin(cohort) -> None:
    midlines = [row["truth"]["vertebrae"]["vertebrae_L1"][0] for row in cohort]
    assert min(midlines) < -10
    assert max(midlines) > 10


def test_the_measuring_room_agrees_on_one_patient() -> None:
    phantom = make_phantom(11, spacing=4.0, lesions=False, noise=0.0)
    measured = Measured(phantom.masks)
    for name in ("liver", "urinary_bladder", "heart"):
        stats = measured.stats(name)
        assert stats.volume_ml == pytest.approx(
            phantom.masks.voxels(name) * phantom.masks.affine.voxel_volume_ml, rel=0.02
        )
        assert stats.whole
