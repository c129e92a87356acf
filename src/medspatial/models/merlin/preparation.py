"""From a CT to Merlin's input: RAS, 1.5 x 1.5 x 3 mm, HU -1000..1000, the middle 336 x 336 x 480 mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medspatial.inputs import InputContract
from medspatial.models.option_values import sizes
from medspatial.models.runtime.sampling import Planes, taps_at
from medspatial.models.runtime.spacing import part_affine, spaced_grid
from medspatial.volume import Affine, Volume

SPACING = (1.5, 1.5, 3.0)
WINDOW = (-1000.0, 1000.0)


@dataclass(frozen=True)
class Preparation:
    """How voxels become the input.

    Attributes
    ----------
    shape
        Voxels along the patient's right to left, back to front, feet to head axis.
    """

    shape: tuple[int, int, int] = (224, 224, 160)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", sizes(self.shape, "shape", "merlin"))

    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, x, y, z) float32; x grows to the patient's right, y to the front, z to the head."""
        placed = volume.oriented("RAS")
        shape, _ = spaced_grid(placed, SPACING)
        overlaps = [_overlap(have, want) for have, want in zip(shape, self.shape, strict=True)]
        along_x, along_y, along_z = (
            taps_at(np.arange(source.start, source.stop) * (new / old), size)
            for (_, source), new, old, size in zip(
                overlaps, SPACING, placed.spacing, placed.shape, strict=True
            )
        )
        low, high = WINDOW
        planes = Planes(placed.voxels.transpose(2, 1, 0), along_y, along_x)
        fine = np.empty((len(along_z.low), *planes.shape), np.float32)
        for plane, mixed in zip(fine, planes.mixed(along_z), strict=True):
            np.clip((mixed - np.float32(low)) / np.float32(high - low), 0, 1, out=plane)
        result = np.zeros((1, *self.shape), np.float32)  # 0 is air: padding comes behind the scaling
        x, y, z = (target for target, _ in overlaps)
        result[0, x, y, z] = fine.transpose(2, 1, 0)
        return result

    def grid(self, volume: Volume) -> Affine:
        """Return the affine of the input's spatial axes."""
        shape, affine = spaced_grid(volume.oriented("RAS"), SPACING)
        x, y, z = (_start(have, want) for have, want in zip(shape, self.shape, strict=True))
        return part_affine(affine, (x, y, z))

    def visible(self, volume: Volume, points: Sequence[ArrayLike]) -> list[float]:
        """Say for points (RAS mm) whether they lie in the field of view: 1 inside, 0 cut away."""
        if len(points) == 0:
            return []
        places = self.grid(volume).inverse().apply(np.asarray(points, dtype=np.float64).reshape(-1, 3))
        inside = np.all((places >= -0.5) & (places <= np.array(self.shape) - 0.5), axis=1)
        return [float(value) for value in inside.tolist()]

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        size = " x ".join(f"{n * s:g}" for n, s in zip(self.shape, SPACING, strict=True))
        return InputContract(
            axes="RAS",
            shape=self.shape,
            spacing=SPACING,
            hu_window=WINDOW,
            notes=(
                f"field of view {size} mm about the volume's middle; what lies outside is cut away",
                "a smaller volume is padded with air",
            ),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {**asdict(self), "spacing_mm": list(SPACING), "window_hu": list(WINDOW)}


def _start(have: int, want: int) -> int:
    """First index of the input in the volume's axis; negative where there is padding in front."""
    if have < want:
        return -((want - have) // 2)
    return have // 2 - want // 2


def _overlap(have: int, want: int) -> tuple[slice, slice]:
    start = _start(have, want)
    if start < 0 or have < want:
        return slice(-start, have - start), slice(0, have)
    return slice(0, want), slice(start, start + want)
