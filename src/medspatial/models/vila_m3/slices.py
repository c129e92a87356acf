"""What VILA-M3 sees of a CT: one axial slice, and the same slice with the expert's masks in colour."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medspatial.volume import Volume

WINDOW = (-150.0, 250.0)
_QUALITY = 75

Grey = NDArray[np.uint8]
Colours = NDArray[np.uint8]


def middle(volume: Volume) -> int:
    """Return the number of the middle slice, counted from the feet, whatever axis is stored third."""
    return volume.oriented("RAS").shape[2] // 2


def slice_of(volume: Volume, place: int) -> NDArray[Any]:
    """Return an axial slice (rows, columns): front at the top, the patient's right on the left."""
    plane = volume.oriented("RAS").voxels[:, :, place]
    return np.rot90(plane.T, 2)


def grey_slice(volume: Volume, place: int) -> Grey:
    """Return the slice through the window as 0..255, cut to whole numbers."""
    low, high = WINDOW
    values = (slice_of(volume, place).astype(np.float32) - np.float32(low)) / np.float32(high - low)
    return np.asarray(np.clip(values * np.float32(255), 0, 255), dtype=np.uint8)


def as_rgb(grey: Grey) -> Colours:
    """Copy grey to three channels."""
    return np.repeat(grey[:, :, None], 3, axis=2)


def compressed(picture: Colours) -> Colours:
    """Write and read a picture as JPEG, which the original does to every one."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="JPEG", quality=_QUALITY)
    stream.seek(0)
    return np.asarray(Image.open(stream).convert("RGB"), dtype=np.uint8)
