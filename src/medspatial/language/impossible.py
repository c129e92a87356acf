"""Structures that no patient has, in the place of those that a text names."""

from __future__ import annotations

import re

_NO_LESION = r"\b(?! (?:tumou?r|cyst|lesion|nodule|mass|stone))"
_PAIRED = r"(kidney|lung|adrenal gland|femur|hip bone)"
_SINGLE = r"(liver|pancreas|stomach|gallbladder|urinary bladder|heart|sternum|prostate)"
_FALSE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bL[1-6]\b"), "L9"),
    (re.compile(r"\bT(?:[1-9]|1[0-3])\b"), "T16"),
    (re.compile(r"\b(left|right) rib (?:[1-9]|1[0-3])\b"), r"\1 rib 17"),
    (re.compile(r"\bmiddle lobe of the right lung\b"), "middle lobe of the left lung"),
    (re.compile(rf"\b([Tt]he) (?:left|right) {_PAIRED}{_NO_LESION}"), r"\1 third \2"),
    (re.compile(r"\b([Tt]he) spleen\b"), r"\1 right spleen"),
    (re.compile(r"\b([Tt]he) trachea\b"), r"\1 left trachea"),
    (re.compile(rf"\b([Tt]he) {_SINGLE}{_NO_LESION}"), r"\1 second \2"),
)


def impossible(text: str) -> str | None:
    """Return a text about a number, lobe or side that does not exist; None where no rule fits.

    >>> impossible("How large is the left kidney?"), impossible("How large is the cyst?")
    ('How large is the third kidney?', None)
    """
    for pattern, other in _FALSE:
        said, count = pattern.subn(other, text)
        if count:
            return said
    return None
