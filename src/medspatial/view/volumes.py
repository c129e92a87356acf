"""CT, masks and models' inputs as NIfTI files of a private folder, made when they are first asked for."""

from __future__ import annotations

import math
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medspatial.cases import CaseData, load_case
from medspatial.errors import InputError
from medspatial.records import content_hash
from medspatial.view.library import Library
from medspatial.volume import Volume, write_volume

CASES_KEPT = 2
FILES_BYTES = 4 * 1024**3
LEAST, MOST = 16, 2048  # voxels along the longest axis that may be asked for


class Volumes:
    """The images of a library's cases, one case read at a time.

    Files stay in a folder of their own until `close`; the oldest go when they grow over ``limit`` bytes.
    """

    def __init__(self, library: Library, limit: int = FILES_BYTES) -> None:
        self._library = library
        self._limit = limit
        self._folder = tempfile.TemporaryDirectory(prefix="medspatial-view-")
        self._read: OrderedDict[str, CaseData] = OrderedDict()
        self._files: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.RLock()

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    def data(self, case_id: str) -> CaseData:
        """Return a case's CT and masks.

        Raises
        ------
        InputError
            No such case, a file outside the served folders, or an unreadable one.
        """
        with self._lock:
            if case_id not in self._read:
                case = self._library.check(case_id)
                found = load_case(case, self._library.root, assume_axes=self._library.assume_axes)
                self._read[case_id] = found
                while len(self._read) > CASES_KEPT:
                    self._read.popitem(last=False)
            self._read.move_to_end(case_id)
            return self._read[case_id]

    def ct(self, case_id: str) -> Volume:
        """Return a case's CT.

        Raises
        ------
        InputError
            As `data`, or the case has masks alone.
        """
        found = self.data(case_id).ct
        if found is None:
            raise InputError(f"case {case_id!r} has no CT, only masks")
        return found

    def ct_file(self, case_id: str, most: int | None = None) -> Path:
        """Return a NIfTI file of the CT, with at most ``most`` voxels along its longest axis."""
        return self.file(("ct", case_id, most), lambda: reduced(self.ct(case_id), most))

    def mask_file(self, case_id: str, name: str, most: int | None = None) -> Path:
        """Return a NIfTI file of one mask, cut to where it is.

        Raises
        ------
        InputError
            As `data`, or no such mask.
        """
        return self.file(("mask", case_id, name, most), lambda: reduced(self._mask(case_id, name), most))

    def file(self, key: tuple[object, ...], make: Callable[[], Volume]) -> Path:
        """Return the file of a volume, made now if it is not there."""
        name = content_hash(*key) + ".nii"
        with self._lock:
            if name not in self._files:
                self._files[name] = write_volume(make(), Path(self._folder.name) / name)
                self._shrink()
            self._files.move_to_end(name)
            return self._files[name]

    def _mask(self, case_id: str, name: str) -> Volume:
        masks = self.data(case_id).masks
        if masks is None or name not in masks:
            raise InputError(f"case {case_id!r} has no mask {name!r}")
        voxels = masks.mask(name)
        start, stop = [], []
        for axis, size in enumerate(voxels.shape):
            there = np.flatnonzero(voxels.any(axis=tuple(other for other in range(3) if other != axis)))
            start.append(max(0, int(there[0]) - 1))
            stop.append(min(size, int(there[-1]) + 2))
        return Volume(voxels.astype(np.uint8), masks.affine, unit="label").cropped(start, stop)

    def _shrink(self) -> None:
        sizes = {name: path.stat().st_size for name, path in self._files.items()}
        total = sum(sizes.values())
        while total > self._limit and len(self._files) > 1:
            name, path = self._files.popitem(last=False)
            path.unlink(missing_ok=True)
            total -= sizes[name]


def reduced(volume: Volume, most: int | None) -> Volume:
    """Return a volume with at most ``most`` voxels along each axis, its field of view kept.

    Voxels are made as long as the longest axis needs; an axis that is short already stays.

    Raises
    ------
    InputError
        ``most`` is out of range.
    """
    if most is None:
        return volume
    if not LEAST <= most <= MOST:
        raise InputError(f"most: must be from {LEAST} to {MOST} voxels, got {most}")
    if max(volume.shape) <= most:
        return volume
    spacing = [
        mm * max(1.0, math.ceil(size / most)) for mm, size in zip(volume.spacing, volume.shape, strict=True)
    ]
    smaller = volume.resampled(spacing)
    if volume.unit != "HU":
        return smaller
    return Volume(np.rint(smaller.voxels).astype(np.int16), smaller.affine, unit="HU", source=volume.source)
