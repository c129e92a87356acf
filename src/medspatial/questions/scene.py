"""One case as the subtypes see it: measurements of organs with their lesions, names, order and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe, part_of, swap_side
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import Lesions, is_lesion, kind_of
from medspatial.questions.margins import (
    CUT_RADIUS_MM,
    OVERLAP_SHARE,
    SMALL_LESION_ML,
    SURE_CONTACT_FACES,
    VOLUME_RATIO,
    VOLUME_RATIO_THIN,
    at_least,
    at_most,
    ratio_of,
    sure_distance,
)
from medspatial.questions.measure import Contact, Measured, Runs, StructureStats, SurfaceDistance
from medspatial.questions.options import draw
from medspatial.questions.spine import Level, Midline, Spine
from medspatial.records import Evidence, EvidencePoint

TIERS: dict[str, int] = {
    "abdominal organ": 0, "pelvic organ": 0, "lung lobe": 0, "lung": 0, "heart": 0, "neck and mediastinum": 0,
    "vessel": 1, "spine": 2, "nervous system": 2, "airway": 1, "bone": 3, "rib cage": 4, "muscle": 4,
}  # fmt: skip
"""Which structures are asked about first: organs, then vessels, spine, bones, muscles and ribs."""
UNKNOWN_TIER = 9
NEAR_MM = 25.0
"""Boxes closer than this are near: whether such structures touch is not obvious."""
SIMILAR_RATIO = 2.0
"""Up to this ratio of volumes the larger of two organs differs between patients."""
PAIRED = {"kidney": ("kidney",), "lung": ("lung_upper_lobe", "lung_middle_lobe", "lung_lower_lobe", "lung")}
"""Paired organs that can hold lesions, and the base names of their masks."""
MIX = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Touch:
    """A sure verdict on contact: shared faces where they touch, else the gap."""

    touch: bool
    faces: int
    mm: float


class Scene:
    """One measured case.

    Parameters
    ----------
    case_id
        Its own name, and
    key
        the name that all choices by hash depend on: a mirrored case uses that of its original, so that
        the same questions are chosen.
    measured
        Its measurements.
    listed
        All structures that the case's label maps could show; those without a voxel are absent.
    mirrored
        Whether this is the mirrored control of ``key``.
    """

    def __init__(
        self,
        case_id: str,
        measured: Measured,
        *,
        key: str | None = None,
        listed: Iterable[str] = (),
        mirrored: bool = False,
    ) -> None:
        self.case_id = case_id
        self.key = key or case_id
        self.measured = measured
        self.mirrored = mirrored
        self.listed = frozenset(listed)
        self.spine = Spine(measured)
        self.found = Lesions(measured)
        names = [n for n in measured.names if not is_lesion(n) and "+" not in n and "#" not in n]
        self.organs: tuple[str, ...] = tuple(n for n in names if _tier(n) < UNKNOWN_TIER)
        self.custom: tuple[str, ...] = tuple(n for n in names if _tier(n) == UNKNOWN_TIER)
        self._hashes: dict[tuple[Any, ...], int] = {}

    # --- names and order -------------------------------------------------------------------------

    @property
    def lesions(self) -> tuple[str, ...]:
        """All lesions that can be asked about."""
        return self.found.names

    @property
    def told_apart(self) -> tuple[str, ...]:
        """All lesions that words single out."""
        return tuple(name for name in self.lesions if self.describable(name))

    @property
    def lesion_kinds(self) -> tuple[str, ...]:
        """Lesion masks of this case."""
        return self.found.kinds

    @property
    def possible_lesion_kinds(self) -> tuple[str, ...]:
        """Lesion masks of this case, and those that its label maps list without a voxel."""
        return (
            *self.lesion_kinds,
            *sorted(n for n in self.listed if is_lesion(n) and n not in self.lesion_kinds),
        )

    @property
    def vmax(self) -> float:
        """Largest voxel side in mm."""
        return self.measured.vmax

    def canonical(self, name: str) -> str:
        """The name in the original case: sides exchanged back in a mirrored one."""
        if not self.mirrored:
            return name
        kind, mark, number = name.partition("#")
        return swap_side(kind) + mark + number

    def order(self, names: Iterable[str], *salt: str) -> list[str]:
        """Sort by tier, then by hash of the case and the salt: other cases get another order."""
        salt = tuple(self.canonical(one) for one in salt)
        return sorted(names, key=lambda name: (_tier(name), self._hash(name, salt), self.canonical(name)))

    def pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs, those of organs first; which structure stands first depends on the hash alone."""
        yield from self._sorted_pairs(list(names), salt, lambda a, b: 0)

    def near_pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs whose bounding boxes are near, then the others."""
        yield from self._sorted_pairs(list(names), salt, lambda a, b: int(self.box_gap(a, b) > NEAR_MM))

    def similar_pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs of similar volume, then the others."""
        volumes = {name: self.stats(name).volume_ml for name in names}
        yield from self._sorted_pairs(
            list(volumes), salt, lambda a, b: int(ratio_of(volumes[a], volumes[b]) > SIMILAR_RATIO)
        )

    def _sorted_pairs(self, names: list[str], salt: str, rank: Any) -> Iterator[tuple[str, str]]:
        hashes = {name: self._hash(name, (salt,)) for name in names}
        tiers = {name: min(_tier(name), 4) for name in names}
        rows = []
        for a, b in combinations(sorted(names, key=self.canonical), 2):
            if kind_of(a) in part_of(b) or kind_of(b) in part_of(a) or self.found.host_of.get(a) == b:
                continue
            if self.found.host_of.get(b) == a:
                continue
            mixed = (hashes[a] * MIX + hashes[b]) % 2**64
            first, second = (a, b) if mixed >> 17 & 1 else (b, a)
            rows.append((rank(a, b), tiers[a] + tiers[b], mixed * MIX % 2**64, first, second))
        for row in sorted(rows, key=lambda row: row[:3]):
            yield row[3], row[4]

    def _hash(self, name: str, salt: tuple[str, ...]) -> int:
        key = (self.canonical(name), *salt)
        if key not in self._hashes:
            self._hashes[key] = draw(self.key, *key)
        return self._hashes[key]

    def organs_first(self, names: Sequence[str], fewest: int) -> list[str]:
        """Organs and vessels alone where there are enough of them, else all the names."""
        first = [name for name in names if _tier(name) <= 1]
        return first if len(first) >= fewest else list(names)

    def draw(self, *key: str) -> int:
        """A whole number that depends on the original case and the key."""
        return draw(self.key, *(self.canonical(one) for one in key))

    def unpaired(self, name: str) -> bool:
        """Whether a structure has no side and is not part of the spine itself."""
        known = describe(name)
        return known.side is None and not self.spinal(name) and known.group not in {"rib cage", "body region"}

    @staticmethod
    def spinal(name: str) -> bool:
        """Whether a structure is a vertebra, the sacrum or the cord."""
        return describe(name).group in {"spine", "nervous system"}

    def partner(self, name: str) -> str | None:
        """The same structure on the other side, for organs (not ribs and muscles)."""
        return describe(name).partner if _tier(name) <= 1 else None

    def contains(self, outer: str, inner: str) -> bool:
        """Whether one structure holds the other: a lesion's organ, a lung and its lobe."""
        return self.found.host_of.get(inner) == outer or outer in part_of(inner) or inner in part_of(outer)

    # --- words -----------------------------------------------------------------------------------

    def title(self, name: str, by: str = "any") -> str:
        """A structure in words without an article."""
        if is_lesion(name):
            return self.found.words(name, by) or self.found.title(kind_of(name))
        return describe(name).title

    def the(self, name: str, by: str = "any") -> str:
        """A structure in words with its article, and its lesions where it has some."""
        text = f"the {self.title(name, by)}"
        return f"{text} (including any lesion)" if self.lesions_in(name) else text

    def describable(self, name: str, by: str = "any") -> bool:
        """Whether words single this structure out."""
        return not is_lesion(name) or self.found.words(name, by) is not None

    def plural(self, kind: str, generic: bool = False) -> str:
        """A kind of lesion in the plural; ``generic`` leaves out the organ that the kind's name tells."""
        return _plural(self.found.title(kind, generic))

    def pair_noun(self, name: str) -> str:
        """A pair in the plural without a side: ``kidneys``, ``lower lobes of the lung``."""
        return _plural(describe(describe(name).base or name).title)

    # --- measurements ----------------------------------------------------------------------------

    def lesions_in(self, organ: str) -> tuple[str, ...]:
        """The lesion pieces that this organ holds."""
        return self._held.get(organ, ())

    @cached_property
    def _held(self) -> dict[str, tuple[str, ...]]:
        held: dict[str, tuple[str, ...]] = {}
        for piece, organ in sorted(self.found.host_of.items()):
            held[organ] = (*held.get(organ, ()), piece)
        return held

    def full(self, name: str) -> str:
        """The measured name of a structure: an organ with its lesions where it has some."""
        held = self.lesions_in(name)
        return self.measured.union(f"{name}+lesions", name, *held) if held else name

    def stats(self, name: str) -> StructureStats:
        """Figures of a structure, with its lesions."""
        return self.measured.stats(self.full(name))

    def runs(self, name: str) -> Runs:
        """Voxels of a structure, with its lesions."""
        return self.measured.runs(self.full(name))

    def distance(self, a: str, b: str) -> SurfaceDistance:
        """Minimum surface distance."""
        return self.measured.distance(self.full(a), self.full(b))

    def contact(self, a: str, b: str) -> Contact:
        """Contact of two structures."""
        return self.measured.contact(self.full(a), self.full(b))

    def not_whole(self, name: str) -> Drop | None:
        """The ledger's entry for a structure that is not WHOLE; a cut lesion makes its organ cut."""
        stats = self.stats(name)
        reason = stats.whole_reason
        for lesion in self.lesions_in(name):
            faces = self.measured.stats(lesion).faces
            if reason is None and faces:
                reason = f"its lesion touches the {', '.join(sorted(faces))} face of the volume"
        return (
            None
            if reason is None
            else drop("not_whole", name, figure=stats.volume_ml, unit="ml", note=reason)
        )

    def thin(self, name: str) -> bool:
        """Whether the 25 % margin holds: vague or thin structures, and lesions under 1 ml."""
        if is_lesion(name):
            return not at_least(self.stats(name).volume_ml, SMALL_LESION_ML)
        return describe(name).thin

    def ratio_limit(self, *names: str) -> float:
        """The volume ratio that a comparison of these structures needs."""
        return VOLUME_RATIO_THIN if any(self.thin(name) for name in names) else VOLUME_RATIO

    def overlapping(self, a: str, b: str) -> Drop | None:
        """The ledger's entry for two masks that overlap by more than 1 % of the smaller."""
        smaller = min(self.stats(a).voxels, self.stats(b).voxels)
        share = self.contact(a, b).overlap_voxels / smaller
        return (
            None
            if at_most(share, OVERLAP_SHARE)
            else drop("overlap", a, b, figure=share, limit=OVERLAP_SHARE)
        )

    def not_overlapped(self, name: str, *others: str) -> bool:
        """Whether a structure overlaps none of the others by more than 1 % of the smaller."""
        return not any(self.overlapping(name, other) for other in others)

    def near_cut(self, a: str, b: str) -> Drop | None:
        """The ledger's entry for a pair of which one is cut near the closest point."""
        if not self.distance(a, b).near_cut:
            return None
        return drop("near_cut", a, b, figure=self.distance(a, b).mm, limit=CUT_RADIUS_MM, unit="mm")

    def touch_verdict(self, a: str, b: str) -> Touch | Drop:
        """Whether two structures touch, or the entry for an unsure pair."""
        if refusal := self.overlapping(a, b):
            return refusal
        contact = self.contact(a, b)
        if contact.faces >= SURE_CONTACT_FACES:
            return Touch(True, contact.faces, 0.0)
        limit = sure_distance(self.vmax)
        if contact.any26:
            return drop("unsure_contact", a, b, figure=contact.faces, limit=SURE_CONTACT_FACES, unit="faces")
        found = self.distance(a, b)
        if at_most(found.mm, limit):
            return drop("unsure_contact", a, b, figure=found.mm, limit=limit, unit="mm")
        if found.near_cut:
            return drop("near_cut", a, b, figure=found.mm, limit=CUT_RADIUS_MM, unit="mm")
        return Touch(False, 0, found.mm)

    def depth(self, lesion: str, organ: str) -> SurfaceDistance:
        """Distance from a lesion to the outer boundary of the organ that holds it, lesions included."""
        return self.measured.depth(lesion, self.full(organ))

    # --- sides and levels ------------------------------------------------------------------------

    def midline(self, z: float) -> Midline | None:
        """The spine at a height."""
        return self.spine.midline(z)

    def half_width(self, z: float) -> float | None:
        """Half the body's width at a height."""
        return self.spine.half_width(z)

    def level(self, z: float) -> Level | Drop:
        """The vertebral level of a height."""
        return self.spine.level(z)

    def hosts(self, lesion: str) -> tuple[str, ...]:
        """The organ that holds a lesion, if one does."""
        host = self.found.host_of.get(lesion)
        return (host,) if host else ()

    def shell_count(self, lesion: str, organs: Iterable[str]) -> int:
        """Voxels of the organs under a lesion or next to it; 0 for a kind without a voxel."""
        if lesion not in self.measured.names:
            return 0
        return self.found.shell_count(lesion, organs)

    def pairs_for_lesion(self, kind: str) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
        """Yield (noun, masks per side) of each paired organ of this case that can hold the kind."""
        possible = self.found.possible_hosts(kind)
        for noun, bases in PAIRED.items():
            sides = {
                side: tuple(n for n in possible if describe(n).base in bases and describe(n).side == side)
                for side in ("left", "right")
            }
            if sides["left"] and sides["right"]:
                yield noun, sides

    def voxels_per_side(self, kind: str) -> dict[str, int] | None:
        """Lesion voxels left and right; None where a component's side cannot be told."""
        counts = {"left": 0, "right": 0}
        for piece in self.found.all_pieces.get(kind, ()):
            host = self.found.host_of.get(piece)
            side = describe(host).side if host else None
            if side:
                counts[side] += self.measured.stats(piece).voxels
                continue
            midline = self.midline(self.measured.stats(piece).centroid_mm[2])
            if midline is None:
                return None
            left = self._voxels_left_of(piece, midline.x)
            counts["left"] += left
            counts["right"] += self.measured.stats(piece).voxels - left
        return counts

    def _voxels_left_of(self, piece: str, x: float) -> int:
        runs, grid = self.measured.runs(piece), self.measured.grid
        low, high = runs.box
        index = np.argwhere(runs.crop(low, high)) + np.array(low)
        return int((grid.to_mm(index)[:, 0] < x).sum())

    def missing_partners(self) -> tuple[str, ...]:
        """Structures without a voxel that a label map lists, whose partner is there."""
        partners = [(name, self.partner(name)) for name in self.organs]
        return tuple(p for _, p in partners if p and p in self.listed and p not in self.measured.names)

    def place_covered(self, name: str) -> bool:
        """Whether the place of a missing structure is inside the scan.

        The place is that of its WHOLE partner, mirrored across the spine. The height is widened by half the
        partner's own at both ends.
        """
        partner = describe(name).partner
        if partner is None or partner not in self.measured.names or self.not_whole(partner):
            return False
        stats = self.stats(partner)
        midline = self.midline(stats.centroid_mm[2])
        if midline is None:
            return False
        low, high = np.array(stats.low_mm), np.array(stats.high_mm)
        low[0], high[0] = 2 * midline.x - high[0], 2 * midline.x - low[0]
        reach = (high[2] - low[2]) / 2
        low[2], high[2] = low[2] - reach, high[2] + reach
        corners = self.measured.grid.to_index(
            [list(corner) for corner in product(*zip(low, high, strict=True))]
        )
        return bool(((corners >= -0.5) & (corners <= np.array(self.measured.grid.shape) - 0.5)).all())

    def box_gap(self, a: str, b: str) -> float:
        """Gap in mm between two bounding boxes."""
        first, second = self.stats(a).bbox, self.stats(b).bbox
        gaps = np.maximum(0, np.maximum(np.subtract(second[0], first[1]), np.subtract(first[0], second[1])))
        return float(np.linalg.norm(gaps * np.array(self.measured.spacing)))

    def between(self, a: str, b: str) -> dict[str, float]:
        """Share of the segment between two centroids, outside A and B, that crosses each other organ."""
        names = {self.full(name): name for name in self.organs if name not in (a, b)}
        found = self.measured.between(self.full(a), self.full(b), names)
        return {names[full]: share for full, share in found.items()}

    # --- evidence --------------------------------------------------------------------------------

    def evidence(
        self,
        measurement: str,
        *,
        value: float | str,
        structures: Sequence[str],
        unit: str | None = None,
        margin: float | None = None,
        margin_rule: str | None = None,
        formula: str | None = None,
        points: Mapping[str, Sequence[float] | NDArray[np.float64]] | None = None,
        **details: Any,
    ) -> Evidence:
        """Make the evidence of a question; figures rounded to 4 digits, points to 0.01 mm."""
        for name in structures:
            if "#" not in name and name in self.measured.names:
                stray = self.stats(name).stray_voxels
                if stray:
                    details.setdefault("stray_voxels_set_aside", {})[name] = stray
                if self.lesions_in(name):
                    details.setdefault("with_lesions", {})[name] = list(self.lesions_in(name))
        return Evidence(
            measurement=measurement,
            value=_rounded(value),
            unit=unit,
            margin=_rounded(margin),
            margin_rule=margin_rule,
            formula=formula,
            structures=tuple(structures),
            points=tuple(EvidencePoint(name=n, xyz=_point(p)) for n, p in (points or {}).items()),
            details={name: _rounded(detail) for name, detail in details.items() if detail is not None},
        )


def _tier(name: str) -> int:
    return 0 if is_lesion(name) else TIERS.get(describe(name).group, UNKNOWN_TIER)


def _plural(text: str) -> str:
    head, of, rest = text.partition(" of ")
    return f"{head if head.endswith('s') else head + 's'}{of}{rest}"


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4)
    return int(value) if isinstance(value, np.integer) else value


def _point(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 2) + 0.0 for value in values)
    return x, y, z
