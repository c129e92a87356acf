"""Bones and spinal cord: vertebrae T1 to L5, sacrum, ribs, sternum, shoulder girdle, hips."""

from __future__ import annotations

import numpy as np

from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.frame import LEVELS, Frame
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.shapes import Column, Cut, Ellipsoid, Point, Shape, Tube, Union, rotation

BONE = 190.0
_CANAL = 9.5  # radius of the vertebral canal
_RIB_DROP = (38.0, 46.0, 54.0, 62.0, 70.0, 76.0, 82.0, 86.0, 84.0, 74.0, 46.0, 26.0)
_RIB_END = (150.0, 152.0, 152.0, 151.0, 149.0, 146.0, 142.0, 130.0, 116.0, 104.0, 78.0, 56.0)
SIDES: tuple[tuple[str, int], ...] = (("left", -1), ("right", 1))


def skeleton(draw: Draw, frame: Frame) -> list[Item]:
    """All bones of a patient, and the spinal cord."""
    return [
        Item("spinal_cord", _cord(frame), 38.0),
        *_vertebrae(frame),
        Item("sacrum", _sacrum(frame), BONE),
        *_ribs(draw, frame),
        Item("sternum", _sternum(draw, frame), 130.0),
        *_girdle(draw, frame),
        *_hips(draw, frame),
    ]


def _canal(frame: Frame, low: float, high: float, radius: float, knots: int) -> Tube:
    points = []
    for z in np.linspace(low, high, knots):
        x, y = frame.spine(float(z))
        points.append((x, y - _depth(float(z)) - _CANAL + 1.0, float(z)))
    return Tube(tuple(points), (radius,) * len(points))


def _depth(z: float) -> float:
    """Half-depth of a vertebral body at a height."""
    return float(np.interp(z, (140.0, 271.0, 553.0), (18.0, 16.0, 11.0)))


def _cord(frame: Frame) -> Shape:
    return _canal(frame, LEVELS["L2"], 620.0, 6.5, 16)


def _vertebrae(frame: Frame) -> list[Item]:
    heights = list(LEVELS.values())
    spacing = np.diff([*heights, 2 * heights[-1] - heights[-2]])
    items = []
    for (name, z), pitch in zip(LEVELS.items(), spacing, strict=True):
        items.append(Item(f"vertebrae_{name}", _vertebra(frame, name, z, float(pitch)), BONE))
    return items


def _vertebra(frame: Frame, name: str, z: float, pitch: float) -> Shape:
    x, y = frame.spine(z)
    lumbar = name.startswith("L")
    wide = float(np.interp(z, (140.0, 271.0, 426.0, 553.0), (25.0, 21.0, 16.0, 14.0)))
    deep = _depth(z)
    back = y - deep - _CANAL
    body = Ellipsoid((x, y, z), (wide, deep, 0.41 * pitch), power=6)
    waist = Ellipsoid((x, y, z), (wide * 0.94, deep * 0.94, 0.41 * pitch), power=4)
    arch = Ellipsoid((x, back, z), (_CANAL + 5.5, _CANAL + 5.0, 0.33 * pitch), power=4)
    slope = 2.0 if lumbar else 12.0
    tip = (x, back - (32.0 if lumbar else 26.0), z - slope)
    spinous = Tube(((x, back - _CANAL - 1.0, z), tip), (0.24 * pitch, 3.6 if not lumbar else 5.0))
    reach = wide + (17.0 if lumbar else 15.0)
    transverse = [
        Tube(((x + side * 11.0, back + 1.0, z), (x + side * reach, back - 5.0, z + 2.0)), (4.8, 4.0))
        for _, side in SIDES
    ]
    solid = Union((Union((body, waist)), arch, spinous, *transverse))
    return Cut(solid, drop=(_canal(frame, z - pitch, z + pitch, _CANAL, 3),))


def _sacrum(frame: Frame) -> Shape:
    parts = []
    for share in np.linspace(0.0, 1.0, 6):
        z = 112.0 - 70.0 * share
        x, y = frame.spine(z)
        wide = 46.0 - 34.0 * share
        parts.append(Ellipsoid((x, y - 4.0, z), (wide, 15.0 - 7.0 * share, 13.0), power=4))
    return Union(tuple(parts))


def _ribs(draw: Draw, frame: Frame) -> list[Item]:
    items = []
    for number in range(1, 13):
        thickness = dict(zip(("left", "right"), draw.pair(f"rib {number}", 1.4), strict=True))
        for side_name, side in SIDES:
            radius = 4.9 * thickness[side_name] ** 0.5
            curve = _rib(frame, number, side)
            items.append(Item(f"rib_{side_name}_{number}", Tube(curve, (radius,) * len(curve)), BONE))
    return items


