"""All measurements of one case, made when asked for and kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from medspatial.errors import InputError
from medspatial.geometry import distance as pairs_of
from medspatial.geometry.between import shares_between
from medspatial.geometry.components import Pieces, pieces_of
from medspatial.geometry.depth import depth, outer_boundary
from medspatial.geometry.distance import Closest, Contact, Searchable
from medspatial.geometry.feret import Diameter, axial_diameter, solid_diameter
from medspatial.geometry.grid import Floats, RasGrid
from medspatial.geometry.layers import runs_of_labels
from medspatial.geometry.runs import Runs, union
from medspatial.geometry.skin import skin_near
from medspatial.geometry.stats import Point, StructureStats, measure, on_face, whole_field
from medspatial.geometry.traits import Traits, traits
from medspatial.volume.fields import Box, common_box

if TYPE_CHECKING:
    from medspatial.volume import Affine, MaskSet, Volume

CUT_RADIUS_MM = 20.0
"""A surface within this distance of the closest point that was cut by the scan could be nearer in truth."""


Cut = tuple[int, int, int]
"""A face that cuts: grid axis, end (0 low, 1 high), index of the outermost voxels behind it."""


@dataclass(frozen=True)
class SurfaceDistance:
    """Minimum surface distance of two structures, in the order they were asked for.

    Parameters
    ----------
    mm
        Exact least distance between voxel centres; 0 when the structures touch.
    point_a, point_b
        The closest voxel centres, RAS+ mm. Ties go to the first pair in lexicographic voxel order.
    touching
        Whether any pair of voxels are 26-neighbours (or one voxel belongs to both).
    cut_a, cut_b
        Whether the structure has a voxel on a volume face within 20 mm of its closest point, or what a
        mask file that ends inside the CT hides could be nearer.
    """

    mm: float
    point_a: Point
    point_b: Point
    touching: bool
    cut_a: bool
    cut_b: bool

    @property
    def near_cut(self) -> bool:
        """Whether either structure is cut near its closest point."""
        return self.cut_a or self.cut_b


@dataclass(frozen=True)
class Part:
    """One connected piece of a structure, stray pieces included; figures as in `StructureStats`."""

    voxels: int
    volume_ml: float
    centroid_mm: Point
    extent_mm: Point
    low_mm: Point
    high_mm: Point


@dataclass(eq=False)
class _Entry:
    """A structure under its name: raw runs, and after the first use pieces and cleaned runs."""

    raw: Runs
    limits: Traits
    parts: tuple[str, ...] = ()
    pieces: Pieces | None = None
    clean: Searchable | None = None
    face: Runs | None = None
    field: Box | None = None  # what its mask file has seen; None: the whole volume


class Measured:
    """Measurements of one case in patient space.

    The masks are brought to RAS order first (without loss), so nothing depends on how they were stored.
    Stray pieces are set aside before any measurement; the pieces of a lesion are lesions of their own and
    never stray. Grid indices in results are RAS-ordered, millimetres are RAS+.

    Parameters
    ----------
    masks
        All masks of the case; masks of different layers may overlap.
    ct
        CT on the same grid, for mean HU and body width.

    Raises
    ------
    InputError
        If the CT lies on another grid than the masks.
    """

    def __init__(self, masks: MaskSet, ct: Volume | None = None) -> None:
        turned = masks.oriented("RAS")
        self.affine: Affine = turned.affine
        self.grid = RasGrid(turned.grid.shape, turned.grid.affine)
        self.ct = None if ct is None else self._same_grid(ct)
        self.partial = masks.partial
        self._entries: dict[str, _Entry] = {}
        self._stats: dict[str, StructureStats] = {}
        self._closest: dict[tuple[str, str], Closest] = {}
        self._surfaces: dict[str, Searchable] = {}
        self._contacts: dict[tuple[str, str], Contact] = {}
        for number, layer in enumerate(turned.layers):
            found = runs_of_labels(layer)
            for name in turned.names:
                at, label = turned.locate(name)
                if at == number and label in found:
                    self._entries[name] = _Entry(found[label], traits(name), field=turned.fields.get(name))

    @property
    def names(self) -> tuple[str, ...]:
        """All structures: those of the masks, then those added by `union` and `pieces`."""
        return tuple(self._entries)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size in mm along the RAS-ordered axes."""
        return self.grid.spacing

    @property
    def vmax(self) -> float:
        """Largest voxel side in mm."""
        return self.grid.vmax

    def runs(self, name: str) -> Runs:
        """Voxels of a structure without its stray pieces."""
        return self._clean(name).runs

    def raw_runs(self, name: str) -> Runs:
        """All voxels of a structure, stray pieces included."""
        return self._entry(name).raw

    def stats(self, name: str) -> StructureStats:
        """Size, place and completeness of a structure."""
        if name not in self._stats:
            clean, entry = self._clean(name).runs, self._entry(name)
            assert entry.pieces is not None
            self._stats[name] = measure(
                clean,
                self.grid,
                entry.pieces,
                entry.limits,
                stray_voxels=entry.raw.voxels - clean.voxels,
                hu_sum=self._hu_sum(clean),
                field=entry.field,
            )
        return self._stats[name]

    def union(self, name: str, *parts: str) -> str:
        """Add a structure made of several, such as an organ with its lesions; rules are those of the first.

        Returns the name. Repeating the same call changes nothing.

        Raises
        ------
        InputError
            If the name is taken by something else, or there are no parts.
        """
        if not parts:
            raise InputError(f"union {name!r}: at least one part is needed")
        known = self._entries.get(name)
        if known is not None:
            if known.parts != parts:
                raise InputError(f"union {name!r}: the name is already used for another structure")
            return name
        entries = [self._entry(part) for part in parts]
        field = reduce(common_box, (entry.field for entry in entries))
        raw = union([entry.raw for entry in entries])
        self._entries[name] = _Entry(raw, entries[0].limits, parts, field=field)
        return name

    def pieces(self, name: str, minimum_voxels: int = 1) -> tuple[str, ...]:
        """Add every connected piece of a structure as a structure of its own, largest first.

        The pieces are named ``nodule#1``, ``nodule#2``, ...; equal sizes go by first voxel in (i, j, k).
        """
        entry = self._entry(name)
        found = self._pieces(name)
        count = int((found.sizes >= minimum_voxels).sum())
        names = tuple(f"{name}#{number + 1}" for number in range(count))
        for number, piece in enumerate(names):
            if piece not in self._entries:
                self._entries[piece] = _Entry(
                    entry.raw.take(found.piece == number), entry.limits, (name,), field=entry.field
                )
        return names

    def components(self, name: str) -> tuple[Part, ...]:
        """All connected pieces of a structure, largest first, stray ones included."""
        return tuple(self._part(piece) for piece in self.pieces(name))

    def contact(self, a: str, b: str) -> Contact:
        """How two structures meet: shared voxel faces, 26-neighbours, shared voxels."""
        key = (min(a, b), max(a, b))
        if key not in self._contacts:
            self._contacts[key] = pairs_of.contact(self._clean(a), self._clean(b))[0]
        return self._contacts[key]

    def distance(self, a: str, b: str) -> SurfaceDistance:
        """Minimum surface distance and the closest points."""
        found = self.distance_within(a, b, np.inf)
        assert found is not None
        return found

    def distance_within(self, a: str, b: str, limit_mm: float) -> SurfaceDistance | None:
        """Minimum surface distance, or None when it is more than `limit_mm`."""
        if (a, b) not in self._closest:
            found = pairs_of.closest_pair(self._clean(a), self._clean(b), limit_mm)
            if found is None:
                return None
            self._closest[a, b] = found
        closest = self._closest[a, b]
        return self._surface(a, b, closest) if closest.mm <= limit_mm * (1 + 1e-9) else None

    def distances(
        self, pairs: Iterable[tuple[str, str]], upper_bound: float = np.inf
    ) -> dict[tuple[str, str], SurfaceDistance]:
        """Minimum surface distances of many pairs; pairs farther apart than `upper_bound` mm are left out."""
        found = {pair: self.distance_within(*pair, upper_bound) for pair in pairs}
        return {pair: distance for pair, distance in found.items() if distance is not None}

    def nearest(
        self, name: str, candidates: Sequence[str], count: int = 2
    ) -> list[tuple[str, SurfaceDistance]]:
        """The `count` candidates with the smallest surface distance to a structure, nearest first.

        Candidates whose bounding boxes are too far away are not searched. Ties go to the first name.
        """
        own = self._clean(name)
        ranked: list[tuple[float, str]] = []
        for gap, candidate in sorted((pairs_of.least_gap(own, self._clean(c)), c) for c in candidates):
            limit = ranked[count - 1][0] if len(ranked) >= count else np.inf
            if gap > limit * (1 + 1e-9):
                break
            found = self.distance_within(name, candidate, limit)
            if found is not None:
                ranked = sorted([*ranked, (found.mm, candidate)])
        return [(candidate, self.distance(name, candidate)) for _, candidate in ranked[:count]]

    def depth(self, lesion: str, organ: str) -> SurfaceDistance:
        """Distance of a lesion to the outer boundary of its organ; 0 when a lesion voxel is on the boundary.

        Parameters
        ----------
        organ
            The organ with its lesions, as made by `union`. Holes inside it are not its outer boundary.
        """
        if organ not in self._surfaces:
            self._surfaces[organ] = Searchable(outer_boundary(self.runs(organ)), self.grid)
        found = depth(self.runs(lesion), self._surfaces[organ], self.grid)
        assert found is not None
        return self._surface(lesion, organ, found)

    def skin_depth(self, lesion: str, reach_mm: float) -> SurfaceDistance | None:
        """Distance of a lesion to the skin, infinite beyond the reach; None without CT or outside the body.

        It is near a cut where the volume cuts the body within 20 mm of the closest point, or of the lesion
        when the skin is beyond the reach.
        """
        if self.ct is None:
            return None
        runs = self.runs(lesion)
        near = skin_near(self.ct.voxels, runs, self.grid, reach_mm)
        if near is None:
            return None
        surface, faces = near
        found = depth(runs, surface, self.grid, reach_mm)
        if found is None:
            rim = Searchable(faces, self.grid)
            cut = depth(runs, rim, self.grid, reach_mm) is not None
            centre = self.stats(lesion).centroid_mm
            return SurfaceDistance(float("inf"), centre, centre, False, cut, cut)
        ends = [self.grid.to_mm(voxel) for voxel in (found.voxel_a, found.voxel_b)]
        cut = pairs_of.distance_to_point(faces, self.grid, ends[1]) <= CUT_RADIUS_MM * (1 + 1e-6)
        return SurfaceDistance(found.mm, _point(ends[0]), _point(ends[1]), found.mm == 0, cut, cut)

    def axial_diameter(self, name: str) -> Diameter:
        """Largest diameter in any axial slice, edge to edge."""
        return axial_diameter(self.runs(name), self.grid)

    def solid_diameter(self, name: str) -> Diameter:
        """Largest diameter in space, edge to edge."""
        return solid_diameter(self.runs(name), self.grid)

    def between(self, a: str, b: str, others: Iterable[str]) -> dict[str, float]:
        """Share of the segment between two centroids inside each other structure.

        The parts of the segment inside a and b do not count. Structures that it does not cross are left out.
        """
        ends = np.array(self.stats(a).centroid_mm), np.array(self.stats(b).centroid_mm)
        inside = {name: self.runs(name) for name in others}
        return shares_between(*ends, (self.runs(a), self.runs(b)), inside, self.grid)[0]

    def _surface(self, a: str, b: str, closest: Closest) -> SurfaceDistance:
        point_a, point_b = self.grid.to_mm(closest.voxel_a), self.grid.to_mm(closest.voxel_b)
        hidden = closest.mm > 0 and self._least_hidden_mm(a, b) < closest.mm * (1 - 1e-9)
        return SurfaceDistance(
            mm=closest.mm,
            point_a=_point(point_a),
            point_b=_point(point_b),
            touching=closest.touching,
            cut_a=hidden or self.cut_near(a, point_a),
            cut_b=hidden or self.cut_near(b, point_b),
        )

    def cut_near(
        self, name: str, point_mm: Sequence[float] | Floats, radius_mm: float = CUT_RADIUS_MM
    ) -> bool:
        """Whether the structure has a voxel on a volume face within `radius_mm` of a point."""
        entry = self._entry(name)
        if entry.face is None:
            entry.face = on_face(self.runs(name), entry.field)
        gap = pairs_of.distance_to_point(entry.face, self.grid, np.asarray(point_mm, dtype=float))
        return gap <= radius_mm * (1 + 1e-6)

    def clear_of_cut(self, cut: str, other: str) -> float | None:
        """How far in mm a structure keeps from every face that cuts another one; None if it touches any.

        The unseen part of the one that is cut lies beyond these faces, so it is at least so far away.
        Distances run from voxel centres to the outermost voxels behind the face.
        """
        if self.stats(other).faces:
            return None
        faces, runs = self._cuts(cut), self.runs(other)
        return min((self._steps_inside(runs, face) * self._pitch_mm(face) for face in faces), default=None)

    def _least_hidden_mm(self, a: str, b: str) -> float:
        """How near two structures can come where a mask file that ends inside the CT does not show them.

        The scan shows what lies there, so that a distance that is asked for must not depend on it.
        """
        mine, theirs = (self._cuts(name, inside_ct=True) for name in (a, b))
        bounds = [(self._steps_inside(self.runs(b), face) + 1) * self._pitch_mm(face) for face in mine]
        bounds += [(self._steps_inside(self.runs(a), face) + 1) * self._pitch_mm(face) for face in theirs]
        for (axis, end, at), (other_axis, other_end, other_at) in product(mine, theirs):
            apart = axis == other_axis and end != other_end
            gap = (at - other_at if end else other_at - at) + 2
            bounds.append(gap * self._pitch_mm((axis, end, at)) if apart else 0.0)
        return min(bounds, default=np.inf)

    def _cuts(self, name: str, *, inside_ct: bool = False) -> list[Cut]:
        """The faces that a structure touches; with ``inside_ct`` those of its mask file alone."""
        runs = self.runs(name)
        field, whole = self._entry(name).field or whole_field(runs), whole_field(runs)
        found = []
        for axis, end in product(range(3), range(2)):
            at = field[end][axis]
            if runs.box[end][axis] * (1, -1)[end] <= at * (1, -1)[end]:
                found.append((axis, end, at))
        return [cut for cut in found if not inside_ct or cut[2] != whole[cut[1]][cut[0]]]

    @staticmethod
    def _steps_inside(runs: Runs, face: Cut) -> int:
        """Grid steps from a face inward to the nearest voxel of a structure; negative beyond the face."""
        axis, end, at = face
        return at - runs.box[1][axis] if end else runs.box[0][axis] - at

    def _pitch_mm(self, face: Cut) -> float:
        """Distance in mm of neighbouring voxel planes parallel to a face."""
        return 1.0 / float(np.linalg.norm(np.linalg.inv(self.grid.affine.matrix[:3, :3])[face[0]]))

    def _entry(self, name: str) -> _Entry:
        if name not in self._entries:
            known = ", ".join(sorted(self._entries)) or "none"
            raise InputError(f"structure {name!r}: not among the masks of this case ({known})")
        return self._entries[name]

    def _pieces(self, name: str) -> Pieces:
        """Connected pieces; the first call finds those of all structures that still lack them."""
        entry = self._entry(name)
        if entry.pieces is None:
            lacking = [other for other in self._entries.values() if other.pieces is None]
            for other, found in zip(lacking, pieces_of([one.raw for one in lacking]), strict=True):
                other.pieces = found
        assert entry.pieces is not None
        return entry.pieces

    def _clean(self, name: str) -> Searchable:
        entry = self._entry(name)
        if entry.clean is None:
            found = self._pieces(name)
            stray = found.stray(entry.limits.stray_share)
            kept = entry.raw if stray.size == 0 else entry.raw.take(~np.isin(found.piece, stray))
            entry.clean = Searchable(kept, self.grid)
        return entry.clean

    def _hu_sum(self, runs: Runs) -> float | None:
        from medspatial.geometry.sweep import sum_inside

        if self.ct is None:
            return None
        return sum_inside(self.ct.voxels.T, runs.row, runs.start, runs.stop, runs.pitch)

    def _part(self, name: str) -> Part:
        stats = self.stats(name)
        return Part(
            stats.voxels, stats.volume_ml, stats.centroid_mm, stats.extent_mm, stats.low_mm, stats.high_mm
        )

    def _same_grid(self, ct: Volume) -> Volume:
        turned = ct.oriented("RAS")
        if turned.shape != self.grid.shape:
            raise InputError(f"CT grid {turned.shape} and mask grid {self.grid.shape} differ")
        if not np.allclose(turned.affine.matrix, self.grid.affine.matrix, atol=1e-2):
            raise InputError("CT and masks have the same shape but different affines")
        return turned


def _point(values: Floats) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
