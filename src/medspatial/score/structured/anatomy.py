"""R8: structures, lobes, segments and levels: synonyms, parts, coarser answers, two-part references."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache

from medspatial.anatomy import find_mentions, is_part, structure, structures
from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.commitments import Commitments, Mention, commitments
from medspatial.score.structured.reading import Reading
from medspatial.score.structured.segments import lowered
from medspatial.score.structured.side import find_sides, match_side
from medspatial.score.structured.verdict import REFUSES, Verdict, decided, refused, unanswered
from medspatial.score.vocabulary import words

# a structure after one of these only says where the answer lies, or what is next to it
_LANDMARK = re.compile(
    r"(?:\b(?:adjacent to|next to|near(?: to)?|close to|beside|alongside|abutting|abuts|touching|anterior "
    r"to|posterior to|superior to|inferior to|medial to|lateral to|"
    r"in front of|behind|above|below|beneath|under|over|left of|right of|between|towards?|distal to|"
    r"proximal to|caudal to|cranial to|away from|from|relative to|with respect to|"
    r"displac(?:es|ing)|compress(?:es|ing)|spar(?:es|ing)|around|surrounding|bordering|borders|outside|"
    r"along|at the level of|crossing|against|juxta|extending (?:to|into|towards?)|extends (?:to|into|"
    r"towards?)|reaching|drain(?:s|ing) into|not involving)"
    r"\s+(?:the |a |an |its |both )?(?:[a-z]+ )?)\Z"
)


_ADJECTIVES = dict(
    pair.split("=")
    for pair in sorted(
        words(
            """hepatic=liver renal=kidney splenic=spleen pancreatic=pancreas pulmonary=lung gastric=stomach
            cardiac=heart vesical=urinary_bladder adrenal=adrenal_gland suprarenal=adrenal_gland
            duodenal=duodenum esophageal=esophagus oesophageal=esophagus colonic=colon cerebral=brain
            prostatic=prostate tracheal=trachea aortic=aorta uterine=uterus ovarian=ovary ureteral=ureter
            ureteric=ureter mediastinal=mediastinum pleural=pleura pericardial=pericardium rectal=rectum
            thyroidal=thyroid_gland"""
        )
    )
)
_ADJECTIVE = re.compile(
    rf"\b({'|'.join(_ADJECTIVES)})\b(?! (?:arter|vein|vessel|trunk|nerve|fossa|duct|arch|window|hiatus|"
    rf"plexus))"
)
_BARE_SEGMENT = re.compile(r"\W*((?:VIII|VII|VI|IV|V|III|II|I|[1-8])[abAB]?)\W*")
_PART_ALONE = re.compile(
    r"\W*(?:in )?(?:the )?(?:(?:couinaud )?(?:segments?|seg\.?)?\s*\w{1,5}|(?:left|right|both|caudate|"
    r"quadrate) lobes?)\W*",
    re.I,
)
_WHOLE_PAIRS = frozenset({"lung", "kidney", "hemithorax", "breast", "pleura", "adrenal_gland", "axilla"})
_LEVEL = re.compile(r"\b(Th|[CTL])[ -](\d{1,2})\b")  # "L 2", "T-12"
_BODY_REGIONS = frozenset({"thorax", "abdomen", "pelvis", "neck"})
_HEADING = re.compile(r"\s*:\s*\w")  # "Lungs: consolidation in ...": the section of a report
_PART_OF = re.compile(
    r"\b(?:segment|lobe|part|level|zone|portion)s? (of the [a-z ]+?)(?= (?:is|are|does|do|contains?|shows?|"
    r"has|have|holds)\b|\?|,|\Z)"
)
_IN_LOBED = re.compile(r"\b(?:in|of|within) the (liver|thyroid)\b")
_OF_LIVER = re.compile(r"\b(?:liver|hepatic|couinaud) segment")
_OF = re.compile(r"\s+(?:of|in|within)\s+(?:the\s+)?")
_SEGMENT = re.compile(r"\b(?:seg(?:\.\s*|\s+)(?=\w)|S\s?(?=(?:[1-8]|I{1,3}|IV|VI{0,3}|VIII)[abAB]?\b))")


@cache
def _sided() -> dict[tuple[str, str], str]:
    return {(one.base, one.side): one.name for one in structures() if one.base and one.side}


@cache
def _lesions() -> frozenset[str]:
    return frozenset(one.name for one in structures("lesion"))


@lru_cache(maxsize=4096)
def _find(text: str, context: str) -> tuple[Mention, ...]:
    """Return structures as mentions; both sides of a pair become two."""
    found: list[Mention] = []
    for mention in find_mentions(_in_context(text, context)):
        if mention.start >= len(text):
            continue
        pair = (
            [_sided().get((mention.name, side)) for side in ("left", "right")]
            if mention.side == "both"
            else []
        )
        names = [name for name in pair if name] or [mention.name]
        found += [Mention(name, mention.start, min(mention.end, len(text))) for name in names]
    return tuple(sorted(found + _adjectives(text, found), key=lambda m: m.start))


def _adjectives(text: str, found: list[Mention]) -> list[Mention]:
    """Read "renal mass" as the kidney; "renal artery" is a structure of its own."""
    if any(mention.value not in _lesions() for mention in found):
        return []
    names = [(_ADJECTIVES[m.group(1)], m.start(), m.end()) for m in _ADJECTIVE.finditer(lowered(text))]
    return [Mention(*one) for one in names]


def _in_context(text: str, context: str) -> str:
    """ "Segment 4a" alone is the liver's where the question says so."""
    bare = _BARE_SEGMENT.fullmatch(text)
    if bare and context:
        return f"segment {bare.group(1)} {context}"
    return f"{text} {context}" if context and _PART_ALONE.fullmatch(text) else text


