"""Which points in patient space a model is shown: those inside the volume, those that slices stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from medspatial.inputs.settings import PictureSettings
from medspatial.inputs.slices import chosen_slices
from medspatial.volume import Volume
from medspatial.volume.plane import Plane, display_grid

Points = Sequence[tuple[float, float, float]]
_ROUNDING = 1e-6  # slices; a tie falls the same way for every storage


def inside(volume: Volume, points: Points) -> list[bool]:
    """Say for points in RAS+ mm whether they lie in one of the volume's voxels."""
    return [bool(found) for found in volume.grid.contains(_array(points))]


def near_slices(volume: Volume, slices: Mapping[Plane, Sequence[int]], points: Points) -> list[bool]:
    """Say for points in RAS+ mm whether one of the slices shown stands for them.

    A slice stands for what is as near to it as half the largest step between neighbouring slices shown,
    and for a voxel's longest side in any case. What lies outside the volume is not shown.

    Parameters
    ----------
    slices
        For each plane the numbers of its slices in display order.
    """
    places = _array(points)
    near = np.zeros(len(places), dtype=np.bool_)
    for plane, indices in slices.items():
        display = display_grid(volume.grid, plane)
        spacing = display.spacing
        numbers = np.sort(np.asarray(indices, dtype=np.float64))
        step = float(np.diff(numbers).max()) if len(numbers) > 1 else 0.0
        reach = max(step / 2, max(spacing) / spacing[2]) + _ROUNDING
        along = display.to_index(places)[:, 2]
        near |= (np.abs(along[:, None] - numbers) <= reach).any(axis=1)
    return [bool(found) for found in near & volume.grid.contains(places)]


def on_pictures(volume: Volume, settings: PictureSettings, points: Points) -> list[bool]:
    """Say for points in RAS+ mm whether the slices that the settings choose stand for them."""
    frames = groupby(chosen_slices(volume, settings), key=lambda frame: frame.plane)
    return near_slices(volume, {plane: [frame.index for frame in group] for plane, group in frames}, points)


def _array(points: Points) -> NDArray[np.float64]:
    return np.asarray(points, dtype=np.float64).reshape(-1, 3)
