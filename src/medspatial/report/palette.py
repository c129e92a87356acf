"""Colours that colour-blind readers can tell apart (Okabe and Ito, 2008).

Colour never stands alone: models also differ by marker, verdicts by sign and word, structures by
their line pattern and name.
"""

from __future__ import annotations

ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"

# On white and on dark paper alike: mid-tones first, yellow is left out (too pale on white).
MODEL_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE)
MODEL_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "h")

# On a grey CT slice: bright tones first, the dark blue is left out.
STRUCTURE_COLOURS = (SKY_BLUE, ORANGE, GREEN, PURPLE, YELLOW, VERMILLION)
POINT_COLOUR = YELLOW


def model_style(index: int) -> tuple[str, str]:
    """Return colour and marker of the model at this position; no two of the first 24 are alike."""
    return MODEL_COLOURS[index % len(MODEL_COLOURS)], MODEL_MARKERS[index % len(MODEL_MARKERS)]


def structure_colour(index: int) -> str:
    """Return the contour colour of the structure at this position in a question."""
    return STRUCTURE_COLOURS[index % len(STRUCTURE_COLOURS)]
