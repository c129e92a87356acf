"""Drawing on a slice: its pixels, letters at the edges, a scale bar, its place, a legend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medspatial.inputs.settings import PictureSettings
from medspatial.inputs.windows import coloured
from medspatial.volume import Volume
from medspatial.volume.plane import PlaneFrame

Corner = tuple[int, int]
_INK, _EDGE = "white", "black"
_SMALLEST = 10  # font size in pixels that can still be read
_BAR_SHARE = 0.3


def slice_image(volume: Volume, frame: PlaneFrame, settings: PictureSettings) -> Image.Image:
    """Return a slice in its windows, scaled to square pixels; no margins, nothing burnt in.

    HU are windowed first and then scaled (bilinear, with averaging where it shrinks).
    """
    pixels = coloured(frame.cut(volume.voxels), settings.channels)
    return Image.fromarray(pixels).resize(frame.size, Image.Resampling.BILINEAR)


def padded(image: Image.Image, settings: PictureSettings) -> Image.Image:
    """Put a slice in the middle of a black square, where asked for."""
    if not settings.square:
        return image
    side = max(settings.size, *image.size)
    canvas = Image.new("RGB", (side, side))
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas


def burnt_in(image: Image.Image, frame: PlaneFrame, settings: PictureSettings) -> Image.Image:
    """Draw letters, scale bar and place onto a slice with its margins, as asked for."""
    draw = ImageDraw.Draw(image)
    if settings.letters:
        _letters(draw, image.size, frame, below=settings.position)
    if settings.scale_bar:
        _scale_bar(draw, image.size, frame)
    if settings.position:
        _text(draw, (_gap(image), _gap(image)), place(frame), "la", image.size)
    return image


def place(frame: PlaneFrame) -> str:
    """Plane and position of a slice in plain characters: ``axial, z = -312.5 mm``."""
    return f"{frame.plane}, {frame.position.replace('−', '-')}"


def legend(
    image: Image.Image, entries: Sequence[tuple[str, tuple[int, int, int]]], most: int = 3
) -> Image.Image:
    """Add a strip of colours and names under a picture, ``most`` of them in a row."""
    if not entries:
        return image
    size = _font_size(image.size)
    row_height, width = round(size * 1.6), image.width
    columns = min(most, len(entries))
    rows = -(-len(entries) // columns)
    canvas = Image.new("RGB", (width, image.height + rows * row_height))
    canvas.paste(image, (0, 0))
    draw = ImageDraw.Draw(canvas)
    for index, (name, colour) in enumerate(entries):
        row, column = divmod(index, columns)
        x = column * width // columns + size // 2
        y = image.height + row * row_height + row_height // 2
        draw.rectangle((x, y - size // 2, x + size, y + size // 2), fill=colour)
        room = width // columns - 2 * size - size // 2
        draw.text((x + size + size // 2, y), name, font=_fitting(name, room, size), fill=_INK, anchor="lm")
    return canvas


def _letters(draw: ImageDraw.ImageDraw, size: Corner, frame: PlaneFrame, *, below: bool) -> None:
    """Write a letter at each edge; the upper one below the line of the slice's place, where that is there."""
    width, height = size
    gap = _font_size(size) // 3
    upper = gap + round(1.4 * _font_size(size)) if below else gap
    places: dict[str, tuple[Corner, str]] = {
        "left": ((gap, height // 2), "lm"),
        "right": ((width - gap, height // 2), "rm"),
        "top": ((width // 2, upper), "ma"),
        "bottom": ((width // 2, height - gap), "md"),
    }
    for edge, letter in frame.letters.items():
        corner, anchor = places[edge]
        _text(draw, corner, letter, anchor, size)


def _scale_bar(draw: ImageDraw.ImageDraw, size: Corner, frame: PlaneFrame) -> None:
    length, pixels = frame.scale_bar
    width, height = size
    font, gap = _font_size(size), _font_size(size) // 2
    thick = max(font // 6, 2)
    right, bottom = width - gap, height - gap
    left = right - round(pixels)
    box = (left, bottom - thick, right - 1, bottom - 1)
    draw.rectangle((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), fill=_EDGE)
    draw.rectangle(box, fill=_INK)
    _text(draw, ((left + right) // 2, bottom - thick - 3), f"{length} mm", "md", size)


def _text(draw: ImageDraw.ImageDraw, corner: Corner, text: str, anchor: str, size: Corner) -> None:
    font = _font(_font_size(size))
    draw.text(corner, text, font=font, fill=_INK, anchor=anchor, stroke_width=2, stroke_fill=_EDGE)


def _font_size(size: Corner) -> int:
    return max(round(min(size) / 24), _SMALLEST)


def _gap(image: Image.Image) -> int:
    return _font_size(image.size) // 3


def _fitting(text: str, room: int, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font of that size, or the largest smaller one in which a text fits its room."""
    while size > _SMALLEST and _font(size).getlength(text) > room:
        size -= 1
    return _font(size)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The typeface that comes with Pillow, so that pictures are the same everywhere."""
    return ImageFont.load_default(size)


def as_array(image: Image.Image) -> NDArray[np.uint8]:
    """Return (rows, columns, 3)."""
    return np.asarray(image.convert("RGB"), dtype=np.uint8)