def match_anatomy(text: str, item: Item) -> Verdict:
    """Judge a reply to a question whose answer is a structure."""
    context = _context(item.question)
    text = _SEGMENT.sub("segment ", text) if "liver" in context else text
    text = _LEVEL.sub(r"\1\2", text)
    want = _names(item.answer, context, lesions=False) or _names(item.answer, context, lesions=True)
    want = specific(want)
    if not want:
        return _by_words(text, item)
    keep_lesions = bool(want & _lesions())
    of_lung = "lung" in item.question.lower() and "liver" not in text.lower()  # "segment 6" alone

    def find(part: str) -> list[Mention]:
        return [
            m
            for m in _find(part, context)
            if (keep_lesions or m.value not in _lesions()) and not (of_lung and m.value.startswith("liver_"))
        ]

    found, reading = commitments(text, find, item.question.lower(), _clash)
    if not (found.affirmed or found.denied or found.alternatives):
        alone = _side_alone(text, item, want)
        if alone is not None:
            return alone
    asked = frozenset(m.value for m in _find(item.question, context)) - want
    if found.affirmed and all(mention.value in asked for mention in found.affirmed):
        alone = _side_alone(text, item, want)
        if alone is not None:
            return alone
    _drop_landmarks(found, reading, asked)
    _take_asked_side(found, text, item.question)
    verdict = _decide(found, want, reading)
    return replace(verdict, trace=tuple(found.trace)) if found.trace else verdict


def _take_asked_side(found: Commitments, text: str, question: str) -> None:
    """Complete "the upper lobe" by the one side that the question asks about, where the reply names none."""
    sides = {mention.value for mention in find_sides(question)}
    if len(sides) == 1 and not find_sides(text):
        side = next(iter(sides))
        found.affirmed = [m._replace(value=_sided().get((m.value, side), m.value)) for m in found.affirmed]


def _side_alone(text: str, item: Item, want: frozenset[str]) -> Verdict | None:
    """Judge a reply that names a side only: enough where the question names the organ, else too coarse."""
    if not any(_has_side(name) for name in want) or not find_sides(text, implied=False):
        return None
    asked = {m.name for m in find_mentions(item.question)}
    bases = {structure(name).base or name for name in want}
    if bases <= asked or (item.answer_type == "free" and bases <= _WHOLE_PAIRS):
        return match_side(text, item.answer, item.question)
    sides = " and ".join(sorted({m.value for m in find_sides(text, implied=False)}))
    return decided(False, "R8", f"names only a side ({sides})", sides)


def _has_side(name: str) -> bool:
    return name.endswith(("_left", "_right")) or "_left_" in name or "_right_" in name


@lru_cache(maxsize=4096)
def specific(names: frozenset[str]) -> frozenset[str]:
    """Drop containers of other names, and give parts without a side that of their container.

    >>> sorted(specific(frozenset({"lung_right", "lung_upper_lobe", "lung_upper_lobe_right"})))
    ['lung_upper_lobe_right']
    """
    sides = {side for side in ("left", "right") for name in names if f"_{side}" in name}
    if len(sides) == 1:
        side = next(iter(sides))
        names = frozenset(_sided().get((name, side), name) for name in names)
    elif sides:
        paired = [
            {_sided().get((name, side), name) for side in sides} for name in names if not _has_side(name)
        ]
        names = frozenset({name for name in names if _has_side(name)}.union(*paired))
    return frozenset(name for name in names if not any(is_part(other, name) for other in names))


