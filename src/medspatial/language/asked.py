"""What kind of answer an open question asks for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medspatial.language.properties import ZONE_STEMS
from medspatial.language.segments import lowered
from medspatial.language.sides import find_sides, sides_of
from medspatial.language.statements import statements_in
from medspatial.language.stems import content_words
from medspatial.language.vocabulary import CACHED_TEXTS, words, words_in
from medspatial.language.words import FINITE_VERBS

_POLAR = re.compile(
    r"\A(?:(?:in|on|at|within|according to|based on|regarding|during) [^,]+, )?"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.I,
)
_ALTERNATIVE = re.compile(
    r"\b(?:or|versus)\b(?! (?:not|pre|para|any|sub|peri|hilar|axill\w*|mass\w*|nod\w*|lymph|path\w*|"
    r"infiltr\w*)\b)"
)
_IF_SO = re.compile(r"\b(?:and )?if (?:so|yes|present)\b")
_ONE_OR_BOTH = re.compile(
    r"\bunilateral(?:ly)?\b|\bbilateral(?:ly)? or\b|\bor bilateral(?:ly)?\s*(?:\?|,|in\b|within\b|\Z)"
    r"|\bone\b[^?]*\bor\b[^?]*\b(?:both|two|bilateral(?:ly)?)\b|\bboth\b[^?]*\bor\b[^?]*\bone\b"
)
_WHICH_SIDE = re.compile(
    r"\b(?:which|what) (?:side|sides|lung|lungs|kidney|kidneys|hemithorax|breast|adrenal|hand)\b(?! "
    r"(?:lobe|segment|region|zone|part|area)s?)"
    r"|\bleft or (?:the |on the )?right\b|\bright or (?:the |on the )?left\b|\blaterality\b"
)
_OPENS_WITH_SIDE = re.compile(r"\A(?:on |in |to )?(?:which|what) sides?\b(?! (?:or|level))")
_FINER = re.compile(
    r"\b(?:where|lobes?|poles?|quadrants?|segments?|zones?|region|portion|part|level|location|structure|rib|adjacent)\b"
)
_HOW_MUCH = re.compile(
    r"\b(?:how (?:large|big|far|thick|long|wide|tall|deep|much|many)|diameters?|size|thickness|dimensions?|"
    r"distance|"
    r"volume|length|width|height|measure\w*|extent|calib\w*|number of|percentage|degree)\b"
)
_YES_OR_NO = re.compile(r"\W*(?:yes|no|true|false)\b", re.I)
_MIDLINE = re.compile(r"\b(?:one|single) side\b.*\bmidline\b|\bmidline\b.*\b(?:one|single) side\b")
_CROSS = re.compile(r"\b(?:cross\w*|across) (?:the |over the )?mid-?line\b|\bbilateral|\bboth sides\b")
_ON_ONE = re.compile(r"\b(?:confined|limited|restricted|one side|unilateral\w*|single side)\b")
# words of a reference that say no place of their own beside a side
_NO_PLACE = content_words(
    """left right both bilateral bilaterally side sides sided lung lungs kidney kidneys hemithorax pulmonary
    parenchyma parenchymal parenchymas area areas region regions level levels part parts zone zones section
    observed located seen present detected noted found reported visible identified described defined measured
    especially mainly mostly predominantly prominent more most less largest larger smaller thickest thicker
    one two several multiple few many each other same all every diffuse scattered minimal mild slight
    approximately up to reaching measuring mm cm diameter thickness compared than effusion patient body
    midline central centrally middle size sizes"""
)
_THERE = re.compile(r"\bthere (?:is|are|was|were)\b")
_STATED = re.compile(
    r"\b(?:is|are|was|were|lies?|located|observed|seen|found|noted|detected|present|identified|visible)\b"
)
_PREPOSITION = re.compile(
    r"\b(?:in|on|at|within|inside|near|along|over|under|above|below|around|between|behind|beside|adjacent)\b"
)
_AND_WHERE = re.compile(
    r"\band (?:the |its |their )?(?:location|position|side)\b|\band (?:where|which|on which)\b"
    r"|\b(?:location|position) and\b|\b(?:which|what)\b.*\band (?:what|how)\b"
)
_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b")
_OR_WORDS = words("or versus")
_ONE_OR_BOTH_WORDS = words("unilateral unilaterally bilateral bilaterally one both")
_SIDE_WORDS = words("""side sides lung lungs kidney kidneys hemithorax breast adrenal hand left laterality""")
_MANY_WORDS = words("many number")
_MUCH_STEMS = ("measure", "calib")
_MUCH_WORDS = words(
    """how diameter diameters size thickness dimension dimensions distance volume length width height extent
    number percentage degree"""
)


class Asked(NamedTuple):
    """What a question asks for.

    Attributes
    ----------
    polar
        Yes or no.
    if_so
        The question without its "and if so, where?"; None where it has none.
    either
        It offers alternatives ("left or right").
    midline
        One side, or across the midline.
    one_or_both
        One side, or both.
    side
        A side and nothing finer.
    how_large, how_many
        A figure, a count.
    and_where
        A place beside something else ("size and location").
    """

    polar: bool
    if_so: str | None
    either: bool
    midline: bool
    one_or_both: bool
    side: bool
    how_large: bool
    how_many: bool
    and_where: bool


@lru_cache(maxsize=CACHED_TEXTS)
def asked(question: str) -> Asked:
    """Return what a question asks for.

    >>> asked("Is there an effusion, and if so, on which side?").if_so
    'Is there an effusion, '
    """
    low = lowered(question)
    said = words_in(low)  # most patterns are vain: one of their words is looked for first
    if_so = _IF_SO.search(low) if "if" in said else None
    return Asked(
        polar=bool(_POLAR.match(low)),
        if_so=question[: if_so.start()] if if_so else None,
        either=not said.isdisjoint(_OR_WORDS) and bool(_ALTERNATIVE.search(low)),
        midline="side" in said and bool(_MIDLINE.search(low)),
        one_or_both=not said.isdisjoint(_ONE_OR_BOTH_WORDS) and bool(_ONE_OR_BOTH.search(low)),
        side=not said.isdisjoint(_SIDE_WORDS) and _asks_side(low, said),
        how_large=(not said.isdisjoint(_MUCH_WORDS) or any(stem in low for stem in _MUCH_STEMS))
        and bool(_HOW_MUCH.search(low)),
        how_many=not said.isdisjoint(_MANY_WORDS) and bool(_HOW_MANY.search(low)),
        and_where="and" in said and bool(_AND_WHERE.search(low)),
    )


def _asks_side(low: str, said: frozenset[str]) -> bool:
    """Say whether a side is asked for and nothing finer; the lobe may be given."""
    if not _WHICH_SIDE.search(low):
        return False
    return not _FINER.search(low) or ("and" not in said and bool(_OPENS_WITH_SIDE.match(low)))


def leads_polar(answer: str) -> bool:
    """Say whether an answer begins with yes or no."""
    return bool(_YES_OR_NO.match(answer))


def new_sides(answer: str, question: str) -> frozenset[str]:
    """Return the sides that an answer spells out and the question does not give away."""
    said = frozenset(mention.value for mention in find_sides(answer, implied=False))
    return said and said - {mention.value for mention in find_sides(question, implied=False)}


def place_words(answer: str, question: str) -> frozenset[str]:
    """Return the words of an answer that name a place beside a side, those of the question left out.

    >>> sorted(place_words("In the left lung, along the fissure.", "Where is it?"))
    ['along', 'fissur']
    """
    said = content_words(_predicate(answer))
    place = {word for word in said if not word.isdigit()} - content_words(question) - _NO_PLACE
    return frozenset(
        place - ZONE_STEMS or place
    )  # "lower" is said of many places beside "lower paratracheal"


def _predicate(answer: str) -> str:
    """Return what a sentence says of its subject; a text without a verb is all predicate."""
    low = lowered(answer)
    there = _THERE.search(low)
    if there:
        behind = _PREPOSITION.search(low, there.end())
        return answer[behind.start() :] if behind else ""
    stated = list(_STATED.finditer(low))
    if stated:
        return answer[stated[-1].end() :]
    return "" if not FINITE_VERBS.isdisjoint(words_in(low)) else answer  # "the left one has just developed"


def crosses(text: str) -> bool | None:
    """Return whether a text says that something crosses the midline or is on both sides."""
    reading = statements_in(text)
    cross = _CROSS.search(reading.text)
    if cross:
        return not reading.denials(0, cross.start())
    if _ON_ONE.search(reading.text):
        return False
    sides = sides_of(text)
    return None if not sides else sides == {"bilateral"}
