"""Implicit solids in patient millimetres: the phantom's organs are made of these.

A shape knows its bounding box and says for any points whether they lie inside. Coordinates come as
three arrays that broadcast against each other, so that a grid along the patient axes costs three
short vectors instead of three volumes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Point = tuple[float, float, float]
Bounds = tuple[Array, Array]  # lower and upper corner, (3,) each


class Shape(ABC):
    """A solid in patient space."""

    @property
    @abstractmethod
    def bounds(self) -> Bounds:
        """Corners of a box along the axes that holds the solid (tight where that is cheap)."""

    @abstractmethod
    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie inside; the arrays broadcast."""

    def parts(self) -> Sequence[Shape]:
        """Solids whose union this is: each is drawn in its own, smaller box."""
        return (self,)

    def holds(self, points: Array) -> NDArray[np.bool_]:
        """Tell which of ``(n, 3)`` points lie inside."""
        x, y, z = np.asarray(points, dtype=float).T
        return np.broadcast_to(self.inside(x, y, z), x.shape)


@dataclass(frozen=True)
class Ellipsoid(Shape):
    """``|R'(p - centre) / radii|`` in the given power: 2 is an ellipsoid, 4 and more a rounded box.

    Attributes
    ----------
    rotation
        Columns are the directions of the three radii; None for the patient axes.
    """

    centre: Point
    radii: Point
    rotation: tuple[Point, Point, Point] | None = None
    power: int = 2

    @cached_property
    def bounds(self) -> Bounds:
        """Exact for power 2."""
        half = np.array(self.radii, dtype=float)
        if self.rotation is not None:
            turned = np.abs(np.array(self.rotation)) * half
            half = np.sqrt((turned**2).sum(axis=1)) if self.power == 2 else turned.sum(axis=1)
        centre = np.array(self.centre)
        return centre - half, centre + half

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie inside."""
        offsets = [x - self.centre[0], y - self.centre[1], z - self.centre[2]]
        if self.rotation is not None:
            rows = self.rotation
            dx, dy, dz = offsets
            offsets = [rows[0][k] * dx + rows[1][k] * dy + rows[2][k] * dz for k in range(3)]
        total = sum(
            _power(offset / radius, self.power) for offset, radius in zip(offsets, self.radii, strict=True)
        )
        return np.asarray(total <= 1.0)

    def grown(self, mm: float) -> Ellipsoid:
        """Return it with longer radii."""
        a, b, c = self.radii
        return replace(self, radii=(a + mm, b + mm, c + mm))

    @property
    def volume_ml(self) -> float:
        """Exact volume (power 2 only)."""
        if self.power != 2:
            raise ValueError(f"an exact volume is only known for power 2, this is {self.power}")
        return float(4.0 / 3.0 * np.pi * np.prod(self.radii) / 1000.0)


@dataclass(frozen=True)
class Segment(Shape):
    """A cone with round ends: all spheres from ``(a, ra)`` to ``(b, rb)``."""

    a: Point
    b: Point
    ra: float
    rb: float

    @cached_property
    def bounds(self) -> Bounds:
        """Box round both end spheres."""
        a, b = np.array(self.a), np.array(self.b)
        return np.minimum(a - self.ra, b - self.rb), np.maximum(a + self.ra, b + self.rb)

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie inside."""
        dx, dy, dz = (self.b[k] - self.a[k] for k in range(3))
        px, py, pz = x - self.a[0], y - self.a[1], z - self.a[2]
        length2 = max(dx * dx + dy * dy + dz * dz, 1e-9)
        t = np.clip((px * (dx / length2) + py * (dy / length2)) + pz * (dz / length2), 0.0, 1.0)
        distance2 = (px - t * dx) ** 2 + (py - t * dy) ** 2 + (pz - t * dz) ** 2
        return np.asarray(distance2 <= (self.ra + t * (self.rb - self.ra)) ** 2)


