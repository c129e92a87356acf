"""Two organs under one name: an organ in two places, or one that also fills the place of a missing twin.

A label that was merged with another keeps the order of the body. What shows it is that a solid organ lies in
two parts far from each other, that a kidney, lung or hip bone has no twin although the scan shows where it
would be, and another organ lies there, that the sections of a spleen are two areas over the height of a
kidney, or that a kidney is far wider than the other where the liver or spleen over it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from medspatial.anatomy import describe, vertebra_order
from medspatial.cases.examination.samples import (
    Floats,
    MaskSample,
    sample_cells,
    sample_steps,
)
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
# From this share of a missing twin's place on, the organ that fills it may hold both. A liver or spleen alone
# fills 0.56 of the place of a removed kidney at most, where this height of the other is seen.
FILLED_SHARE, FILLED_HEIGHT_MM = 0.6, 60.0
# Where less of the other kidney is seen, but this much, only a spleen says something: it fills 0.51 at most,
# with the left kidney under its name mostly 0.8 and more; a liver alone fills up to 0.9 of so little.
LEAST_PART_HEIGHT_MM, FILLED_PART_SHARE = 20.0, 0.75
# Share of the mirrored place that the scan must show.
SHOWN_SHARE = 0.95
# The ends of twins may lie at heights that differ by 60 mm (phantoms): more of one must be seen before the
# other is missing.
MISSING_HEIGHT_MM = 70.0
# So much of a kidney must be seen before its width and depth say something.
LEAST_HEIGHT_MM = 40.0
# The upper end of a kidney lies at most so far below the lower end of its adrenal gland (24 mm in phantoms).
BELOW_ADRENAL_MM = 25.0
# Neighbours that may hold a kidney under their name.
_BESIDE_KIDNEY = {"left": "spleen", "right": "liver"}
# One of these among the masks shows that more than kidneys was looked for.
_UPPER_ORGANS = frozenset({"liver", "spleen", "stomach", "pancreas"})
_OTHER = {"left": "right", "right": "left"}
# The sections of a spleen alone are two areas of this size over a few millimetres at most.
LEAST_AREA_MM2, TWO_AREAS_MM = 400.0, 40.0
# Above the upper end of either kidney so much of a scan must show liver and spleen.
ABOVE_KIDNEY_MM = 60.0
# Share of its convex hull that an organ fills: two under one name leave a notch where they meet. A
# spleen alone fills 0.91 to 1, a liver 0.85 to 0.93 in phantoms; with a kidney under their name at most 0.95
# and 0.82.
MOST_CONVEX = {"spleen": 0.92, "liver": 0.84}
# Width times depth of a kidney relative to the other: 1.71 at most in phantoms and real cases, with the liver
# or spleen under its name mostly 2 and more.
WIDER_KIDNEY = 1.8
_NEAREST_SPINE_MM = 60.0
_LEAST_VOXELS = 100
_ON_FACE = 1e-6


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
    for side, neighbour in _BESIDE_KIDNEY.items():
        kidney = f"kidney_{side}"
        if kidney not in samples and neighbour in samples and _shown_below_adrenal(side, samples, masks):
            found.assumptions.append(_missing(kidney))
    if "spleen" in samples and "kidney_left" not in samples and "spleen" not in found.set_aside:
        height = _two_areas_mm(samples["spleen"], masks)
        if height >= TWO_AREAS_MM:
            found.set_aside["spleen"] = (
                f"spleen is two areas of {LEAST_AREA_MM2 / 100:g} cm2 or more in axial sections over "
                f"{height:.0f} mm, and there is no kidney_left: two organs may carry one name"
            )
    for side, neighbour in _BESIDE_KIDNEY.items():
        _look_for_neighbour(neighbour, side, samples, masks, found)
    found.assumptions = list(dict.fromkeys(found.assumptions))
    return found


def _missing(name: str) -> str:
    return f"{name} is missing where the scan shows its place: removed, not drawn, or misnamed"


def _shown_below_adrenal(side: str, samples: Mapping[str, MaskSample], masks: MaskSet) -> bool:
    """Whether an adrenal gland is whole and the scan goes on below it to where the kidney must have begun."""
    adrenal = samples.get(f"adrenal_gland_{side}")
    if adrenal is None or not adrenal.whole:
        return False
    below = adrenal.centre.copy()
    below[2] = float(adrenal.points[:, 2].min()) - BELOW_ADRENAL_MM
    return bool(masks.grid.contains(below))


def _look_for_neighbour(
    neighbour: str, side: str, samples: Mapping[str, MaskSample], masks: MaskSet, found: Merged
) -> None:
    """Say that liver or spleen is missing where its place over a kidney is seen; a far wider one holds it."""
    mine, other = samples.get(f"kidney_{side}"), samples.get(f"kidney_{_OTHER[side]}")
    if neighbour in samples or mine is None or not _UPPER_ORGANS & set(samples):
        return
    adrenal = samples.get(f"adrenal_gland_{side}")
    seen = any(_goes_on_above(one, masks) for one in (mine, other) if one is not None)
    if not seen and (adrenal is None or not adrenal.whole):
        return
    found.assumptions.append(_missing(neighbour))
    if other is None or _shown_height(other) < LEAST_HEIGHT_MM:
        return
    wider = float(np.prod(mine.span_mm[:2]) / max(float(np.prod(other.span_mm[:2])), 1.0))
    if wider >= WIDER_KIDNEY:
        found.set_aside[mine.name] = (
            f"{mine.name} is {wider:.1f} times as wide and deep as {other.name} and there is no {neighbour}: "
            "two organs may carry one name"
        )


def _goes_on_above(kidney: MaskSample, masks: MaskSet) -> bool:
    """Whether the scan shows this much above the upper end of a kidney, where its upper neighbour lies."""
    above = kidney.centre.copy()
    above[2] = float(kidney.points[:, 2].max()) + ABOVE_KIDNEY_MM
    return bool(masks.grid.contains(above))


def _parts(sample: MaskSample) -> str | None:
    """Say that a whole structure lies in two parts far from each other; a lesion may do that to a kidney."""
    if not sample.whole or len(sample.points) < 2:
        return None
    from scipy import ndimage

    # thick slices are no gap: a cell is a little larger than a step of the sample
    size = np.maximum(GAP_MM, 1.01 * sample.step_mm)
    cells = np.floor((sample.points - sample.points.min(axis=0)) / size).astype(np.int64)
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
    height = _shown_height(sample)
    if middle is None or sample.voxels < _LEAST_VOXELS or height < LEAST_PART_HEIGHT_MM:
        return
    place = sample.points * (-1.0, 1.0, 1.0) + (2 * middle, 0.0, 0.0)
    index = np.rint(masks.grid.to_index(place)).astype(np.int64)
    shown = ((index >= 0) & (index < masks.shape)).all(axis=1)
    if shown.mean() < SHOWN_SHARE:
        return
    shares = _fillings(index[shown], masks)
    if height < FILLED_HEIGHT_MM:
        spleen = shares.get("spleen", 0.0) if twin == "kidney_left" else 0.0
        shares = {"spleen": spleen} if spleen >= FILLED_PART_SHARE else {}
    if shares or height >= MISSING_HEIGHT_MM:
        found.assumptions.append(_missing(twin))
    for other, share in shares.items():
        if share >= FILLED_SHARE and describe(other).kind == "organ" and not _convex(samples[other], masks):
            found.set_aside[other] = (
                f"{other} fills {share:.0%} of the place where {twin} would lie (mirrored from {name}): "
                "two organs may carry one name"
            )


def _convex(sample: MaskSample, masks: MaskSet) -> bool:
    """Whether a liver or spleen is one body without a notch; of other organs nothing is known."""
    limit = MOST_CONVEX.get(sample.name)
    return limit is not None and hull_share(sample_cells(sample, masks)) > limit


def hull_share(cells: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    """Return which share of the grid points in the convex hull of some, (n, 3), are among them."""
    if (np.ptp(cells, axis=0) == 0).any():
        return 1.0
    from scipy.spatial import ConvexHull

    hull = ConvexHull(cells)
    size = np.ptp(cells, axis=0) + 1
    box = np.indices(size).reshape(3, -1).T + cells.min(axis=0)
    inside = np.ones(len(box), np.bool_)
    for *normal, offset in hull.equations:
        inside[inside] = box[inside] @ normal + offset <= _ON_FACE
    return float(len(cells) / inside.sum())


def _shown_height(sample: MaskSample) -> float:
    """Return the mm of a twin's height that say where the other lies: none where a side is cut off."""
    if sample.whole:
        return max(MISSING_HEIGHT_MM, float(sample.span_mm[2]))
    return 0.0 if any(sample.cut[:2]) else float(sample.span_mm[2])


def _two_areas_mm(sample: MaskSample, masks: MaskSet) -> float:
    """Return over how many mm of height the axial sections of a structure are two large areas."""
    from scipy import ndimage

    cells = sample_cells(sample, masks)
    up = next(axis for axis, code in enumerate(masks.affine.axcodes) if code in "IS")
    cells = np.roll(cells, -up, axis=1) - np.roll(cells, -up, axis=1).min(axis=0)
    grid = np.zeros(cells.max(axis=0) + 1, np.bool_)
    grid[tuple(cells.T)] = True
    size = sample_steps(masks) * np.asarray(masks.affine.spacing)
    least = LEAST_AREA_MM2 / float(np.prod(np.delete(size, up)))
    two = 0
    for section in grid:
        areas = np.sort(np.bincount(ndimage.label(section, np.ones((3, 3)))[0].ravel())[1:])
        two += len(areas) > 1 and areas[-2] >= least
    return float(two * size[up])


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
