"""VISTA3D as VILA-M3's expert: one pass over a volume for whatever groups are called for, kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.models.vila_m3.calls import GROUPS, Call
from medspatial.models.vila_m3.preparation import displayed, slice_grid
from medspatial.models.vista3d.preparation import NoBodyError
from medspatial.models.vista3d.segmenter import Vista3D
from medspatial.records import content_hash
from medspatial.volume import Grid, Volume, read_volume, write_volume


class Expert:
    """The segmenter with a memory of the last volume and, if wanted, a folder.

    Parameters
    ----------
    segmenter
        Makes the label maps of all groups in one pass.
    cache
        Folder for label maps, ``SETTINGS/VOLUME/GROUP.nii.gz``, named by hashes of the segmenter's weights
        and settings and of the volume; at 1.5 mm, as the network sees the body.
    """

    def __init__(self, segmenter: Vista3D, cache: Path | None = None) -> None:
        self.segmenter = segmenter
        self._folder = None if cache is None else cache / content_hash(self.describe())
        self._last: tuple[str, dict[str, Volume]] | None = None

    def labels(self, volume: Volume, call: Call, number: int) -> NDArray[Any]:
        """Return the labels of an axial slice (rows, columns), as displayed; zeros where there is no body."""
        found = self.label_map(volume, call)
        shape, affine = slice_grid(volume, number)
        if found is None:
            return displayed(np.zeros(shape[:2], dtype=np.uint8))
        return displayed(found.resampled_to(Grid(shape, affine), order=0, fill=0).voxels[:, :, 0])

    def label_map(self, volume: Volume, call: Call) -> Volume | None:
        """Return the label map that a call asks for; None where there is no body.

        All groups' maps are made at the first call, so that the network sees each volume once.
        """
        key = volume.fingerprint
        if self._last is not None and self._last[0] == key:
            return self._last[1].get(call.group)
        path = self._path(key, call.group)
        if path is not None and path.exists():
            return read_volume(path, unit="label")
        try:
            found = self.segmenter.maps(volume, GROUPS)
        except NoBodyError:  # a blank volume is a control: the expert looks and finds nothing
            found = {}
        self._last = (key, found)
        for group, labels in found.items():
            self._keep(labels, self._path(key, group))
        return found.get(call.group)

    def describe(self) -> dict[str, Any]:
        """Return all that changes the label maps."""
        return {**self.segmenter.describe(), "groups": content_hash({k: list(v) for k, v in GROUPS.items()})}

    def _path(self, fingerprint: str, group: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / fingerprint / f"{group.replace(' ', '_')}.nii.gz"

    def _keep(self, labels: Volume, path: Path | None) -> None:
        if path is not None:
            write_volume(labels, path)
