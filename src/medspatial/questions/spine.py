"""The spine of one case: midline, vertebral levels, and the body's width, at a height z."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from medspatial.anatomy import vertebra_order
from medspatial.geometry import Measured
from medspatial.geometry.skin import BODY_HU
from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import at_most

LEVEL_EDGE = 0.20
"""A level is asked when z is more than this share of a vertebra height away from a border."""


@dataclass(frozen=True)
class Midline:
    """A point of the spine, RAS+ mm, and what it was taken from."""

    x: float
    y: float
    source: str


@dataclass(frozen=True)
class Level:
    """A vertebral level: its short name (``L3``), its place from the head, its distance from a border."""

    name: str
    index: int
    edge_share: float


class Spine:
    """Vertebrae and spinal cord of one case, as landmarks."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._half_widths: dict[int, float | None] = {}

    @cached_property
    def _chain(self) -> list[tuple[float, int, str]]:
        """(centroid z, index from the head, name) of all WHOLE vertebrae, from the head down."""
        found = []
        for index, name in enumerate(vertebra_order()):
            if name in self._measured.names:
                stats = self._measured.stats(name)
                if stats.whole:
                    found.append((stats.centroid_mm[2], index, name))
        return sorted(found, reverse=True)

    def midline(self, z: float) -> Midline | None:
        """Return the spine at a height, or None where neither vertebrae nor cord reach it.

        Linear between the centroids of the nearest WHOLE vertebrae above and below; beyond the last one
        its own centroid counts for one vertebra height. Without WHOLE vertebrae: the spinal cord's
        centroid in that slice.
        """
        chain = self._chain
        if not chain:
            return self._cord(z)
        above = [item for item in chain if item[0] >= z]
        below = [item for item in chain if item[0] < z]
        if above and below:
            (z1, _, first), (z0, _, second) = above[-1], below[0]
            share = (z - z0) / (z1 - z0)
            upper, lower = (np.array(self._measured.stats(name).centroid_mm) for name in (first, second))
            point = lower + share * (upper - lower)
            return Midline(float(point[0]), float(point[1]), f"{first} and {second}")
        last_z, _, last = (above or below)[-1 if above else 0]
        if abs(z - last_z) > self._height(last):
            return None
        centre = self._measured.stats(last).centroid_mm
        return Midline(centre[0], centre[1], last)

    def level(self, z: float) -> Level | Drop:
        """Return the vertebral level of an axial plane; borders lie half-way between neighbour centroids."""
        chain = self._chain
        for (z1, upper, first), (z0, lower, second) in pairwise(chain):
            if not z0 <= z <= z1:
                continue
            if lower != upper + 1:
                return drop("no_spine", note=f"no vertebrae between {first} and {second} in the chain")
            from_border = abs(z - (z0 + z1) / 2) / (z1 - z0)
            if at_most(from_border, LEVEL_EDGE):
                return drop("level_border", figure=from_border, limit=LEVEL_EDGE)
            nearer = (upper, first) if z > (z0 + z1) / 2 else (lower, second)
            return Level(nearer[1].removeprefix("vertebrae_"), nearer[0], from_border)
        return drop("no_spine", figure=z, unit="mm", note="outside the chain of WHOLE vertebrae")

    def half_width(self, z: float) -> float | None:
        """Return half the x extent in mm of the body around the spine in the slice at z; None without CT.

        The body is the connected part above -300 HU that contains the spine in that slice: arms that do
        not touch the trunk there are left out.
        """
        middle = self.midline(z)
        if middle is None or self._measured.ct is None:
            return None
        grid = self._measured.grid
        i, j, k = np.rint(grid.to_index((middle.x, middle.y, z))).astype(int)
        if not all(0 <= at < size for at, size in zip((i, j, k), grid.shape, strict=True)):
            return None
        if k not in self._half_widths:
            self._half_widths[k] = self._body_half_width(int(i), int(j), int(k))
        return self._half_widths[k]

    def _body_half_width(self, i: int, j: int, k: int) -> float | None:
        from scipy.ndimage import label

        assert self._measured.ct is not None
        parts, _ = label(self._measured.ct.voxels[:, :, k] > BODY_HU)
        if parts[i, j] == 0:
            return None
        columns = np.flatnonzero((parts == parts[i, j]).any(axis=1))
        return float((columns[-1] - columns[0] + 1) * self._measured.grid.spacing[0] / 2)

    def _cord(self, z: float) -> Midline | None:
        if "spinal_cord" not in self._measured.names:
            return None
        grid, runs = self._measured.grid, self._measured.runs("spinal_cord")
        centre = np.array(self._measured.stats("spinal_cord").centroid_mm)
        k = int(np.rint(grid.to_index((centre[0], centre[1], z))[2]))
        part = runs.take(runs.k == k)
        if part.row.size == 0:
            return None
        length = part.stop - part.start
        at_i = float((length * (part.start + part.stop - 1)).sum() / 2 / length.sum())
        at_j = float((length * part.j).sum() / length.sum())
        point = grid.to_mm((at_i, at_j, k))
        return Midline(float(point[0]), float(point[1]), "spinal_cord")

    def _height(self, name: str) -> float:
        """Distance to the nearest neighbour's centroid, or the vertebra's own height when it is alone."""
        own = self._measured.stats(name)
        gaps = [abs(z - own.centroid_mm[2]) for z, _, other in self._chain if other != name]
        return min(gaps) if gaps else own.extent_mm[2]
