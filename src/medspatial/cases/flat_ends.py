"""Labels that all end at one slice: a mask that was drawn, or kept, on a part of the scan only.

Anatomy tapers. Where several structures end at the same slice at nearly their full area, with nothing beyond,
the labelling ended there, not the organs; their files say nothing about it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import MaskSet
from medspatial.volume.fields import BORDER_VOXELS, Box, border_words, common_box

FEWEST_FLAT, FEWEST_FLAT_ACROSS = 2, 6
"""This many structures must end flat at the same slice, or the same plane across x or y; in real masks and
phantoms none and at most four do."""
FLAT_SHARE = 0.6
"""A structure ends flat when its last slice has this share of the mean area of the three before it ..."""
FLAT_VOXELS = 20
"""... and this many voxels."""
_INNER = 3


def with_flat_ends(masks: MaskSet) -> MaskSet:
    """Return the masks with the slices at which they end flat as the border of their field, and a note.

    Unchanged where nothing ends flat inside the grid.
    """
    for axis, letter in enumerate(masks.affine.axcodes):
        if masks.names:
            masks = _along(masks, axis, FEWEST_FLAT if letter in "SI" else FEWEST_FLAT_ACROSS)
    return masks


def _along(masks: MaskSet, axis: int, fewest: int) -> MaskSet:
    slices = [np.moveaxis(layer, axis, 0) for layer in masks.layers]
    last = masks.shape[axis] - 1
    low, high = _outermost(slices, range(last + 1)), _outermost(slices, range(last, -1, -1))
    if high - low <= _INNER:
        return masks
    cut_low = low > BORDER_VOXELS and _flat(slices, low, 1, fewest)
    cut_high = high < last - BORDER_VOXELS and _flat(slices, high, -1, fewest)
    if not (cut_low or cut_high):
        return masks
    first, final = [0, 0, 0], [n - 1 for n in masks.shape]
    if cut_low:
        first[axis] = low
    if cut_high:
        final[axis] = high
    box: Box = ((first[0], first[1], first[2]), (final[0], final[1], final[2]))
    where = border_words(box, masks.grid)
    note = f"several structures end flat at the same slice ({where}): labelled in part only, which cuts them"
    fields = {name: common_box(box, masks.fields.get(name)) or box for name in masks.names}
    return MaskSet(masks.layers, masks.tables(), masks.affine, [*masks.notes, note], fields)


def _outermost(slices: list[NDArray[np.generic]], order: range) -> int:
    """Return the first slice, in an order, with a label."""
    return next((at for at in order if any(part[at].any() for part in slices)), order[0])


def _flat(slices: list[NDArray[np.generic]], end: int, inwards: int, fewest: int) -> bool:
    """Whether enough structures end at a slice with nearly their full area."""
    count = 0
    for part in slices:
        areas = [_areas(part[end + inwards * step]) for step in range(_INNER + 1)]
        size = max(len(one) for one in areas)
        here, *inner = (np.pad(one, (0, size - len(one))) for one in areas)
        full = np.mean(inner, axis=0)
        count += int(((here >= FLAT_VOXELS) & (here >= FLAT_SHARE * full))[1:].sum())
    return count >= fewest


def _areas(part: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.bincount(part.ravel())
