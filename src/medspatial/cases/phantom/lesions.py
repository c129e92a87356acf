"""Lesions of a patient: how many, where and how large, balanced over a cohort by design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import OTHER_SIDE
from medspatial.cases.phantom.draw import Draw
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.plan import Plan
from medspatial.cases.phantom.shapes import Array, Below, Bounds, Cut, Ellipsoid, Shape
from medspatial.cases.phantom.thorax import LOBES

GAP = 16.0  # lesions of one kind lie at least so far apart, plan mm: they never merge, even on 6 mm voxels
_CANDIDATES = 400  # random centres tried per host organ
_SHELL_STEPS = 26


@dataclass(frozen=True)
class Wish:
    """A lesion that the cohort's design asks for, before a place is found.

    Attributes
    ----------
    kind
        Structure name of the lesion.
    host
        Structure that shall hold it.
    reaches
        True: its sphere shall stick out of the host (and is cut there); False: it shall lie inside.
    """

    kind: str
    host: str
    radius: float
    hu: float
    reaches: bool


@dataclass(frozen=True)
class Lesion:
    """A sphere inside its host. ``clipped``: part of the sphere lies outside the host and is not drawn."""

    wish: Wish
    sphere: Ellipsoid
    clipped: bool

    @property
    def item(self) -> Item:
        """How to draw it."""
        return Item(self.wish.kind, self.sphere, self.wish.hu, (self.wish.host,))


@dataclass(frozen=True)
class Effusion:
    """Fluid behind a lung of a patient who lies on the back: all lung below an inclined plane."""

    side: str
    depth: float
    shape: Shape

    @property
    def item(self) -> Item:
        """How to draw it."""
        lobes = tuple(name for name, side in LOBES.items() if side == self.side)
        return Item("pleural_effusion", self.shape, 9.0, lobes)


def make_effusions(plan: Plan) -> list[Effusion]:
    """None, left, right or both sides; half of all patients have none."""
    draw = plan.draw
    sides = draw.balanced("effusion", ("none", "none", "none", "left", "right", "both"))
    effusions = []
    for side in ("left", "right"):
        if sides in (side, "both"):
            depth = draw.uniform(f"{side} effusion", 24.0, 62.0)
            lung = plan.chest.lungs[side]
            level = float(lung.bounds[0][1]) + depth
            surface = Below((0.0, level, 330.0), (0.0, 1.0, 0.22))
            effusions.append(Effusion(side, depth, Cut(lung, keep=(surface,))))
    return effusions


def make_lesions(plan: Plan, effusions: Sequence[Effusion]) -> list[Lesion]:
    """Find a place for every lesion of the design; one that fits nowhere is left out."""
    wishes = [*_nodules(plan.draw), *_kidney_lesions(plan), *_liver_lesions(plan)]
    if not wishes:
        return []
    painter = _Points(plan, effusions)
    lesions: list[Lesion] = []
    for number, wish in enumerate(wishes):
        rng = plan.draw.rng(f"lesion {number} place")
        for host in _hosts(wish):
            lesion = _placed(rng, replace(wish, host=host), lesions, painter)
            if lesion is not None:
                lesions.append(lesion)
                break
    return lesions


def _hosts(wish: Wish) -> list[str]:
    """Return the host, then, for a nodule that finds no room there, the other lobes of that lung."""
    side = LOBES.get(wish.host)
    return (
        [wish.host, *(lobe for lobe in LOBES if LOBES[lobe] == side and lobe != wish.host)]
        if side
        else [wish.host]
    )


def _nodules(draw: Draw) -> Iterator[Wish]:
    """0 to 4 nodules: all left, all right, or on both sides, each as often as the others."""
    count = draw.balanced("nodules", (0, 1, 2, 3, 4))
    pattern = draw.balanced("nodule sides", ("left", "right", "both"))
    first = draw.balanced("first nodule", ("left", "right"))
    for number in range(count):
        side = pattern
        if pattern == "both":
            side = first if number % 2 == 0 else OTHER_SIDE[first]
        lobes = [name for name, lobe_side in LOBES.items() if lobe_side == side]
        host = draw.balanced(f"nodule {number} lobe {side}", lobes)
        radius = draw.uniform(f"nodule {number} radius", 5.6, 13.0)
        hu = draw.balanced(f"nodule {number} hu", (30.0, 40.0, 50.0, 260.0))
        yield Wish(
            "nodule", host, radius, hu, draw.balanced(f"nodule {number} reaches", (True, False, False))
        )


def _kidney_lesions(plan: Plan) -> Iterator[Wish]:
    draw = plan.draw
    cysts = draw.balanced("kidney cyst", ("none", "none", "left", "right", "both"))
    tumor = draw.balanced("kidney tumor", ("none", "none", "left", "right"))
    for side in plan.kidneys:
        host = f"kidney_{side}"
        if tumor == side:
            radius = draw.uniform("kidney tumor radius", 8.0, 14.0)
            reaches = draw.balanced("kidney tumor reaches", (True, False))
            yield Wish("kidney_tumor", host, radius, 40.0 + plan.contrast * 0.45, reaches)
        for number in range(draw.balanced(f"{side} cysts", (1, 2)) if cysts in (side, "both") else 0):
            radius = draw.uniform(f"{side} cyst {number} radius", 5.6, 10.0)
            yield Wish("kidney_cyst", host, radius, 6.0, draw.balanced(f"{side} cyst reaches", (True, False)))


def _liver_lesions(plan: Plan) -> Iterator[Wish]:
    draw = plan.draw
    for kind, hu in (("liver_tumor", 38.0 + plan.contrast * 0.2), ("liver_cyst", 5.0)):
        for number in range(draw.balanced(f"{kind} count", (0, 0, 0, 1, 1, 2))):
            radius = draw.uniform(f"{kind} {number} radius", 6.5, 19.0)
            yield Wish(
                kind, "liver", radius, hu, draw.balanced(f"{kind} {number} reaches", (True, False, False))
            )


def _placed(
    rng: np.random.Generator, wish: Wish, others: Sequence[Lesion], painter: _Points
) -> Lesion | None:
    """Take that of 16 random centres whose sphere fits the wish best; None where none fits."""
    centres = painter.centres(wish.host)
    for other in others:
        if other.wish.host == wish.host or other.wish.kind == wish.kind:
            apart = np.linalg.norm(centres - np.array(other.sphere.centre), axis=1)
            centres = centres[
                apart >= other.sphere.radii[0] + wish.radius + GAP * (wish.kind == other.wish.kind)
            ]
    if len(centres) == 0:
        return None
    centres = centres[rng.permutation(len(centres))[:16]]
    shell = centres[:, None, :] + (wish.radius + 0.5) * _sphere_points()
    share = (
        (painter.labels(shell.reshape(-1, 3)) == painter.value(wish.host))
        .reshape(len(centres), -1)
        .mean(axis=1)
    )
    goal = 0.72 if wish.reaches else 1.0
    best = int(np.argmin(np.abs(share - goal)))
    if share[best] < 0.5:
        return None
    x, y, z = centres[best].tolist()
    return Lesion(wish, Ellipsoid((x, y, z), (wish.radius,) * 3), bool(share[best] < 1.0))


def _sphere_points() -> Array:
    """Points spread evenly on the unit sphere (golden spiral)."""
    step = np.arange(_SHELL_STEPS) + 0.5
    height = 1.0 - 2.0 * step / _SHELL_STEPS
    turn = np.pi * (1.0 + 5.0**0.5) * step
    ring = np.sqrt(1.0 - height**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)


class _Points:
    """What the plan puts at single points: the drawing rules without a grid."""

    def __init__(self, plan: Plan, effusions: Sequence[Effusion]) -> None:
        self._items = [*plan.items, *(effusion.item for effusion in effusions)]
        self._values = {
            name: n + 1 for n, name in enumerate(dict.fromkeys(item.name for item in self._items))
        }
        self._draw = plan.draw
        self._centres: dict[str, Array] = {}

    def value(self, name: str) -> int:
        """Return the number that stands for a structure."""
        return self._values[name]

    def labels(self, points: Array) -> NDArray[np.int64]:
        """Return the structure's number at each of ``(n, 3)`` points; 0 where there is none."""
        labels = np.zeros(len(points), dtype=np.int64)
        for item in self._items:
            near = _inside_box(points, item.shape.bounds)
            if not near.any():
                continue
            free = np.isin(labels[near], [self._values[name] for name in item.within] or [0])
            index = np.flatnonzero(near)[free]
            if len(index):
                labels[index[item.shape.holds(points[index])]] = self._values[item.name]
        return labels

    def centres(self, host: str) -> Array:
        """Random points of a structure."""
        if host not in self._centres:
            shape = next(item.shape for item in self._items if item.name == host)
            low, high = shape.bounds
            points = self._draw.rng(f"points of {host}").uniform(low, high, (_CANDIDATES, 3))
            points = points[shape.holds(points)]
            self._centres[host] = points[self.labels(points) == self.value(host)]
        return self._centres[host]


def _inside_box(points: Array, bounds: Bounds) -> NDArray[np.bool_]:
    low, high = bounds
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))
