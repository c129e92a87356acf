"""What stands behind a bare number: a unit of the grid, or things that are counted (R10)."""

from __future__ import annotations

import re
from typing import NamedTuple

from medspatial.language.vocabulary import words
from medspatial.language.words import CONTRAST, DETERMINERS, FINITE_VERBS, PREPOSITIONS

# they measure on the grid of one volume: no figure of any unit follows from them
GRID = words(
    """pixel pixels px pxs pix voxel voxels vox vx slice slices image images frame frames section sections
    cut cuts"""
)
_ATTACHED = re.compile(r"(?:px|pix|pixels?|vox|voxels?)\b")
_BEHIND = re.compile(r"\s?-?\s?([a-z]+(?:[ -][a-z]+){0,2})|\s?\(([a-z]+)\)")
_LABEL = re.compile(r"\s*(?:no\.?|number|#)?\s*\d")  # "(image 12)"
_UNITLESS = words("""unit units figure figures value values""")  # "20 units": of what is asked
_STOP = (
    PREPOSITIONS
    | DETERMINERS
    | CONTRAST
    | FINITE_VERBS
    | _UNITLESS
    | words(
        """and or to x by than each as plus minus versus vs per if when not for with without about across
        thus always perhaps besides unless less lt rt sq measurements measures separates represents
        corresponds equals means makes lies runs"""
    )
)
_SINGULAR = re.compile(r"(?:ss|us|is|ous)\Z")
_ABBREVIATION = re.compile(r"[bcdfghjklmnpqrstvwxz]{2,4}\Z")  # "20 lb", "20 hz"
_PLURAL_LETTERS = 4


class Thing(NamedTuple):
    """The word behind a number, whether it measures on the grid, and where it ends."""

    name: str
    grid: bool
    end: int


def thing_behind(low: str, end: int) -> Thing | None:
    """Return what a number in a lower-case text counts, or None where it stands bare.

    A unit of the grid, a plural or an abbreviation within three words is a thing; "20 or so", "20 apart"
    and "20 units" are bare.

    >>> thing_behind("20 axial slices", 2), thing_behind("20 apart", 2)
    (Thing(name='slices', grid=True, end=15), None)
    """
    match = _BEHIND.match(low, end)
    if match is None:
        return None
    group = 1 if match.group(1) else 2
    for part in re.finditer(r"[a-z]+", match.group(group)):
        word, stop = part.group(), match.start(group) + part.end()
        if word in GRID:
            return None if _LABEL.match(low, stop) else Thing(word, grid=True, end=stop)
        if word in _STOP:
            return None
        if _ABBREVIATION.match(word) or _plural(word):
            return Thing(word, grid=False, end=stop)
    return None


def attached(low: str, end: int) -> bool:
    """Say whether a unit of the grid stands right behind digits ("20px")."""
    return bool(_ATTACHED.match(low, end))


def _plural(word: str) -> bool:
    return len(word) >= _PLURAL_LETTERS and word.endswith("s") and not _SINGULAR.search(word)
