"""Are these numbers Hounsfield units? Air is about -1000, fat about -100, soft tissue 0 to 80.

The wrong cases that occur: pictures of 8 bits, values scaled to 0..1, a window applied before saving, stored
values without the rescale intercept, the intercept applied twice, values divided by 10, 100 or 1000 or by
their deviation, and any other shift from about 250 on, or from about 110 on where the air around the body is
seen on two sides of the scan. A shift by less cannot be told from another patient with another share of fat
and contrast. Padding outside the circular field of view (-2000, -3024, ...) and
resampling overshoot (-1207) occur in good files and are accepted; a field of view inside the body has no air
at all, so soft tissue is looked at as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

AIR_BAND = (-1104.0, -896.0)
SOFT_BAND = (-152.0, 152.0)
# A scan of a body has at least this share of voxels in the soft tissue band (real scans: 20 to 80 %).
MIN_SOFT_SHARE = 0.03
# From this share on, voxels below -300 HU count as air or lung, and their commonest value is looked at.
GAS_LIMIT, GAS_SHARE = -300.0, 0.05
GAS_MODE_RANGE = (-1104.0, -600.0)
# A side of the scan that lies in the air around the body: of so much gas, and so even (in lungs the middle
# half of the values spreads over 48 and more). The lowest median of two or more sides is air, foam is above.
AIR_SIDE_SHARE, AIR_SIDE_SPREAD, AIR_SIDES = 0.95, 40.0, 2
# A minimum that this share of voxels hold is no measurement but padding (below -1100) or a clipped window.
PADDING_BELOW, PADDING_SHARE = -1100.0, 0.01
CLIPPED_ABOVE, CLIPPED_SHARE = -900.0, 0.05
# The middle 99 % of a scan's values span over 500 HU even inside the body; those divided by 10 at most 240.
MIN_SPAN = 300.0
# Fat (-100) or soft tissue (0 to 80, with contrast to 150) is the commonest value that is no gas, ...
TISSUE_RANGE, TISSUE_MODE = (-300.0, 1000.0), (-140.0, 170.0)
# ... or, in a field of view filled by a contrasted vessel, at least a peak of this share of the commonest.
TISSUE_PEAK, PEAK_SHARE = (-140.0, 90.0), 0.3
# No tissue, and hardly any metal, lies above this.
HIGH_LIMIT, HIGH_SHARE = 10000.0, 0.01
# Nothing but padding of one value lies below this; a few voxels where it was interpolated.
LOW_LIMIT, LOW_SHARE = -4096.0, 0.05

# How far the values lie above HU, and the likely cause. -1024 and -8192 are intercepts of real scanners.
_SHIFTS: dict[float, str] = {
    1024.0: "the values lie about 1024 above HU: the rescale intercept (-1024) was not applied",
    8192.0: "the values lie about 8192 above HU: the rescale intercept (-8192) was not applied",
    32768.0: "the values lie about 32768 above HU: an unsigned shift of 32768 was not undone",
    -1024.0: "the values lie about 1024 below HU: the rescale intercept (-1024) was applied twice",
    -8192.0: "the values lie about 8192 below HU: the rescale intercept (-8192) was applied twice",
}
_MAX_SAMPLES = 4_000_000


def check_hu(voxels: NDArray[Any], source: str | None = None) -> None:
    """Refuse voxels that cannot be CT in HU.

    Parameters
    ----------
    voxels
        3D array; at most four million voxels on a regular sub-grid are looked at.
    source
        Named in the message.

    Raises
    ------
    InputError
        With the rule that was broken, the value found, and the likely cause where there is one.
    """
    reason = _fault(voxels)
    if reason is not None:
        where = f"{source}: " if source else ""
        raise InputError(f"{where}not CT in HU: {reason}")


def _fault(voxels: NDArray[Any]) -> str | None:
    if voxels.dtype.itemsize == 1:
        return f"8-bit voxels ({voxels.dtype}) cannot hold -1024..3071"
    sample = _sampled(voxels)
    low, high = float(sample.min()), float(sample.max())
    if low == high:
        return f"every voxel is {low:g}"
    if low >= -1.0 and high <= 1.0:
        return f"values {low:g}..{high:g} look normalised, not HU"
    if low >= 0 and high <= 255:
        return f"values {low:g}..{high:g} are in the 8-bit range"
    at_minimum = float(np.mean(sample == low))
    if low < PADDING_BELOW and at_minimum >= PADDING_SHARE:
        sample = sample[sample != low]
        low = float(sample.min())
    return _fault_of_body(sample, low, high, at_minimum) or _fault_of_span(sample) or _fault_of_air(voxels)


def _fault_of_air(voxels: NDArray[Any]) -> str | None:
    """Whether the air around the body, where two sides of the scan lie in it, is near -1000."""
    low = voxels.min()
    medians = []
    for axis in range(3):
        for end in (0, -1):
            side = voxels.take(end, axis)
            side = side[side != low] if low < PADDING_BELOW else side
            gas = side[side < GAS_LIMIT]
            if side.size and gas.size >= AIR_SIDE_SHARE * side.size:
                first, middle, last = np.percentile(gas, (25, 50, 75))
                medians += [float(middle)] if last - first <= AIR_SIDE_SPREAD else []
    if len(medians) < AIR_SIDES or AIR_BAND[0] <= min(medians) <= AIR_BAND[1]:
        return None
    return f"the air around the body lies at about {min(medians):.4g}, it should be near -1000"


def _fault_of_span(sample: NDArray[Any]) -> str | None:
    """Whether the values span as much as those of a body do."""
    first, last = np.percentile(sample, (0.5, 99.5))
    if last - first >= MIN_SPAN:
        return None
    return (
        f"nearly all values lie between {first:.4g} and {last:.4g}; HU of a body span over {MIN_SPAN:g}: "
        "were they divided, or normalised by their mean and deviation?"
    )


def _sampled(voxels: NDArray[Any]) -> NDArray[Any]:
    step = max(1, int(np.ceil((voxels.size / _MAX_SAMPLES) ** (1 / 3))))
    return voxels[::step, ::step, ::step].ravel()


def _share(sample: NDArray[Any], band: tuple[float, float], shift: float = 0.0) -> float:
    return float(np.mean((sample >= band[0] + shift) & (sample <= band[1] + shift)))


def _fault_of_body(sample: NDArray[Any], low: float, high: float, at_minimum: float) -> str | None:
    soft = _share(sample, SOFT_BAND)
    shift, score = _best_shift(sample)
    too_high, too_low = float(np.mean(sample > HIGH_LIMIT)), float(np.mean(sample < LOW_LIMIT))
    if too_high >= HIGH_SHARE or too_low >= LOW_SHARE:
        up = too_high >= HIGH_SHARE
        hint = f"; {_SHIFTS[shift]}" if (shift > 0) is up and score > 0.2 else ""
        where = f"{too_high:.0%} of the voxels are above {HIGH_LIMIT:g}"
        return f"{where if up else f'{too_low:.0%} of the voxels are below {LOW_LIMIT:g}'}{hint}"
    if low >= 0:
        return (
            _SHIFTS[shift]
            if shift > 0 and score > 0.2
            else f"no value is below 0 (they are {low:g}..{high:g})"
        )
    if soft < MIN_SOFT_SHARE or score > 1.25 * (soft + _share(sample, AIR_BAND)):
        if score > 0.2:
            return _SHIFTS[shift]
        return f"only {soft:.1%} of the voxels are soft tissue ({SOFT_BAND[0]:g}..{SOFT_BAND[1]:g} HU)"
    if low > CLIPPED_ABOVE and at_minimum >= CLIPPED_SHARE:
        return f"values are clipped at {low:g} ({at_minimum:.0%} of the voxels), air should be near -1000"
    return _fault_of_gas(sample) or _fault_of_tissue(sample)


def _best_shift(sample: NDArray[Any]) -> tuple[float, float]:
    """The known shift under which most voxels are air or soft tissue, and their share."""
    scores = {}
    for shift in _SHIFTS:
        soft = _share(sample, SOFT_BAND, shift)
        scores[shift] = soft + _share(sample, AIR_BAND, shift) if soft >= MIN_SOFT_SHARE else 0.0
    best = max(scores, key=lambda shift: scores[shift])
    return best, scores[best]


def _fault_of_gas(sample: NDArray[Any]) -> str | None:
    gas = sample[sample < GAS_LIMIT]
    if gas.size < GAS_SHARE * sample.size:
        return None
    counts, edges = np.histogram(gas, bins=np.arange(-4096.0, GAS_LIMIT + 16, 16))
    mode = float(edges[int(np.argmax(counts))]) + 8
    if GAS_MODE_RANGE[0] <= mode <= GAS_MODE_RANGE[1]:
        return None
    return f"air lies at about {mode:g}, it should be near -1000"


def _fault_of_tissue(sample: NDArray[Any]) -> str | None:
    """Whether the commonest values that are no gas lie where those of fat and soft tissue do."""
    counts, edges = np.histogram(sample, bins=np.arange(TISSUE_RANGE[0], TISSUE_RANGE[1] + 16, 16))
    smooth = np.convolve(counts, (1, 1, 1), "same")
    centres = edges[:-1] + 8
    mode = float(centres[int(np.argmax(smooth))])
    if TISSUE_MODE[0] <= mode <= TISSUE_MODE[1]:
        return None
    peaks = (smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
    peaks &= smooth[1:-1] >= PEAK_SHARE * smooth.max()
    places = centres[1:-1][peaks]
    if ((places >= TISSUE_PEAK[0]) & (places <= TISSUE_PEAK[1])).any():
        return None
    return (
        f"the commonest tissue lies at about {mode:g}, it should be near -100 (fat) or 0 to 80 (soft "
        "tissue): the values seem shifted"
    )
