"""VILA-M3's expert: which call a reply makes, the masks in colour on the slice, and their legend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.models.vila_m3.slices import Colours, Grey

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
_CALL = re.compile(r"<(.*?)>")
_ARGUMENT = re.compile(r"\((.*?)\)")
_ORGANS = (*(1, 2, 3, 4, 5, 8, 9, 10, 14, *range(22, 33), 57, *range(116, 119), 121, 126, 132),)
GROUPS: dict[str, tuple[int, ...]] = {
    "hepatic tumor": (1, 26),
    "hepatoma": (1, 26),
    "pancreatic tumor": (4, 24),
    "lung tumor": (20, 23, *range(28, 33)),
    "bone lesion": (128,),
    "organs": _ORGANS,
    "cardiovascular": (6, 7, 17, *range(58, 62), *range(108, 114), 115, 119, 123, 124, 125),
    "gastrointestinal": (11, 12, 13, 15, 19, 62),
    "skeleton": (21, *range(33, 57), 120, 122, 127, 128, *range(63, 98), 114),
    "muscles": tuple(range(98, 108)),
}


@dataclass(frozen=True)
class Call:
    """A call of the segmenter; ``labels`` None stands for everything."""

    group: str
    labels: tuple[int, ...] | None


def call_of(reply: str) -> Call | None:
    """Return the call that a reply makes: exactly one pair of angle brackets, and VISTA3D in it.

    Raises
    ------
    KeyError
        It names a group that there is none of.
    """
    found = _CALL.findall(reply)
    if len(found) != 1 or "VISTA3D" not in found[0]:
        return None
    argument = _ARGUMENT.search(found[0])
    group = argument[1] if argument else ""
    if group in {"", "everything"}:
        return Call("everything", None)
    return Call(group, GROUPS[group])


def is_final(reply: str) -> bool:
    """Say whether the reply only announces masks, so that the question is not asked again."""
    return "segmented" in reply


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
