"""Left and right from geometry: split labels that cover both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe
from medspatial.volume import Affine, MaskSet

# Two components are the two sides of a pair when their centroids lie at least this far apart in x ...
PAIR_DISTANCE_MM = 40.0
# ... and the smaller has at least this share of the larger (a shrunken kidney, not a fragment).
PAIR_SHARE = 0.02


def split_sides(masks: MaskSet, name: str) -> MaskSet:
    """Split a mask that covers both sides of the body into ``<name>_left`` and ``<name>_right``.

    Components (26-connected) are taken from the union with all lesions of the set, so that a tumour between
    two parts of one kidney does not separate them. The largest component and the largest one at least
    ``PAIR_DISTANCE_MM`` away from it in world x are the two sides; every other component joins the nearer of
    the two in x. Lesions keep their names.

    Returns
    -------
    MaskSet
        With two masks in place of one; or unchanged with a note, where the mask cannot be split (one
        component, such as a horseshoe kidney or a single kidney).
    """
    if name not in masks:
        return masks
    lesions = [one for one in masks.names if describe(one).kind == "lesion"]
    union = masks.mask(name)
    for lesion in lesions:
        union |= masks.mask(lesion)
    box = _bounds(union)  # a tenth of a scan: connected components are the slow part
    components, sizes, x = _components(union[box], masks.affine, [one.start for one in box])
    pair = _pair(sizes, x)
    if pair is None:
        found = f"{len(sizes)} component{'s' if len(sizes) != 1 else ''}"
        why = f"{found}, no two at least {PAIR_DISTANCE_MM:.0f} mm apart in x"
        return masks.with_notes(f"{name}: cannot be split into left and right: {why}")
    left, right = sorted(pair, key=lambda index: x[index])
    is_left = np.zeros(len(sizes) + 1, np.bool_)
    is_left[1:] = np.abs(x - x[left]) < np.abs(x - x[right])
    return _renamed(masks, name, box, is_left[components])


def _bounds(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the smallest box that holds a mask that is not empty."""
    filled = [np.any(mask, axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
    i, j, k = (np.flatnonzero(one)[[0, -1]] for one in filled)
    return slice(int(i[0]), int(i[1]) + 1), slice(int(j[0]), int(j[1]) + 1), slice(int(k[0]), int(k[1]) + 1)


def _components(
    union: NDArray[np.bool_], affine: Affine, start: Sequence[int]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64]]:
    """Return component labels, and size and centroid x (mm) of each from label 1 on."""
    labels = cc3d.connected_components(union, connectivity=26)
    statistics = cc3d.statistics(labels)
    sizes = np.asarray(statistics["voxel_counts"][1:], np.int64)
    return labels, sizes, affine.apply(statistics["centroids"][1:] + np.asarray(start))[:, 0]


def _pair(sizes: NDArray[np.int64], x: NDArray[np.float64]) -> tuple[int, int] | None:
    first = int(np.argmax(sizes))
    far = (np.abs(x - x[first]) >= PAIR_DISTANCE_MM) & (sizes >= PAIR_SHARE * sizes[first])
    if not far.any():
        return None
    return first, int(np.argmax(np.where(far, sizes, 0)))


def _renamed(masks: MaskSet, name: str, box: tuple[slice, slice, slice], left: NDArray[np.bool_]) -> MaskSet:
    """Give the voxels of a mask that lie on the left a value of their own."""
    index, value = masks.locate(name)
    tables = masks.tables()
    old = masks.layers[index]
    new = int(old.max()) + 1
    layer = old.astype(np.uint16 if new > np.iinfo(np.uint8).max else old.dtype)
    inside = layer[box]
    inside[(inside == value) & left] = new
    tables[index][value], tables[index][new] = f"{name}_right", f"{name}_left"
    layers = [layer if place == index else one for place, one in enumerate(masks.layers)]
    fields = {**masks.fields}
    if name in fields:
        fields |= {f"{name}_right": fields[name], f"{name}_left": fields.pop(name)}
    return MaskSet(layers, tables, masks.affine, masks.notes, fields)
