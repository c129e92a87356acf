"""Sizes of structures, and of the scan itself, against those of human bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from medspatial.anatomy import vertebra_order
from medspatial.anatomy.limits import HumanSize, human_size
from medspatial.cases.examination.contradiction import LARGE_MM, Contradiction
from medspatial.cases.examination.samples import MaskSample
from medspatial.volume import Affine

# No scanner's field, and no body, is larger; no voxel of a CT is longer; nothing smaller is a scan of a body.
LARGEST_SCAN_MM, LARGEST_VOXEL_MM, LEAST_SCAN_MM = 2500.0, 30.0, 20.0
# Twice the limit of a volume is no rare patient.
LARGE_FACTOR = 2.0
# Distance of neighbouring vertebrae relative to their depth from front to back: 0.3 (thoracic, with their
# processes) to 0.5 (lumbar), 1 to 1.3 for bodies alone; the same in children. Wider limits, over some pairs.
LEAST_STEP_SHARE, LARGEST_STEP_SHARE, LEAST_PAIRS = 0.26, 2.0, 3
# Height of a kidney relative to its width and depth (their geometric mean): 1.4 to 2.1 in the cases measured.
LEAST_KIDNEY_SHARE, LARGEST_KIDNEY_SHARE = 0.75, 3.0


def check_sizes(samples: Mapping[str, MaskSample]) -> Iterator[Contradiction]:
    """Yield structures whose volume or extent no human has; the least volume only where it is whole."""
    for sample in samples.values():
        limits = human_size(sample.name)
        if limits is not None:
            yield from _volume(sample, limits)
            yield from _extent(sample, limits)


def check_proportions(samples: Mapping[str, MaskSample]) -> Iterator[Contradiction]:
    """Yield a spine or kidneys too flat or too tall for their own width and depth: a wrong slice step.

    Unlike a size it needs no adult: both grow together.
    """
    yield from _spine_steps(samples)
    yield from _kidney_heights(samples)


def _spine_steps(samples: Mapping[str, MaskSample]) -> Iterator[Contradiction]:
    chain = [samples[name] for name in vertebra_order() if name in samples and samples[name].whole]
    order = vertebra_order()
    shares = []
    for upper, lower in pairwise(chain):
        depth = float(upper.span_mm[1] + lower.span_mm[1]) / 2
        if order.index(lower.name) - order.index(upper.name) == 1 and depth > 0:
            shares.append(float(np.linalg.norm(upper.centre - lower.centre)) / depth)
    if len(shares) < LEAST_PAIRS:
        return
    share = float(np.median(shares))
    if not LEAST_STEP_SHARE <= share <= LARGEST_STEP_SHARE:
        usual = f"{LEAST_STEP_SHARE:g} to {LARGEST_STEP_SHARE:g}"
        said = f"the vertebrae stand {share:.2f} of their depth apart ({usual})"
        yield Contradiction("size", said, LARGE_MM + 1, (chain[0].name, chain[-1].name))


def _kidney_heights(samples: Mapping[str, MaskSample]) -> Iterator[Contradiction]:
    """Both kidneys together: one alone may be deformed."""
    both = [one for side in ("left", "right") if (one := samples.get(f"kidney_{side}")) and one.whole]
    if len(both) < 2 or min(float(one.span_mm.min()) for one in both) <= 0:
        return
    share = float(np.prod([one.span_mm[2] / np.sqrt(one.span_mm[0] * one.span_mm[1]) for one in both]))
    share = float(np.sqrt(share))
    if not LEAST_KIDNEY_SHARE <= share <= LARGEST_KIDNEY_SHARE:
        usual = f"{LEAST_KIDNEY_SHARE:g} to {LARGEST_KIDNEY_SHARE:g}"
        said = f"the kidneys are {share:.2f} times as tall as wide and deep ({usual})"
        yield Contradiction("size", said, LARGE_MM + 1, ("kidney_left", "kidney_right"))


def check_grid(shape: tuple[int, int, int], affine: Affine) -> str | None:
    """Say what makes a grid no scan of a body: its longest side, or its voxels."""
    spacing = np.asarray(affine.spacing)
    sides = spacing * shape
    said = " x ".join(f"{side:.4g}" for side in sides)
    if sides.max() > LARGEST_SCAN_MM:
        return f"size: the scan measures {said} mm, no body is over {LARGEST_SCAN_MM:.0f} mm: {GRID_CAUSE}"
    if sides.max() < LEAST_SCAN_MM:
        return f"size: the scan measures {said} mm, none is under {LEAST_SCAN_MM:.0f} mm: {GRID_CAUSE}"
    if spacing.max() > LARGEST_VOXEL_MM:
        said = " x ".join(f"{side:.4g}" for side in spacing)
        return f"size: voxels of {said} mm, no CT has over {LARGEST_VOXEL_MM:.0f} mm: {GRID_CAUSE}"
    return None


GRID_CAUSE = "probably the length unit is not millimetres, or the spacing is wrong"


def _volume(sample: MaskSample, limits: HumanSize) -> Iterator[Contradiction]:
    ml = sample.volume_ml
    if ml > limits.max_ml:
        factor, said = ml / limits.max_ml, f"at most {limits.max_ml:g} ml"
    elif sample.whole and 0 < ml < limits.min_ml:
        factor, said = limits.min_ml / ml, f"at least {limits.min_ml:g} ml when whole"
    else:
        return
    # in millimetres: by how much the edge of a cube of that volume is off
    off = abs(np.cbrt(ml * 1e3) - np.cbrt((limits.max_ml if ml > limits.max_ml else limits.min_ml) * 1e3))
    mm = max(float(off), LARGE_MM + 1 if factor >= LARGE_FACTOR and ml > limits.max_ml else 0.0)
    yield Contradiction("size", f"{sample.name} measures {ml:.4g} ml ({said})", mm, (sample.name,))


def _extent(sample: MaskSample, limits: HumanSize) -> Iterator[Contradiction]:
    over = sample.span_mm - np.asarray(limits.max_mm)
    axis = int(np.argmax(over))
    if over[axis] > 0:
        said = f"{sample.span_mm[axis]:.4g} mm along {'xyz'[axis]} (at most {limits.max_mm[axis]:g})"
        yield Contradiction("size", f"{sample.name} extends {said}", float(over[axis]), (sample.name,))
