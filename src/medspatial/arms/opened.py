"""One case as the evidence arms work on it: in RAS order, measured, its structures as voxels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.arms.arm import ReadCase
from medspatial.arms.box import grown_box
from medspatial.cases import CaseData
from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.geometry.skin import BODY_HU
from medspatial.questions import Candidate
from medspatial.questions.scene import Scene
from medspatial.volume import MaskSet, Volume

Mask = NDArray[np.bool_]
Box = tuple[slice, slice, slice]
Moved = tuple[Scene, dict[str, list[Candidate]]]
"""A measured case, and what each subtype found in it."""

CLEAR_MM = 10.0
"""How far what is filled elsewhere keeps from the evidence."""
SKIN_MM = 5.0
"""How far free voxels keep from air: the skin's own edge would be a seam."""


class Opened:
    """A case in RAS order with its measurements.

    Parameters
    ----------
    data
        The case, read; stored in any orientation.

    Raises
    ------
    InputError
        A case without CT, or without masks.
    """

    def __init__(self, data: CaseData) -> None:
        if data.ct is None or data.masks is None or not data.masks.names:
            lacks = "CT" if data.ct is None else "masks"
            raise InputError(f"case {data.case.case_id!r} has no {lacks}: its evidence cannot be touched")
        self.data = data
        self.ct: Volume = data.ct.oriented("RAS")
        self.masks: MaskSet = data.masks.oriented("RAS")
        self._codes = data.ct.axcodes
        self.moved: dict[tuple[str, tuple[int, int, int]], Moved | None] = {}
        """Measurements after a lesion was moved, by lesion and shift; None where it lost its name by that."""
        self._extents: dict[tuple[str, ...], tuple[int, Box | None]] = {}

    @cached_property
    def scene(self) -> Scene:
        """The measured case, with every lesion known by its name."""
        scene = Scene(self.data.case.case_id, Measured(self.masks, self.ct), mirrored=self.data.mirrored)
        _ = scene.found.all_pieces
        return scene

    @cached_property
    def free(self) -> Mask:
        """(3D) voxels of the body that belong to no structure, away from the skin."""
        from scipy import ndimage

        body = np.asarray(self.ct.voxels > BODY_HU)
        free = np.asarray(ndimage.distance_transform_edt(body, sampling=self.ct.spacing) > SKIN_MM)
        for layer in self.masks.layers:
            free &= layer == 0
        return free

    @cached_property
    def room(self) -> NDArray[np.float32]:
        """(3D) distance in mm of each free voxel to the nearest one that is not."""
        from scipy import ndimage

        far = ndimage.distance_transform_edt(self.free, sampling=self.ct.spacing)
        return np.asarray(far, dtype=np.float32)

    def region(self, names: Iterable[str]) -> Mask:
        """(3D) voxels of structures, stray pieces and an organ's lesions included; absent ones have none."""
        found = np.zeros(self.masks.shape, dtype=np.bool_)
        measured = self.scene.measured
        for name in names:
            if name in measured.names:
                found |= measured.raw_runs(self.scene.full(name)).mask()
        return found

    def size(self, names: Iterable[str]) -> int:
        """Return how many voxels structures have together."""
        return self._extent(tuple(names))[0]

    def surely_free(self, names: Iterable[str]) -> int:
        """Return a number of free voxels that surely lie more than 10 mm from structures; more may do so."""
        near = self._extent(tuple(names))[1]
        return self._free_voxels - (0 if near is None else int(self.free[near].sum()))

    def _extent(self, names: tuple[str, ...]) -> tuple[int, Box | None]:
        if names not in self._extents:
            region = self.region(names)
            size = int(region.sum())
            near = grown_box(region, self.ct.spacing, CLEAR_MM) if size else None
            self._extents[names] = size, near
        return self._extents[names]

    @cached_property
    def _free_voxels(self) -> int:
        return int(self.free.sum())

    def closed(self, ct: Volume, masks: MaskSet) -> CaseData:
        """Return a changed case, stored as this one was."""
        return replace(self.data, ct=ct.oriented(self._codes), masks=masks.oriented(self._codes))


class OpenedCases:
    """Reads cases and keeps the last one open, for several arms that look at it one after the other."""

    def __init__(self, read: ReadCase) -> None:
        self._read = read
        self._last: Opened | None = None

    def __call__(self, case_id: str) -> CaseData:
        """Read a case; the last one is not read again."""
        if self._last is not None and self._last.data.case.case_id == case_id:
            return self._last.data
        return self._read(case_id)

    def opened(self, data: CaseData) -> Opened:
        """Return a case opened."""
        if self._last is None or self._last.data is not data:
            self._last = Opened(data)
        return self._last
