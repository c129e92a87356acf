"""HU windows of pictures, chosen by what a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import structure
from medspatial.errors import InputError


@dataclass(frozen=True)
class Window:
    """A linear grey scale over a range of HU, named as radiologists do by centre and width."""

    name: str
    centre: float
    width: float

    @property
    def label(self) -> str:
        """Text for a caption, such as ``lung window (C −600, W 1500 HU)``."""
        centre = f"{self.centre:.0f}".replace("-", "−")
        return f"{self.name} window (C {centre}, W {self.width:.0f} HU)"

    def grey(self, hu: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Map HU to 0..255; values outside the window are clipped."""
        low = self.centre - self.width / 2
        scaled = (hu.astype(np.float32) - np.float32(low)) * np.float32(255.0 / self.width)
        return np.asarray(np.clip(scaled + 0.5, 0, 255), dtype=np.uint8)


LUNG = Window("lung", -600, 1500)
SOFT_TISSUE = Window("soft-tissue", 40, 400)
BONE = Window("bone", 400, 1800)

_LUNG_GROUPS = {"lung", "lung lobe", "lung segment", "airway", "pleura"}
_LUNG_NAMES = {"trachea", "nodule"}
_BONE_GROUPS = {"spine", "bone", "rib cage"}


def window_for(structures: Sequence[str]) -> Window:
    """Choose the window in which all structures of a question can be seen.

    Lung or bone window when all structures are of that kind; soft tissue (which shows the outline
    of lungs and bones as well) for a mixture, for names that anatomy does not know, and for none.
    """
    windows = {_window_of(name) for name in structures}
    return windows.pop() if len(windows) == 1 else SOFT_TISSUE


def _window_of(name: str) -> Window:
    try:
        group = structure(name).group
    except InputError:
        return SOFT_TISSUE  # a name of a user's own label file
    if group in _LUNG_GROUPS or name in _LUNG_NAMES:
        return LUNG
    return BONE if group in _BONE_GROUPS else SOFT_TISSUE
