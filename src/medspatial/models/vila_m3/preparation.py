"""What VILA-M3 sees of a CT: one axial slice through a soft-tissue window, as a JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract, near_slices, through_jpeg
from medspatial.models.base import Point
from medspatial.models.option_values import flag
from medspatial.models.runtime.spacing import part_affine
from medspatial.volume import Affine, Volume

WINDOW = (-150.0, 250.0)

Grey = NDArray[np.uint8]
Colours = NDArray[np.uint8]


@dataclass(frozen=True)
class Preparation:
    """How a volume becomes a picture.

    Attributes
    ----------
    place
        ``middle``: of the slices from feet to head. ``stored``: as the original, half the length of whatever
        axis is stored third. A number: that share of the way from feet (0) to head (1).
    jpeg
        Compress the picture as the original does to every one.
    """

    place: str | float = "middle"
    jpeg: bool = True

    def __post_init__(self) -> None:
        share = isinstance(self.place, int | float) and not isinstance(self.place, bool)
        if not (0 <= float(self.place) <= 1 if share else self.place in ("middle", "stored")):
            raise InputError(
                "vila_m3: place must be middle, stored or a share from 0 (feet) to 1 (head), "
                f"got {self.place!r}"
            )
        flag(self.jpeg, "jpeg", "vila_m3")

    def __call__(self, volume: Volume) -> Colours:
        """Return (rows, columns, 3): the slice as the model is shown it, before it is made a square."""
        return self.picture(as_rgb(grey_slice(volume, self.number(volume))))

    def number(self, volume: Volume) -> int:
        """Return the number of the slice, counted from the feet.

        Raises
        ------
        InputError
            ``stored``, and the axis stored third is longer than the way from feet to head.
        """
        count = volume.oriented("RAS").shape[2]
        if self.place == "middle":
            return count // 2
        if self.place == "stored":
            number = volume.shape[2] // 2
            if number >= count:
                raise InputError(
                    f"vila_m3: place 'stored' is slice {number}, but {volume.axcodes} has only {count} slices"
                )
            return number
        return min(int(float(self.place) * count), count - 1)

    def picture(self, colours: Colours) -> Colours:
        """Return a picture as the model is shown it: through a JPEG, or as it is."""
        return through_jpeg(colours) if self.jpeg else colours

    def visible(self, volume: Volume, points: Sequence[Point]) -> list[bool]:
        """Say for points (RAS+ mm) whether the slice stands for them."""
        return near_slices(volume, {"axial": [self.number(volume)]}, points)

    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""
        which = {"middle": "the middle one from feet to head", "stored": "half the length of the third axis"}
        notes = [
            "one axial slice, front at the top, the patient's right on the left; stretched to a square",
            which.get(str(self.place), f"{self.place} of the way from feet to head"),
        ]
        if self.jpeg:
            notes.append("JPEG of quality 75, as the original (jpeg=false leaves it out)")
        return InputContract(
            representation="slices",
            axes="",
            hu_window=WINDOW,
            normalisation="HU window to 0..255, cut to whole numbers",
            value_range=(0.0, 255.0),
            channels=3,
            dtype="uint8",
            notes=tuple(notes),
        )

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return {**asdict(self), "window_hu": list(WINDOW)}


def slice_grid(volume: Volume, number: int) -> tuple[tuple[int, int, int], Affine]:
    """Return shape and affine of an axial slice as a grid of its own, one voxel thick, RAS."""
    upright = volume.oriented("RAS")
    return (*upright.shape[:2], 1), part_affine(upright.affine, (0, 0, number))


def displayed(plane: NDArray[Any]) -> NDArray[Any]:
    """Turn a plane (x, y) of an RAS array into (rows, columns): front at the top, right on the left."""
    return np.rot90(plane.T, 2)


def slice_of(volume: Volume, number: int) -> NDArray[Any]:
    """Return an axial slice (rows, columns), counted from the feet, as it is displayed."""
    return displayed(volume.oriented("RAS").voxels[:, :, number])


def grey_slice(volume: Volume, number: int) -> Grey:
    """Return the slice through the window as 0..255, cut to whole numbers."""
    low, high = WINDOW
    values = (slice_of(volume, number).astype(np.float32) - np.float32(low)) / np.float32(high - low)
    return np.asarray(np.clip(values * np.float32(255), 0, 255), dtype=np.uint8)


def as_rgb(grey: Grey) -> Colours:
    """Copy grey to three channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)
