"""Discs between two vertebrae ("L4-L5", "L5/S1", "between L4 and L5"), each one place (R8)."""

from __future__ import annotations

import itertools
import re

from medspatial.language.commitments import Mention

_LEVELS = (
    [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)] + ["S1"]
)
_PAIR = re.compile(
    r"\b(?P<upper>[ctls]\d{1,2})\s?[-–/]\s?(?P<lower>[ctls]\d{1,2})\b"
    r"|\bbetween (?P<first>[ctls]\d{1,2}) and (?P<second>[ctls]\d{1,2})\b",
    re.I,
)
_AROUND = re.compile(
    r"\b(?:the|at|in|level|disc|disk|discs|space|interspace|intervertebral|of)\b|[\s.,]", re.I
)


def find_discs(text: str) -> list[Mention]:
    """Return the pairs of neighbouring levels in a text, in order; their values are written "L4-L5".

    >>> [m.value for m in find_discs("at L4/L5, not between L5 and S1; L1-L3 is no disc")]
    ['L4-L5', 'L5-S1']
    """
    found = []
    for match in _PAIR.finditer(text):
        upper, lower = (name.upper() for name in match.groups() if name)
        if f"{upper} {lower}" in _NEIGHBOURS:
            found.append(Mention(f"{upper}-{lower}", *match.span()))
    return found


def disc_named(text: str) -> str | None:
    """Return the disc that a short answer names and nothing else.

    >>> disc_named("L4-L5"), disc_named("the L5/S1 disc"), disc_named("L4-L5 and L5-S1"), disc_named("L4")
    ('L4-L5', 'L5-S1', None, None)
    """
    found = find_discs(text)
    if len(found) != 1 or _AROUND.sub("", text[: found[0].start] + text[found[0].end :]):
        return None
    return found[0].value


_NEIGHBOURS = frozenset(f"{upper} {lower}" for upper, lower in itertools.pairwise(_LEVELS))