def _rib(frame: Frame, number: int, side: int) -> tuple[Point, ...]:
    """Centre line from the transverse process round the cage, sloping down to the front."""
    z0 = LEVELS[f"T{number}"] + 4.0
    sx, sy = frame.spine(z0)
    points = [(sx + side * 24.0, sy - 17.0, z0)]
    for angle in np.linspace(24.0, _RIB_END[number - 1], 10):
        z = z0 - _RIB_DROP[number - 1] * (1.0 - np.cos(np.radians(angle))) / 2.0
        x, y, _ = frame.wall(float(z), float(angle) * side)
        points.append((x, y, float(z)))
    return tuple(points)


def _sternum(draw: Draw, frame: Frame) -> Shape:
    length = draw.uniform("sternum length", 0.85, 1.1)
    parts = []
    for share in np.linspace(0.0, 1.0, 9):
        z = 520.0 - 125.0 * length * share
        _, y, _ = frame.wall(float(z), 180.0)
        wide = 24.0 if share < 0.2 else 16.0
        parts.append(Ellipsoid((0.0, y - 1.0, float(z)), (wide, 6.5, 13.0)))
    return Union(tuple(parts))


def _girdle(draw: Draw, frame: Frame) -> list[Item]:
    blades = dict(zip(("left", "right"), draw.pair("scapula", 1.5), strict=True))
    collars = dict(zip(("left", "right"), draw.pair("clavicle", 1.4), strict=True))
    lift = dict(zip(("left", "right"), draw.jitter("shoulders", 8.0, 8.0), strict=True))
    items = []
    for name, side in SIDES:
        grow = blades[name] ** (1 / 3)
        z = 485.0 + lift[name]
        inner = frame.wall(z, 34.0 * side, -16.0)
        outer = frame.wall(z, 62.0 * side, -16.0)
        centre = ((inner[0] + outer[0]) / 2, (inner[1] + outer[1]) / 2, z)
        turn = float(np.degrees(np.arctan2(outer[1] - inner[1], outer[0] - inner[0])))
        blade = Ellipsoid(centre, (37.0 * grow, 5.5 * grow, 56.0 * grow), rotation((0.0, 0.0, turn)))
        items.append(Item(f"scapula_{name}", blade, BONE))
        _, front, _ = frame.wall(525.0, 180.0)
        line = (
            (side * 20.0, front + 2.0, 526.0),
            (side * 62.0, front - 12.0, 538.0 + lift[name]),
            (side * 122.0, -12.0, 545.0 + lift[name]),
        )
        items.append(Item(f"clavicula_{name}", Tube(line, (6.0 * collars[name] ** 0.5,) * 3), BONE))
    return items


def _hips(draw: Draw, frame: Frame) -> list[Item]:
    sizes = dict(zip(("left", "right"), draw.pair("hip", 1.35), strict=True))
    items = []
    for name, side in SIDES:
        grow = sizes[name] ** 0.5
        wing = Ellipsoid(
            (side * 88.0, -22.0, 100.0), (7.5 * grow, 48.0, 46.0), rotation((0.0, side * 14.0, side * 28.0))
        )
        strut = Tube(
            ((side * 56.0, -62.0, 98.0), (side * 76.0, -38.0, 62.0), (side * 88.0, -4.0, 34.0)),
            (10.0 * grow, 11.0 * grow, 15.0 * grow),
        )
        pubis = Tube(
            ((side * 84.0, 8.0, 24.0), (side * 48.0, 40.0, 14.0), (side * 10.0, 46.0, 4.0)),
            (11.0 * grow, 7.5 * grow, 8.0 * grow),
        )
        ischium = Tube(((side * 84.0, -18.0, 24.0), (side * 62.0, -34.0, -14.0)), (13.0 * grow, 13.0 * grow))
        head = Tube(
            ((side * 98.0, 2.0, 14.0), (side * 128.0, -8.0, -6.0), (side * 132.0, -8.0, -30.0)),
            (22.0, 15.0, 17.0),
        )
        items.append(Item(f"femur_{name}", head, 260.0))
        socket = Ellipsoid((side * 98.0, 2.0, 14.0), (24.5, 24.5, 24.5))
        items.append(Item(f"hip_{name}", Cut(Union((wing, strut, pubis, ischium)), drop=(socket,)), BONE))
    return items


def cavity(frame: Frame) -> Column:
    """Inside of the rib cage and abdominal wall."""
    return frame.cage.grown(-7.0)
