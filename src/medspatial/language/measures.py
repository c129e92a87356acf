"""What stands around a figure: former, typical, a bound, a distance, the largest (R10)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Literal

from medspatial.language.quantities import Quantity
from medspatial.language.statements import asked_words
from medspatial.language.stems import content_words

_UP_TO_CHARS = 8
_SMALLEST = re.compile(
    r"\b(?:short(?:est)?[ -]?(?:axis|diameter)?|smallest|minim(?:um|al)|narrowest|width|least|thinnest)\b"
)
_LARGEST = re.compile(
    r"\b(?:longest|largest|greatest|maxim(?:um|al)|long[ -]axis|widest|biggest|major axis|highest|dominant)\b"
)
_DISTANCE = re.compile(
    r"\b(?:distance|how far|far apart|apart|gap|separat\w+|away)\b"
    r"|\b(?:depth|deep)\b.*\b(?:below|beneath|under|from|to)\b"
)
_AS_DISTANCE = re.compile(
    r"\A\W*(?:away|apart|from|off|distant|to the|distance|above|below|beneath|behind|lateral|anterior|"
    r"posterior|medial|caudal|cranial|superior|inferior|deep)\b"
)
_BEFORE_DISTANCE = re.compile(r"\b(?:distance|gap|separat\w+|apart)\b")
_MEASURES = {
    "volume": re.compile(r"\bvolume\b", re.I),
    "distance": re.compile(r"\b(?:shortest|minimum|surface|closest|smallest)\b.*\bdistance\b", re.I),
    "diameter": re.compile(r"\b(?:diameter|largest dimension|longest axis|long axis)\b", re.I),
}
_DERIVED = re.compile(
    r"\b(?:ratio|share|percent\w*|proportion|difference|total|combined|together|sum|mean|average)\b|%", re.I
)
_FORMER = re.compile(
    r"\b(?:previous(?:ly)?|prior|former(?:ly)?|earlier|in the past|last (?:scan|exam\w*|ct|study)|before|"
    r"initially|at baseline|ago|old(?:er)? (?:scan|ct|study)|used to)\b"
)
_TYPICAL = re.compile(r"\b(?:typical(?:ly)?|usual(?:ly)?|general(?:ly)?|on average|commonly|normally)\b")
_SPREAD = re.compile(
    r"(?:\b(?:standard deviation|s\.?d\.?|std|uncertainty|error|margin|tolerance|iqr|variance)|±|\+/-)"
    r"(?: (?:of|is|about|around|was))*\s*[:=~(]?\s*\Z"
)
_ATTRIBUTES = {  # what a figure may measure: as a noun before or behind it, as an adjective behind it
    "length": ("length", "long"),
    "width": ("width|breadth", "wide|broad"),
    "thickness": ("(?:wall |rim )?thickness", "thick"),
    "depth": ("depth", "deep"),
    "height": ("height|craniocaudal\\w*", "high|tall"),
    "lumen": ("lumen|calib(?:er|re)|residual \\w+|neck", "patent"),
    "diameter": ("diameter|size", "in diameter|across|in size"),
    "volume": ("volume", "in volume"),
}
_ATTRIBUTE_BEFORE = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{noun})" for name, (noun, _) in _ATTRIBUTES.items()) + r")"
    r"(?:\s*(?:[:|=~(]|\b(?:is|of|was|measures|measuring|about|around|approximately|at|only|just)\b))*\s*\Z"
)
_ATTRIBUTE_BEHIND = re.compile(
    r"[ -]*(?:in (?:total )?)?(?:"
    + "|".join(f"(?P<{name}>{noun}|{adjective})" for name, (noun, adjective) in _ATTRIBUTES.items())
    + r")\b"
)
_ATTRIBUTE_ASKED = re.compile(
    "|".join(
        rf"(?P<{name}>\b(?:{noun}|how {adjective})\b)" for name, (noun, adjective) in _ATTRIBUTES.items()
    )
)
_OR = re.compile(r"\bor\b|/")


def only_bound(low: str, quantity: Quantity, question: str) -> bool:
    """Say whether a figure is a bound; "up to 23 mm" is the answer to "how large at most"."""
    if not quantity.bound:
        return False
    up_to = "up to" in low[max(0, quantity.start - _UP_TO_CHARS) : quantity.start]
    return not (up_to and _LARGEST.search(question))


def asked_measures(question: str) -> frozenset[str]:
    """Return which of volume, distance (between surfaces) and diameter a question asks for.

    >>> sorted(asked_measures("What is the largest diameter of the cyst?"))
    ['diameter']
    """
    return frozenset(name for name, pattern in _MEASURES.items() if pattern.search(question))


def asks_derived(question: str) -> bool:
    """Say whether a question asks for a share, ratio, sum or mean of measures, not for one."""
    return _DERIVED.search(question) is not None


def around(low: str, quantity: Quantity) -> str:
    """Return the clause of a lower-case text in which a figure stands."""
    start = max(low.rfind(mark, 0, quantity.start) for mark in (",", ";", "(", ". ", " and ", " but "))
    ends = [low.find(mark, quantity.end) for mark in (",", ";", "(", ")", ". ", " and ", " but ")]
    end = min([e for e in ends if e >= 0], default=len(low))
    return low[max(start, 0) : end]


def is_distance(low: str, quantity: Quantity) -> bool:
    """Say whether a figure is a distance by the words beside it ("12 mm away")."""
    before = low[max(0, quantity.start - 30) : quantity.start]
    return bool(_AS_DISTANCE.match(low[quantity.end :]) or _BEFORE_DISTANCE.search(before))


def asks_distance(question: str) -> bool:
    """Say whether a lower-case question asks how far apart two things are."""
    return bool(_DISTANCE.search(question))


def asked_extreme(question: str) -> Literal["largest", "smallest"] | None:
    """Return which of several figures a lower-case question asks for, or None.

    >>> asked_extreme("what is its longest diameter?"), asked_extreme("how thick is it?")
    ('largest', None)
    """
    if _LARGEST.search(question):
        return "largest"
    return "smallest" if _SMALLEST.search(question) else None


def is_former(low: str, quantity: Quantity) -> bool:
    """Say whether a figure is of an earlier examination ("previously 12 mm")."""
    return bool(_FORMER.search(around(low, quantity)))


def is_typical(low: str, quantity: Quantity) -> bool:
    """Say whether a figure is of the usual case ("typically 10 mm")."""
    return bool(_TYPICAL.search(around(low, quantity)))


def is_spread(low: str, quantity: Quantity) -> bool:
    """Say whether a figure is the spread of another one ("38 HU, standard deviation 11 HU")."""
    return bool(_SPREAD.search(low[max(0, quantity.start - 30) : quantity.start]))


def attribute_asked(question: str) -> str | None:
    """Return which attribute a lower-case question asks for, or None.

    >>> attribute_asked("how long is the stenosis?"), attribute_asked("how large is it?")
    ('length', None)
    """
    match = _ATTRIBUTE_ASKED.search(question)
    return match.lastgroup if match else None


def attribute_of(low: str, quantity: Quantity) -> str | None:
    """Return which attribute a figure is said to measure ("a lumen of 4 mm"), or None.

    >>> from medspatial.language.quantities import find_quantities
    >>> text = "25 mm long, with a residual lumen of 4 mm"
    >>> [attribute_of(text, one) for one in find_quantities(text)]
    ['length', 'lumen']
    """
    match = _ATTRIBUTE_BEHIND.match(low, quantity.end) or _ATTRIBUTE_BEFORE.search(
        low, max(0, quantity.start - 40), quantity.start
    )
    return match.lastgroup if match else None


def best_described(low: str, found: Sequence[Quantity], question: str) -> list[Quantity]:
    """Return the figures whose description has most words of the question; all where none stands out.

    A description reaches from the figure before to this one; where figures lead, it stands behind them.

    >>> from medspatial.language.quantities import find_quantities
    >>> text = "the liver measures 15 cm, the lesion 32 mm"
    >>> [q.values for q in best_described(text, find_quantities(text), "How large is the liver lesion?")]
    [(32.0,)]
    """
    order = [stem for word in question.lower().split() for stem in content_words(word)]
    asked = asked_words(question.lower())
    leads = not content_words(low[: found[0].start]) & asked
    edges = [0, *(q.end for q in found)] if not leads else [*(q.start for q in found), len(low)]
    said = [content_words(low[a:b]) & asked for a, b in itertools.pairwise(edges)]
    scores = [
        (len(one), max(map(order.index, one & set(order)), default=0)) for one in said
    ]  # "liver lesion": the lesion
    best = [q for q, score in zip(found, scores, strict=False) if score == max(scores)]
    return best if len(best) < len(found) else list(found)


def offers(between: str) -> bool:
    """Say whether two figures are offered as alternatives by what stands between them."""
    return bool(_OR.search(between))
