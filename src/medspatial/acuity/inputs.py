"""Inputs whose acuity can be told without weights: models' preparations, pictures of slices, the volume."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, render
from medspatial.models.card import model_cards
from medspatial.models.tools.inventory import preparation
from medspatial.volume import Volume

WHOLE = "whole_volume"
"""Every voxel in HU: what a reader with a workstation has."""
SLICES = "8_slices"
"""Eight axial slices through the mediastinal window, as `image_text` and the API models are shown them."""

Prepare = Callable[[Volume], NDArray[np.generic]]


def input_names() -> tuple[str, ...]:
    """Return the names of all inputs: the whole volume, eight slices, and each model's preparation."""
    own = tuple(name for name, card in model_cards().items() if card.preparation is not None)
    return (WHOLE, SLICES, *own)


def input_of(name: str, **options: object) -> Prepare:
    """Return the function from a volume to an input.

    Raises
    ------
    InputError
        No such input, or a model's preparation that needs its weights.
    """
    if name == WHOLE:
        return _whole
    if name == SLICES:
        return _slices
    if name not in input_names():
        raise InputError(f"no input {name!r} without weights; there are: {', '.join(input_names())}")
    made: Prepare = preparation(name, **options)
    return made


def _whole(volume: Volume) -> NDArray[np.generic]:
    return volume.voxels


def _slices(volume: Volume) -> NDArray[np.generic]:
    return np.stack(render(volume, PictureSettings()).images)
