"""From a CT to the input of Med3DVLM: the recipes of the original, in one orientation.

The original looks at neither spacing nor affine; see the preparation of M3D-LaMed, whose data it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medspatial.inputs import InputContract
from medspatial.models.runtime.stretch import StretchedPreparation, minmax_stretched, stretched
from medspatial.volume import Volume

Recipe = Literal["dataprep128", "app_raw_hu"]
_ANY_HU = (-32768.0, 32767.0)  # what a scanner's 16 bits can hold


@dataclass(frozen=True)
class Preparation(StretchedPreparation):
    """How voxels become the input.

    Attributes
    ----------
    recipe
        ``dataprep128``: scaled to 0..1, cropped to values over 0 unless a window is set, stretched (how
        training and evaluation data were made). ``app_raw_hu``: stretched only, HU as they are (the
        web application).
    orientation, hu_window, shape
        See `StretchedPreparation`; the window is without effect on ``app_raw_hu``.
    """

    model: ClassVar[str] = "med3dvlm"
    recipes: ClassVar[tuple[str, ...]] = get_args(Recipe)

    recipe: Recipe = "dataprep128"
    shape: tuple[int, int, int] = (128, 256, 256)

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""
        if self.recipe == "app_raw_hu":
            return stretched(self.voxels(volume).transpose(2, 1, 0), self.shape)
        return minmax_stretched(self.voxels(volume), self.hu_window, self.shape)

    @property
    def crops(self) -> bool:
        """Whether the volume is cropped by its values."""
        return self.recipe == "dataprep128" and self.hu_window is None

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        raw = self.recipe == "app_raw_hu"
        words = "HU as they are" if raw else "whole-volume minimum and maximum to 0..1"
        return InputContract(
            axes="SPL",
            shape=self.shape,
            hu_window=None if raw else self.hu_window,
            normalisation="" if self.hu_window and not raw else words,
            value_range=_ANY_HU if raw else (0.0, 1.0),
            notes=self.notes(),
        )
