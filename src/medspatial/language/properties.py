"""Properties with an opposite: normal or abnormal, enlarged or small, symmetric or not, ..."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.anatomy import find_mentions
from medspatial.language.statements import statements_in
from medspatial.language.stems import content_words
from medspatial.language.vocabulary import CACHED_TEXTS
from medspatial.language.words import NEGATION

# words on one axis: a text with one and a text with the other contradict each other
ANTONYMS = (
    (
        "present visible visualized visualised identified exist existing evident seen",
        "absent missing resected removed nonexistent invisible unseen",
    ),
    (
        "normal unremarkable preserved regular healthy natural intact patent open within maintained usual",
        "abnormal pathological enlarged thickened dilated irregular widened increased occluded narrowed "
        "stenotic deformed collapsed "
        "blocked obliterated reduced atrophic displaced ectatic closed degenerated elevated raised",
    ),
    (
        "enlarged dilated increased widened thickened distended large big",
        "small atrophic shrunken decreased narrowed thin reduced narrow",
    ),
    ("symmetric symmetrical equal same identical", "asymmetric asymmetrical unequal different"),
    (
        "cross crosses crossing extend extends invade invades reach reaches",
        "respect respects confined limited spare spares",
    ),
    (
        "touch touches touching contact contacts abut abuts abutting adjacent contiguous adjoin",
        "separate separates separated separating apart distant gap",
    ),
    (
        "complete completely entirely fully whole entire",
        "partial partially incomplete incompletely cut partly truncated",
    ),
    ("solid", "cystic"),
    ("single solitary", "multiple several numerous"),
    ("unilateral unilaterally", "bilateral bilaterally both"),
    ("stable unchanged", "changed progressed grown"),
    ("acute", "chronic"),
    ("benign", "malignant"),
    ("thrombus thrombosis thrombosed occlusion occluded stenosis stenotic", "patent open"),
    ("clear aerated", "opacities opacity opacified consolidation consolidations infiltrate infiltrates"),
    ("diffuse widespread", "focal localized localised"),
    ("midline midplane", "deviated deviates shifted displaced"),
)
PRESENCE = 0
AXES: dict[str, dict[int, int]] = {}
for _axis, (_plus, _minus) in enumerate(ANTONYMS):
    for _sign, _words in ((1, _plus), (-1, _minus)):
        for _word in _words.split():
            AXES.setdefault(_word, {})[_axis] = _sign
_BOTH_OF_A_LIST = re.compile(r"both\W+[a-z]+\W+and\b")  # "both upper and lower": no two sides
_BACK_TO = re.compile(r"\b(?:to|from|of|across)(?: the)?\s*\Z")
_WORD = re.compile(r"[a-z]+")


@lru_cache(maxsize=16384)
def property_signs(text: str) -> dict[int, int]:
    """Return axis -> sign of the properties that a text states; a negation turns the sign.

    >>> property_signs("The glands are not symmetric.")
    {3: -1}
    """
    reading = statements_in(text)
    signs: dict[int, int] = {}
    for token in reading.tokens:
        for axis, sign in AXES.get(token.word, {}).items():
            if axis == PRESENCE or (
                token.word == "both" and _BOTH_OF_A_LIST.match(reading.text, token.start)
            ):
                continue
            if token.word == "midline" and _BACK_TO.search(reading.text, 0, token.start):
                continue  # "almost back to midline": not quite there
            segment = reading.segment_of(token.start)
            denied = any(end <= token.start for _, end, _ in reading.cues(segment))
            signs.setdefault(axis, -sign if denied else sign)
    return signs


def opposes(text: str, question: str) -> bool:
    """Say whether a lower-case clause has the opposite of an asked property, and not that one.

    >>> opposes("the right one is thin", "which adrenal gland is enlarged?")
    True
    """
    asked = _asked_signs(question)
    if not asked or NEGATION.search(text):
        return False
    said = {item for word in _WORD.findall(text) for item in AXES.get(word, {}).items()}
    return any((axis, -sign) in said and (axis, sign) not in said for axis, sign in asked)


@lru_cache(maxsize=CACHED_TEXTS)
def _asked_signs(question: str) -> frozenset[tuple[int, int]]:
    """Return the properties that a question names, of which it does not name the opposite too."""
    signs = {item for word in _WORD.findall(question.lower()) for item in AXES.get(word, {}).items()}
    return frozenset((axis, sign) for axis, sign in signs if axis != PRESENCE and (axis, -sign) not in signs)


_ZONES = (
    (
        "upper superior apical apex apices top cranial",
        "lower inferior basal base bases bottom caudal",
        "middle mid interpolar",
    ),
    ("anterior ventral front", "posterior dorsal back"),
    ("medial inner", "lateral outer"),
    ("central centrally perihilar", "peripheral peripherally subpleural"),
    ("proximal", "distal"),
)
_ZONE_OF = {
    word: (axis, zone)
    for axis, zones in enumerate(_ZONES)
    for zone, text in enumerate(zones)
    for word in text.split()
}
ZONE_STEMS = content_words(" ".join(_ZONE_OF))
_PREFIXES = {
    "antero": "anterior", "postero": "posterior", "latero": "lateral", "medio": "medial",
    "supero": "superior", "infero": "inferior", "apico": "apical",
}  # fmt: skip
_COMPOUND = re.compile(rf"({'|'.join(_PREFIXES)})({'|'.join(_ZONE_OF)})")
_CHIEFLY = re.compile(
    r"\b(?:especially|particularly|mainly|mostly|predominantly|(?:more )?prominent)\b", re.I
)
_DOWNWARD = re.compile("sophag|reter|carina|trachea", re.I)  # they run from head to foot
_ALONG = re.compile(r"\b(?:(distal)|(proximal)|from the (?:upper )?incisors)\b", re.I)
_SECTIONS = re.compile(r"\b(?:upper|mid|lower) (?:abdom|thora)\w+", re.I)  # "in the upper abdominal sections"
_LOBE = re.compile(
    r"\b(?:upper|middle|lower)(?:(?:,? and|,? or|,)(?: the)? (?:upper|middle|lower))*(?: lung)? lobes?\b"
)


@lru_cache(maxsize=16384)
def zones(text: str, *, lobes: bool = True) -> dict[int, frozenset[int]]:
    """Return axis -> zones of a text: upper, lower, middle; anterior, posterior; ...

    Parameters
    ----------
    lobes
        Whether the name of a lobe says a zone. Of a place in a lobe it does not: the superior segment of a
        lower lobe lies at its top.

    >>> zones("upper pole") == zones("apical") != zones("lower pole")
    True
    >>> zones("posterobasal, in the upper lobe", lobes=False) == zones("posterior and lower")
    True
    """
    found: dict[int, set[int]] = {}
    low = text.lower()
    for word in _WORD.findall(_LOBE.sub(" ", low) if "lobe" in low and not lobes else low):
        parts = None if word in _ZONE_OF else _COMPOUND.fullmatch(word)
        for part in (_PREFIXES[parts[1]], parts[2]) if parts else (word,):
            if part in _ZONE_OF:
                axis, zone = _ZONE_OF[part]
                found.setdefault(axis, set()).add(zone)
    return {axis: frozenset(one) for axis, one in found.items()}


def along_the_body(text: str, question: str) -> str:
    """Write "distal" as "lower" in answers about airway, oesophagus or ureter.

    >>> along_the_body("Distal", "In which part of the esophagus?"), along_the_body("Distal aorta", "Where?")
    ('lower', 'Distal aorta')
    """
    if "istal" not in text and "roximal" not in text and "incisors" not in text:
        return text
    if not (_DOWNWARD.search(question) or _DOWNWARD.search(text)):
        return text
    return _ALONG.sub(lambda match: "lower" if match[1] else "upper" if match[2] else "", text)


def names_lobe(text: str) -> bool:
    """Say whether a text names a lobe by its height."""
    low = text.lower()
    return "lobe" in low and _LOBE.search(low) is not None


@lru_cache(maxsize=CACHED_TEXTS)
def zones_beside(text: str, *, sections: bool = True) -> dict[int, frozenset[int]]:
    """Return the zones that a text says beside the names of structures, and not only as the chief ones.

    Parameters
    ----------
    sections
        Whether "in the upper abdominal sections" says one; beside a structure it only says where.

    >>> zones_beside("anterior mediastinum"), list(zones_beside("the posterior part of the liver"))
    ({}, [1])
    >>> zones_beside("in both kidneys, especially peripherally")
    {}
    """
    chief = _CHIEFLY.search(text)
    rest = text[: chief.start()] if chief and chief.start() else text
    rest = rest if sections else _SECTIONS.sub(" ", rest)
    for mention in find_mentions(rest):
        rest = rest[: mention.start] + " " * (mention.end - mention.start) + rest[mention.end :]
    return zones(rest)


def contrary_zone(text: str, reference: str) -> str:
    """Say on which axis text and reference name different zones only, or "".

    >>> contrary_zone("lower pole of the right kidney", "upper pole of the right kidney")
    'another zone (upper)'
    """
    lobes = not names_lobe(reference)
    asked = zones(reference, lobes=lobes)
    said = zones(text, lobes=lobes) if asked else {}
    for axis, wanted in asked.items():
        if axis in said and not wanted & said[axis]:
            return f"another zone ({_ZONES[axis][min(wanted)].split()[0]})"
    return ""


@lru_cache(maxsize=CACHED_TEXTS)
def axes_named(text: str) -> frozenset[int]:
    """Return the axes of which a text names a property, denied or not."""
    return frozenset(axis for word in _WORD.findall(text.lower()) for axis in AXES.get(word, {}))


@lru_cache(maxsize=CACHED_TEXTS)
def axes_offered(question: str) -> frozenset[int]:
    """Return the axes of which a question names both ends ("normal or abnormal?")."""
    signs = [item for word in _WORD.findall(question.lower()) for item in AXES.get(word, {}).items()]
    return frozenset(axis for axis, sign in signs if (axis, -sign) in signs)
