"""Segmented structures drawn over a slice: outlines or filled areas, each structure in its colour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medspatial.errors import InputError
from medspatial.inputs.settings import PictureSettings
from medspatial.volume import MaskSet, Volume
from medspatial.volume.plane import PlaneFrame

Voxels = NDArray[np.bool_]
Colour = tuple[int, int, int]
# Bright tones that colour-blind readers can tell apart (Okabe and Ito, 2008), with the names for a prompt.
COLOURS: dict[str, Colour] = {
    "sky blue": (86, 180, 233),
    "orange": (230, 159, 0),
    "green": (0, 158, 115),
    "purple": (204, 121, 167),
    "yellow": (240, 228, 66),
    "red": (213, 94, 0),
}
_PIXELS_PER_LINE = 224  # an outline is one pixel thick per this many pixels of the picture


def chosen_structures(masks: MaskSet, volume: Volume, settings: PictureSettings) -> dict[str, Voxels]:
    """Return the structures to draw on a volume, by name, as boolean arrays of its shape.

    Raises
    ------
    InputError
        Another grid than the volume's, a structure that is not there, or more than there are colours.
    """
    names = masks.names if settings.structures is None else settings.structures
    missing = [name for name in names if name not in masks]
    if missing:
        raise InputError(f"overlay: no mask of {missing[0]!r}; there are: {', '.join(masks.names)}")
    if len(names) > len(COLOURS):
        raise InputError(
            f"overlay: {len(names)} structures, but only {len(COLOURS)} colours can be told apart; "
            "choose some with 'structures'"
        )
    if names and masks.grid != volume.grid:
        raise InputError(f"overlay: mask {names[0]!r} does not lie on the grid of the volume")
    return {name: masks.mask(name) for name in names}


def colours_of(names: list[str]) -> dict[str, tuple[str, Colour]]:
    """Return the name and value of each structure's colour, by position."""
    return dict(zip(names, COLOURS.items(), strict=False))


def drawn_over(
    image: Image.Image, frame: PlaneFrame, masks: Mapping[str, Voxels], settings: PictureSettings
) -> Image.Image:
    """Draw the structures of a slice onto its picture (before margins are added)."""
    from scipy import ndimage

    pixels = np.asarray(image.convert("RGB"), dtype=np.float32).copy()
    colours = colours_of(list(masks))
    thickness = max(round(max(image.size) / _PIXELS_PER_LINE), 1)
    for name, voxels in masks.items():
        cut = np.asarray(frame.cut(voxels), dtype=np.uint8)
        shown = np.asarray(Image.fromarray(cut).resize(image.size, Image.Resampling.NEAREST)) > 0
        weight = settings.opacity
        if settings.style == "contour":
            shown, weight = shown & ~ndimage.binary_erosion(shown, iterations=thickness), 1.0
        ink = np.asarray(colours[name][1], dtype=np.float32)
        pixels[shown] = (1 - weight) * pixels[shown] + weight * ink
    return Image.fromarray(np.rint(pixels).astype(np.uint8))
