"""Each mask against the CT under it: can this structure have these values?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medspatial.anatomy.limits import PossibleHU, possible_hu
from medspatial.cases.examination.samples import MaskSample

# Fewer samples say nothing.
LEAST_SAMPLES = 30
# Structures of fewer voxels are mostly rim: their voxels hold part of what lies beside them.
RIM_VOXELS = 300
RIM_HU = 150.0
# From this share of the structures on, it is the pairing of mask and CT that is wrong.
REFUSED_SHARE = 1 / 3
_SHOWN = 6


@dataclass(frozen=True)
class Image:
    """Structures whose CT value is impossible, with the figure, and how many could be compared."""

    impossible: dict[str, str]
    compared: int

    @property
    def refusal(self) -> str | None:
        """Why the case is refused, if more than a third of its structures do not fit."""
        if not self.impossible or len(self.impossible) <= REFUSED_SHARE * self.compared:
            return None
        shown = list(self.impossible.items())[:_SHOWN]
        figures = "; ".join(f"{name} {text}" for name, text in shown)
        share = f"{len(self.impossible)} of {self.compared} structures have values that they cannot have"
        more = "; ..." if len(self.impossible) > len(shown) else ""
        return f"image: the masks do not fit the CT: {share}: {figures}{more}: {CAUSE}"


CAUSE = "probably masks of another scan or place, flipped or shifted ones, a wrong label map, or no HU"


def check_image(samples: Mapping[str, MaskSample]) -> Image:
    """Compare the median CT value of each structure with what is possible for its kind."""
    impossible, compared = {}, 0
    for sample in samples.values():
        limits = possible_hu(sample.name)
        if limits is None or not limits.checkable or sample.hu is None or len(sample.hu) < LEAST_SAMPLES:
            continue
        compared += 1
        text = _impossible(sample, limits)
        if text:
            impossible[sample.name] = text
    return Image(impossible, compared)


def _impossible(sample: MaskSample, limits: PossibleHU) -> str | None:
    assert limits.low is not None
    assert limits.high is not None
    assert sample.median_hu is not None
    rim = RIM_HU if sample.voxels < RIM_VOXELS else 0.0
    median = sample.median_hu
    if median < limits.low - rim:
        return f"at {median:.0f} HU (should be over {limits.low - rim:g})"
    if median > limits.high + rim:
        return f"at {median:.0f} HU (should be under {limits.high + rim:g})"
    return None
