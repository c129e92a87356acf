"""VILA-M3's expert in a picture: the labels of a slice in colour, and the legend in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.models.vila_m3.preparation import Colours, Grey

# Names of CSS colours in the order they are dealt; orange stands there twice, as in training.
COLOURS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("red", (255, 0, 0)),
    ("blue", (0, 0, 255)),
    ("yellow", (255, 255, 0)),
    ("magenta", (255, 0, 255)),
    ("green", (0, 128, 0)),
    ("indigo", (75, 0, 130)),
    ("darkorange", (255, 140, 0)),
    ("cyan", (0, 255, 255)),
    ("pink", (255, 192, 203)),
    ("brown", (165, 42, 42)),
    ("orange", (255, 165, 0)),
    ("lime", (0, 255, 0)),
    ("orange", (255, 165, 0)),
    ("gold", (255, 215, 0)),
    ("yellowgreen", (154, 205, 50)),
    ("darkgreen", (0, 100, 0)),
)
_ALPHA = 0.3
_LEGEND = "The results are <image>. The colors in this image describe "


def dealt(labels: NDArray[Any]) -> dict[int, tuple[str, tuple[int, int, int]]]:
    """Deal colours to the labels present in a slice, ascending, in a cycle."""
    present = [int(label) for label in np.unique(labels) if label]
    return {label: COLOURS[place % len(COLOURS)] for place, label in enumerate(present)}


def overlay(grey: Grey, labels: NDArray[Any]) -> Colours:
    """Return the slice with its labels in colour, three tenths of the colour to seven of the grey.

    What has no label is darkened in the same way.
    """
    colours = np.zeros((*grey.shape, 3))
    for label, (_, colour) in dealt(labels).items():
        colours[labels == label] = colour
    mixed = _ALPHA * colours + (1 - _ALPHA) * grey[:, :, None]
    return np.asarray(mixed, dtype=np.uint8)


def legend(labels: NDArray[Any], names: Mapping[int, str]) -> str:
    """Return the expert's text: an image, then colour and name of what is in the slice and has a name."""
    items = [f"{colour}: {names[label]}" for label, (colour, _) in dealt(labels).items() if label in names]
    return f"{_LEGEND}{', '.join(items)}. "
