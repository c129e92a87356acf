"""From the plan to HU: background tissue, details without a label, bone cortex, blur and noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.plan import Plan
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.shapes import (
    Array,
    Below,
    Column,
    Cut,
    Ellipsoid,
    Tube,
)
from medspatial.cases.phantom.skeleton import cavity

AIR, FAT, MUSCLE, CORTEX = -1000.0, -105.0, 52.0, 720.0
LOWEST, HIGHEST = -1024, 3071  # the range of a 12-bit scanner
_CORTEX_MM = 1.8
_BLUR = 0.55  # standard deviation of the reconstruction kernel, voxels


def background(plan: Plan, raster: Raster) -> NDArray[np.float32]:
    """Air, table, fat under the skin, muscle wall, and the fat between the organs."""
    hu = np.full(raster.shape, AIR, dtype=np.float32)
    frame = plan.frame
    layers: list[tuple[Column | Cut, float]] = [
        (frame.skin, FAT),
        (frame.muscle, MUSCLE),
        (_inner(cavity(frame)), FAT + 4.0),
    ]
    for shape, value in [*_table(plan), *layers]:
        drawn = raster.draw(shape)
        if drawn is not None:
            box, mask = drawn
            np.copyto(hu[box], value, where=mask)
    return hu


def _inner(room: Column) -> Column:
    """Narrow the abdominal room to that of the pelvis at its lower end."""
    heights = np.array(room.z)
    narrow = np.interp(heights, (0.0, 60.0, 120.0), (0.62, 0.72, 1.0))
    return Column(room.z, room.cx, room.cy, tuple((np.array(room.a) * narrow).tolist()), room.b, room.power)


def has_table(plan: Plan) -> bool:
    """Half of the patients are shown with the table they lie on."""
    return plan.draw.balanced("table", (True, False))


def _table(plan: Plan) -> list[tuple[Cut, float]]:
    if not has_table(plan):
        return []
    back = float(plan.frame.skin.bounds[0][1])
    trough = Ellipsoid((0.0, back + 212.0, 300.0), (225.0, 225.0, 5000.0))
    slabs = []
    for depth, value in ((0.0, -320.0), (3.5, -890.0)):
        slab = Ellipsoid((0.0, back - 14.0 - 2.0, 300.0), (200.0 - depth, 13.0 - depth, 4000.0), power=8)
        slabs.append((Cut(slab, drop=(trough,)), value))
    return slabs


def details(plan: Plan) -> list[Item]:
    """Things that a CT shows inside the organs, without a label: gas, blood pools, diaphragm."""
    blood = 42.0 + plan.contrast
    return [
        *_gas(plan),
        *_heart(plan, blood),
        *(Item("", dome, MUSCLE) for dome in _diaphragm(plan)),
    ]


def _gas(plan: Plan) -> list[Item]:
    stomach = plan.stomach
    level = max(point[1] for point in stomach.points) + plan.draw.uniform("stomach gas", -22.0, 14.0)
    above = Below((0.0, level, 0.0), (0.0, -1.0, 0.0))
    items = [Item("", Cut(stomach.grown(-4.0), keep=(above,)), -960.0, ("stomach",))]
    colon = next(item.shape for item in plan.items if item.name == "colon")
    if isinstance(colon, Tube):
        for place in (1, 3, 4, 5, 6, 9, 13):
            x, y, z = colon.points[place]
            radius = colon.radii[place] - 4.0
            bubble = Ellipsoid((x, y + 4.0, z), (radius * 1.2, radius * 0.8, radius))
            items.append(Item("", bubble, -930.0, ("colon",)))
    return items


def _heart(plan: Plan, blood: float) -> list[Item]:
    if not plan.contrast:
        return []
    heart = plan.chest.heart
    rows = np.array(heart.rotation)
    items = []
    for shift, size in (((0.32, -0.15, 0.0), 0.42), ((-0.25, 0.38, -0.1), 0.45), ((-0.45, -0.3, 0.3), 0.36)):
        centre = np.array(heart.centre) + rows @ (np.array(shift) * heart.radii)
        radii = tuple(radius * size for radius in heart.radii)
        pool = Ellipsoid(tuple(centre.tolist()), radii, heart.rotation)  # type: ignore[arg-type]
        items.append(Item("", pool, blood, ("heart",)))
    return items


def _diaphragm(plan: Plan) -> list[Cut]:
    sheets = []
    for dome in plan.domes.values():
        above = Below((0.0, 0.0, 300.0), (0.0, 0.0, -1.0))
        sheets.append(Cut(dome, keep=(above, cavity(plan.frame)), drop=(dome.grown(-4.5),)))
    return sheets


def add_cortex(hu: NDArray[np.float32], bone: NDArray[np.bool_], raster: Raster) -> None:
    """Brighten the outermost voxels of the bones, by as much as the cortex fills of a voxel."""
    inner = bone.copy()
    for axis in range(3):
        ahead = [slice(None)] * 3
        back = [slice(None)] * 3
        ahead[axis], back[axis] = slice(1, None), slice(None, -1)
        inner[tuple(ahead)] &= bone[tuple(back)]
        inner[tuple(back)] &= bone[tuple(ahead)]
    share = min(1.0, _CORTEX_MM / float(raster.spacing.mean()))
    edge = bone & ~inner
    hu[edge] += share * (CORTEX - hu[edge])


def finish(hu: NDArray[np.float32], rng: np.random.Generator, noise: float) -> NDArray[np.int16]:
    """Blur as a scanner does, with noise that the same kernel has correlated, and round to whole HU.

    Parameters
    ----------
    noise
        Standard deviation of the noise in the result, HU; 0 leaves the blurred tissue alone.
    """
    from scipy import ndimage

    if noise > 0.0:
        white = rng.standard_normal(hu.shape, dtype=np.float32)
        white *= np.float32(noise / _blurred_deviation())
        hu = hu + white
    for axis in range(3):
        hu = ndimage.correlate1d(hu, _kernel(), axis=axis, mode="nearest")
    np.clip(hu, LOWEST, HIGHEST, out=hu)
    return np.rint(hu, out=hu).astype(np.int16)


def _kernel() -> Array:
    weights = np.exp(-0.5 * (np.arange(-1, 2) / _BLUR) ** 2)
    return np.asarray(weights / weights.sum())


def _blurred_deviation() -> float:
    """Standard deviation of white noise of deviation 1 after the blur along three axes."""
    return float((_kernel() ** 2).sum() ** 1.5)
