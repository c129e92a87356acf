"""The two sides of a case: pairs that can hold lesions, lesion voxels per side, missing organs of a pair."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from medspatial.anatomy import describe
from medspatial.questions.scene import Scene

PAIRED = {"kidney": ("kidney",), "lung": ("lung_upper_lobe", "lung_middle_lobe", "lung_lower_lobe", "lung")}
"""Paired organs that can hold lesions, and the base names of their masks."""


def pairs_for_lesion(scene: Scene, kind: str) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    """Yield (noun, masks per side) of each paired organ of this case that can hold the kind."""
    possible = scene.found.possible_hosts(kind)
    for noun, bases in PAIRED.items():
        sides = {
            side: tuple(n for n in possible if describe(n).base in bases and describe(n).side == side)
            for side in ("left", "right")
        }
        if sides["left"] and sides["right"]:
            yield noun, sides


def shell_count(scene: Scene, kind: str, organs: tuple[str, ...]) -> int:
    """Voxels of the organs under the lesions of a kind or next to them; 0 for a kind without a voxel."""
    return scene.found.shell_count(kind, organs) if kind in scene.measured.names else 0


def voxels_per_side(scene: Scene, kind: str) -> dict[str, int] | None:
    """Lesion voxels left and right; None where a component's side cannot be told."""
    counts = {"left": 0, "right": 0}
    for piece in scene.found.all_pieces.get(kind, ()):
        host = scene.found.host_of.get(piece)
        side = describe(host).side if host else None
        voxels = scene.measured.stats(piece).voxels
        if side:
            counts[side] += voxels
            continue
        midline = scene.spine.midline(scene.measured.stats(piece).centroid_mm[2])
        if midline is None:
            return None
        left = _voxels_left_of(scene, piece, midline.x)
        counts["left"] += left
        counts["right"] += voxels - left
    return counts


def _voxels_left_of(scene: Scene, piece: str, x: float) -> int:
    runs, grid = scene.measured.runs(piece), scene.measured.grid
    low, high = runs.box
    index = np.argwhere(runs.crop(low, high)) + np.array(low)
    return int((grid.to_mm(index)[:, 0] < x).sum())


def missing_partners(scene: Scene) -> tuple[str, ...]:
    """Structures without a voxel that a label map lists, whose partner is there."""
    partners = [scene.partner(name) for name in scene.organs]
    return tuple(p for p in partners if p and p in scene.listed and p not in scene.measured.names)


def place_covered(scene: Scene, name: str) -> bool:
    """Whether the place of a missing structure is inside the scan.

    The place is that of its WHOLE partner, mirrored across the spine. The height is widened by half the
    partner's own at both ends.
    """
    partner = describe(name).partner
    if scene.measured.partial or partner is None or partner not in scene.measured.names:
        return False
    if scene.not_whole(partner):
        return False
    stats, grid = scene.stats(partner), scene.measured.grid
    midline = scene.spine.midline(stats.centroid_mm[2])
    if midline is None:
        return False
    low, high = np.array(stats.low_mm), np.array(stats.high_mm)
    low[0], high[0] = 2 * midline.x - high[0], 2 * midline.x - low[0]
    reach = (high[2] - low[2]) / 2
    low[2], high[2] = low[2] - reach, high[2] + reach
    corners = grid.to_index([list(corner) for corner in product(*zip(low, high, strict=True))])
    return bool(((corners >= -0.5) & (corners <= np.array(grid.shape) - 0.5)).all())
