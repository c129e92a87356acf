"""The masks of a changed case for models that are shown some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medspatial.volume import MaskSet


class DrawnMasks(MaskSet):
    """Masks under the names of the unchanged case: what was taken out of the case is an empty mask."""

    def __init__(self, names: tuple[str, ...], masks: MaskSet) -> None:
        super().__init__(masks.layers, masks.tables(), masks.affine, masks.notes, masks.fields)
        self._drawn = names

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the unchanged case."""
        return self._drawn

    def __contains__(self, name: object) -> bool:
        return name in self._places or name in getattr(self, "_drawn", ())

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Return a mask as a new boolean array, empty where the structure was taken out."""
        if name in self._drawn and name not in self._places:
            return np.zeros(self.shape, dtype=np.bool_)
        return super().mask(name)
