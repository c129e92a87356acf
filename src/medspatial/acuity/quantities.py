"""What is graded: seven quantities, each with a question that has two answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from medspatial.acuity.scene import SPACING_MM, Point, Sphere
from medspatial.errors import InputError

TWO_SIDES = ("the one on the patient's left", "the one on the patient's right")
YES_NO = ("yes", "no")
APART_MM = 40.0
"""How far two nodules that are compared lie from the middle, to both sides."""

Draw = Callable[[float, int, Point], tuple[Sphere, ...]]


@dataclass(frozen=True)
class Quantity:
    """One graded quantity.

    Attributes
    ----------
    title
        What a threshold means: ``title`` from 14 mm on.
    text, options
        The question and its two answers.
    levels
        The grid, easy to hard or hard to easy, all positive.
    draw
        Spheres of a level, for the answer by number (0 or 1), at a place.
    falling
        Whether larger levels are harder.
    thickness
        Slice thickness in mm at a level.
    goes_on
        Whether an input that loses nothing at a level loses nothing at easier ones either. Not so for
        thickness: of thick slices an input may take all, of thin ones it leaves some out.
    """

    name: str
    title: str
    unit: str
    text: str
    options: tuple[str, str]
    levels: tuple[float, ...]
    draw: Draw
    falling: bool = False
    thickness: Callable[[float], float] = field(default=lambda level: SPACING_MM)
    goes_on: bool = True


def _side(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    x = -level if answer == 0 else level
    return (Sphere((x, place[1], place[2]), 20.0, 100.0),)


def _gap(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    """Two nodules one above the other; they touch, or a gap is between them."""
    half = 8.0 + (0.0 if answer == 0 else level / 2)
    x, y, z = place
    return Sphere((x, y, z - half), 16.0, 100.0), Sphere((x, y, z + half), 16.0, 100.0)


def _ratio(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    """Two nodules whose volumes have the ratio ``level``; together they are always about as large."""
    large, small = 24.0 * level ** (1 / 6), 24.0 / level ** (1 / 6)
    left, right = (large, small) if answer == 0 else (small, large)
    _, y, z = place
    return Sphere((-APART_MM, y, z), left, 100.0), Sphere((APART_MM, y, z), right, 100.0)


def _size(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    return (Sphere(place, level, 100.0),) if answer == 0 else ()


def _contrast(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    return (Sphere(place, 20.0, level),) if answer == 0 else ()


def _height(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    up = level / 2 if answer == 0 else -level / 2
    _, y, z = place
    return Sphere((-APART_MM, y, z + up), 20.0, 100.0), Sphere((APART_MM, y, z - up), 20.0, 100.0)


def _thickness(level: float, answer: int, place: Point) -> tuple[Sphere, ...]:
    return (Sphere(place, 8.0, 100.0),) if answer == 0 else ()


QUANTITIES: dict[str, Quantity] = {
    one.name: one
    for one in (
        Quantity(
            "side",
            "tells left from right of the midline",
            "mm",
            "On which side of the patient's spine does the centre of the bright nodule lie?",
            ("left", "right"),
            (0.25, 0.5, 1, 2, 4, 8, 16, 32),
            _side,
        ),
        Quantity(
            "distance",
            "tells two nodules that touch from two with a gap",
            "mm",
            "Do the two bright nodules touch each other?",
            YES_NO,
            (0.25, 0.5, 1, 2, 4, 8, 16, 32),
            _gap,
        ),
        Quantity(
            "ratio",
            "tells the larger of two nodules by volume",
            "times",
            "Which of the two bright nodules is larger by volume?",
            TWO_SIDES,
            (1.02, 1.05, 1.1, 1.25, 1.6, 2.5, 5, 12),
            _ratio,
        ),
        Quantity(
            "size",
            "finds a nodule of 100 HU over the tissue",
            "mm",
            "Is there a bright nodule in this scan?",
            YES_NO,
            (1.5, 2, 3, 4, 6, 10, 16, 30),
            _size,
        ),
        Quantity(
            "contrast",
            "finds a nodule of 20 mm",
            "HU",
            "Is there a bright nodule in this scan?",
            YES_NO,
            (1, 2, 4, 8, 16, 40, 100, 300),
            _contrast,
        ),
        Quantity(
            "height",
            "tells the higher of two nodules",
            "mm",
            "Which of the two bright nodules lies closer to the patient's head?",
            TWO_SIDES,
            (0.25, 0.5, 1, 2, 4, 8, 16, 40),
            _height,
        ),
        Quantity(
            "thickness",
            "finds a nodule of 8 mm in slices",
            "mm",
            "Is there a bright nodule in this scan?",
            YES_NO,
            (1.5, 3, 5, 8, 12, 20, 30, 40),
            _thickness,
            falling=True,
            thickness=lambda level: level,
            goes_on=False,
        ),
    )
}


def chosen_quantities(names: tuple[str, ...] | None = None) -> tuple[Quantity, ...]:
    """Return the quantities of these names, all for None.

    Raises
    ------
    InputError
        An unknown name; the message lists those known.
    """
    for name in names or ():
        if name not in QUANTITIES:
            raise InputError(f"unknown quantity {name!r}; known: {', '.join(QUANTITIES)}")
    return tuple(QUANTITIES[name] for name in names) if names else tuple(QUANTITIES.values())
