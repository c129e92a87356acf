"""The sheet a patient is drawn on: labels and HU of every voxel, filled item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cc3d
import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import load_label_map
from medspatial.cases.phantom import tissue
from medspatial.cases.phantom.item import Item
from medspatial.cases.phantom.plan import Plan
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.tree import paint_tree, trees

LABEL_MAP = "phantom"
FIRST_LESION = 200  # values of the label map from which on a label is a lesion
_CRUMB = 0.1  # share of a structure below which a separate piece is a crumb
_BONES = ("vertebrae_", "rib_", "sacrum", "sternum", "scapula_", "clavicula_", "hip_", "femur_")


@dataclass
class Canvas:
    """Labels (values of the label map ``phantom``) and HU on one grid."""

    raster: Raster
    labels: NDArray[np.uint8]
    hu: NDArray[np.float32]
    values: dict[str, int]

    def table(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return a look-up by label: True for the named structures."""
        table = np.zeros(256, dtype=bool)
        table[[self.values[name] for name in names]] = True
        return table

    def paint(self, item: Item) -> None:
        """Draw one item: over the labels it may replace, or over what has no label yet."""
        drawn = self.raster.draw(item.shape)
        if drawn is None:
            return
        box, mask = drawn
        here = self.labels[box]
        mask &= self.table(item.within)[here] if item.within else here == 0
        if item.name:
            here[mask] = self.values[item.name]
        self.hu[box][mask] = item.hu

    def wipe_crumbs(self) -> None:
        """Give pieces that neighbours have cut off a structure back to the fat: an organ is one piece."""
        pieces = cc3d.connected_components(self.labels, connectivity=26)
        sizes = np.bincount(pieces.ravel())
        owner = np.zeros(len(sizes), dtype=np.uint8)
        owner[pieces.ravel()] = self.labels.ravel()
        totals = np.bincount(owner, weights=sizes, minlength=256)
        crumbs = (sizes < _CRUMB * totals[owner]) & (owner > 0) & (owner < FIRST_LESION)
        if crumbs.any():
            stray = crumbs[pieces]
            self.labels[stray] = 0
            self.hu[stray] = tissue.FAT


def draw_patient(plan: Plan, raster: Raster, items: Sequence[Item]) -> Canvas:
    """Draw the items in list order, then what has no label: details, vessels, bone cortex."""
    values = {name: value for value, name in load_label_map(LABEL_MAP).labels.items()}
    canvas = Canvas(raster, np.zeros(raster.shape, dtype=np.uint8), tissue.background(plan, raster), values)
    for item in items:
        canvas.paint(item)
    canvas.wipe_crumbs()
    for item in tissue.details(plan):
        canvas.paint(item)
    for tree in trees(plan):
        paint_tree(tree, raster, canvas.hu, canvas.table(tree.within)[canvas.labels])
    bones = canvas.table([name for name in values if name.startswith(_BONES)])
    tissue.add_cortex(canvas.hu, bones[canvas.labels], raster)
    return canvas
