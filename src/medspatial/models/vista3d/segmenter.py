"""VISTA3D as a segmenter: a CT in, a label volume on the CT's own grid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medspatial.errors import InputError
from medspatial.models.runtime.device import choose_device
from medspatial.models.runtime.features import weights_hash
from medspatial.models.vista3d.inference import Windows, label_maps
from medspatial.models.vista3d.network import load_network, weights_of, window_edge
from medspatial.models.vista3d.preparation import Preparation
from medspatial.models.vista3d.prompts import EVERYTHING, expanded
from medspatial.volume import Volume


class Vista3D:
    """The network with its preprocessing.

    Parameters
    ----------
    path
        Folder of the ``vista3d`` bundle, or its weight file.
    device
        ``auto`` is a GPU where there is one; a CPU is possible and slow.
    windows
        How the volume is cut; edges are multiples of 16 from 32.

    Raises
    ------
    InputError
        Edges that the network cannot take, no weights, or weights that do not fit.
    """

    label_map = "vista3d"

    def __init__(self, path: str | Path, *, device: str = "auto", windows: Windows | None = None) -> None:
        self.device = choose_device(device)
        self.windows = windows or Windows()
        for edge in self.windows.roi:
            window_edge(edge)
        self.preparation = Preparation()
        self.weights = weights_of(Path(path))
        self.network = load_network(self.weights, self.device)

    def segment(self, volume: Volume, labels: Sequence[int] = EVERYTHING) -> Volume:
        """Return label ids on the grid of ``volume`` (uint8), 0 outside of all.

        Parameters
        ----------
        labels
            Ids of VISTA3D; kidney, lung and bone come out as their parts.

        Raises
        ------
        InputError
            An id that is not supported, or a volume without a body.
        """
        fine = self.maps(volume, {"": labels})[""]
        return fine.resampled_to(volume.grid, order=0, fill=0)

    def maps(self, volume: Volume, prompts: Mapping[str, Sequence[int]]) -> dict[str, Volume]:
        """Return for each prompt label ids on the network's own grid, 1.5 mm and RAS, from one pass.

        Parameters
        ----------
        prompts
            Name to ids of VISTA3D.

        Raises
        ------
        InputError
            As `segment`.
        """
        wanted = {name: expanded(labels) for name, labels in prompts.items()}
        prepared = self.preparation.prepared(volume)
        image = torch.from_numpy(np.array(prepared.voxels))[None, None].to(self.device)
        found = label_maps(self.network, image, wanted, self.windows)
        return {
            name: Volume(labels, prepared.affine, unit="label", source=volume.source)
            for name, labels in found.items()
        }

    def describe(self) -> dict[str, Any]:
        """Return all that changes the masks."""
        return {
            "segmenter": "vista3d",
            "weights": weights_hash(self.network),
            "roi": list(self.windows.roi),
            "overlap": self.windows.overlap,
            "preparation": self.preparation.describe(),
        }


def not_an_answerer(path: str | Path | None = None) -> Any:
    """VISTA3D answers no questions; as a model of ``predict`` it is refused.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError(
        "vista3d is a segmenter, it answers no questions; use `medspatial segment --with vista3d`"
    )
