"""A volume as large as the evidence that enters no measurement: where to fill in the irrelevant arm.

It lies in the body, belongs to no structure and keeps away from the evidence. No mask changes then, and the
body's outline does not either, so every question of the case stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from medspatial.arms.box import grown_box
from medspatial.arms.opened import CLEAR_MM, Mask, Opened
from medspatial.records import content_hash

_TRIES = 64


def has_room(opened: Opened, structures: Iterable[str]) -> bool:
    """Whether the body has room for a volume as large as the structures, apart from them."""
    names = tuple(structures)
    wanted = opened.size(names)
    if wanted == 0 or opened.surely_free(names) >= wanted:
        return wanted > 0
    return int(_free(opened, opened.region(names)).sum()) >= wanted


def elsewhere(opened: Opened, structures: Iterable[str]) -> Mask | None:
    """Return (3D) voxels of a compact volume as large as the structures; None where the body has no room.

    Of some places drawn by hash the one farthest from everything that must not be touched is the seed, and
    the nearest voxels around it are taken.
    """
    names = tuple(structures)
    evidence = opened.region(names)
    wanted = int(evidence.sum())
    places = np.argwhere(_free(opened, evidence)).astype(np.int32)
    if wanted == 0 or len(places) < wanted:
        return None
    rng = np.random.default_rng(int(content_hash("elsewhere", opened.data.case.case_id, names), 16))
    drawn = places[rng.integers(len(places), size=_TRIES)]
    seed = drawn[int(np.argmax(opened.room[tuple(drawn.T)]))]
    far = np.square((places - seed) * np.array(opened.ct.spacing, dtype=np.float32)).sum(axis=1)
    limit = np.partition(far, wanted - 1)[wanted - 1]
    nearer, even = np.flatnonzero(far < limit), np.flatnonzero(far == limit)
    nearest = places[np.concatenate([nearer, even[: wanted - len(nearer)]])]
    found = np.zeros(evidence.shape, dtype=np.bool_)
    found[tuple(nearest.T)] = True
    return found


def _free(opened: Opened, evidence: Mask) -> Mask:
    """Voxels that may be filled: unlabelled body away from the skin and from the evidence."""
    from scipy import ndimage

    free = np.array(opened.free)
    if evidence.any():
        box = grown_box(evidence, opened.ct.spacing, CLEAR_MM)
        far = ndimage.distance_transform_edt(~evidence[box], sampling=opened.ct.spacing)
        free[box] &= far > CLEAR_MM
    return free
