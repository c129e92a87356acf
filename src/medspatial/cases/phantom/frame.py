"""The patient's frame: spine curve, rib cage and outline, which all other structures are placed by.

Plan coordinates are RAS+ millimetres of a patient of average size: x = 0 near the midline, y = 0 in
the middle of the trunk, z = 0 at the lower edge of the picture, in the pelvis. ``build`` scales and
shifts them for the patient at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.shapes import Column, Point

# Centre height of each vertebra in an average plan, from L5 upwards; C6 is cut by the upper edge.
LEVELS: dict[str, float] = {
    "L5": 140.0, "L4": 173.0, "L3": 206.0, "L2": 239.0, "L1": 271.0, "T12": 301.0,
    "T11": 328.0, "T10": 354.0, "T9": 379.0, "T8": 403.0, "T7": 426.0, "T6": 449.0,
    "T5": 471.0, "T4": 492.0, "T3": 513.0, "T2": 533.0, "T1": 553.0, "C7": 573.0, "C6": 593.0,
}  # fmt: skip
_SPINE_Z = (0.0, 60.0, 140.0, 206.0, 271.0, 350.0, 430.0, 500.0, 553.0, 610.0)
_SPINE_Y = (-76.0, -74.0, -47.0, -40.0, -45.0, -52.0, -56.0, -49.0, -36.0, -26.0)

_CAGE_Z = (-20.0, 60.0, 120.0, 200.0, 280.0, 320.0, 380.0, 430.0, 480.0, 520.0, 545.0, 560.0, 575.0)
_CAGE_CY = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0, -6.0, -11.0, -17.0, -20.0, -22.0)
_CAGE_A = (122.0, 126.0, 125.0, 122.0, 127.0, 130.0, 129.0, 124.0, 112.0, 92.0, 70.0, 50.0, 36.0)
_CAGE_B = (78.0, 80.0, 80.0, 80.0, 86.0, 90.0, 90.0, 86.0, 76.0, 61.0, 48.0, 40.0, 34.0)

_TRUNK_Z = (-20.0, 20.0, 70.0, 200.0, 400.0, 500.0, 555.0, 578.0, 592.0, 620.0)
_TRUNK_A = (150.0, 156.0, 148.0, 128.0, 134.0, 140.0, 138.0, 116.0, 82.0, 66.0)
_TRUNK_B = (90.0, 96.0, 96.0, 92.0, 104.0, 100.0, 82.0, 68.0, 60.0, 56.0)


@dataclass(frozen=True)
class Frame:
    """Spine, rib cage and outline of one patient, in plan millimetres.

    Attributes
    ----------
    scale
        Patient size against the average plan (1.0).
    cage
        Surface through the ribs' centre lines, carried on downwards as the abdominal wall.
    muscle, skin
        Outer surface of the muscles and of the fat under the skin.
    bend
        Sideways amplitude and phase of the spine's curve.
    """

    scale: float
    cage: Column
    muscle: Column
    skin: Column
    fat: float
    bend: tuple[float, float]

    def spine(self, z: float) -> tuple[float, float]:
        """Return x and y of the vertebral bodies' centre line at a height."""
        amplitude, phase = self.bend
        x = amplitude * np.sin(2 * np.pi * z / 430.0 + phase)
        return float(x), float(np.interp(z, _SPINE_Z, _SPINE_Y))

    def before_spine(self, z: float, x: float, gap: float) -> Point:
        """Return the point ``x`` beside the spine's line and ``gap`` in front of the vertebral bodies."""
        sx, sy = self.spine(z)
        depth = np.interp(z, (140.0, 271.0, 553.0), (19.0, 17.0, 12.0))
        return sx + x, sy + float(depth) + gap, z

    def wall(self, z: float, angle: float, inset: float = 0.0) -> Point:
        """Return the point of the rib cage at an angle: 0 behind, 90 at the patient's right, 180 in front."""
        cx, cy, a, b = (float(v) for v in self.cage.at(z))
        turn = np.radians(angle)
        sine, cosine = np.sin(turn), np.cos(turn)
        power = 2.0 / self.cage.power
        x = np.sign(sine) * abs(sine) ** power * (a - inset)
        y = -np.sign(cosine) * abs(cosine) ** power * (b - inset)
        return float(cx + x), float(cy + y), z


def make_frame(draw: Draw) -> Frame:
    """Choose size, width, fat and spine curve of a patient."""
    width = 1.0 + draw.jitter("trunk width", 0.05)[0]
    depth = 1.0 + draw.jitter("trunk depth", 0.06)[0]
    fat = draw.uniform("fat", 8.0, 24.0)
    cage = _column(z=_CAGE_Z, cy=_CAGE_CY, a=_CAGE_A, b=_CAGE_B, width=width, depth=depth, power=2.3)
    trunk = _column(
        z=_TRUNK_Z, cy=(0.0,) * len(_TRUNK_Z), a=_TRUNK_A, b=_TRUNK_B, width=width, depth=depth, power=2.5
    )
    muscle = _around(trunk, cage.grown(9.0))
    bend = (draw.uniform("spine bend", 0.0, 6.0), draw.uniform("spine phase", 0.0, 2 * np.pi))
    scale = draw.uniform("scale", 0.94, 1.06)
    return Frame(scale, cage, muscle, muscle.grown(fat), fat, bend)


def _column(
    *,
    z: tuple[float, ...],
    cy: tuple[float, ...],
    a: tuple[float, ...],
    b: tuple[float, ...],
    width: float,
    depth: float,
    power: float,
) -> Column:
    scaled_a, scaled_b = tuple(v * width for v in a), tuple(v * depth for v in b)
    return Column(z, (0.0,) * len(z), cy, scaled_a, scaled_b, power)


def _around(outer: Column, inner: Column) -> Column:
    """Widen a column until it holds another, at the heights of its own knots and of the other's."""
    heights = tuple(sorted({*outer.z, *inner.z}))
    a, b = [], []
    for z in heights:
        _, _, outer_a, outer_b = outer.at(z)
        _, cy, inner_a, inner_b = inner.at(z)
        inside = inner.z[0] <= z <= inner.z[-1]
        a.append(float(max(outer_a, inner_a if inside else 0.0)))
        b.append(float(max(outer_b, inner_b + abs(cy) if inside else 0.0)))
    flat = (0.0,) * len(heights)
    return Column(heights, flat, flat, tuple(a), tuple(b), outer.power)
