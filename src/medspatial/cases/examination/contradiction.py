"""One thing about a case that no patient's body can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Axis = Literal["left-right", "front-back", "head-feet", "size", "lesion"]

# One contradiction larger than this refuses a case, and so do two of any size.
LARGE_MM = 30.0
_SHOWN = 3


@dataclass(frozen=True)
class Contradiction:
    """What contradicts the anatomy of a body, and by how much.

    Attributes
    ----------
    axis
        The axis it concerns, ``size``, or ``lesion`` (away from its organ).
    text
        The finding with structures and figures.
    mm
        By how much the order or the limit is broken.
    names
        The structures that it is about.
    """

    axis: Axis
    text: str
    mm: float
    names: tuple[str, ...]


def refusals(found: Iterable[Contradiction], causes: dict[Axis, str]) -> list[str]:
    """Return the reasons to refuse a case, one an axis; empty where all is small and single.

    A contradiction of left and right refuses whatever its size.
    """
    found = list(found)
    large = [one for one in found if one.mm > LARGE_MM or one.axis == "left-right"]
    if not large and len(found) < 2:
        return []
    reasons = []
    for axis, cause in causes.items():
        mine = sorted((one for one in found if one.axis == axis), key=lambda one: -one.mm)
        if mine:
            texts = [one.text for one in mine[:_SHOWN]]
            more = f"; and {len(mine) - _SHOWN} more" if len(mine) > _SHOWN else ""
            reasons.append(f"{axis}: {'; '.join(texts)}{more}: {cause}")
    return reasons
