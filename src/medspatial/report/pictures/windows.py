"""HU windows of pictures, chosen by what a question is about."""

from __future__ import annotations

from collections.abc import Sequence

from medspatial.anatomy import structure
from medspatial.errors import InputError
from medspatial.inputs.windows import BONE, LUNG, SOFT_TISSUE, Window

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
