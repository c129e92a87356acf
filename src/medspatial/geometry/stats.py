"""Size, place and completeness of one structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medspatial.geometry.components import Pieces
from medspatial.geometry.grid import WORLD_FACES, Floats, RasGrid
from medspatial.geometry.runs import Runs, union
from medspatial.geometry.traits import Traits
from medspatial.volume.fields import Box

Point = tuple[float, float, float]


@dataclass(frozen=True)
class StructureStats:
    """Figures of one structure after its stray pieces have been set aside.

    Parameters
    ----------
    voxels, volume_ml
        Size; the volume is voxels times the determinant of the affine.
    centroid_mm
        Mean voxel centre, RAS+ mm.
    bbox
        First and last (inclusive) voxel index along i, j, k of the RAS-ordered grid.
    low_mm, high_mm
        Edges of the structure along the world axes x, y, z: extreme voxel centres and half a voxel's
        projection beyond them.
    faces
        Faces of the volume the structure touches, in patient terms.
    largest_share
        Share of the largest connected piece (26 neighbours).
    components
        Number of connected pieces kept.
    stray_components, stray_voxels
        Pieces set aside as stray, and their voxels.
    mean_hu
        Mean CT value; None without CT.
    whole, whole_reason
        Whether the structure is WHOLE, and if not why, with the figure.
    """

    voxels: int
    volume_ml: float
    centroid_mm: Point
    bbox: Box
    low_mm: Point
    high_mm: Point
    faces: frozenset[str]
    largest_share: float
    components: int
    stray_components: int
    stray_voxels: int
    mean_hu: float | None
    whole: bool
    whole_reason: str | None

    @property
    def extent_mm(self) -> Point:
        """Edge to edge size along the world axes x, y, z."""
        x, y, z = (high - low for low, high in zip(self.low_mm, self.high_mm, strict=True))
        return x, y, z


def measure(
    runs: Runs,
    grid: RasGrid,
    pieces: Pieces,
    limits: Traits,
    *,
    stray_voxels: int,
    hu_sum: float | None,
    field: Box | None = None,
) -> StructureStats:
    """Put together the figures of a non-empty structure.

    Parameters
    ----------
    runs
        The structure without its stray pieces.
    pieces
        All its pieces, stray ones included.
    stray_voxels
        Voxels that were set aside.
    hu_sum
        Sum of the CT values, None without CT.
    field
        The box that the structure's mask file has seen; None for the whole volume.
    """
    low, high = edges(runs, grid)
    kept = pieces.sizes[: pieces.sizes.size - pieces.stray(limits.stray_share).size]
    share = float(kept[0] / kept.sum())
    faces = touched_faces(runs, field)
    volume = runs.voxels * grid.voxel_ml
    reason = why_not_whole(faces, runs.voxels, volume, share, limits)
    if reason and faces - touched_faces(runs):
        reason = reason.replace("of the volume", "of its mask file, which ends inside the CT")
    return StructureStats(
        voxels=runs.voxels,
        volume_ml=volume,
        centroid_mm=_point(grid.to_mm(mean_index(runs))),
        bbox=runs.box,
        low_mm=low,
        high_mm=high,
        faces=faces,
        largest_share=share,
        components=int(kept.size),
        stray_components=int(pieces.sizes.size - kept.size),
        stray_voxels=stray_voxels,
        mean_hu=None if hu_sum is None else hu_sum / runs.voxels,
        whole=reason is None,
        whole_reason=reason,
    )


def mean_index(runs: Runs) -> Floats:
    """Mean voxel index (3,) of a non-empty structure."""
    length = runs.stop - runs.start
    sum_i = (length * (runs.start + runs.stop - 1)).sum() / 2
    return np.array([sum_i, (length * runs.j).sum(), (length * runs.k).sum()]) / runs.voxels


def edges(runs: Runs, grid: RasGrid) -> tuple[Point, Point]:
    """Lowest and highest world coordinate on each axis, edge to edge, also on an oblique grid."""
    axes, origin = grid.affine.matrix[:3, :3], grid.affine.matrix[:3, 3]
    low, high = [], []
    for axis in range(3):
        across = axes[axis, 1] * runs.j + axes[axis, 2] * runs.k + origin[axis]
        ends = (across + axes[axis, 0] * runs.start, across + axes[axis, 0] * (runs.stop - 1))
        half = np.abs(axes[axis]).sum() / 2
        low.append(min(float(end.min()) for end in ends) - half)
        high.append(max(float(end.max()) for end in ends) + half)
    return _point(np.array(low)), _point(np.array(high))


def touched_faces(runs: Runs, field: Box | None = None) -> frozenset[str]:
    """Faces of the volume, or of the field seen, on which the structure has a voxel, in patient terms."""
    low, high = runs.box
    least, most = field or whole_field(runs)
    touched = []
    for axis, (first, last) in enumerate(WORLD_FACES):
        if low[axis] <= least[axis]:
            touched.append(first)
        if high[axis] >= most[axis]:
            touched.append(last)
    return frozenset(touched)


def why_not_whole(
    faces: frozenset[str], voxels: int, volume_ml: float, largest_share: float, limits: Traits
) -> str | None:
    """First rule that keeps a structure from being WHOLE, in words with its figure; None if it is WHOLE."""
    if faces:
        return f"touches the {', '.join(sorted(faces))} face of the volume"
    if voxels < limits.minimum_voxels:
        return f"{voxels} voxels, under {limits.minimum_voxels}"
    if volume_ml < limits.minimum_ml:
        return f"{volume_ml:.3g} ml, under {limits.minimum_ml:g} ml"
    if largest_share < limits.largest_share:
        return f"largest component holds {largest_share:.1%}, under {limits.largest_share:.0%}"
    return None


def whole_field(runs: Runs) -> Box:
    """The box of the whole volume."""
    nx, ny, nz = runs.shape
    return (0, 0, 0), (nx - 1, ny - 1, nz - 1)


def on_face(runs: Runs, field: Box | None = None) -> Runs:
    """The part of a structure that lies on a face of the volume, or of the field seen."""
    (x0, y0, z0), (x1, y1, z1) = field or whole_field(runs)
    side = runs.take((runs.j <= y0) | (runs.j >= y1) | (runs.k <= z0) | (runs.k >= z1))
    first, last = runs.take(runs.start <= x0), runs.take(runs.stop > x1)
    left = Runs(first.row, first.start, np.minimum(first.stop, x0 + 1), runs.shape)
    right = Runs(last.row, np.maximum(last.start, x1), last.stop, runs.shape)
    return union([side, left, right])


def _point(values: Floats) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
