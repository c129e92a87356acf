"""Relations in text, names of structures masked, and who is related to what (R12)."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.anatomy import find_mentions
from medspatial.language.commitments import Mention
from medspatial.language.relation_words import COMPOUND, SINGLE, compound_parts, without_idioms
from medspatial.language.roles import Roles
from medspatial.language.segments import lowered
from medspatial.language.statements import Statements
from medspatial.language.stems import role_keys, role_words
from medspatial.language.vocabulary import CACHED_TEXTS

_LINK_PHRASE = re.compile(
    r"\b(?:relative to|in relation to|with respect to|with regards? to|with reference to|compared (?:to|"
    r"with)|from)\s+(?:the |an? )?[a-z -]+?(?=,|\s+(?:is|are|lies|lie|the|it)\b|\Z)"
)
_PART = re.compile(
    r"\b(?:upper|lower|superior|inferior|anterior|posterior|medial|lateral|middle) (?:poles?|lobes?|"
    r"segments?|horns?|limbs?|thirds?|mediastinum|walls?|divisions?|branch(?:es)?|calyx|calyces|zones?)\b"
)
_PREFIXED = re.compile(r"(?:supra|infra|retro|juxta|sub)[a-z]+")
_LOCATING = re.compile(
    r"\b(?:at|in|of|to|near|from|on|by|with|within|behind|above|below|beneath|under|underneath|over|"
    r"beside)(?: the| its)?(?: [a-z]+)?\s*\Z"
)
_HAVING = re.compile(r"\b(?:has|have|having|with)\b")
_PREPOSITION = re.compile(r"\s*(?:to|of|than|from|with)\b")


def find_relations(text: str) -> list[Mention]:
    """Return the relations that a text names; those inside structures' names are masked.

    >>> [m.value for m in find_relations("anterolateral to the inferior vena cava, in front of it")]
    ['anterior', 'lateral', 'anterior']
    """
    return list(_find(text))


@lru_cache(maxsize=16_384)
def _find(text: str) -> tuple[Mention, ...]:
    low = _PART.sub(lambda match: " " * len(match.group()), _masked(without_idioms(lowered(text)), text))
    found: list[Mention] = []
    for match in COMPOUND.finditer(low):
        found += [Mention(value, match.start(), match.end()) for value in compound_parts(match)]
    low = COMPOUND.sub(lambda match: " " * len(match.group()), low)
    found += [Mention(str(m.lastgroup), m.start(), m.end()) for m in SINGLE.finditer(low)]
    return tuple(sorted(found, key=lambda mention: mention.start))


def _masked(low: str, text: str) -> str:
    """Blank the names of structures: "inferior vena cava" is not inferior to anything."""
    for mention in find_mentions(text):
        name = low[mention.start : mention.end]
        if _PREFIXED.fullmatch(name):
            continue  # "suprarenal": a place, as long as a relation is asked for
        low = low[: mention.start] + " " * len(name) + low[mention.end :]
    return low


def object_of(mention: Mention, reading: Statements) -> frozenset[str]:
    """Return the keys of what stands behind "to" or "of" after a relation; empty where nothing does."""
    after = reading.text[mention.end : mention.end + 60]
    return role_keys(" ".join(after.split()[:4])) if _PREPOSITION.match(after) else frozenset()


@lru_cache(maxsize=CACHED_TEXTS)
def question_phrases(question: str) -> re.Pattern[str] | None:
    """Return a pattern for names in the question that contain a relation ("the anterior mass")."""
    phrases = []
    low = question.lower()
    for mention in _find(question):
        after = re.match(
            r"\s+(?!or\b|and\b|to\b|of\b|than\b|side\b|the\b|is\b|does\b|aspect\b|with\b|from\b)([a-z]+)",
            low[mention.end :],
        )
        if after:
            phrases.append(re.escape(low[mention.start : mention.end] + after.group()))
    return re.compile("|".join(phrases), re.I) if phrases else None


def landmark_leads(mention: Mention, reading: Statements, asked: Roles) -> bool:
    """Say whether a question's landmark is the subject of the sentence of a relation."""
    sentence = reading.segment_of(mention.start).sentence
    start = next(s.start for s in reading.segments if s.sentence == sentence)
    before = reading.text[start : mention.start]
    before = _LINK_PHRASE.sub(
        " ", before[before.rfind(":") + 1 :]
    )  # "it has passed the carina: it lies below it"
    both = asked.subject | asked.landmark
    order = [
        keys for place, keys in role_words(before) if keys & both and not _LOCATING.search(before[:place])
    ]
    if not order:
        return False
    deciding = order[-1] if _HAVING.search(before) else order[0]
    after = reading.text[mention.end : mention.end + 60]
    if deciding & asked.subject:
        return False
    # "of the fissure" straight after the relation makes the landmark the object in any case
    follows = _PREPOSITION.match(after) or _PREPOSITION.search(reading.text, mention.start, mention.end)
    near = role_keys(" ".join(after.split()[:4])) if follows else frozenset()
    return not (near & asked.landmark and not near & asked.subject)
