"""The patient's sides, and their exchange in names."""

from __future__ import annotations

from typing import Literal

Side = Literal["left", "right"]

OTHER_SIDE: dict[str, Side] = {"left": "right", "right": "left"}


def swap_side(name: str) -> str:
    """Return the name with left and right exchanged; a name without a side is unchanged.

    Examples
    --------
    >>> swap_side("rib_left_7"), swap_side("liver")
    ('rib_right_7', 'liver')
    """
    return "_".join(OTHER_SIDE.get(word, word) for word in name.split("_"))
