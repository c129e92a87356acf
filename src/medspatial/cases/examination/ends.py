"""A solid organ that ends flat inside the scan: a mask that was drawn, or kept, on a part of it only.

Such an organ tapers. Several structures that end at one slice are cut there when the masks are read; of one
alone only its own shape tells.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from medspatial.cases.examination.samples import MaskSample, sample_cells
from medspatial.volume import MaskSet

ORGANS = ("liver", "spleen", "kidney_left", "kidney_right", "urinary_bladder")
# Area of the last axial section relative to the largest: 0.46 at most in phantoms and real cases. Across x
# and y a spleen in few voxels ends with 0.78.
FLAT_SHARE = 0.65
# Of thicker slices the last may lie far from the pole: 0.71 in a real kidney in slices of 10 mm.
THICKEST_MM = 7.0
# Smaller organs, and those of fewer sections, say too little.
LEAST_SAMPLES, LEAST_SECTIONS = 80, 6
_ENDS = {"S": ("feet", "head"), "I": ("head", "feet")}


def check_ends(samples: Mapping[str, MaskSample], masks: MaskSet) -> dict[str, str]:
    """Return the organs that end flat at head or feet where the scan goes on, with what is said of each."""
    found = {}
    for name in ORGANS:
        sample = samples.get(name)
        if sample is None or sample.cut[2] or sample.step_mm[2] > THICKEST_MM:
            continue
        if len(sample.points) >= LEAST_SAMPLES:
            text = _flat_end(sample, masks)
            if text:
                found[name] = f"{name} {text}"
    return found


def _flat_end(sample: MaskSample, masks: MaskSet) -> str | None:
    up, code = next((axis, code) for axis, code in enumerate(masks.affine.axcodes) if code in _ENDS)
    cells = sample_cells(sample, masks)[:, up]
    areas = np.bincount(cells - cells.min())
    if len(areas) < LEAST_SECTIONS:
        return None
    for end, word in zip((areas[0], areas[-1]), _ENDS[code], strict=True):
        share = float(end / areas.max())
        if share >= FLAT_SHARE:
            return (
                f"ends flat towards the {word} inside the scan (its last section has {share:.0%} of its "
                "largest): labelled in part only"
            )
    return None