def structures_named(answer: str, question: str) -> frozenset[str]:
    """Return the structures of a reference that are not in the question already, lesions left out."""
    context = _context(question)
    return _names(answer, context, lesions=False) - _names(question, context, lesions=False)


def _names(text: str, context: str, *, lesions: bool) -> frozenset[str]:
    return frozenset(m.value for m in _find(text, context) if lesions or m.value not in _lesions())


@lru_cache(maxsize=4096)
def _context(question: str) -> str:
    """Return "of the liver" or the like where the question asks for a part of one organ."""
    low = question.lower()
    match = _PART_OF.search(low) if " of the " in low else None
    if match:
        return match.group(1)
    if " segment" in low and _OF_LIVER.search(low):
        return "of the liver"
    organ = _IN_LOBED.search(low)
    return f"of the {organ.group(1)}" if organ else ""


def _clash(first: str, second: str) -> bool:
    return first != second and not is_part(first, second) and not is_part(second, first)


def _drop_landmarks(found: Commitments, reading: Reading, asked: frozenset[str]) -> None:
    """Leave out structures that only locate others, while any other remains."""
    kept = [m for m in found.affirmed if not _LANDMARK.search(reading.text[: m.start])]
    kept = [m for m in kept if not _HEADING.match(reading.text, m.end)] or kept
    kept = [
        m for m in kept if not any(_OF.fullmatch(reading.text, m.end, other.start) for other in kept)
    ] or kept
    kept = [m for m in kept if m.value not in asked] or kept
    kept = [m for m in kept if m.value not in _BODY_REGIONS] or kept
    if kept and len(kept) < len(found.affirmed):
        dropped = [m.value for m in found.affirmed if m not in kept]
        found.affirmed = kept
        found.trace.append(f"R14: landmarks: {', '.join(dict.fromkeys(dropped))}")


def _decide(found: Commitments, want: frozenset[str], reading: Reading) -> Verdict:
    got = frozenset(mention.value for mention in found.affirmed)
    got = specific(got) if len(got) > 1 else got
    shown = " and ".join(sorted(got))
    if not got:
        return _nothing(found, want, reading)
    met = {name for name in want if any(_covers(g, name) for g in got)}
    strange = {g for g in got if not any(_covers(g, name) or is_part(name, g) for name in want)}
    rule = found.rule if found.rule in {"R2", "R3", "R4", "R6"} else "R8"
    if met == want and not strange:
        return decided(True, rule, f"names {shown}", shown)
    if met == want:
        return decided(False, "R5", f"also commits to {', '.join(sorted(strange))}", shown)
    if met:
        return decided(False, "R8", f"names only a part of {' and '.join(sorted(want))}", shown)
    if not strange:
        return decided(False, "R8", f"{shown} is coarser than {' and '.join(sorted(want))}", shown)
    return decided(False, rule, f"names {shown}, the reference is {' and '.join(sorted(want))}", shown)


def _covers(got: str, want: str) -> bool:
    return got == want or is_part(got, want)


def _nothing(found: Commitments, want: frozenset[str], reading: Reading) -> Verdict:
    if found.alternatives:
        return unanswered("R5", "offers alternatives and chooses none")
    denied = {mention.value for mention in found.denied}
    if any(_covers(name, goal) or is_part(goal, name) for name in denied for goal in want):
        return decided(
            False, "R3", "denies the reference and offers nothing else", "not " + ", ".join(sorted(denied))
        )
    if denied:
        return unanswered("R3", f"only says what it is not ({', '.join(sorted(denied))})")
    return unanswered("R7", REFUSES if reading.refuses() else "names no structure")


def _by_words(text: str, item: Item) -> Verdict:
    """Compare by words where the reference is no known structure."""
    want = normalise(item.answer)
    pattern = re.compile(rf"(?<!\w){re.escape(want)}(?:s|es)?(?!\w)")

    def find(part: str) -> list[Mention]:
        return [Mention(want, m.start(), m.end()) for m in pattern.finditer(part.lower())]

    if want and normalise(text) == want:
        return decided(True, "R8", "equal to the reference", text)
    found, reading = commitments(text, find, item.question.lower())
    if found.affirmed:
        return decided(True, "R8", "names the reference", want)
    if found.denied:
        return decided(False, "R3", "denies the reference and offers nothing else", f"not {want}")
    if reading.refuses():
        return refused()
    if _find(text, ""):
        names = " and ".join(m.value for m in _find(text, ""))
        return decided(False, "R8", f"names {names}, the reference is {item.answer}", names)
    return unanswered("R7", "names no structure")
