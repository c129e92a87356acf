"""Do values change along the slices as they do within them? If faster, the stated slice step is too small.

A body's structures are longer from head to feet than across, and slices blur along their thickness: over
equal distances values change less from slice to slice. Real scans of 1.5 to 4 mm: 0.79 to 0.94 of the change
within slices; with every second slice missing 1.04 to 1.26, with a third of the true step 1.2 to 1.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.volume import Volume

STEP_NOTED = 1.15
"""From here on the step between slices is reported as probably larger than the header says."""

_WINDOW = (-200.0, 300.0)  # soft tissue: air and metal must not decide
_AIR_HU = -190.0
_FEWEST = 12  # slices
_PAIRS = 12  # slices looked at


def slice_step_note(volume: Volume) -> str | None:
    """Say that values change too fast along head-foot for the stated slice step; None where they do not.

    Parameters
    ----------
    volume
        In HU, any orientation.
    """
    ratio = slice_change(volume)
    if ratio is None or ratio < STEP_NOTED:
        return None
    return (
        f"values change {ratio:.2f} times as much along head-foot as within slices over the same distance "
        f"(at most {STEP_NOTED:g} in a body): slices may be missing, or the slice step larger than stated"
    )


def slice_change(volume: Volume) -> float | None:
    """Return the mean change of HU along head-foot relative to that within slices over equal distances.

    None where fewer than 12 slices, or too little tissue, allow no comparison.
    """
    axis = next(k for k, letter in enumerate(volume.axcodes) if letter in "SI")
    moved = np.moveaxis(volume.voxels, axis, 0)
    spacing = np.asarray(volume.spacing)
    across, within = float(spacing[axis]), np.delete(spacing, axis)
    lag = int(np.ceil(max(within) / across - 1e-6))
    reach = [lag * across / one for one in within]
    if moved.shape[0] < max(_FEWEST, 2 * lag) or any(
        np.ceil(r) + 1 >= n for r, n in zip(reach, moved.shape[1:], strict=True)
    ):
        return None
    firsts = np.unique(np.linspace(0, moved.shape[0] - 1 - lag, _PAIRS).astype(int))
    low, high = (np.clip(moved[at].astype(np.float32), *_WINDOW) for at in (firsts, firsts + lag))
    along = _change(low, high)
    inside = [_between(low, k + 1, lags) for k, lags in enumerate(reach)]
    if along is None or any(one is None for one in inside):
        return None
    usual = float(np.mean([one for one in inside if one is not None]))
    return along / usual if usual > 0 else None


def _between(slices: NDArray[Any], axis: int, lag: float) -> float | None:
    """Change within slices at a distance that lies between two whole numbers of voxels."""
    whole = int(lag)
    size = slices.shape[axis]
    changes = []
    for step in (whole, whole + 1):
        a, b = (np.take(slices, range(first, first + size - step), axis) for first in (0, step))
        changes.append(_change(a, b))
    first, second = changes
    return None if first is None or second is None else first + (second - first) * (lag - whole)


def _change(a: NDArray[Any], b: NDArray[Any]) -> float | None:
    tissue = (a > _AIR_HU) & (b > _AIR_HU)
    return float(np.abs(a - b)[tissue].mean()) if tissue.sum() >= 1000 else None
