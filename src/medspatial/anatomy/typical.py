"""Where structures usually lie and how large they usually are: what knowing anatomy tells without a scan.

The table lies in ``data/typical.json``. It is for guessers that must not do better than chance; nothing is
measured, refused or answered by it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

from medspatial.anatomy.structures import describe


@dataclass(frozen=True)
class Typical:
    """A structure in an adult who lies as most do; mm from the centre of L1, RAS+, and ml."""

    x: float
    y: float
    z: float
    height: float
    ml: float

    @property
    def radius(self) -> float:
        """Radius in mm of the upright cylinder of this height and volume."""
        return math.sqrt(1000 * self.ml / (math.pi * self.height))

    def gap(self, other: Typical) -> float:
        """Distance in mm between the two upright cylinders; 0 where they meet."""
        aside = max(0.0, math.hypot(self.x - other.x, self.y - other.y) - self.radius - other.radius)
        above = max(0.0, abs(self.z - other.z) - (self.height + other.height) / 2)
        return math.hypot(aside, above)

    def apart(self, other: Typical) -> float:
        """Distance in mm between the centres."""
        return math.dist((self.x, self.y, self.z), (other.x, other.y, other.z))


@cache
def typical(name: str) -> Typical | None:
    """Return the usual place and size of a structure, None where the table does not tell them.

    Examples
    --------
    >>> typical("kidney_left").x < 0 < typical("kidney_right").x
    True
    """
    rows = _rows()
    if name in rows:
        return Typical(*rows[name])
    partner = describe(name).partner
    if partner in rows:
        x, *others = rows[str(partner)]
        return Typical(-x, *others)
    return None


@cache
def _rows() -> dict[str, list[float]]:
    text = resources.files("medspatial.anatomy").joinpath("data/typical.json").read_text(encoding="utf-8")
    rows: dict[str, list[float]] = json.loads(text)["structures"]
    return rows
