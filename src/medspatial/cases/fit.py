"""Whether a label map can be the one of a file: its structures' places among each other, and their sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import LabelMap, describe, swap_side
from medspatial.volume import Affine
from medspatial.volume.fields import Box

# Bodies differ: offsets between centroids may differ from the table's by this, plus a share of the offset.
_PLACE_MM, _PLACE_SHARE = 60.0, 0.4
# The centroid of what is left of a cut structure lies elsewhere.
_CUT_MM = 80.0
# A structure that lies this far on the wrong side of the middle is another one.
_SIDE_MM = 10.0
# Less than this is a fragment, which lies anywhere.
_FRAGMENT_ML = 1.0
# A structure is misplaced if its offsets to this share of the others are impossible.
_MISPLACED_SHARE = 0.34
# One structure in this many may be misplaced by a bad segmentation under the right label map.
_FORGIVEN_SHARE = 0.04


@dataclass(frozen=True)
class Measured:
    """Volume (ml), centroid (RAS+ mm) of one value, and whether it reaches a border of what was seen."""

    ml: float
    centroid: NDArray[np.float64]
    cut: bool


@dataclass(frozen=True)
class Place:
    """Where a structure usually lies (RAS+ mm from the middle of L1) and how large it can be (ml)."""

    xyz: tuple[float, float, float]
    most_ml: float
    least_ml: float = 0.0


def measure_values(voxels: NDArray[Any], affine: Affine, field: Box | None = None) -> dict[int, Measured]:
    """Measure each value other than 0 of a label volume (i, j, k).

    Parameters
    ----------
    field
        The part of the grid that the file has seen, whose borders cut; None where that is all of it.
    """
    low, high = field or ((0, 0, 0), tuple(n - 1 for n in voxels.shape))
    statistics = cc3d.statistics(np.asfortranarray(voxels.astype(np.uint16, copy=False)))
    ml = float(abs(np.linalg.det(affine.matrix[:3, :3]))) / 1000
    found = {}
    for value in np.flatnonzero(statistics["voxel_counts"]).tolist():
        if value:
            box = statistics["bounding_boxes"][value]
            cut = any(one.start <= a or one.stop > b for one, a, b in zip(box, low, high, strict=True))
            centroid = affine.apply(statistics["centroids"][value])
            found[value] = Measured(int(statistics["voxel_counts"][value]) * ml, centroid, cut)
    return found


def contradictions(found: Mapping[int, Measured], label_map: LabelMap) -> tuple[int, list[str]]:
    """Return how many structures could be held against the table of places, and what cannot be.

    Sizes count alone. Places count by pairs: a structure is misplaced where its offsets to a third of the
    others cannot be. A few misplaced ones among many are forgiven.
    """
    named = {label_map.labels[v]: one for v, one in found.items() if v in label_map.labels}
    known = {name: place for name in named if (place := _places().get(name)) is not None}
    sizes = [
        f"{name} of {named[name].ml:.0f} ml{said}"
        for name in known
        if (said := _size(named[name], known[name]))
    ]
    names = [name for name in known if named[name].ml >= _FRAGMENT_ML]
    misplaced = _misplaced([named[name] for name in names], [known[name] for name in names], names)
    if len(misplaced) <= _FORGIVEN_SHARE * len(names):
        misplaced = []
    return len(names), [*sizes, *misplaced]


def _size(one: Measured, place: Place) -> str:
    if one.ml > place.most_ml:
        return f", at most {place.most_ml:.0f}"
    return f", at least {place.least_ml:.0f}" if one.ml < place.least_ml and not one.cut else ""


def _misplaced(found: list[Measured], places: list[Place], names: list[str]) -> list[str]:
    if len(found) < 2:
        return []
    seen = np.array([one.centroid for one in found])
    usual = np.array([one.xyz for one in places])
    cut = np.array([one.cut for one in found])
    wanted = usual[:, None] - usual[None]
    allowed = _PLACE_MM + _PLACE_SHARE * np.abs(wanted) + _CUT_MM * (cut[:, None] | cut[None])[..., None]
    wrong = (np.abs(seen[:, None] - seen[None] - wanted) > allowed).any(axis=2)
    share = wrong.sum(axis=1) / (len(found) - 1)
    middle = float(np.median(seen[:, 0] - usual[:, 0]))
    texts = []
    for at, name in enumerate(names):
        side = describe(name).side
        across = (seen[at, 0] - middle) * (1 if side == "right" else -1)
        if share[at] > _MISPLACED_SHARE:
            other = names[int(np.argmax(wrong[at]))]
            texts.append(f"{name} does not lie so from {other}")
        elif side and abs(usual[at, 0]) >= 2 * _SIDE_MM and across < -_SIDE_MM and not cut[at]:
            texts.append(f"{name} lies {-across:.0f} mm on the other side")
    return texts


@cache
def _places() -> dict[str, Place]:
    """Read the table; a row with ``{side}`` is given for the right."""
    text = resources.files("medspatial.anatomy").joinpath("data/places.json").read_text(encoding="utf-8")
    table: dict[str, Place] = {}
    for name, (x, y, z, most, *least) in json.loads(text)["places"].items():
        if "{side}" in name:
            right = name.replace("{side}", "right")
            table[right] = Place((x, y, z), most, *least)
            table[swap_side(right)] = Place((-x, y, z), most, *least)
        else:
            table[name] = Place((x, y, z), most, *least)
    return table
