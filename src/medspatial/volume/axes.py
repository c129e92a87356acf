"""Anatomical axis codes: three letters that say where each array axis points in the patient.

``"RAS"`` means that the first index grows towards the patient's right, the second towards anterior, the
third towards superior (the convention of nibabel: the letter names the direction of growth).
"""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

# World axes of RAS+ millimetres: (letter of growth, letter of decrease) for x, y, z.
WORLD_AXES: tuple[tuple[str, str], ...] = (("R", "L"), ("A", "P"), ("S", "I"))

OPPOSITE: dict[str, str] = {letter: pair[1 - k] for pair in WORLD_AXES for k, letter in enumerate(pair)}

AXIS_CODES: tuple[str, ...] = tuple(
    "".join(letters) for order in permutations(WORLD_AXES) for letters in product(*order)
)
"""All 48 codes (6 orders of the axes times 8 choices of direction)."""


def validate_axcodes(codes: str) -> str:
    """Return the code in capitals, or refuse it.

    Raises
    ------
    InputError
        Unless the three letters name each of right/left, anterior/posterior, superior/inferior once.
    """
    capitals = codes.upper() if isinstance(codes, str) else codes
    if capitals not in AXIS_CODES:
        raise InputError(
            f"axis codes {codes!r}: need three letters, one each of R/L, A/P and S/I, such as 'RAS' or 'LPS'"
        )
    return capitals


def world_axis(letter: str) -> tuple[int, int]:
    """World axis (0, 1, 2 for x, y, z of RAS+) of a letter, and +1 or -1 for its direction."""
    for axis, (positive, negative) in enumerate(WORLD_AXES):
        if letter == positive:
            return axis, 1
        if letter == negative:
            return axis, -1
    raise InputError(f"axis letter {letter!r}: must be one of R, L, A, P, S, I")


def closest_axcodes(directions: NDArray[np.float64]) -> str:
    """Axis codes of the world axes closest to three array axes.

    Parameters
    ----------
    directions
        (3, 3); column k is the unit vector of array axis k in RAS+.

    Notes
    -----
    Of the six ways to pair array axes with world axes, the one with the largest sum of absolute cosines is
    taken; on a tie (two axes at exactly 45 degrees) the first in lexicographic order.
    """
    cosines = np.abs(directions)

    def fit(rows: tuple[int, ...]) -> float:
        return round(sum(float(cosines[row, k]) for k, row in enumerate(rows)), 9)

    pairing = max(permutations(range(3)), key=fit)
    return "".join(WORLD_AXES[row][0 if directions[row, k] > 0 else 1] for k, row in enumerate(pairing))


def axis_moves(source: str, target: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Which source axis becomes each target axis, and whether it is flipped.

    >>> axis_moves("RAS", "LPS")
    ((0, 1, 2), (True, True, False))
    """
    return _moves(validate_axcodes(source), validate_axcodes(target))


@cache
def _moves(source: str, target: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    order, flips = [], []
    for letter in target:
        same = letter in source
        order.append(source.index(letter if same else OPPOSITE[letter]))
        flips.append(not same)
    return tuple(order), tuple(flips)


def array_axis(codes: str, letters: str) -> int:
    """Index of the array axis that runs along one of ``letters`` (such as ``"RL"``)."""
    return next(k for k, letter in enumerate(validate_axcodes(codes)) if letter in letters)
