"""Heart, diaphragm and the five lung lobes."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.frame import Frame
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.shapes import Below, Column, Cut, Ellipsoid, Point, Shape, rotation
from medspatial.cases.phantom.skeleton import cavity

LOBES: dict[str, str] = {
    "lung_upper_lobe_left": "left", "lung_lower_lobe_left": "left", "lung_upper_lobe_right": "right",
    "lung_middle_lobe_right": "right", "lung_lower_lobe_right": "right",
}  # fmt: skip


@dataclass(frozen=True)
class Chest:
    """Heart, domes and lungs of one patient.

    Attributes
    ----------
    domes
        Diaphragm, left and right, as the solids below it.
    lungs
        Left and right lung.
    lobes
        The lobes in drawing order: a later one takes its place from the one drawn before it.
    """

    heart: Ellipsoid
    lungs: dict[str, Shape]
    lobes: tuple[Item, ...]


def make_heart(draw: Draw) -> Ellipsoid:
    """Ellipsoid left of the midline, its tip to the left, front and below."""
    dx, dy, dz = draw.jitter("heart place", 8.0, 4.0, 9.0)
    size = draw.uniform("heart size", 0.88, 1.14)
    radii = (59.0 * size, 46.0 * size, 48.0 * size)
    turn = draw.uniform("heart turn", 20.0, 40.0)
    return Ellipsoid((-27.0 + dx, 24.0 + dy, 411.0 + dz), radii, rotation((0.0, -18.0, -turn)))


def make_domes(draw: Draw) -> dict[str, Ellipsoid]:
    """Solids under the diaphragm: which side stands higher, and by how much, differs by patient."""
    right, left = draw.jitter("dome heights", 13.0, 16.0)
    return {
        "right": Ellipsoid((60.0, 0.0, 288.0), (75.0, 84.0, 97.0 + right)),
        "left": Ellipsoid((-64.0, -4.0, 288.0), (70.0, 82.0, 90.0 + left)),
    }


def make_chest(draw: Draw, frame: Frame, domes: dict[str, Ellipsoid]) -> Chest:
    """Place heart, diaphragm and lungs."""
    heart = make_heart(draw)
    lungs = {side: _lung(draw, frame, side, heart, domes) for side in ("left", "right")}
    return Chest(heart, lungs, tuple(_lobes(draw, lungs)))


def _lung(draw: Draw, frame: Frame, side: str, heart: Ellipsoid, domes: dict[str, Ellipsoid]) -> Shape:
    sign = 1.0 if side == "right" else -1.0
    base = draw.uniform(f"{side} recess", 300.0, 316.0)
    apex = 562.0 + draw.jitter(f"{side} apex", 5.0)[0]
    sides = (
        Below((sign * 4.0, 0.0, 0.0), (-sign, 0.0, 0.0)),
        Below((0.0, 0.0, base), (0.0, 0.0, -1.0)),
        Below((0.0, 0.0, apex), (0.0, 0.0, 1.0)),
    )
    drops = (domes["left"], domes["right"], heart.grown(4.0), mediastinum(draw, frame))
    box = Ellipsoid((sign * 80.0, 0.0, 430.0), (78.0, 120.0, 160.0), power=32)
    return Cut(cavity(frame), keep=(*sides, box), drop=drops)


def mediastinum(draw: Draw, frame: Frame) -> Column:
    """Room between the lungs: wide at spine and hilum, narrow in front of the heart."""
    heights = (290.0, 340.0, 400.0, 460.0, 490.0, 520.0, 575.0)
    wide = (30.0, 28.0, 26.0, 30.0, 29.0, 27.0, 25.0)
    shift = draw.jitter("mediastinum shift", 5.0)[0]
    cx, cy, b = [], [], []
    for z in heights:
        x, y = frame.spine(z)
        back = y - 22.0
        front = y + 98.0 if z < 500.0 else y + 72.0
        cx.append(x + shift)
        cy.append((back + front) / 2)
        b.append((front - back) / 2)
    return Column(heights, tuple(cx), tuple(cy), wide, tuple(b), 2.4)


def _lobes(draw: Draw, lungs: dict[str, Shape]) -> list[Item]:
    items = []
    for side in ("left", "right"):
        upper, lower = f"lung_upper_lobe_{side}", f"lung_lower_lobe_{side}"
        slope = draw.uniform(f"{side} fissure slope", 0.75, 1.15)
        height = 434.0 + draw.jitter(f"{side} fissure height", 34.0)[0]
        fissure: Point = (0.0, 0.0, height)
        normal = (0.0, -slope, -1.0)  # the plane falls towards the front; the upper lobe lies above it
        hu = -850.0 + draw.jitter(f"{side} lung hu", 25.0)[0]
        items.append(Item(lower, lungs[side], hu))
        items.append(Item(upper, _above(lungs[side], fissure, normal), hu - 8.0, (lower,)))
        if side == "right":
            middle = "lung_middle_lobe_right"
            level = height + draw.uniform("horizontal fissure", -8.0, 22.0)
            flat: Point = (0.0, 0.0, level)
            items.append(Item(middle, _above(lungs[side], flat, (0.0, 0.1, 1.0)), hu - 4.0, (upper,)))
    return items


def _above(lung: Shape, point: Point, normal: Point) -> Shape:
    low, high = lung.bounds
    centre, half = (low + high) / 2, (high - low) / 2 + 1.0
    box = Ellipsoid(tuple(centre.tolist()), tuple(half.tolist()), power=64)
    return Cut(box, keep=(Below(point, normal),))
