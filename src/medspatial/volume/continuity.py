"""Do neighbouring slices continue each other? A gap, a repeated block or a wrong order shows as a jump.

Nothing in a header tells that slices are missing when files were joined by their names. In the image the step
between two neighbours is then several times larger than the steps around it, while anatomy changes gradually:
in real scans of 1.5 to 4 mm the largest step is 1.0 to 1.6 times the largest of its neighbours, at a removed
or repeated eighth of the scan 1.7 to 6 times, at two exchanged halves 4 to 12 times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.volume import Volume

JUMP_NOTED = 1.8
"""A step this many times the largest of those around it is told: a gap, or a patient who moved."""
JUMP_REFUSED = 3.0
"""From here on no patient continues so."""
ORDER_LIMIT = 1.05
"""Slices two apart differ 1.4 to 1.8 times as much as neighbours; here they differ no more than these."""
ALTERNATION_LIMIT = 1.5
"""Every second step is about as large as those between them; not when pairs are exchanged."""
NOISE_LIMIT = 0.6
"""Neighbours differ by this share of what two voxels of the scan drawn at random do: 0.05 to 0.3 in scans."""

_WINDOW = (-1000.0, 400.0)  # metal and bone edges must not decide
_AROUND = 6  # steps on either side
_FEWEST = 12  # slices along every axis: thinner blocks say too little
_FLOOR_HU = 3.0  # smaller steps are noise
_BLANK_HU = 5.0  # a slice whose values vary less is padding
_SAMPLES = 64  # per axis within a slice


@dataclass(frozen=True)
class Continuity:
    """What the steps between neighbouring slices say.

    Attributes
    ----------
    problems
        Why the slices cannot be one patient in order; the volume must be refused.
    notes
        What is unusual and possible.
    """

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def continuity(volume: Volume) -> Continuity:
    """Look at the steps between neighbouring slices from head to feet of a volume in HU.

    CT is stacked along this axis, and the body changes gradually along it; from front to back table and skin
    are steps of their own. Every slice is looked at, thinned to at most 64 x 64 voxels within it.

    Notes
    -----
    A block that is missing where the body hardly changes (a few millimetres of thigh) cannot be seen.
    """
    if min(volume.shape) < _FEWEST:
        return Continuity()
    axis = next(k for k, letter in enumerate(volume.axcodes) if letter in "SI")
    first, slices = _without_padding(_slices(volume, axis))
    if len(slices) < _FEWEST:
        return Continuity()
    steps = _steps(slices, 1)
    if fault := _disorder(slices, steps):
        return Continuity((f"along head-foot {fault}",))
    ratio, at = _largest_jump(steps)
    if ratio <= JUMP_NOTED:
        return Continuity()
    text = (
        f"slices {first + at} and {first + at + 1} along head-foot differ by {steps[at]:.0f} HU on average, "
        f"{ratio:.1f} times more than those around"
    )
    if ratio > JUMP_REFUSED:
        return Continuity((f"{text}: slices are missing, repeated or out of order",))
    return Continuity(notes=(f"{text}: slices may be missing or repeated, or the patient moved",))


def _slices(volume: Volume, axis: int) -> NDArray[np.float32]:
    """Thinned slices (n, a, b) along an axis, clipped to the window."""
    moved = np.moveaxis(volume.voxels, axis, 0)
    first, second = (max(1, size // _SAMPLES) for size in moved.shape[1:])
    return np.clip(moved[:, ::first, ::second].astype(np.float32), *_WINDOW)


def _without_padding(slices: NDArray[np.float32]) -> tuple[int, NDArray[np.float32]]:
    """The slices without the blank ones at both ends, and how many were left out before the first."""
    shown = np.flatnonzero(slices.std(axis=(1, 2)) >= _BLANK_HU)
    if shown.size == 0:
        return 0, slices[:0]
    return int(shown[0]), slices[shown[0] : shown[-1] + 1]


def _steps(slices: NDArray[np.float32], apart: int) -> NDArray[np.float64]:
    """Mean absolute difference (HU) of slices this many apart."""
    return np.asarray(np.abs(slices[apart:] - slices[:-apart]).mean(axis=(1, 2), dtype=np.float64))


def _disorder(slices: NDArray[np.float32], steps: NDArray[np.float64]) -> str | None:
    deviation = float(
        np.abs(slices - np.roll(slices.ravel(), slices.size // 2 + 7).reshape(slices.shape)).mean()
    )
    near = float(steps.mean())
    if near < _FLOOR_HU:
        return None
    if near > NOISE_LIMIT * deviation:
        return (
            f"neighbouring slices differ by {near:.0f} HU on average, nearly as much as voxels drawn at "
            f"random ({deviation:.0f} HU): this is not a picture of a body"
        )
    far = float(_steps(slices, 2).mean())
    if far < ORDER_LIMIT * near:
        return f"slices two apart are as alike ({far:.0f} HU) as neighbours ({near:.0f} HU): out of order"
    even, odd = float(np.median(steps[::2])), float(np.median(steps[1::2]))
    if max(even, odd) > ALTERNATION_LIMIT * min(even, odd):
        return f"every second step is {even:.0f} HU, those between {odd:.0f} HU: slices are out of order"
    return None


def _largest_jump(steps: NDArray[np.float64]) -> tuple[float, int]:
    """The largest step relative to the largest within six of it, and its place.

    The outermost steps have neighbours on one side only, which a body that begins there may exceed: they
    count from the ratio on that no patient reaches.
    """
    best, at = 0.0, 0
    ends = (0, len(steps) - 1)
    for k, step in enumerate(steps):
        around = np.r_[steps[max(0, k - _AROUND) : k], steps[k + 1 : k + 1 + _AROUND]]
        ratio = float(step) / max(float(around.max()), _FLOOR_HU)
        if ratio > best and (k not in ends or ratio > JUMP_REFUSED):
            best, at = ratio, k
    return best, at
