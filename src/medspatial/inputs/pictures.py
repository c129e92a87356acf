"""From a volume to what an image model sees: pictures with their captions, and how they were made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medspatial.errors import InputError
from medspatial.inputs.drawing import as_array, burnt_in, legend, padded, place, slice_image
from medspatial.inputs.overlay import chosen_structures, colours_of, drawn_over
from medspatial.inputs.settings import PictureSettings
from medspatial.inputs.slices import chosen_slices
from medspatial.volume import MaskSet, Step, Volume
from medspatial.volume.plane import PlaneFrame

Structures = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Pictures:
    """What `render` returns.

    Attributes
    ----------
    images
        Arrays (rows, columns, 3) of uint8.
    captions
        One per image, in words: number, plane and place in RAS+ mm.
    frames
        For each image, the slices it shows.
    history
        The volume's, and one step with all settings and the slices' numbers in display order.
    """

    images: tuple[NDArray[np.uint8], ...]
    captions: tuple[str, ...]
    frames: tuple[tuple[PlaneFrame, ...], ...]
    history: tuple[Step, ...]


def render(volume: Volume, settings: PictureSettings, masks: MaskSet | None = None) -> Pictures:
    """Draw a volume as the settings say.

    Parameters
    ----------
    masks
        The structures of an overlay; on the volume's grid.

    Raises
    ------
    InputError
        An overlay without masks or with masks that do not fit, or a point outside the volume.
    """
    structures: Structures = {}
    if settings.representation == "overlay":
        if masks is None:
            raise InputError("representation 'overlay' needs masks, and there are none")
        structures = chosen_structures(masks, volume, settings)
    frames = chosen_slices(volume, settings)
    if settings.representation == "grid":
        groups = [tuple(group) for _, group in groupby(frames, key=lambda frame: frame.plane)]
        images = [_grid(volume, group, settings) for group in groups]
        captions = [_grid_caption(group, images[i][1]) for i, group in enumerate(groups)]
        drawn = [image for image, _ in images]
    else:
        groups = [(frame,) for frame in frames]
        drawn = [_slice(volume, frame, settings, structures) for frame in frames]
        captions = [
            f"Slice {number} of {len(frames)}: {place(frame)}{_colour_words(frame, structures)}"
            for number, frame in enumerate(frames, start=1)
        ]
    step = Step("pictures", {**settings.model_dump(mode="json"), "slices": _numbers(frames)})
    return Pictures(
        tuple(as_array(image) for image in drawn), tuple(captions), tuple(groups), (*volume.history, step)
    )


def _slice(
    volume: Volume, frame: PlaneFrame, settings: PictureSettings, structures: Structures
) -> Image.Image:
    image = slice_image(volume, frame, settings)
    if structures:
        image = drawn_over(image, frame, structures, settings)
    image = burnt_in(padded(image, settings), frame, settings)
    if structures and settings.legend:
        colours = colours_of(list(structures))
        image = legend(image, [(_structure_words(name), value) for name, (_, value) in colours.items()])
    return image


def _grid(
    volume: Volume, frames: tuple[PlaneFrame, ...], settings: PictureSettings
) -> tuple[Image.Image, int]:
    """Tiles in reading order, each with its place; returns the picture and the number of columns."""
    labelled = settings.model_copy(update={"position": True})
    tiles = [burnt_in(padded(slice_image(volume, f, settings), settings), f, labelled) for f in frames]
    width, height = tiles[0].size
    columns = min(settings.columns or _columns(len(tiles), width, height), len(tiles))
    canvas = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height))
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        canvas.paste(tile, (column * width, row * height))
    return canvas, columns


def _columns(count: int, width: int, height: int) -> int:
    """Columns for which the grid is most nearly square, the fewer at a tie; no row stays empty."""
    options = range(1, count + 1)
    return min(options, key=lambda c: abs(math.log(c * width / (-(-count // c) * height))))


def _grid_caption(frames: tuple[PlaneFrame, ...], columns: int) -> str:
    first, last = frames[0], frames[-1]
    return (
        f"Grid of {len(frames)} {first.plane} slices in reading order, {columns} in a row, "
        f"from {place(first).partition(', ')[2]} to {place(last).partition(', ')[2]}"
    )


def _colour_words(frame: PlaneFrame, structures: Structures) -> str:
    """Say which structures this slice shows, in which colours."""
    if not structures:
        return ""
    words = [
        f"{_structure_words(name)} in {colour}"
        for name, (colour, _) in colours_of(list(structures)).items()
        if frame.cut(structures[name]).any()
    ]
    return f"; marked: {', '.join(words) or 'nothing'}"


def _structure_words(name: str) -> str:
    return name.replace("_", " ")


def _numbers(frames: list[PlaneFrame]) -> dict[str, list[int]]:
    return {
        plane: [frame.index for frame in group] for plane, group in groupby(frames, key=lambda f: f.plane)
    }
