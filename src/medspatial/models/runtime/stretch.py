"""What several originals share on the way from HU to input: scale, crop, stretch, and the settings of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.option_values import HuWindow, hu_window, sizes
from medspatial.models.runtime.sampling import AS_IT_IS, Planes, Scale, torch_taps
from medspatial.volume import Volume

Array = NDArray[Any]
DEFAULT_WINDOW = (-1000.0, 1000.0)


@dataclass(frozen=True)
class StretchedPreparation(ABC):
    """Settings of a preparation that stretches the whole volume to its shape.

    Attributes
    ----------
    recipe
        One of ``recipes``.
    orientation
        ``canonical`` (LPS first) or ``stored``.
    hu_window
        Clip HU before the recipe; ours, as the originals' min-max is ruled by metal and padding.
        None: as the original.
    shape
        Depth, height, width of the input.

    Raises
    ------
    InputError
        A recipe or orientation that is unknown, or a wrong window or shape.
    """

    model: ClassVar[str]
    recipes: ClassVar[tuple[str, ...]]

    recipe: str
    orientation: Literal["canonical", "stored"] = "canonical"
    hu_window: HuWindow | None = DEFAULT_WINDOW
    shape: tuple[int, int, int] = (1, 1, 1)

    def __post_init__(self) -> None:
        if self.recipe not in self.recipes:
            known = ", ".join(self.recipes)
            raise InputError(f"{self.model}: recipe must be one of {known}, got {self.recipe!r}")
        if self.orientation not in {"canonical", "stored"}:
            raise InputError(
                f"{self.model}: orientation must be canonical or stored, got {self.orientation!r}"
            )
        object.__setattr__(self, "hu_window", hu_window(self.hu_window, self.model))
        object.__setattr__(self, "shape", sizes(self.shape, "shape", self.model))

    @abstractmethod
    def __call__(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, depth, height, width) float32."""

    @property
    @abstractmethod
    def crops(self) -> bool:
        """Whether the volume is cropped by its values."""

    @abstractmethod
    def contract(self) -> InputContract:
        """Return what comes out, as a contract."""

    def voxels(self, volume: Volume) -> Array:
        """Return voxels (x, y, z): along L, P, S when canonical, else in the file's own order; a view."""
        return volume.oriented("LPS").voxels if self.orientation == "canonical" else volume.voxels

    def notes(self) -> tuple[str, ...]:
        """Return what a contract must say of a stretched input."""
        how = "cropped to values over 0 and stretched" if self.crops else "stretched"
        stored = "array axes follow the file's storage: left and right are not defined"
        return (f"{how} to its shape: spacing is lost", *([stored] if self.orientation == "stored" else []))

    def describe(self) -> dict[str, Any]:
        """Return all settings."""
        return asdict(self)


def stretched(array: Array, shape: tuple[int, int, int], scale: Scale = AS_IT_IS) -> NDArray[np.float32]:
    """Resize (D, H, W) to a shape, trilinear without anti-aliasing; return (1, D, H, W) float32.

    ``scale`` is done to each voxel first. As ``torch.nn.functional.interpolate`` to float32 rounding.
    """
    along = [torch_taps(size, count) for size, count in zip(array.shape, shape, strict=True)]
    result = np.empty((1, *shape), np.float32)
    for plane, mixed in zip(result[0], Planes(array, along[1], along[2], scale).mixed(along[0]), strict=True):
        plane[...] = mixed
    return result


def cropped_to_positive(array: Array) -> Array:
    """Return the bounding box of the values over 0; the array itself where there are none."""
    inside = array > 0
    box = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        places = np.flatnonzero(inside.any(axis=others))
        if places.size == 0:
            return array
        box.append(slice(places[0], places[-1] + 1))
    return array[tuple(box)]


def scaled(array: Array, low: float, high: float) -> Array:
    """Map low..high to 0..1; a constant array becomes zeros."""
    return (array - low) / (high - low) if high > low else np.zeros_like(array)


def minmax_stretched(
    voxels: Array, window: HuWindow | None, shape: tuple[int, int, int]
) -> NDArray[np.float32]:
    """(x, y, z) to (1, z, y, x), scaled to 0..1 and stretched.

    As the original: by the volume's own extremes, then cropped to values over 0, which takes off a
    constant padding and else nothing. Behind a window air is exactly 0, and the same crop would frame
    the body by the noise of its air: it is left out, and the whole field of view stays.
    """
    array = voxels.transpose(2, 1, 0)
    if window is not None:
        low, high = window
        return stretched(array, shape, Scale(low, high, low, high - low))
    low, high = float(array.min()), float(array.max())
    if low == high:
        return np.zeros((1, *shape), np.float32)
    return stretched(array[box_over(array, low)], shape, Scale(offset=low, over=high - low))


def box_over(array: Array, low: float) -> tuple[slice, ...]:
    """Return the bounding box of the values over ``low``, of which there must be some.

    Each side is looked for from outside, plane by plane, so that a volume without margin is not read through.
    """
    box = [slice(0, size) for size in array.shape]
    for axis in sorted(range(3), key=lambda k: -abs(array.strides[k])):
        planes = np.moveaxis(array[tuple(box)], axis, 0)
        first = next(k for k in range(len(planes)) if (planes[k] > low).any())
        last = next(k for k in reversed(range(len(planes))) if (planes[k] > low).any())
        box[axis] = slice(first, last + 1)
    return tuple(box)