@dataclass(frozen=True)
class Tube(Shape):
    """A curve of points with a radius at each, joined by cones with round ends."""

    points: tuple[Point, ...]
    radii: tuple[float, ...]

    def parts(self) -> Sequence[Shape]:
        """One cone for each pair of neighbouring points."""
        ends = zip(self.points, self.radii, strict=True)
        return [Segment(a, b, ra, rb) for (a, ra), (b, rb) in pairwise(ends)]

    @cached_property
    def bounds(self) -> Bounds:
        """Box round all spheres."""
        centres, radii = np.array(self.points), np.array(self.radii)[:, None]
        return (centres - radii).min(axis=0), (centres + radii).max(axis=0)

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie inside."""
        return Union(tuple(self.parts())).inside(x, y, z)

    def grown(self, mm: float) -> Tube:
        """Return it with larger radii."""
        return replace(self, radii=tuple(radius + mm for radius in self.radii))


@dataclass(frozen=True)
class Column(Shape):
    """A stack of superellipses whose centre and half-widths vary along z (linear between knots).

    Attributes
    ----------
    z, cx, cy, a, b
        Knots: height (rising), centre and half-widths along x and y.
    """

    z: tuple[float, ...]
    cx: tuple[float, ...]
    cy: tuple[float, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    power: float = 2.0

    @cached_property
    def bounds(self) -> Bounds:
        """Box round all knots."""
        cx, cy, a, b = (np.array(knots) for knots in (self.cx, self.cy, self.a, self.b))
        low = [(cx - a).min(), (cy - b).min(), self.z[0]]
        high = [(cx + a).max(), (cy + b).max(), self.z[-1]]
        return np.array(low), np.array(high)

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie inside."""
        cx, cy, a, b = self.at(z)
        inside = np.abs((x - cx) / a) ** self.power + np.abs((y - cy) / b) ** self.power <= 1.0
        return np.asarray(inside & (z >= self.z[0]) & (z <= self.z[-1]))

    def at(self, z: Array | float) -> tuple[Array, Array, Array, Array]:
        """Centre and half-widths ``cx, cy, a, b`` at heights z."""
        dtype = getattr(z, "dtype", np.float64)
        knots = (self.cx, self.cy, self.a, self.b)
        cx, cy, a, b = (np.asarray(np.interp(z, self.z, values)).astype(dtype) for values in knots)
        return cx, cy, a, b

    def grown(self, mm: float) -> Column:
        """Return it with larger half-widths (at least 1 mm)."""
        return replace(
            self, a=tuple(max(v + mm, 1.0) for v in self.a), b=tuple(max(v + mm, 1.0) for v in self.b)
        )


@dataclass(frozen=True)
class Below(Shape):
    """The half-space ``normal · (p - point) <= 0``."""

    point: Point
    normal: Point

    @property
    def bounds(self) -> Bounds:
        """No bounds: cut something with it."""
        return np.full(3, -np.inf), np.full(3, np.inf)

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie on the side away from the normal."""
        n, p = self.normal, self.point
        return np.asarray((x - p[0]) * n[0] + (y - p[1]) * n[1] + (z - p[2]) * n[2] <= 0.0)


@dataclass(frozen=True)
class Union(Shape):
    """All points in any of the members."""

    members: tuple[Shape, ...]

    def parts(self) -> Sequence[Shape]:
        """Return the parts of all members."""
        return [part for member in self.members for part in member.parts()]

    @cached_property
    def bounds(self) -> Bounds:
        """Box round all members."""
        lows, highs = zip(*(member.bounds for member in self.members), strict=True)
        return np.min(lows, axis=0), np.max(highs, axis=0)

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points lie in any member."""
        inside = self.members[0].inside(x, y, z)
        for member in self.members[1:]:
            inside = inside | member.inside(x, y, z)
        return inside


@dataclass(frozen=True)
class Cut(Shape):
    """The body where it lies inside every ``keep`` and outside every ``drop``."""

    body: Shape
    keep: tuple[Shape, ...] = ()
    drop: tuple[Shape, ...] = ()

    @cached_property
    def bounds(self) -> Bounds:
        """Box of the body, cut by the boxes of ``keep``."""
        boxes = [self.body.bounds, *(shape.bounds for shape in self.keep)]
        return np.max([low for low, _ in boxes], axis=0), np.min([high for _, high in boxes], axis=0)

    def parts(self) -> Sequence[Shape]:
        """Return the body's parts, each cut alike."""
        parts = self.body.parts()
        return (self,) if len(parts) == 1 else [Cut(part, self.keep, self.drop) for part in parts]

    def inside(self, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
        """Tell which points are left."""
        inside = self.body.inside(x, y, z)
        for shape in self.keep:
            inside = inside & shape.inside(x, y, z)
        for shape in self.drop:
            inside = inside & ~shape.inside(x, y, z)
        return inside


def rotation(degrees: Point) -> tuple[Point, Point, Point]:
    """Rotation matrix (rows) for turns about x, then y, then z, each right-handed."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    rows = (about_z @ about_y @ about_x).tolist()
    return tuple(tuple(row) for row in rows)  # type: ignore[return-value]


def _power(value: Array, power: int) -> Array:
    """Even powers by squaring: exact and much faster than ``**`` on floats."""
    square = value * value
    return square if power == 2 else square ** (power // 2)
