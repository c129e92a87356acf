"""From a CT to the input of Med3DVLM: the recipes of the original, in one orientation.

The original looks at neither spacing nor affine; see the preparation of M3D-LaMed, whose data it uses.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.options import HuWindow, hu_window, sizes
from medspatial.models.runtime.stretch import display_ordered, minmax_cropped, stretched
from medspatial.volume import Volume

Recipe = Literal["dataprep128", "app_raw_hu"]
DEFAULT_WINDOW = (-1000.0, 1000.0)
_ANY_HU = (-32768.0, 32767.0)  # what a scanner's 16 bits can hold


@dataclass(frozen=True)
class Preparation:
    """How voxels become the input.

    Attributes
    ----------
    recipe
        ``dataprep128``: scaled to 0..1, cropped to values over 0 unless a window is set, stretched (how
        training and evaluation data were made). ``app_raw_hu``: stretched only, HU as they are (the
        web application).
    orientation
        ``canonical`` (LPS first) or ``stored``.
    hu_window
        Clip HU before the recipe; ours, as the original's min-max is ruled by metal and padding.
        None: as the original. Without effect on ``app_raw_hu``.
    shape
        Depth, height, width of the input.
    """

    recipe: Recipe = "dataprep128"
    orientation: Literal["canonical", "stored"] = "canonical"
    hu_window: HuWindow | None = DEFAULT_WINDOW
    shape: tuple[int, int, int] = (128, 256, 256)

    def __post_init__(self) -> None:
        if self.recipe not in {"dataprep128", "app_raw_hu"}:
            raise InputError(f"med3dvlm: recipe must be dataprep128 or app_raw_hu, got {self.recipe!r}")
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(f"med3dvlm: orientation must be canonical or stored, got {self.orientation!r}")
        object.__setattr__(self, "hu_window", hu_window(self.hu_window, "med3dvlm"))
        object.__setattr__(self, "shape", sizes(self.shape, "shape", "med3dvlm"))

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""
        voxels = display_ordered(volume, self.orientation == "canonical")
        if self.recipe == "app_raw_hu":
            return stretched(voxels.transpose(2, 1, 0), self.shape)
        if self.hu_window is not None:
            voxels = np.clip(voxels, *self.hu_window)
        return stretched(minmax_cropped(voxels, self.hu_window), self.shape)

    @property
    def crops(self) -> bool:
        """Whether the volume is cropped by its values."""
        return self.recipe == "dataprep128" and self.hu_window is None

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        raw = self.recipe == "app_raw_hu"
        how = "cropped to values over 0 and stretched" if self.crops else "stretched"
        notes = [f"{how} to its shape: spacing is lost"]
        if self.orientation == "stored":
            notes.append("array axes follow the file's storage: left and right are not defined")
        words = "HU as they are" if raw else "whole-volume minimum and maximum to 0..1"
        return InputContract(
            axes="SPL",
            shape=self.shape,
            hu_window=None if raw else self.hu_window,
            normalisation="" if self.hu_window and not raw else words,
            value_range=_ANY_HU if raw else (0.0, 1.0),
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return asdict(self)
