"""Blood vessels inside lungs and liver: branching trees that brighten the CT and carry no label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.cases.phantom.plan import Plan
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import Array, Point, Shape
from medspatial.cases.phantom.thorax import LOBES
from medspatial.cases.phantom.vessels import hilum

_LIVER_GATE: Point = (22.0, 8.0, 300.0)
_THINNEST = 0.7  # mm


@dataclass(frozen=True)
class Tree:
    """Vessels of one organ.

    Attributes
    ----------
    start, end, radius
        (n, 3), (n, 3) and (n,) of straight pieces, plan mm.
    within
        Labels whose voxels the vessels run in.
    """

    start: Array
    end: Array
    radius: Array
    hu: float
    within: tuple[str, ...]

    def samples(self, step: float) -> tuple[Array, Array]:
        """Points that fill all pieces no farther apart than ``step``, and the radius at each.

        A piece is filled by rings of points round its axis, so that thick vessels are filled too.
        """
        length = np.linalg.norm(self.end - self.start, axis=1)
        counts = np.maximum(np.ceil(length / step), 1).astype(int)
        piece = np.repeat(np.arange(len(counts)), counts)
        first = np.repeat(np.cumsum(counts) - counts, counts)
        share = ((np.arange(len(piece)) - first) + 0.5) / counts[piece]
        points = self.start[piece] + share[:, None] * (self.end - self.start)[piece]
        radius = self.radius[piece]
        offsets = _ball(float(self.radius.max()), step)
        reach = np.linalg.norm(offsets, axis=1)
        near, offset = np.nonzero(reach[None, :] <= np.maximum(radius - 0.25 * step, 0.0)[:, None])
        return points[near] + offsets[offset], radius[near]


def trees(plan: Plan) -> list[Tree]:
    """Vessels of both lungs and of the liver."""
    blood = 42.0 + plan.contrast
    found = []
    for side, lung in plan.chest.lungs.items():
        lobes = tuple(name for name, lobe_side in LOBES.items() if lobe_side == side)
        gate = hilum(1 if side == "right" else -1, plan.fork)
        pieces = _grow(plan.draw.rng(f"{side} lung vessels"), gate, lung, 170, 6.0)
        found.append(Tree(*pieces, hu=blood - 12.0, within=lobes))
    pieces = _grow(plan.draw.rng("liver vessels"), _LIVER_GATE, plan.liver, 36, 7.0)
    found.append(Tree(*pieces, hu=46.0 + plan.contrast * 0.6, within=("liver",)))
    return found


def paint_tree(tree: Tree, raster: Raster, hu: NDArray[np.float32], allowed: NDArray[np.bool_]) -> None:
    """Mix the vessels' HU into the voxels they pass, by the share of the voxel's face that they fill.

    Parameters
    ----------
    allowed
        Voxels that may change.
    """
    points, radius = tree.samples(0.5 * float(raster.spacing.min()))
    index = np.rint(raster.to_index(points)).astype(int)
    held = np.flatnonzero(((index >= 0) & (index < raster.shape)).all(axis=1))
    held = held[allowed[tuple(index[held].T)]]
    held = held[np.argsort(radius[held], kind="stable")]  # the thickest vessel of a voxel comes last
    share = np.minimum(np.pi * (radius[held] / float(raster.spacing.mean())) ** 2, 1.0).astype(np.float32)
    i, j, k = index[held].T
    before = hu[i, j, k]
    hu[i, j, k] = before + share * (np.float32(tree.hu) - before)


def _grow(
    rng: np.random.Generator, start: Point, organ: Shape, leaves: int, thickest: float
) -> tuple[Array, Array, Array]:
    """Return starts, ends and radii of vessels that branch from a point into an organ.

    Each branch heads for the middle of many random points of the organ; they are shared out between
    two daughters across the axis along which they spread most, until one is left.
    """
    low, high = organ.bounds
    points = rng.uniform(low, high, (leaves * 6, 3))
    pieces: list[tuple[Array, Array, float]] = []
    pending = [(np.array(start), points[organ.holds(points)][:leaves], thickest)]
    while pending:
        origin, group, radius = pending.pop()
        if len(group) == 0:
            continue
        share = 0.42 if len(group) > 1 else 0.9
        end = origin + share * (group.mean(axis=0) - origin) + rng.normal(0.0, 1.5, 3)
        pieces.append((origin, end, radius))
        if len(group) > 1:
            axis = int(np.argmax(group.std(axis=0)))
            far = group[:, axis] > np.median(group[:, axis])
            for part in (group[far], group[~far]):
                thinner = radius * (len(part) / len(group)) ** 0.38
                pending.append((end, part, max(thinner, _THINNEST)))
    origins, ends, radii = zip(*pieces, strict=True)
    return np.array(origins), np.array(ends), np.array(radii)


def _ball(radius: float, step: float) -> Array:
    """Points of a cubic lattice in a ball, the centre among them."""
    reach = int(radius / step)
    axis = np.arange(-reach, reach + 1) * step
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(points[np.linalg.norm(points, axis=1) <= radius])
