"""The loss of a picture that goes through a JPEG, which some originals do to every one."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def through_jpeg(picture: NDArray[np.uint8], quality: int = 75) -> NDArray[np.uint8]:
    """Encode and decode a picture (rows, columns, 3); colours lose half their resolution."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="JPEG", quality=quality)
    stream.seek(0)
    return np.asarray(Image.open(stream).convert("RGB"), dtype=np.uint8)
