"""Connected pieces of a structure (26 neighbours), and which of them are stray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medspatial.geometry.grid import Ints
from medspatial.geometry.runs import Runs


@dataclass(frozen=True, eq=False)
class Pieces:
    """The connected pieces of one structure, largest first.

    Pieces of equal size are ordered by their first voxel in lexicographic (i, j, k) order.

    Parameters
    ----------
    piece
        (n,) number of the piece each run belongs to.
    sizes
        (m,) voxels of each piece, descending.
    """

    piece: Ints
    sizes: Ints

    def stray(self, share: float) -> Ints:
        """Numbers of the pieces smaller than `share` of the whole; the largest piece is never stray."""
        small = self.sizes < share * self.sizes.sum() * (1.0 - 1e-9)
        small[:1] = False
        return np.flatnonzero(small)


def pieces_of(structures: Sequence[Runs]) -> list[Pieces]:
    """Find the connected pieces of many structures of one grid in one pass."""
    from medspatial.geometry.sweep import link

    if not structures:
        return []
    pitch, planes = structures[0].pitch, structures[0].shape[2]
    gap = pitch * (planes + 3)
    row = np.concatenate([runs.row + number * gap for number, runs in enumerate(structures)])
    start = np.concatenate([runs.start for runs in structures])
    stop = np.concatenate([runs.stop for runs in structures])
    parent = np.empty(row.size, dtype=np.int64)
    link(row, start, stop, pitch, parent)
    ends = np.cumsum([runs.row.size for runs in structures])
    return [
        _ordered(runs, parent[end - runs.row.size : end]) for runs, end in zip(structures, ends, strict=True)
    ]


def _ordered(runs: Runs, root: Ints) -> Pieces:
    """Number the pieces by size, ties by first voxel."""
    roots, piece = np.unique(root, return_inverse=True)
    sizes = np.bincount(piece, weights=runs.stop - runs.start, minlength=roots.size).astype(np.int64)
    if np.unique(sizes).size == sizes.size:
        order = np.argsort(-sizes)
    else:
        by_voxel = np.lexsort((runs.k, runs.j, runs.start))
        first = np.empty(roots.size, dtype=np.int64)
        first[piece[by_voxel[::-1]]] = np.arange(by_voxel.size)[::-1]
        order = np.lexsort((first, -sizes))
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return Pieces(rank[piece], sizes[order])
