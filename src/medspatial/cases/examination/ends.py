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
# Area of the last section relative to the largest along the same axis: 0.48 at most in phantoms and real
# cases.
FLAT_SHARE = 0.65
# Smaller organs have few sections.
LEAST_SAMPLES = 80
_ENDS = {"L": "right", "R": "left", "P": "front", "A": "back", "S": "feet", "I": "head"}
_OTHER = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}


def check_ends(samples: Mapping[str, MaskSample], masks: MaskSet) -> dict[str, str]:
    """Return the organs that end flat where the scan goes on, each with what is said of it."""
    found = {}
    for name in ORGANS:
        sample = samples.get(name)
        if sample is not None and len(sample.points) >= LEAST_SAMPLES:
            text = _flat_end(sample, masks)
            if text:
                found[name] = f"{name} {text}"
    return found


def _flat_end(sample: MaskSample, masks: MaskSet) -> str | None:
    cells = sample_cells(sample, masks)
    worlds = {code: world for world, pair in enumerate(("LR", "PA", "IS")) for code in pair}
    for axis, code in enumerate(masks.affine.axcodes):
        if sample.cut[worlds[code]]:
            continue  # one of its ends is the scan's
        areas = np.bincount(cells[:, axis] - cells[:, axis].min())
        for end, towards in ((areas[0], code), (areas[-1], _OTHER[code])):
            share = float(end / areas.max())
            if share >= FLAT_SHARE:
                return (
                    f"ends flat towards the {_ENDS[towards]} inside the scan (its last section has "
                    f"{share:.0%} of its largest): labelled in part only"
                )
    return None
