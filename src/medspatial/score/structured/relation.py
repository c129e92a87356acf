"""R12: relations between structures: synonyms, masked names, compounds, subject and object exchanged."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from medspatial.anatomy import find_mentions
from medspatial.records import Item
from medspatial.score.structured.commitments import Commitments, Mention, commitments
from medspatial.score.structured.reading import Reading
from medspatial.score.structured.relation_words import (
    COMPOUND,
    OPPOSITES,
    SINGLE,
    compound_parts,
    exchanged,
    without_idioms,
)
from medspatial.score.structured.roles import Roles, roles
from medspatial.score.structured.segments import lowered
from medspatial.score.structured.stems import role_keys, role_words
from medspatial.score.structured.verdict import REFUSES, Verdict, decided, unanswered

_LINK_PHRASE = re.compile(
    r"\b(?:relative to|in relation to|with respect to|with regards? to|with reference to|compared (?:to|"
    r"with)|from)\s+(?:the |an? )?[a-z -]+?(?=,|\s+(?:is|are|lies|lie|the|it)\b|\Z)"
)
_PART = re.compile(
    r"\b(?:upper|lower|superior|inferior|anterior|posterior|medial|lateral|middle) (?:poles?|lobes?|"
    r"segments?|horns?|limbs?|thirds?|mediastinum|walls?|divisions?|branch(?:es)?|calyx|calyces|zones?)\b"
)
_PREFIXED = re.compile(r"(?:supra|infra|retro|juxta|sub)[a-z]+")
_LOCATING = re.compile(r"\b(?:at|in|of|to|near|from|on|by|with|within)(?: the| its)?(?: [a-z]+)?\s*\Z")
_HAVING = re.compile(r"\b(?:has|have|having|with)\b")
_PREPOSITION = re.compile(r"\s*(?:to|of|than|from|with)\b")


def find_relations(text: str, keep: str = "") -> list[Mention]:
    """Return the relations that a text names; those inside structures' names are masked.

    Parameters
    ----------
    keep
        Relations such as ``"left right"`` that are wanted even in front of a structure's name.

    >>> [m.value for m in find_relations("anterolateral to the inferior vena cava, in front of it")]
    ['anterior', 'lateral', 'anterior']
    """
    return list(_find(text))


@lru_cache(maxsize=4096)
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
        related = re.match(r".*?\b(?:to|of|on|in front of) (?:the )?", name)
        start = mention.start
        if related and SINGLE.match(name) and name.split()[1:2] in (["to"], ["of"]):
            start += related.end()
        low = low[:start] + " " * (mention.end - start) + low[mention.end :]
    return low


def match_relation(text: str, item: Item) -> Verdict:
    """Judge a reply to a question whose answer is a relation."""
    want = list(dict.fromkeys(mention.value for mention in find_relations(item.answer)))
    if not want:
        return Verdict("undecided", "R12", f"the reference names no relation: '{item.answer}'")
    hidden = _question_phrases(item.question)

    def find(part: str) -> list[Mention]:
        names = [m.span() for m in hidden.finditer(part)] if hidden else []
        return [m for m in find_relations(part) if not any(a <= m.start < b for a, b in names)]

    found, reading = commitments(text, find, item.question.lower(), _clash)
    found.affirmed += [
        m for m in found.compared if "than" not in reading.text[reading.segment_of(m.start).start : m.start]
    ]
    asked = roles(item.question)
    _drop_other_landmarks(found, reading, asked)
    got = [_turned(mention, reading, asked, found) for mention in found.affirmed]
    verdict = _decide(got, want, found, reading)
    return replace(verdict, trace=tuple(found.trace))


def _drop_other_landmarks(found: Commitments, reading: Reading, asked: Roles | None) -> None:
    """R14: "posterior to the stomach and anterior to the spine" says a second place."""
    if asked is None or len(found.affirmed) < 2:
        return
    objects = [_object_of(mention, reading) for mention in found.affirmed]
    if not any(keys & asked.landmark for keys in objects):
        return
    known = asked.landmark | asked.subject
    kept = [m for m, keys in zip(found.affirmed, objects, strict=True) if not keys or keys & known]
    if len(kept) < len(found.affirmed):
        found.affirmed = kept
        found.trace.append("R14: a relation to something else is detail")


def _object_of(mention: Mention, reading: Reading) -> frozenset[str]:
    """Return the keys of what stands behind "to" or "of" after a relation; empty where nothing does."""
    after = reading.text[mention.end : mention.end + 60]
    return role_keys(" ".join(after.split()[:4])) if _PREPOSITION.match(after) else frozenset()


def _clash(first: str, second: str) -> bool:
    return OPPOSITES.get(first) == second


@lru_cache(maxsize=4096)
def _question_phrases(question: str) -> re.Pattern[str] | None:
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


def _turned(mention: Mention, reading: Reading, asked: Roles | None, found: Commitments) -> str:
    """Turn a relation round where the landmark is the subject of its sentence."""
    if asked is None or not _landmark_leads(mention, reading, asked):
        return mention.value
    value = exchanged(mention.value)
    found.note("R12", f"subject and object are exchanged: {mention.value} becomes {value}")
    return value


def _landmark_leads(mention: Mention, reading: Reading, asked: Roles) -> bool:
    sentence = reading.segment_of(mention.start).sentence
    start = next(s.start for s in reading.segments if s.sentence == sentence)
    before = _LINK_PHRASE.sub(" ", reading.text[start : mention.start])
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
    follows = _PREPOSITION.match(after)
    near = role_keys(" ".join(after.split()[:4])) if follows else frozenset()
    return not (near & asked.landmark and not near & asked.subject)


def _decide(got: list[str], want: list[str], found: Commitments, reading: Reading) -> Verdict:
    have = list(dict.fromkeys(got))
    shown = " and ".join(have)
    if not have:
        return _nothing(want, found, reading)
    rule = found.rule if found.rule in {"R2", "R3", "R6"} else "R12"
    against = [value for value in have if OPPOSITES.get(value) in want and value not in want]
    if against:
        both = [value for value in want if value in have]
        return decided(
            False, "R5" if both else rule, f"says {shown}, the reference is {' and '.join(want)}", shown
        )
    missing = [value for value in want if value not in have]
    if not missing:
        return decided(True, rule, f"says {shown}", shown)
    if len(missing) < len(want):
        return decided(False, "R8", f"names only a part ({shown}) of {' and '.join(want)}", shown)
    return decided(False, rule, f"says {shown}, the reference is {' and '.join(want)}", shown)


def _nothing(want: list[str], found: Commitments, reading: Reading) -> Verdict:
    if found.alternatives:
        return unanswered("R5", "offers alternatives and chooses none")
    denied = {mention.value for mention in found.denied}
    if denied & set(want):
        return decided(
            False, "R3", "denies the reference and offers nothing else", "not " + " and ".join(sorted(denied))
        )
    if denied:
        return unanswered("R3", f"only says what it is not ({', '.join(sorted(denied))})")
    return unanswered("R7", REFUSES if reading.refuses() else "names no relation")
