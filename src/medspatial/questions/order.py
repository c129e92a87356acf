"""In which order structures and pairs are tried: organs first, then by hash of the case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe, swap_side
from medspatial.questions.lesions import is_lesion
from medspatial.questions.options import draw

TIERS: dict[str, int] = {
    "abdominal organ": 0, "pelvic organ": 0, "lung lobe": 0, "lung": 0, "heart": 0, "neck and mediastinum": 0,
    "vessel": 1, "spine": 2, "nervous system": 2, "airway": 1, "bone": 3, "rib cage": 4, "muscle": 4,
}  # fmt: skip
"""Which structures are asked about first: organs, then vessels, spine, bones, muscles and ribs."""
UNKNOWN_TIER = 9
ORGANS_AND_VESSELS = 1
MIX = np.uint64(0x9E3779B97F4A7C15)

Matrix = NDArray[Any]


def tier(name: str) -> int:
    """How late a structure is asked about: 0 for organs and lesions, 9 for unknown ones."""
    return 0 if is_lesion(name) else TIERS.get(describe(name).group, UNKNOWN_TIER)


class Order:
    """Orders that depend on the original case alone: other cases get another one, a mirrored twin the same.

    Parameters
    ----------
    key
        Name of the original case.
    mirrored
        Whether sides in names change places to give the names of the original.
    """

    def __init__(self, key: str, *, mirrored: bool) -> None:
        self.key = key
        self.mirrored = mirrored
        self._hashes: dict[tuple[str, ...], int] = {}

    def canonical(self, name: str) -> str:
        """The name in the original case: sides exchanged back in a mirrored one."""
        if not self.mirrored:
            return name
        kind, mark, number = name.partition("#")
        return swap_side(kind) + mark + number

    def draw(self, *key: str) -> int:
        """A whole number that depends on the original case and the key."""
        key = tuple(self.canonical(one) for one in key)
        if key not in self._hashes:
            self._hashes[key] = draw(self.key, *key)
        return self._hashes[key]

    def sort(self, names: Iterable[str], *salt: str) -> list[str]:
        """Sort by tier, then by hash of the case and the salt."""
        return sorted(names, key=lambda name: (tier(name), self.draw(name, *salt), self.canonical(name)))

    def pairs(
        self,
        names: Sequence[str],
        salt: str,
        *,
        apart: Callable[[str, str], bool],
        rank: Callable[[Sequence[str]], Matrix] | None = None,
    ) -> Iterator[tuple[str, str]]:
        """Yield pairs by rank, then organs first, then by hash; which stands first depends on the hash.

        Parameters
        ----------
        apart
            Whether a pair is left out because one structure holds the other.
        rank
            Returns an (n, n) matrix for the names; pairs of low rank come first.
        """
        ordered = sorted(names, key=self.canonical)
        if len(ordered) < 2:
            return
        hashes = np.array([self.draw(name, salt) for name in ordered], dtype=np.uint64)
        tiers = np.array([min(tier(name), 4) for name in ordered])
        a, b = np.triu_indices(len(ordered), 1)
        with np.errstate(over="ignore"):
            mixed = hashes[a] * MIX + hashes[b]
            spread = mixed * MIX
        ranks = np.zeros(a.size) if rank is None else rank(ordered)[a, b]
        swapped = (mixed >> np.uint64(17)) & np.uint64(1) == 0
        for at in np.lexsort((spread, tiers[a] + tiers[b], ranks)).tolist():
            first, second = ordered[a[at]], ordered[b[at]]
            if not apart(first, second):
                yield (second, first) if swapped[at] else (first, second)
