"""Who is related to what: the subject and the landmark that a question names (R12, R13)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from medspatial.language.stems import role_keys
from medspatial.language.vocabulary import CACHED_TEXTS

_LINK = (
    r"(?:relative to|in relation to|in relationship to|with respect to|with regards? to|with reference to|"
    r"in reference to|as compared to|compared (?:to|with)|versus|vis-a-vis|as seen from|as viewed from)"
)
_LIE = (
    r"(?:lie|lies|lying|located|situated|positioned|found|sit|placed|oriented|seen|run|course|courses|runs|"
    r"related|extend|project|be found|appear|visible)"
)
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:where|how|in (?:which|what) direction|in what position)\s+(?:exactly )?(?:does|do|is|are|"
        rf"was|were|can|did)\s+(?P<s>.+?)\s+(?:{_LIE}\s+)?(?:{_LINK}|(?:from|to) (?=the|a))\s*(?P<o>.+)",
        rf"\b{_LINK}\s+(?P<o>[^,]+?),?\s+(?:where|how|on (?:which|what) side|in (?:which|what) "
        rf"(?:direction|position))\s+(?:does|do|is|are|was|were)\s+(?P<s>.+)",
        rf"\b(?:position|location|relation(?:ship)?|orientation|direction|"
        rf"situation)\s+of\s+(?P<s>.+?)\s+(?:{_LINK}|to|from|with)\s+(?P<o>.+)",
        r"\b(?:relation(?:ship)?|position)\s+(?:between|of)\s+(?P<s>.+?)\s+and\s+(?P<o>.+)",
        r"\b(?:on|at|in|to|along)\s+(?:which|what)\s+(?:side|aspect|direction|surface|part)\s+(?:of|from|"
        r"to|relative to)\s+(?P<o>.+?)\s+(?:does|do|is|are|was|were|can)\s+(?P<s>.+)",
        r"\b(?:which|what)\s+(?:spatial |anatomical )?(?:relation|direction|position|side)\w*\s+(?:does|do|"
        r"has|have|is|are)\s+(?P<s>.+?)\s+(?:have|has|hold|bear|lie|located|from|to)\s+(?:to|with|from|"
        r"relative to)?\s*(?P<o>.+)",
        r"\A(?:is|are|does|do|was|were)\s+(?P<s>.+?)\s+(?:lie |lies |located |situated |positioned |more |"
        r"mainly |directly |immediately |found )*(?:anterior|posterior|superior|inferior|medial|lateral|"
        r"above|below|behind|in front|to the (?:left|right)|left|right|inside|outside|within|ventral|"
        r"dorsal|cranial|caudal|proximal|distal|beneath|under|over|adjacent|next|touching|in contact|deep|"
        r"superficial)\w*(?:\s*(?:,|or|and)\s*[a-z ]+?)*\s+(?:to|of|with|than)?\s*(?P<o>.+)",
    )
)

_SIDE_OF = re.compile(
    r"\b(?:which|what) side of (?!(?:the |its )?(?:patient|body|midline|image|scan|picture|chest|abdomen|"
    r"neck|pelvis)\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Roles:
    """Words that only the subject has, and words that only the landmark has."""

    subject: frozenset[str]
    landmark: frozenset[str]


@lru_cache(maxsize=CACHED_TEXTS)
def roles(question: str) -> Roles | None:
    """Return subject and landmark of a question about a relation, or None where its form is unknown.

    >>> "fissur" in roles("Where does the nodule lie relative to the major fissure?").landmark
    True
    """
    low = question.lower().strip().rstrip("?").strip()
    for pattern in _PATTERNS:
        match = pattern.search(low)
        if match:
            subject, landmark = role_keys(match.group("s")), role_keys(match.group("o"))
            if subject - landmark and landmark - subject:
                return Roles(subject - landmark, landmark - subject)
    return None


def asks_side_of(question: str) -> bool:
    """Say whether a question asks on which side of another structure something lies.

    >>> asks_side_of("On which side of the aorta is the mass?"), asks_side_of("On which side is it?")
    (True, False)
    """
    return _SIDE_OF.search(question) is not None and roles(question) is not None
