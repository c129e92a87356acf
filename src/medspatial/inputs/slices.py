"""Which slices of a volume are shown."""

from __future__ import annotations

import math

import numpy as np

from medspatial.errors import InputError
from medspatial.inputs.settings import PictureSettings
from medspatial.volume import Grid, Volume
from medspatial.volume.plane import Plane, PlaneFrame, display_grid

_ROUNDING = 1e-6  # slices; a point half way between two falls the same way for every storage


def chosen_slices(volume: Volume, settings: PictureSettings) -> list[PlaneFrame]:
    """Return the slices to show, in order; the same ones for every storage orientation.

    Raises
    ------
    InputError
        The point that slices should lie around is outside the volume.
    """
    grid = volume.grid
    millimetres = _pixel_size(grid, settings)
    frames = []
    for plane in settings.chosen_planes:
        total = display_grid(grid, plane).shape[2]
        even = settings.around is None
        indices = spread(total, settings.count) if even else _around(grid, plane, settings)
        if plane == "axial" and settings.superior_first:
            indices.reverse()  # display order of axial slices is from feet to head
        frames += [PlaneFrame(plane, index, grid, millimetres) for index in indices]
    return frames


def spread(total: int, count: int) -> list[int]:
    """Return the middles of ``count`` equal shares of 0..total-1; all where there are fewer.

    >>> spread(10, 5)
    [1, 3, 5, 7, 9]
    >>> spread(3, 8)
    [0, 1, 2]
    """
    if count >= total:
        return list(range(total))
    return [(2 * k + 1) * total // (2 * count) for k in range(count)]


def _around(grid: Grid, plane: Plane, settings: PictureSettings) -> list[int]:
    assert settings.around is not None
    display = display_grid(grid, plane)
    total = display.shape[2]
    place = float(display.to_index(settings.around)[2])
    if not -0.5 - _ROUNDING <= place <= total - 0.5 + _ROUNDING:
        raise InputError(f"around {settings.around} mm: lies outside the volume's {total} {plane} slices")
    middle = min(max(math.ceil(place - 0.5 - _ROUNDING), 0), total - 1)
    step = 1
    if settings.step_mm is not None:
        step = max(math.floor(settings.step_mm / display.spacing[2] + 0.5 - _ROUNDING), 1)
    first = middle - step * ((settings.count - 1) // 2)
    wanted = range(first, first + step * settings.count, step)
    return [index for index in wanted if 0 <= index < total]


def _pixel_size(grid: Grid, settings: PictureSettings) -> float:
    """Millimetres of a pixel: the longest side of any chosen plane takes all of ``size``."""
    longest = 0.0
    for plane in settings.chosen_planes:
        display = display_grid(grid, plane)
        extents = np.asarray(display.spacing[:2]) * np.asarray(display.shape[:2])
        longest = max(longest, float(extents.max()))
    return longest / settings.size
