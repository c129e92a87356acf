"""The answer that a reply begins with, where a sentence of its own gives it and the rest explains it."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.language.commitments import CORRECTION, FINAL_MARKER
from medspatial.language.sides import only_agrees
from medspatial.language.statements import statements_in
from medspatial.language.vocabulary import CACHED_TEXTS, words_in
from medspatial.language.words import CONDITION, FINITE_VERBS, HEDGE, WEAK

_MOST_WORDS = 5
_FIRST = re.compile(
    r"\A\W*(?P<said>[^\n.!?;:]*\w(?:\.\d[^\n.!?;:]*)?)\W*?(?:[.!;](?=\s)|\s*\n|\s[-–—]\s)\W*(?=\w)"
)
_GOES_ON = re.compile(
    r"\A(?:also|and|or|as well|additionally|another|plus|but|both|likewise|similarly|then|no\b)"
)
_ALSO = re.compile(r"\b(?:also|as well|too|likewise|similarly|another|additional|second)\b")
_CHOOSE_NONE = frozenset({"or", "between", "either"})
_TURNS = (CORRECTION, FINAL_MARKER)


@lru_cache(maxsize=CACHED_TEXTS)
def headline(text: str) -> str | None:
    """Return the first sentence of a reply where it is an answer by itself and the rest only explains it.

    It has few words and no verb; what follows states something; it neither corrects,
    adds nor refuses.

    >>> headline("Left kidney. The right one is smaller.")
    'Left kidney'
    >>> headline("Left kidney. Also the right one."), headline("Left. No wait, it is right.")
    (None, None)
    """
    match = _FIRST.match(text)
    if match is None or only_agrees(text):
        return None
    said, rest = match["said"], text[match.end() :]
    low, after = said.lower(), rest.lower()
    if len(said) == 1:
        return None  # "A. The left kidney": the letter of an option
    if len(said.split()) > _MOST_WORDS or FINITE_VERBS & words_in(low) or not FINITE_VERBS & words_in(after):
        return None
    if (
        _GOES_ON.match(after)
        or _ALSO.search(after)
        or any(one.search(after) for one in _TURNS)
        or not _CHOOSE_NONE.isdisjoint(words_in(low))
    ):
        return None
    if any(one.search(low) for one in (HEDGE, WEAK, CONDITION)) or statements_in(rest).refuses():
        return None
    return said
