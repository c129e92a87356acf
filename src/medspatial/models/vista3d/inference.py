"""Sliding windows over a volume, label prompts in chunks, and the label of the highest logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medspatial.errors import InputError

_BYTES = 4


@dataclass(frozen=True)
class Windows:
    """How a volume is cut into windows.

    Attributes
    ----------
    roi
        Voxels of a window.
    overlap
        Share by which neighbours overlap; they are blended with a Gaussian.
    logits_gb
        Memory for logits; more labels than fit are asked for in several passes over the volume.
    """

    roi: tuple[int, int, int] = (128, 128, 128)
    overlap: float = 0.3
    logits_gb: float = 4.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "roi", tuple(int(n) for n in self.roi))
        if len(self.roi) != 3 or min(self.roi) < 1 or not 0 <= self.overlap < 1 or self.logits_gb <= 0:
            raise InputError(f"vista3d: windows need three sizes, an overlap in 0..1 and memory, got {self}")


@torch.inference_mode()
def sliding_logits(network: nn.Module, image: Tensor, labels: Sequence[int], windows: Windows) -> Tensor:
    """Return logits (1, labels, x, y, z) of an image (1, 1, x, y, z)."""
    from monai.inferers.utils import sliding_window_inference

    prompts = torch.tensor(labels, dtype=torch.long, device=image.device)[:, None]
    made: Any = sliding_window_inference(
        inputs=image,
        roi_size=windows.roi,
        sw_batch_size=1,
        predictor=network,
        overlap=windows.overlap,
        mode="gaussian",
        transpose=True,
        class_vector=prompts,
    )
    logits: Tensor = made
    return logits


def label_map(
    network: nn.Module, image: Tensor, labels: Sequence[int], windows: Windows
) -> NDArray[np.int16]:
    """Return the label of the highest logit per voxel (x, y, z), 0 where none is above 0.

    Labels are asked for in chunks and only the highest logit so far is kept; at a tie the earlier label wins.

    Raises
    ------
    InputError
        The network gave something that is not a number.
    """
    best = torch.zeros(image.shape[2:], device=image.device)
    chosen = torch.zeros(image.shape[2:], dtype=torch.int16, device=image.device)
    chunk = max(1, int(windows.logits_gb * 1e9 / (_BYTES * best.numel())))
    for start in range(0, len(labels), chunk):
        part = list(labels[start : start + chunk])
        logits = sliding_logits(network, image, part, windows)[0]
        if not bool(torch.isfinite(logits).all()):
            raise InputError("vista3d: the network's output is not finite; are these its weights?")
        highest, place = logits.max(dim=0)
        ids = torch.tensor(part, dtype=torch.int16, device=image.device)[place]
        chosen = torch.where(highest > best, ids, chosen)
        best = torch.maximum(best, highest)
    return chosen.cpu().numpy()
