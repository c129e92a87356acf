"""Lesions of one case: the pieces of each mask, the organ that holds each, words that single one out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from medspatial.anatomy import describe
from medspatial.geometry import Measured, Runs
from medspatial.geometry.runs import intersection, union
from medspatial.questions.margins import VOLUME_RATIO_THIN, at_most, ratio_of

COUNT_VOXELS = 8
"""Pieces from this size on are lesions that can be asked about."""
APART_MM = 10.0
"""Two lesions told apart by height must differ by more than this."""
HOST_GROUPS: dict[str, tuple[str, ...]] = {
    "nodule": ("lung lobe", "lung"),
    "lung": ("lung lobe", "lung"),
    "kidney": ("kidney",),
    "pancreas": ("pancreas",),
    "liver": ("liver",),
    "pleural": (),
    "pericardial": (),
}
"""Groups or names of the organs that can hold a lesion whose name starts so; else any organ of the trunk."""
ANY_HOST = ("abdominal organ", "pelvic organ", "lung lobe", "lung", "heart", "neck and mediastinum")
ORGAN_WORDS = frozenset({"kidney", "renal", "liver", "hepatic", "pancreas", "pulmonary", "lung"})
ORDINALS = ("", "second ", "third ")
"""How far ranks by size are counted; by height only the highest and the lowest are named."""


def kind_of(name: str) -> str:
    """Return the lesion kind of a piece: ``nodule#2`` → ``nodule``."""
    return name.partition("#")[0]


def is_lesion(name: str) -> bool:
    """Whether a mask's name, or that of its piece, is a lesion."""
    return describe(kind_of(name)).kind == "lesion"


def base_kind(name: str) -> str:
    """Return a lesion mask's kind without its side: a name that tells the side would tell the answer."""
    return describe(name).base or name


def dilated(runs: Runs) -> Runs:
    """Return the voxels and all their 26 neighbours inside the grid."""
    nx = runs.shape[0]
    start, stop = np.maximum(runs.start - 1, 0), np.minimum(runs.stop + 1, nx)
    wide = Runs(runs.row, start, stop, runs.shape)
    around = [wide.shifted(dj + dk * runs.pitch) for dk in (-1, 0, 1) for dj in (-1, 0, 1)]
    return union(around)


def _kinds(measured: Measured) -> tuple[str, ...]:
    """Return the lesion kinds of a case; masks that differ in their side only are made one kind.

    A mask of the kind without a side is taken to hold all of its lesions, if there is one.
    """
    parts: dict[str, list[str]] = {}
    for name in measured.names:
        if is_lesion(name):
            parts.setdefault(base_kind(name), []).append(name)
    for kind, names in parts.items():
        if kind not in names:
            measured.union(kind, *names)
    return tuple(parts)


class Lesions:
    """All lesions of one case."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self.kinds = _kinds(measured)
        self._organs = tuple(name for name in measured.names if not is_lesion(name))
        self._shells: dict[str, Runs] = {}

    @cached_property
    def all_pieces(self) -> dict[str, tuple[str, ...]]:
        """Every piece of each kind, largest first."""
        return {kind: self._measured.pieces(kind) for kind in self.kinds}

    @cached_property
    def counted(self) -> dict[str, tuple[str, ...]]:
        """The pieces of each kind that are large enough to be lesions of their own."""
        return {kind: self._measured.pieces(kind, COUNT_VOXELS) for kind in self.kinds}

    @property
    def names(self) -> tuple[str, ...]:
        """All counted lesions."""
        return tuple(piece for pieces in self.counted.values() for piece in pieces)

    def shell_count(self, lesion: str, organs: Iterable[str]) -> int:
        """Return how many voxels of the organs' own labels lie under or beside the lesion (26 neighbours)."""
        parts = [self._measured.runs(name) for name in organs]
        if not parts:
            return 0
        if lesion not in self._shells:
            self._shells[lesion] = dilated(self._measured.runs(lesion))
        return intersection([self._shells[lesion], union(parts)]).voxels

    @property
    def trunk_organs(self) -> tuple[str, ...]:
        """The organs of this case that some lesion can lie in."""
        return tuple(name for name in self._organs if describe(name).group in ANY_HOST)

    def possible_hosts(self, lesion: str) -> tuple[str, ...]:
        """Return the organs of this case that can hold this kind of lesion."""
        groups = HOST_GROUPS.get(kind_of(lesion).split("_")[0], ANY_HOST)
        return tuple(o for o in self._organs if {describe(o).group, describe(o).base, o} & set(groups))

    def shares(self, lesion: str, organs: Iterable[str]) -> dict[str, float]:
        """Return each organ's share of the organ voxels under and around the lesion, if there are any."""
        counts = {organ: self.shell_count(lesion, [organ]) for organ in organs}
        total = sum(counts.values())
        return {organ: count / total for organ, count in counts.items()} if total else {}

    @cached_property
    def host_of(self) -> dict[str, str]:
        """The organ with the largest share, for every piece that lies in or on one."""
        hosts = {}
        for pieces in self.all_pieces.values():
            for piece in pieces:
                shares = self.shares(piece, self.possible_hosts(piece))
                if shares:
                    hosts[piece] = max(sorted(shares), key=lambda organ: shares[organ])
        return hosts

    def title(self, kind: str, generic: bool = False) -> str:
        """Return a kind in words; ``generic`` leaves out the organ that the kind's name tells."""
        text = describe(kind).title
        if not generic:
            return text
        words = [w for w in text.split() if w not in ORGAN_WORDS]
        return " ".join(words)

    def words(self, lesion: str, by: str = "any", generic: bool = False) -> str | None:
        """Return words that single out one lesion of its kind, without an article; None if there are none.

        ``by="size"`` ranks by volume (each step by more than 25 %): the largest, second and third largest,
        smallest. ``by="height"`` takes the highest or the lowest centroid (by more than 10 mm). ``by="any"``
        is by size or else by height; a lesion that is alone needs no rank. Questions about size must not name
        by size, nor those that a height helps to answer by height.
        """
        if by == "any":
            return self.words(lesion, "size", generic) or self.words(lesion, "height", generic)
        kind = kind_of(lesion)
        pieces = self.counted[kind]
        noun = self.title(kind, generic)
        if len(pieces) == 1:
            return noun
        stats = {piece: self._measured.stats(piece) for piece in pieces}
        if by == "size":
            value = {piece: stats[piece].volume_ml for piece in pieces}
        else:
            value = {piece: stats[piece].centroid_mm[2] for piece in pieces}
        ranked = sorted(pieces, key=lambda piece: (-value[piece], piece))
        place = ranked.index(lesion)
        for other in (place - 1, place + 1):
            if not 0 <= other < len(ranked):
                continue
            if by == "size" and at_most(ratio_of(value[ranked[other]], value[lesion]), VOLUME_RATIO_THIN):
                return None
            if by == "height" and at_most(abs(value[ranked[other]] - value[lesion]), APART_MM):
                return None
        if by == "height":
            return f"{('highest', 'lowest')[place > 0]} {noun}" if place in (0, len(ranked) - 1) else None
        return _ranked(noun, place, len(ranked))


def _ranked(noun: str, place: int, count: int) -> str | None:
    if place == count - 1:
        return f"smallest {noun}"
    return f"{ORDINALS[place]}largest {noun}" if place < len(ORDINALS) else None
