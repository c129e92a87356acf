"""What a structure of a human body can be: CT values, sizes, and the order of the organs, with sources.

The limits are wide on purpose: children, disease, contrast and metal stay inside. What lies outside is not
a rare patient but a mask of something else, or a grid that is not in millimetres.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

from medspatial.anatomy.sides import swap_side
from medspatial.anatomy.structures import describe

Pair = tuple[str, str]


@dataclass(frozen=True)
class PossibleHU:
    """Limits of the median CT value (HU) of a kind of structure; None where any value is normal."""

    what: str
    low: float | None
    high: float | None
    source: str
    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether a value could be impossible at all."""
        return self.low is not None and self.high is not None


@dataclass(frozen=True)
class HumanSize:
    """Limits of volume (ml) and of extent along x, y, z (mm) of a kind of structure.

    ``min_ml`` holds for structures that lie whole inside the scan; the others always.
    """

    what: str
    names: tuple[str, ...]
    min_ml: float
    max_ml: float
    max_mm: tuple[float, float, float]
    source: str


@dataclass(frozen=True)
class BodyOrder:
    """Which structure lies above, in front of, or to the patient's right of which other.

    ``groups`` name several structures that count as one; ``spine`` is the line through the vertebrae (or the
    spinal canal) at the level of the other structure.
    """

    groups: dict[str, tuple[str, ...]]
    above: tuple[Pair, ...]
    in_front: tuple[Pair, ...]
    right_of: tuple[Pair, ...]
    source: str


@cache
def possible_hu(name: str) -> PossibleHU | None:
    """Return the limits of a structure's median CT value; None for lesions and structures of no table row.

    Examples
    --------
    >>> possible_hu("lung_upper_lobe_left").high, possible_hu("vertebrae_L1").low, possible_hu("kidney_tumor")
    (-400, 50, None)
    """
    one = describe(name)
    if one.kind == "lesion":
        return None
    return next((row for row in hu_table() if _matches(one.name, row.names) or one.group in row.groups), None)


@cache
def human_size(name: str) -> HumanSize | None:
    """Return the limits of a structure's size; None for lesions and structures of no table row.

    Examples
    --------
    >>> human_size("liver").max_ml, human_size("my_organ")
    (8000, None)
    """
    one = describe(name)
    if one.kind == "lesion":
        return None
    return next((row for row in size_table() if _matches(one.name, row.names)), None)


@cache
def hu_table() -> tuple[PossibleHU, ...]:
    """Return the rows of CT values; the first that fits a structure counts."""
    return tuple(
        PossibleHU(
            row["what"],
            row["low"],
            row["high"],
            row["source"],
            tuple(row.get("names", ())),
            tuple(row.get("groups", ())),
        )
        for row in _rows("possible_hu.json")
    )


@cache
def size_table() -> tuple[HumanSize, ...]:
    """Return the rows of sizes; the first that fits a structure counts."""
    return tuple(
        HumanSize(
            row["what"],
            tuple(row["names"]),
            row["min_ml"],
            row["max_ml"],
            tuple(row["max_mm"]),
            row["source"],
        )
        for row in _rows("human_sizes.json")
    )


@cache
def body_order() -> BodyOrder:
    """Return the order of the organs from head to feet, from front to back, and from right to left."""
    found = _rows("body_order.json")
    pairs = {
        axis: tuple((first, second) for first, second in found[axis])
        for axis in ("above", "in_front", "right_of")
    }
    groups = {name: tuple(patterns) for name, patterns in found["groups"].items()}
    return BodyOrder(groups=groups, **pairs, source=found["source"])


@cache
def members(group: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of some structures belong to a group of `body_order`, or are the structure itself."""
    patterns = body_order().groups.get(group, (group,))
    return tuple(name for name in names if _matches(name, patterns))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Match a name or its mirrored twin: a mirrored case has a middle lobe on the left."""
    return any(fnmatchcase(one, pattern) for one in (name, swap_side(name)) for pattern in patterns)


def _rows(file: str) -> Any:
    path = resources.files("medspatial.anatomy").joinpath("data", file)
    return json.loads(path.read_text(encoding="utf-8"))
