"""When two texts say the same: the two ways in which questions and answers are compared, each in one place.

Metrics have normalisations of their own (`medspatial.score.normalise`), which enter published figures.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")


def normal_text(text: str) -> str:
    """Return a text without differences of case and white space; every sign counts.

    >>> normal_text("Left  Kidney (-1)")
    'left kidney (-1)'
    """
    return " ".join(text.casefold().split())


def bare_words(text: str) -> str:
    """Return a text's words and figures alone, in lower case; letters of every script count.

    >>> bare_words("Left-sided: 2.3 cm!")
    'left sided 2.3 cm'
    """
    return " ".join(_WORD.findall(text.casefold()))
