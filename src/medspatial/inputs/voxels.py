"""The representation ``volume``: an array of voxels in stated axes, spacing, shape and window."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from medspatial.errors import InputError
from medspatial.inputs.contract import InputContract
from medspatial.records import Record
from medspatial.volume import Volume, validate_axcodes


class VoxelSettings(Record):
    """How a volume becomes an array.

    Attributes
    ----------
    axes
        Patient directions in which the array axes grow, slowest first.
    spacing
        Millimetres along those axes; without it as stored.
    shape
        Cropped or padded about the centre to that many voxels; without it as it comes.
    hu_window
        HU mapped linearly to ``value_range``, clipped.
    fill
        HU of padding.
    """

    representation: Literal["volume"] = "volume"
    axes: str = "SPL"
    spacing: tuple[float, float, float] | None = None
    shape: tuple[int, int, int] | None = None
    hu_window: tuple[float, float] = (-1000.0, 1000.0)
    value_range: tuple[float, float] = (0.0, 1.0)
    fill: float = Field(default=-1024.0)

    @field_validator("axes")
    @classmethod
    def _codes(cls, axes: str) -> str:
        try:
            return validate_axcodes(axes)
        except InputError as error:
            raise ValueError(str(error)) from None

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        return InputContract(
            axes=self.axes,
            shape=self.shape,
            spacing=self.spacing,
            hu_window=self.hu_window,
            value_range=self.value_range,
            channels=0,
        )


def voxels(volume: Volume, settings: VoxelSettings) -> tuple[NDArray[np.float32], Volume]:
    """Return the array, float32, and the volume it is of (which knows affine and history)."""
    made = volume.oriented(settings.axes)
    if settings.spacing is not None and not all(
        math.isclose(a, b, rel_tol=1e-6) for a, b in zip(made.spacing, settings.spacing, strict=True)
    ):
        made = made.resampled(settings.spacing)
    if settings.shape is not None:
        made = made.cropped_or_padded(settings.shape, settings.fill)
    made = made.windowed(*settings.hu_window, out=settings.value_range)
    return np.ascontiguousarray(made.voxels, dtype=np.float32), made
