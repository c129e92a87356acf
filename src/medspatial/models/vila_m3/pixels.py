"""From a picture to SigLIP's pixels, as the original's image processor makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from medspatial.models.vila_m3.preparation import Colours


def pixel_values(pictures: Sequence[Colours], side: int) -> Tensor:
    """Return (pictures, 3, side, side) in -1..1: stretched to a square by Pillow, bicubic, then scaled."""
    stretched = [
        np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))
        for picture in pictures
    ]
    values = torch.from_numpy(np.stack(stretched)).float() / 255
    return (values.permute(0, 3, 1, 2) - 0.5) / 0.5
