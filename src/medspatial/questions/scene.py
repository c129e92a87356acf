"""One case as the subtypes see it: its structures with their lesions, in words and in figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe, part_of, vertebra_order
from medspatial.geometry import Contact, Measured, StructureStats, SurfaceDistance
from medspatial.geometry.traits import LARGEST_SHARE
from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import ORGAN_WORDS, Lesions, base_kind, is_lesion, kind_of
from medspatial.questions.margins import SMALL_LESION_ML, VOLUME_RATIO, VOLUME_RATIO_THIN, at_least
from medspatial.questions.order import ORGANS_AND_VESSELS, UNKNOWN_TIER, Order, tier
from medspatial.questions.spine import Spine

NEAR_MM = 25.0
"""Boxes closer than this are near: whether such structures touch is not obvious."""
SIMILAR_RATIO = 2.0
"""Up to this ratio of volumes the larger of two organs differs between patients."""
SHARE_RATIO = 20.0
"""Up to this ratio a share in per cent of another organ is a figure one can estimate."""
DIRECTION_WORDS = (
    frozenset({"left", "right"}),
    frozenset({"anterior", "posterior", "ascending", "descending"}),
    frozenset({"upper", "middle", "lower", "superior", "inferior", "ascending", "descending"}),
)
SPINAL_CANAL = "spinal_cord"
CANAL_LEVELS = vertebra_order().index("vertebrae_L2") + 1
LESION_NOTE = "Each organ or lobe is taken including any lesion in it."
"""Said where the options, not the question's own words, name organs that can hold lesions."""


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
        names = [n for n in measured.names if not is_lesion(n) and "+" not in n and "#" not in n]
        self.found = Lesions(measured)
        self.by_hash = Order(self.key, mirrored=mirrored)
        self.organs: tuple[str, ...] = tuple(n for n in names if tier(n) < UNKNOWN_TIER)
        self._canal_end = _canal_end(measured)
        self.custom: tuple[str, ...] = tuple(n for n in names if tier(n) == UNKNOWN_TIER)

    # --- which structures, in which order --------------------------------------------------------

    @property
    def lesions(self) -> tuple[str, ...]:
        """All lesions that can be asked about: none where a mask file ends inside the scan.

        Words such as "the largest nodule" hold only where all of the scan was looked at.
        """
        return () if self.measured.partial else self.found.names

    @property
    def distinguishable(self) -> tuple[str, ...]:
        """All lesions that words single out."""
        return tuple(name for name in self.lesions if self.describable(name))

    @property
    def possible_lesion_kinds(self) -> tuple[str, ...]:
        """Lesion kinds of this case, and those that its label maps list without a voxel."""
        listed = {base_kind(name) for name in self.listed if is_lesion(name)}
        return (*self.found.kinds, *sorted(listed - set(self.found.kinds)))

    @cached_property
    def centred(self) -> tuple[str, ...]:
        """The organs whose centre means something: not the bowel, ribs and rib cartilage."""
        return tuple(
            name
            for name in self.organs
            if not describe(name).scattered and (tier(name) < 4 or describe(name).muscle or name == "sternum")
        )

    def offered(self, names: Iterable[str], *about: str) -> list[str]:
        """The names that may stand among the options of a question about some structures.

        The spinal canal is no choice beside what lies below L2: the mask is the canal's content, which
        ends there at no fixed level.
        """
        below = self._canal_end is None or any(
            self.stats(one).centroid_mm[2] < self._canal_end for one in about
        )
        return [name for name in names if not (below and name == SPINAL_CANAL)]

    @property
    def vmax(self) -> float:
        """Largest voxel side in mm."""
        return self.measured.vmax

    def canonical(self, name: str) -> str:
        """The name in the original case: sides exchanged back in a mirrored one."""
        return self.by_hash.canonical(name)

    def order(self, names: Iterable[str], *salt: str) -> list[str]:
        """Sort organs first, then by hash of the case and the salt."""
        return self.by_hash.sort(names, *salt)

    def draw(self, *key: str) -> int:
        """A whole number that depends on the original case and the key."""
        return self.by_hash.draw(*key)

    def pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs, those of organs first; which structure stands first depends on the hash alone."""
        return self.by_hash.pairs(list(names), salt, apart=self.apart)

    def near_pairs(
        self, names: Iterable[str], salt: str, reach_mm: float = NEAR_MM
    ) -> Iterator[tuple[str, str]]:
        """Yield all pairs whose bounding boxes are near, then the others."""
        return self.by_hash.pairs(
            list(names), salt, apart=self.apart, rank=lambda chosen: self._gaps(chosen) > reach_mm
        )

    def similar_pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs of similar volume, then the others."""
        return self.by_hash.pairs(
            list(names), salt, apart=self.apart, rank=lambda chosen: self._ratios(chosen) > SIMILAR_RATIO
        )

    def share_pairs(self, names: Iterable[str], salt: str) -> Iterator[tuple[str, str]]:
        """Yield all pairs of one body region whose share one can estimate, then the others."""

        def rank(chosen: Sequence[str]) -> NDArray[Any]:
            regions = np.array([describe(kind_of(name)).region for name in chosen])
            return np.asarray((self._ratios(chosen) > SHARE_RATIO) + 1 * (regions[:, None] != regions[None]))

        return self.by_hash.pairs(list(names), salt, apart=self.apart, rank=rank)

    def _gaps(self, names: Sequence[str]) -> NDArray[np.float64]:
        boxes = np.array([self.stats(name).bbox for name in names])
        return box_gaps(boxes, boxes, self.measured.spacing)

    def _ratios(self, names: Sequence[str]) -> NDArray[np.float64]:
        volumes = np.array([self.stats(name).volume_ml for name in names])
        ratios = volumes[:, None] / volumes[None, :]
        return np.asarray(np.maximum(ratios, ratios.T))

    def near(self, name: str, others: Sequence[str]) -> list[str]:
        """The others whose bounding boxes are near."""
        if not others:
            return []
        boxes = np.array([self.stats(other).bbox for other in others])
        gaps = box_gaps(np.array([self.stats(name).bbox]), boxes, self.measured.spacing)[0]
        return [other for other, gap in zip(others, gaps, strict=True) if gap <= NEAR_MM]

    def organs_first(self, names: Sequence[str], fewest: int) -> list[str]:
        """Organs and vessels alone where there are enough of them, else all the names."""
        first = [name for name in names if tier(name) <= ORGANS_AND_VESSELS]
        return first if len(first) >= fewest else list(names)

    def unpaired(self, name: str) -> bool:
        """Whether a structure has no side and is not part of the spine itself."""
        known = describe(name)
        return known.side is None and not self.spinal(name) and known.group not in {"rib cage", "body region"}

    @staticmethod
    def distinguished_by_words(a: str, b: str) -> bool:
        """Whether the names alone tell which of two structures is further left: their sides differ.

        One with a side and one without: most of what has no side lies near the midline, and a lesion that is
        asked about the partner of its organ lies on the other side.
        """
        return describe(kind_of(a)).side != describe(kind_of(b)).side

    def tells_direction(self, axis: int, *names: str) -> bool:
        """Whether a name holds a direction word of an axis (x, y, z), such as ``upper``."""
        return any(DIRECTION_WORDS[axis] & set(describe(kind_of(name)).title.split()) for name in names)

    @staticmethod
    def spinal(name: str) -> bool:
        """Whether a structure is a vertebra, the sacrum or the cord."""
        return describe(name).group in {"spine", "nervous system"}

    @staticmethod
    def partner(name: str) -> str | None:
        """The same structure on the other side, for organs (not ribs and muscles)."""
        return describe(name).partner if tier(name) <= ORGANS_AND_VESSELS else None

    def contains(self, a: str, b: str) -> bool:
        """Whether one structure holds the other: an organ its lesion, a lung its lobe."""
        hosts = self.found.host_of
        return hosts.get(a) == b or hosts.get(b) == a or a in part_of(b) or b in part_of(a)

    def apart(self, a: str, b: str) -> bool:
        """Whether a pair is not asked about: one holds the other, or is the partner of what holds it.

        A lesion is not asked about its own organ, so a question about the partner would tell its side.
        """
        hosts = self.found.host_of
        other = {describe(hosts[one]).partner for one in (a, b) if one in hosts}
        return self.contains(a, b) or a in other or b in other

    # --- words -----------------------------------------------------------------------------------

    def title(self, name: str, by: str = "any") -> str:
        """A structure in words without an article, always in the singular."""
        if is_lesion(name):
            return self.found.words(name, by) or self.found.title(kind_of(name))
        text = describe(name).title
        return f"{text.removesuffix('s')} group" if text.endswith(" muscles") else text

    def the(self, name: str, by: str = "any") -> str:
        """A structure in words with its article, and its lesions where it has some or could have."""
        text = f"the {self.title(name, by)}"
        return f"{text} (including any lesion)" if self.may_hold(name) else text

    def bare(self, name: str) -> str:
        """A structure in words with its article alone."""
        return f"the {self.title(name)}"

    def note(self, *names: str) -> str:
        """What must be said about lesions when these structures stand in the options; empty if nothing."""
        return LESION_NOTE if any(self.may_hold(name) for name in names) else ""

    def may_hold(self, name: str) -> bool:
        """Whether a lesion of this case lies in a structure, or one that the label maps list could.

        It depends on the kinds of lesions that were looked for: that the words mention lesions does not tell
        whether there are any.
        """
        return name in self._may_hold

    @cached_property
    def _may_hold(self) -> frozenset[str]:
        return frozenset(
            organ for kind in self.possible_lesion_kinds for organ in self.found.possible_hosts(kind)
        )

    def describable(self, name: str, by: str = "any") -> bool:
        """Whether words single this structure out."""
        return not is_lesion(name) or self.found.words(name, by) is not None

    def plural(self, kind: str, generic: bool = False) -> str:
        """A kind of lesion in the plural; ``generic`` leaves out the organ that the kind's name tells."""
        words = describe(kind).plural.split()
        return " ".join(word for word in words if not (generic and word in ORGAN_WORDS))

    @staticmethod
    def pair_noun(name: str) -> str:
        """A pair in the plural without a side: ``kidneys``, ``lower lobes of the lungs``."""
        return describe(name).plural

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

    def distance(self, a: str, b: str) -> SurfaceDistance:
        """Minimum surface distance."""
        return self.measured.distance(self.full(a), self.full(b))

    def contact(self, a: str, b: str) -> Contact:
        """Contact of two structures."""
        return self.measured.contact(self.full(a), self.full(b))

    def depth(self, lesion: str, organ: str) -> SurfaceDistance:
        """Distance from a lesion to the outer boundary of the organ that holds it, lesions included."""
        return self.measured.depth(lesion, self.full(organ))

    def between(self, a: str, b: str) -> dict[str, float]:
        """Share of the segment between two centroids, outside A and B, that crosses each other organ."""
        names = {self.full(name): name for name in self.organs if name not in (a, b)}
        found = self.measured.between(self.full(a), self.full(b), names)
        return {names[full]: share for full, share in found.items()}

    def hosts(self, lesion: str) -> tuple[str, ...]:
        """The organ that holds a lesion, if one does."""
        host = self.found.host_of.get(lesion)
        return (host,) if host else ()

    def not_whole(self, name: str) -> Drop | None:
        """The ledger's entry for a structure that is not WHOLE; a cut lesion makes its organ cut."""
        stats = self.stats(name)
        reason = stats.whole_reason
        for lesion in self.lesions_in(name):
            faces = self.measured.stats(lesion).faces
            if reason is None and faces:
                reason = f"its lesion touches the {', '.join(sorted(faces))} face of the volume"
        if reason is None:
            return None
        return drop("not_whole", name, figure=stats.volume_ml, unit="ml", note=reason)

    def in_pieces(self, name: str) -> Drop | None:
        """The ledger's entry for a structure without a main component: it says nothing about distances.

        Colon, small bowel and ribs are exempt, and so are lesions, each of which is one component.
        """
        share = self.stats(name).largest_share
        if describe(name).scattered or is_lesion(name) or at_least(share, LARGEST_SHARE):
            return None
        return drop("in_pieces", name, figure=share, limit=LARGEST_SHARE)

    def clear_of_cut(self, cut: str, other: str) -> float | None:
        """How far in mm a structure keeps from the faces that cut another one; None if it touches any."""
        return self.measured.clear_of_cut(self.full(cut), self.full(other))

    def thin(self, name: str) -> bool:
        """Whether the 25 % margin holds: vague or thin structures, and lesions under 1 ml."""
        if is_lesion(name):
            return not at_least(self.stats(name).volume_ml, SMALL_LESION_ML)
        return describe(name).thin

    def ratio_limit(self, *names: str) -> float:
        """The volume ratio that a comparison of these structures needs."""
        return VOLUME_RATIO_THIN if any(self.thin(name) for name in names) else VOLUME_RATIO


def box_gaps(
    first: NDArray[np.int64], second: NDArray[np.int64], spacing: Sequence[float]
) -> NDArray[np.float64]:
    """Gaps in mm (n, m) between bounding boxes (n, 2, 3) and (m, 2, 3) of inclusive voxel indices."""
    a, b = first[:, None], second[None, :]
    steps = np.maximum(0, np.maximum(b[:, :, 0] - a[:, :, 1], a[:, :, 0] - b[:, :, 1]))
    return np.asarray(np.linalg.norm(steps * np.array(spacing), axis=-1))


def _canal_end(measured: Measured) -> float | None:
    """Return the z of the lower edge of L2, or of the lowest level above it; None without such a vertebra."""
    names = [name for name in vertebra_order()[:CANAL_LEVELS] if name in measured.names]
    return float(measured.stats(names[-1]).low_mm[2]) if names else None
