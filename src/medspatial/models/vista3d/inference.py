"""Sliding windows over a volume, once for any number of label prompts, and the label of the highest logit.

The windows and the weights of their blending are those of MONAI's `sliding_window_inference`, which keeps the
logits of all labels for the whole volume: 30 GB for 117 labels of a trunk at 1.5 mm. Here windows come sorted
along the longest axis, and what no later window touches is reduced to labels at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medspatial.errors import InputError
from medspatial.models.option_values import is_number, positive, sizes, wrong

_BYTES = 4
_ROWS = 4  # reduced to labels at a time

Labels = NDArray[np.uint8]


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
    logits_gb: float = 6.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "roi", sizes(self.roi, "window", "vista3d"))
        if not is_number(self.overlap) or not 0 <= self.overlap < 1:
            raise wrong(self.overlap, "a share from 0 to below 1", "overlap", "vista3d")
        positive(self.logits_gb, "logits_gb", "vista3d")


@torch.inference_mode()
def label_maps(
    network: nn.Module, image: Tensor, prompts: Mapping[str, Sequence[int]], windows: Windows
) -> dict[str, Labels]:
    """Return for each prompt the label of the highest logit per voxel (x, y, z), 0 where none is above 0.

    Parameters
    ----------
    image
        (1, 1, x, y, z).
    prompts
        Name to labels. A label's logit does not depend on what else is asked for, so that one pass over the
        volume serves them all.

    Raises
    ------
    InputError
        The network gave something that is not a number.
    """
    whole, offset = padded(image, windows.roi)
    labels = sorted({label for wanted in prompts.values() for label in wanted})
    axis = int(np.argmax(whole.shape[2:]))
    across = whole[0, 0].numel() // whole.shape[2 + axis]
    chunk = max(1, int(windows.logits_gb * 1e9 / (_BYTES * across * windows.roi[axis])))
    found = {name: _Best(whole.shape[2:], axis, image.device, chunk < len(labels)) for name in prompts}
    for start in range(0, len(labels), chunk):
        part = labels[start : start + chunk]
        rows = {name: _rows(part, wanted) for name, wanted in prompts.items()}
        for first, logits in finished_rows(network, whole, part, axis, windows):
            if not bool(torch.isfinite(logits).all()):
                raise InputError("vista3d: the network's output is not finite; are these its weights?")
            for name, chosen in rows.items():
                if chosen:
                    found[name].take(first, logits[chosen], [part[row] for row in chosen])
    box = tuple(slice(a, a + n) for a, n in zip(offset, image.shape[2:], strict=True))
    return {name: best.chosen[box].cpu().contiguous().numpy() for name, best in found.items()}


def _rows(part: Sequence[int], wanted: Sequence[int]) -> list[int]:
    asked = set(wanted)
    return [row for row, label in enumerate(part) if label in asked]


class _Best:
    """Labels so far; rows along an axis are finished in front."""

    def __init__(self, shape: Sequence[int], axis: int, device: torch.device, several: bool) -> None:
        self.axis = axis
        self.chosen = torch.zeros(tuple(shape), dtype=torch.uint8, device=device)
        # a later pass compares with it
        self.highest = torch.zeros(tuple(shape), device=device) if several else None

    def take(self, first: int, logits: Tensor, labels: Sequence[int]) -> None:
        """Take rows of logits (labels, x, y, z) in, from ``first`` on; at a tie the smaller label wins."""
        highest, row = logits.max(dim=0)
        ids = torch.tensor(labels, dtype=torch.uint8, device=logits.device)[row]
        count = highest.shape[self.axis]
        chosen = self.chosen.narrow(self.axis, first, count)
        before: Tensor | float = 0.0
        if self.highest is not None:
            before = self.highest.narrow(self.axis, first, count)
        chosen.copy_(torch.where(highest > before, ids, chosen))
        if isinstance(before, Tensor):
            before.copy_(torch.maximum(before, highest))


def finished_rows(
    network: nn.Module, image: Tensor, labels: Sequence[int], axis: int, windows: Windows
) -> Iterator[tuple[int, Tensor]]:
    """Yield the first of some rows along an axis and their blended logits (labels, x, y, z), each once."""
    from monai.data.utils import compute_importance_map

    class_vector = torch.tensor(labels, dtype=torch.long, device=image.device)[:, None]
    weights = compute_importance_map(windows.roi, mode="gaussian", device=image.device)
    depth = windows.roi[axis]
    size = [depth if place == axis else n for place, n in enumerate(image.shape[2:])]
    total = image.new_zeros(len(labels), *size)  # the rows that windows still may touch
    count = image.new_zeros(size)
    start = 0
    for window in sorted(_windows(image.shape[2:], windows), key=lambda box: box[axis].start):
        done = int(window[axis].start) - start
        if done:
            yield from _rows_of(total, count, axis, start, done)
            start += done
            for buffer, along in ((total, axis + 1), (count, axis)):
                kept = buffer.narrow(along, done, depth - done).clone()
                buffer.narrow(along, 0, depth - done).copy_(kept)
                buffer.narrow(along, depth - done, done).zero_()
        part = (slice(None), slice(None), *window)
        made = network(image[part], class_vector=class_vector, transpose=True)[0]
        place = tuple(slice(None) if number == axis else box for number, box in enumerate(window))
        total[(slice(None), *place)] += made.mul_(weights)
        count[place] += weights
    yield from _rows_of(total, count, axis, start, depth)


def _rows_of(total: Tensor, count: Tensor, axis: int, start: int, done: int) -> Iterator[tuple[int, Tensor]]:
    """Yield the first ``done`` rows a few at a time, so that no second buffer of logits is needed."""
    for first in range(0, done, _ROWS):
        rows = min(_ROWS, done - first)
        yield start + first, total.narrow(axis + 1, first, rows) / count.narrow(axis, first, rows)


def _windows(shape: Sequence[int], windows: Windows) -> list[tuple[slice, ...]]:
    """Return MONAI's windows over a volume that is at least as large as one."""
    from monai.data.utils import dense_patch_slices

    steps = [
        edge if edge == size else max(1, int(edge * (1 - windows.overlap)))
        for edge, size in zip(windows.roi, shape, strict=True)
    ]
    return dense_patch_slices(tuple(shape), windows.roi, steps)


def padded(image: Tensor, roi: tuple[int, int, int]) -> tuple[Tensor, list[int]]:
    """Return the image with zeros around it where it is smaller than a window, and where it begins."""
    missing = [max(edge - size, 0) for edge, size in zip(roi, image.shape[2:], strict=True)]
    pads = [amount for short in reversed(missing) for amount in (short // 2, short - short // 2)]
    return functional.pad(image, pads), [short // 2 for short in missing]
