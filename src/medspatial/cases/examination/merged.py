"""Two organs under one name: an organ in two places, or one that also fills the place of a missing twin.

A label that was merged with another keeps the order of the body. What shows it is that a solid organ lies in
two parts far from each other, or that a kidney, lung or hip bone has no twin although the scan shows where it
would be, and another organ lies there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy import ndimage

from medspatial.anatomy import describe, vertebra_order
from medspatial.cases.examination.samples import Floats, MaskSample
from medspatial.volume import MaskSet

# Organs of one piece.
_ONE_PIECE = frozenset(
    {"liver", "spleen", "heart", "brain", "urinary_bladder", "kidney_left", "kidney_right"}
)
# A part counts when it is so large (the least whole kidney), and such a share of the structure.
LEAST_PART_ML, LEAST_PART_SHARE = 8.0, 0.05
# Parts that a gap of this, or up to twice this, separates.
GAP_MM = 8.0
# Twins that a body rarely lacks.
_TWINS = frozenset({"kidney", "lung", "hip"})
# From this share of a missing twin's place on, the organ that fills it may hold both. A liver or spleen fills
# 0.49 of the mirrored place of the other kidney at most (phantoms and real cases).
FILLED_SHARE = 0.5
# Share of the mirrored place that the scan must show.
SHOWN_SHARE = 0.95
# Twins may lie at heights that differ by this: so much of one must be seen before the other is missing.
LEAST_HEIGHT_MM = 40.0
_NEAREST_SPINE_MM = 60.0
_LEAST_VOXELS = 100


@dataclass
class Merged:
    """Structures to set aside, with the figure, and twins that are missing without a cause that shows."""

    set_aside: dict[str, str] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)


def check_merged(samples: Mapping[str, MaskSample], masks: MaskSet) -> Merged:
    """Look for structures that may be two organs under one name.

    Parameters
    ----------
    samples
        See `medspatial.cases.examination.samples`.
    masks
        What was sampled; looked up where a missing twin would lie.
    """
    found = Merged()
    for name in _ONE_PIECE & set(samples):
        text = _parts(samples[name])
        if text:
            found.set_aside[name] = f"{name} {text}"
    for name in samples:
        one = describe(name)
        if one.base in _TWINS and one.partner and one.partner not in samples:
            _look_for_twin(name, one.partner, samples, masks, found)
    return found


def _parts(sample: MaskSample) -> str | None:
    """Say that a whole structure lies in two parts far from each other; a lesion may do that to a kidney."""
    if not sample.whole or len(sample.points) < 2:
        return None
    cells = np.floor((sample.points - sample.points.min(axis=0)) / GAP_MM).astype(np.int64)
    grid = np.zeros(cells.max(axis=0) + 1, np.int64)
    np.add.at(grid, tuple(cells.T), 1)
    labels, count = ndimage.label(grid > 0, np.ones((3, 3, 3)))
    if count < 2:
        return None
    shares = np.sort(np.bincount(labels.ravel(), grid.ravel())[1:])[::-1] / len(sample.points)
    ml = sample.volume_ml * float(shares[1])
    if ml < LEAST_PART_ML or shares[1] < LEAST_PART_SHARE:
        return None
    return (
        f"lies in {count} parts over {GAP_MM:g} mm apart, the second of {ml:.3g} ml ({shares[1]:.0%} of it): "
        "two organs may carry one name"
    )


def _look_for_twin(
    name: str, twin: str, samples: Mapping[str, MaskSample], masks: MaskSet, found: Merged
) -> None:
    sample = samples[name]
    middle = _middle(samples, float(sample.centre[2]))
    if middle is None or sample.voxels < _LEAST_VOXELS or not _shows_enough(sample):
        return
    place = sample.points * (-1.0, 1.0, 1.0) + (2 * middle, 0.0, 0.0)
    index = np.rint(masks.grid.to_index(place)).astype(np.int64)
    shown = ((index >= 0) & (index < masks.shape)).all(axis=1)
    if shown.mean() < SHOWN_SHARE:
        return
    found.assumptions.append(
        f"{twin} is missing where the scan shows its place: removed, not drawn, or misnamed"
    )
    for other, share in _fillings(index[shown], masks).items():
        if share >= FILLED_SHARE and describe(other).kind == "organ":
            found.set_aside[other] = (
                f"{other} fills {share:.0%} of the place where {twin} would lie (mirrored from {name}): "
                "two organs may carry one name"
            )


def _shows_enough(sample: MaskSample) -> bool:
    return sample.whole or (not any(sample.cut[:2]) and float(sample.span_mm[2]) >= LEAST_HEIGHT_MM)


def _middle(samples: Mapping[str, MaskSample], z: float) -> float | None:
    """Return the x of the spine at a height, from the vertebrae or their canal; None without any near."""
    order = vertebra_order()
    bones = sorted(
        (float(one.centre[2]), float(one.centre[0]))
        for name, one in samples.items()
        if name in order or name == "sacrum"
    )
    if not bones and "spinal_cord" in samples:
        bones = _heights(samples["spinal_cord"].points)
    if not bones or not bones[0][0] - _NEAREST_SPINE_MM <= z <= bones[-1][0] + _NEAREST_SPINE_MM:
        return None
    heights, places = zip(*bones, strict=True)
    return float(np.interp(z, heights, places))


def _heights(points: Floats) -> list[tuple[float, float]]:
    edges = np.linspace(points[:, 2].min(), points[:, 2].max() + 1e-6, 9)
    parts = [points[(points[:, 2] >= a) & (points[:, 2] < b)] for a, b in pairwise(edges)]
    return [(float(one[:, 2].mean()), float(one[:, 0].mean())) for one in parts if len(one)]


def _fillings(index: np.ndarray[tuple[int, int], np.dtype[np.int64]], masks: MaskSet) -> dict[str, float]:
    """Return the share of voxels (n, 3) that each structure fills."""
    shares: dict[str, float] = {}
    for layer, table in zip(masks.layers, masks.tables(), strict=True):
        values, counts = np.unique(layer[tuple(index.T)], return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            if value in table:
                shares[table[value]] = count / len(index)
    return shares
