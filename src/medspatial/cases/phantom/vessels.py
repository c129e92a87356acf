"""Airway, gullet and great vessels: tubes along curves, placed by the spine."""

from __future__ import annotations

from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.frame import Frame
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.shapes import Point, Shape, Tube, Union


def vessels(draw: Draw, frame: Frame, heart: Point, blood: float) -> list[Item]:
    """Trachea, oesophagus, aorta, both venae cavae, pulmonary veins.

    Parameters
    ----------
    heart
        Centre of the heart.
    blood
        HU of the blood: about 40 without contrast, more with it.
    """
    aorta = draw.uniform("aorta radius", 10.5, 14.5)
    return [
        Item("trachea", _trachea(draw, frame), -985.0),
        Item("esophagus", _esophagus(draw, frame), 30.0),
        Item("aorta", _aorta(draw, frame, heart, aorta), blood),
        Item("inferior_vena_cava", _inferior_cava(draw, frame, heart), blood - 8.0),
        Item("superior_vena_cava", _superior_cava(frame, heart), blood - 4.0),
        Item("pulmonary_vein", _pulmonary_veins(frame, heart), blood),
    ]


def carina(draw: Draw, frame: Frame) -> Point:
    """Where the trachea divides."""
    z = 478.0 + draw.jitter("carina", 8.0)[0]
    return frame.before_spine(z, 1.0, 24.0)


def hilum(side: int, fork: Point) -> Point:
    """Where bronchus and vessels enter a lung."""
    x, y, z = fork
    return x + side * 40.0, y - 3.0, z - (24.0 if side > 0 else 30.0)


def _trachea(draw: Draw, frame: Frame) -> Shape:
    fork = carina(draw, frame)
    top = frame.before_spine(625.0, 0.0, 22.0)
    middle = frame.before_spine(540.0, 1.0, 20.0)
    radius = draw.uniform("trachea radius", 8.0, 10.0)
    trunk = Tube((top, middle, fork), (radius, radius, radius))
    bronchi = [Tube((fork, hilum(side, fork)), (radius * 0.8, radius * 0.62)) for side in (-1, 1)]
    return Union((trunk, *bronchi))


def _esophagus(draw: Draw, frame: Frame) -> Shape:
    radius = draw.uniform("esophagus radius", 6.5, 8.5)
    line = [(620.0, -3.0), (540.0, -4.0), (478.0, -5.0), (430.0, -1.0), (390.0, -5.0), (362.0, -14.0)]
    points = [frame.before_spine(z, x, radius + 1.5) for z, x in line]
    points.append((-34.0, points[-1][1] + 12.0, 346.0))
    return Tube(tuple(points), (radius,) * len(points))


def _aorta(draw: Draw, frame: Frame, heart: Point, radius: float) -> Shape:
    fork = carina(draw, frame)
    top = fork[2] + 22.0
    root = (8.0, heart[1] + 2.0, heart[2] + 36.0)
    rising = (16.0, heart[1] + 10.0, fork[2] - 10.0)
    arch = (4.0, fork[1] + 12.0, top)
    over = (-17.0, fork[1] - 6.0, top - 2.0)
    sideways = draw.jitter("aorta side", 4.0)[0]
    line = [
        (fork[2] - 2.0, -19.0),
        (430.0, -17.0),
        (380.0, -13.0),
        (330.0, -8.0),
        (290.0, -5.0),
        (176.0, -4.0),
    ]
    descending = [
        frame.before_spine(z, x + sideways, radius - 4.0 if z > 340 else radius + 2.0) for z, x in line
    ]
    points = (root, rising, arch, over, *descending)
    wide = (radius * 1.35, radius * 1.3, radius * 1.1, radius * 1.05)
    slim = tuple(radius * factor for factor in (1.0, 0.98, 0.95, 0.9, 0.85, 0.72))
    return Tube(points, wide + slim)


def _inferior_cava(draw: Draw, frame: Frame, heart: Point) -> Shape:
    radius = draw.uniform("cava radius", 9.0, 12.5)
    line = [(166.0, 17.0), (220.0, 19.0), (280.0, 20.0), (320.0, 21.0)]
    points = [frame.before_spine(z, x, radius + 1.0) for z, x in line]
    points += [(22.0, points[-1][1] + 12.0, 352.0), (20.0, heart[1] - 12.0, heart[2] - 22.0)]
    return Tube(tuple(points), (radius * 0.85, radius * 0.9, radius, radius, radius * 1.1, radius * 1.1))


def _superior_cava(frame: Frame, heart: Point) -> Shape:
    top = frame.before_spine(522.0, 21.0, 36.0)
    return Tube(((25.0, heart[1] - 2.0, heart[2] + 28.0), (26.0, top[1] - 2.0, 480.0), top), (10.0, 9.0, 8.0))


def _pulmonary_veins(frame: Frame, heart: Point) -> Shape:
    tubes = []
    for side in (-1, 1):
        for rise in (16.0, -12.0):
            start = (side * 8.0, heart[1] - 30.0, heart[2] + 22.0)
            end = (side * 44.0, heart[1] - 42.0, heart[2] + 24.0 + rise)
            tubes.append(Tube((start, end), (6.5, 5.0)))
    across = Tube(
        ((-12.0, heart[1] - 30.0, heart[2] + 22.0), (12.0, heart[1] - 30.0, heart[2] + 22.0)), (8.0, 8.0)
    )
    return Union((across, *tubes))
