"""A sample of the voxels of every mask of a case in patient space, and the CT under them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import Affine, MaskSet, Volume

Floats = NDArray[np.floating[Any]]

# Voxels are sampled on a grid of about this step, never finer than the voxels.
SAMPLE_MM = 4.0
# A structure that the grid meets less often, although it has this many voxels, is looked at voxel by voxel.
FEWEST_SAMPLES = 30
# The span of a structure leaves out this share of its voxels at either end: strays say nothing about size.
STRAY_SHARE = 0.01
# World axes x, y, z.
AXES = 3


@dataclass(frozen=True, eq=False)
class MaskSample:
    """What a sample of its voxels says of one structure.

    Attributes
    ----------
    voxels, volume_ml
        Exact.
    points
        Sampled voxel centres, RAS+ mm, (n, 3).
    hu
        CT value at each point, (n,); None without CT.
    cut
        Whether the structure touches a face of the grid across world x, y, z.
    """

    name: str
    voxels: int
    volume_ml: float
    points: Floats
    hu: NDArray[Any] | None
    cut: tuple[bool, bool, bool]
    step_mm: Floats

    @cached_property
    def centre(self) -> Floats:
        """Mean of the points, RAS+ mm, (3,)."""
        return np.asarray(self.points.mean(axis=0, dtype=np.float64))

    @cached_property
    def span_mm(self) -> Floats:
        """Extent along x, y, z without the outermost voxels, (3,); never more than the true one."""
        low, high = np.quantile(self.points, [STRAY_SHARE, 1 - STRAY_SHARE], axis=0)
        return np.asarray(high - low)

    @cached_property
    def median_hu(self) -> float | None:
        """Median CT value of the samples; None without CT."""
        return None if self.hu is None else float(np.median(self.hu))

    @property
    def whole(self) -> bool:
        """Whether no face of the grid cuts it."""
        return not any(self.cut)


def sampled_masks(masks: MaskSet, ct: Volume | None = None) -> dict[str, MaskSample]:
    """Sample each structure of a case, in the order of its masks.

    Parameters
    ----------
    ct
        On the grid of the masks; else it is not used.
    """
    if ct is not None and ct.grid != masks.grid:
        ct = None
    samples = {one.name: one for index in range(len(masks.layers)) for one in _layer(masks, index, ct)}
    return {name: samples[name] for name in masks.names if name in samples}


def sample_steps(masks: MaskSet) -> NDArray[np.int64]:
    """Return the step of a sample in voxels along each axis of the grid, (3,)."""
    return np.maximum(np.rint(SAMPLE_MM / np.asarray(masks.affine.spacing)), 1).astype(np.int64)


def sample_cells(sample: MaskSample, masks: MaskSet) -> NDArray[np.int64]:
    """Return the places of a sample on the thinned grid that it was taken from, (n, 3)."""
    voxels = np.rint(masks.grid.to_index(sample.points)).astype(np.int64)
    return np.asarray(voxels // sample_steps(masks))


def _layer(masks: MaskSet, index: int, ct: Volume | None) -> Iterator[MaskSample]:
    layer, table = masks.layers[index], masks.tables()[index]
    spacing = np.asarray(masks.affine.spacing)
    steps = sample_steps(masks)
    chosen = tuple(slice(int(step) // 2, None, int(step)) for step in steps)
    sample = layer[chosen]
    places = np.nonzero(sample)
    labels = sample[places]
    voxels = np.stack([place * step + step // 2 for place, step in zip(places, steps, strict=True)], axis=1)
    order = np.argsort(labels, kind="stable")
    values, first = np.unique(labels[order], return_index=True)
    groups = dict(zip(values.tolist(), np.split(order, first[1:]), strict=True)) if len(values) else {}
    under = None if ct is None else ct.voxels[chosen][places]
    cut = _cut(layer, masks.affine)
    step_mm = np.abs(masks.affine.directions) @ (steps * spacing)
    for value, name in table.items():
        mine = groups.get(value)
        if mine is None or len(mine) < FEWEST_SAMPLES <= masks.voxels(name):  # too few: all of it
            points = (
                np.argwhere(layer == value) if mine is None else _all_near(layer, value, voxels[mine], steps)
            )
            hu = None if ct is None else ct.voxels[tuple(points.T)]
        else:
            points, hu = voxels[mine], None if under is None else under[mine]
        yield MaskSample(
            name,
            masks.voxels(name),
            masks.voxels(name) * masks.affine.voxel_volume_ml,
            masks.affine.apply(points),
            hu,
            _cut_axes(value, cut, name in masks.fields),
            step_mm,
        )


def _all_near(layer: NDArray[Any], value: int, some: NDArray[Any], steps: NDArray[Any]) -> NDArray[Any]:
    """Return the voxels (n, 3) of a label around those that are known, without searching the whole grid."""
    reach = 8 * steps
    low = np.maximum(some.min(axis=0) - reach, 0)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, some.max(axis=0) + reach + 1, strict=True))
    return np.asarray(np.argwhere(layer[box] == value) + low)


def _cut_axes(value: int, cut: tuple[set[int], set[int], set[int]], partial: bool) -> tuple[bool, bool, bool]:
    """Whether a structure may go on beyond what was seen; where its file ends inside the CT, on any axis."""
    return partial or value in cut[0], partial or value in cut[1], partial or value in cut[2]


def _cut(layer: NDArray[Any], affine: Affine) -> tuple[set[int], set[int], set[int]]:
    """Return for each world axis the labels on the two faces of the grid that lie most across it."""
    found: tuple[set[int], set[int], set[int]] = (set(), set(), set())
    for axis, code in enumerate(affine.axcodes):
        world = next(k for k, pair in enumerate(("LR", "PA", "IS")) if code in pair)
        for end in (0, -1):
            plane = layer[(*[slice(None)] * axis, end)]
            found[world].update(np.flatnonzero(np.bincount(plane.ravel())).tolist())
    return found
