"""The patient's sides, and their exchange in names and in words."""

from __future__ import annotations

import re
from typing import Literal

Side = Literal["left", "right"]

OTHER_SIDE: dict[str, Side] = {"left": "right", "right": "left"}
_SIDE_WORD = re.compile(r"\b(?a:left|right)\b", re.IGNORECASE)  # in ASCII: "rıght" is no side


def swap_side(name: str) -> str:
    """Return the name with left and right exchanged; a name without a side is unchanged.

    Examples
    --------
    >>> swap_side("rib_left_7"), swap_side("liver")
    ('rib_right_7', 'liver')
    """
    return "_".join(OTHER_SIDE.get(word, word) for word in name.split("_"))


def exchange_sides(text: str) -> str:
    """Exchange the words left and right, keeping their case.

    Examples
    --------
    >>> exchange_sides("Left kidney, RIGHT lung")
    'Right kidney, LEFT lung'
    """

    def other(match: re.Match[str]) -> str:
        word = match.group()
        turned = OTHER_SIDE[word.lower()]
        return turned.upper() if word.isupper() else turned.capitalize() if word[0].isupper() else turned

    return _SIDE_WORD.sub(other, text)
