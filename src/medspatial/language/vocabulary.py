"""Writing closed vocabularies: word lists as plain text."""

from __future__ import annotations

import re
from functools import lru_cache

# texts whose readings are kept: more than the questions of a benchmark, so that every model meets them read
CACHED_TEXTS = 65_536


def words(text: str) -> frozenset[str]:
    """Return the white-space separated words of a text.

    >>> sorted(words("left right"))
    ['left', 'right']
    """
    return frozenset(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return the phrases between bars; blanks at their ends count, line breaks do not.

    >>> phrases("no wait| so ")
    ('no wait', ' so ')
    """
    return tuple(part.strip("\n") for part in "".join(line for line in text.split("\n")).split("|") if part)


_LETTERS = re.compile("[a-z]+")


@lru_cache(maxsize=8192)
def words_in(low: str) -> frozenset[str]:
    """Return the runs of letters of a lower-case text, as a set: what tells that a costly pattern is vain.

    >>> sorted(words_in("it's at l1"))
    ['at', 'it', 'l', 's']
    """
    return frozenset(_LETTERS.findall(low))
