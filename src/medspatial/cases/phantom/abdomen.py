"""Organs of the abdomen: their places, sizes and gaps differ by patient in ways no prior can guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.frame import Frame
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.shapes import Below, Cut, Ellipsoid, Point, Shape, Tube, Union, rotation
from medspatial.cases.phantom.skeleton import SIDES, cavity

LIVER, SPLEEN, KIDNEY, PANCREAS, BOWEL = 62.0, 50.0, 34.0, 42.0, 28.0
_KIDNEY_RADII = (27.0, 25.0, 51.0)  # 144 ml before the sinus is taken out


@dataclass(frozen=True)
class Kidney:
    """A kidney: an ellipsoid without the sinus at its medial side."""

    ellipsoid: Ellipsoid
    sinus: Ellipsoid

    @property
    def shape(self) -> Cut:
        """The kidney proper."""
        return Cut(self.ellipsoid, drop=(self.sinus,))


def make_kidneys(draw: Draw, frame: Frame) -> dict[str, Kidney]:
    """Both kidneys, or one: sizes, heights and distances from the spine are drawn for each side apart."""
    missing = draw.balanced("kidney absent", ("left", "right", *("none",) * 10))
    sizes = dict(zip(("left", "right"), draw.pair("kidney", 1.7), strict=True))
    overall = draw.uniform("kidneys size", 0.8, 1.25)
    kidneys = {}
    for name, side in SIDES:
        dx, dy, dz = draw.jitter(f"{name} kidney place", 10.0, 4.0, 27.0)
        grow = (overall * sizes[name]) ** (1 / 3)
        radii: Point = tuple(radius * grow for radius in _KIDNEY_RADII)
        z = 254.0 + dz
        sx, sy = frame.spine(z)
        centre = (sx + side * (42.0 + radii[0] + dx), sy + 6.0 + dy, z)
        axes = rotation((-8.0, side * 9.0, side * -25.0))
        medial = -side * 0.95 * radii[0]
        hollow = tuple(centre[k] + medial * axes[k][0] for k in range(3))
        sinus = Ellipsoid(hollow, (0.5 * radii[0], 0.42 * radii[1], 0.3 * radii[2]), axes)  # type: ignore[arg-type]
        if name != missing:
            kidneys[name] = Kidney(Ellipsoid(centre, radii, axes), sinus)
    return kidneys


def make_liver(draw: Draw, frame: Frame, dome: Ellipsoid, kidneys: dict[str, Kidney]) -> Shape:
    """Right lobe under the right dome, left lobe across the midline, cut by the visceral surface."""
    size = draw.uniform("liver size", 0.93, 1.0)
    right = dome.grown(-5.0)
    right = Ellipsoid(right.centre, (right.radii[0] * size, right.radii[1] * size, right.radii[2]))
    reach = draw.uniform("left lobe reach", 42.0, 70.0)
    top = dome.centre[2] + dome.radii[2]
    left = Ellipsoid((2.0, 34.0, top - 50.0), (reach, 36.0, 25.0), rotation((0.0, 14.0, -8.0)))
    hang = draw.uniform("liver hang", -16.0, 22.0)
    under = Below((44.0, 20.0, 260.0 + hang), (-0.42, -0.34, -0.84))
    behind = Below((20.0, -12.0, 0.0), (-0.6, -0.8, 0.0))
    keep = (under, behind, cavity(frame).grown(-2.0))
    return Cut(Union((right, left)), keep=keep, drop=_bed(draw, "right", kidneys))


def _bed(draw: Draw, side: str, kidneys: dict[str, Kidney]) -> tuple[Shape, ...]:
    """Room that the neighbour leaves for a kidney: half of them touch it, half keep a layer of fat."""
    fat = draw.balanced(f"{side} kidney bed", (0.0, 1.0)) * draw.uniform(f"{side} kidney fat", 9.0, 14.0)
    return (kidneys[side].ellipsoid.grown(fat),) if side in kidneys else ()


def make_spleen(draw: Draw, dome: Ellipsoid, kidneys: dict[str, Kidney]) -> Shape:
    """Flat ellipsoid at the left flank behind the stomach, hollowed on its inner side."""
    grow = draw.uniform("spleen volume", 0.45, 1.75) ** (1 / 3)
    dy, dz = draw.jitter("spleen place", 10.0, 14.0)
    radii = (24.0 * grow, 44.0 * grow, 52.0 * grow)
    x = dome.centre[0] - dome.radii[0] + 12.0 + radii[0]
    z = dome.centre[2] + dome.radii[2] - 26.0 - radii[2]
    axes = rotation((-14.0, 8.0, 26.0))
    body = Ellipsoid((x, -34.0 + dy, z + 14.0 + dz), radii, axes)
    hollow = Ellipsoid(
        (x + 1.5 * radii[0], -14.0 + dy, z + dz), (radii[0], 0.7 * radii[1], 0.8 * radii[2]), axes
    )
    return Cut(body, drop=(hollow, *_bed(draw, "left", kidneys)))


def make_adrenals(draw: Draw, frame: Frame) -> dict[str, Shape]:
    """Two limbs that meet in front, beside the spine above each kidney; seldom one is missing."""
    missing = draw.balanced("adrenal absent", ("left", "right", *("none",) * 14))
    sizes = dict(zip(("left", "right"), draw.pair("adrenal", 1.6), strict=True))
    glands: dict[str, Shape] = {}
    for name, side in SIDES:
        dx, dy, dz = draw.jitter(f"{name} adrenal place", 3.0, 4.0, 9.0)
        radius = 5.6 * sizes[name] ** 0.5
        x, y, z = frame.before_spine(307.0 + dz, side * (38.0 + dx) + 3.0, -2.0 + dy)
        apex = (x, y + 6.0, z + 8.0)
        limbs = [(x - side * 3.0, y - 12.0, z - 8.0), (x + side * 9.0, y - 8.0, z - 14.0)]
        if name != missing:
            glands[name] = Union(tuple(Tube((apex, limb), (radius, radius * 0.85)) for limb in limbs))
    return glands


def make_gallbladder(draw: Draw) -> Ellipsoid | None:
    """Pear-shaped enough as an ellipsoid under the liver; one patient in six has none."""
    if draw.balanced("gallbladder absent", (True, *(False,) * 5)):
        return None
    dx, dy, dz = draw.jitter("gallbladder place", 16.0, 8.0, 14.0)
    free = draw.balanced("gallbladder hangs free", (0.0, 0.0, 26.0))
    grow = draw.uniform("gallbladder volume", 0.5, 1.8) ** (1 / 3)
    radii = (13.5 * grow, 15.0 * grow, 26.0 * grow)
    return Ellipsoid((46.0 + dx, 40.0 + dy, 268.0 + dz - free), radii, rotation((24.0, 0.0, 0.0)))


def make_stomach(draw: Draw, dome: Ellipsoid) -> Tube:
    """From the fundus under the left dome down and across to the pylorus."""
    fill = draw.uniform("stomach filling", 0.6, 1.12)
    dx, dy, dz = draw.jitter("stomach place", 8.0, 10.0, 10.0)
    top = dome.centre[2] + dome.radii[2]
    points = (
        (-52.0 + dx, -6.0 + dy, top - 44.0), (-56.0 + dx, 14.0 + dy, top - 74.0),
        (-52.0 + dx, 39.0 + dy, 282.0 + dz), (-34.0 + dx, 53.0 + dy, 260.0 + dz),
        (-10.0 + dx, 57.0 + dy, 256.0 + dz), (12.0 + dx, 50.0 + dy, 262.0 + dz),
    )  # fmt: skip
    radii = tuple(radius * fill for radius in (34.0, 34.0, 29.0, 24.0, 19.0, 13.0))
    return Tube(points, radii)


def make_pancreas(draw: Draw, frame: Frame) -> Tube:
    """Head right of the midline, body across the spine, tail towards the spleen."""
    size = draw.uniform("pancreas size", 0.85, 1.25)
    dx, dy, dz = draw.jitter("pancreas place", 7.0, 4.0, 13.0)
    rise = draw.uniform("pancreas rise", 12.0, 44.0)
    _, spine = frame.spine(265.0)
    y = spine + 45.0 + dy
    points = (
        (30.0 + dx, y - 6.0, 250.0 + dz), (24.0 + dx, y, 266.0 + dz), (4.0 + dx, y + 8.0, 274.0 + dz),
        (-28.0 + dx, y + 2.0, 274.0 + dz + rise * 0.5), (-68.0 + dx, y - 24.0, 272.0 + dz + rise),
    )  # fmt: skip
    radii = tuple(radius * size for radius in (16.0, 16.0, 11.5, 12.5, 11.0))
    return Tube(points, radii)


def make_duodenum(pancreas: Tube) -> Tube:
    """Round the head of the pancreas and back to the midline below it."""
    (hx, hy, hz), reach = pancreas.points[0], pancreas.radii[0] + 12.0
    points = (
        (hx - 6.0, hy + 14.0, hz + 34.0), (hx + reach, hy + 12.0, hz + 22.0),
        (hx + reach, hy + 8.0, hz - 16.0), (hx + 4.0, hy + 4.0, hz - 34.0), (hx - 42.0, hy, hz - 32.0),
    )  # fmt: skip
    return Tube(points, (11.5,) * 5)


def make_colon(draw: Draw) -> Tube:
    """Up at the right, across in front, down at the left, and to the rectum."""
    sag = draw.uniform("transverse colon", -12.0, 16.0)
    right, left = draw.jitter("flexures", 12.0, 12.0)
    size = draw.uniform("colon size", 0.85, 1.15)
    points = (
        (88.0, 14.0, 116.0), (96.0, 4.0, 160.0), (94.0, 10.0, 206.0 + right), (72.0, 46.0, 214.0 + right),
        (32.0, 62.0, 206.0 - sag), (-20.0, 64.0, 206.0 - sag), (-70.0, 48.0, 226.0 + left),
        (-96.0, 8.0, 240.0 + left), (-100.0, -14.0, 200.0), (-96.0, -10.0, 150.0), (-78.0, 14.0, 112.0),
        (-34.0, 8.0, 98.0), (-8.0, -30.0, 92.0), (0.0, -54.0, 62.0), (0.0, -50.0, 20.0),
    )  # fmt: skip
    radii = (26, 23, 22, 20, 19, 19, 18, 18, 17, 16, 16, 17, 17, 19, 18)
    return Tube(points, tuple(radius * size for radius in radii))


def make_small_bowel(draw: Draw) -> Tube:
    """One long loop that wanders over the middle of the abdomen."""
    rng = draw.rng("small bowel")
    points = []
    for row in range(7):
        for column in np.linspace(-1.0, 1.0, 5)[:: 1 if row % 2 else -1]:
            x, y, z = (
                (62.0 - 2.0 * row) * column,
                24.0 + 22.0 * np.sin(2.2 * column + row),
                110.0 + 19.0 * row,
            )
            wander = rng.uniform(-8.0, 8.0, 3)
            points.append((float(x + wander[0]), float(y + wander[1]), float(z + wander[2])))
    return Tube(tuple(points), tuple(float(r) for r in rng.uniform(10.5, 14.0, len(points))))


def make_bladder(draw: Draw) -> Ellipsoid:
    """Ellipsoid behind the pubis: from nearly empty to full, not always in the middle."""
    grow = draw.uniform("bladder volume", 0.3, 2.0) ** (1 / 3)
    dx, dz = draw.jitter("bladder place", 9.0, 4.0)
    radii = (40.0 * grow, 30.0 * grow, 28.0 * grow)
    return Ellipsoid((dx, 14.0, 32.0 + radii[2] + dz), radii)


def make_muscles(draw: Draw, frame: Frame) -> list[Item]:
    """Long back muscles and the iliopsoas of both sides."""
    items = []
    backs = dict(zip(("left", "right"), draw.pair("autochthon", 1.4), strict=True))
    psoas = dict(zip(("left", "right"), draw.pair("iliopsoas", 1.5), strict=True))
    for name, side in SIDES:
        line, thick = [], []
        for z in np.linspace(95.0, 545.0, 10):
            x, y = frame.spine(float(z))
            wide = float(np.interp(z, (95.0, 240.0, 400.0, 545.0), (20.0, 21.0, 15.0, 13.0)))
            line.append((x + side * (wide + 7.0), y - 26.0 - 0.35 * wide, float(z)))
            thick.append(wide * backs[name] ** 0.5 * 0.92)
        items.append(
            Item(f"autochthon_{name}", Cut(Tube(tuple(line), tuple(thick)), keep=(frame.muscle,)), 54.0)
        )
        grow = psoas[name] ** 0.5
        path = (
            (side * 30.0, -40.0, 268.0), (side * 38.0, -36.0, 205.0), (side * 50.0, -26.0, 145.0),
            (side * 64.0, 2.0, 92.0), (side * 88.0, 30.0, 40.0), (side * 100.0, 22.0, -10.0),
        )  # fmt: skip
        radii = tuple(radius * grow for radius in (8.0, 13.0, 18.0, 19.0, 15.0, 13.0))
        items.append(Item(f"iliopsoas_{name}", Tube(path, radii), 54.0))
    return items
