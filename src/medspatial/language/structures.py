"""Structures in replies: adjectives, bare segments and levels, sides completed, landmarks (R8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from medspatial.anatomy import find_mentions, is_part, structures
from medspatial.language.commitments import Mention
from medspatial.language.segments import lowered
from medspatial.language.vocabulary import CACHED_TEXTS, words

# a structure after one of these only says where the answer lies, or what is next to it
_LANDMARK = re.compile(
    r"(?:(?:\b(?:adjacent to|next to|near(?: to)?|close to|beside|alongside|abutting|abuts|touching|anterior "
    r"to|posterior to|superior to|inferior to|medial to|lateral to|"
    r"in front of|behind|above|below|beneath|under|over|left of|right of|between|towards?|distal to|"
    r"proximal to|caudal to|cranial to|away from|(?<!arise )(?<!arises )(?<!arising )(?<!originates )"
    r"(?<!originate )(?<!originating )(?<!stems )from|relative to|with respect to|"
    r"displac(?:es|ing)|compress(?:es|ing)|spar(?:es|ing)|around|surrounding|bordering|borders|outside|"
    r"along|silhouetting|obscuring|effacing|at the level of|crossing|against|juxta|reaching|drain(?:s|"
    r"ing) into|not involving|"
    r"(?:tethered|attached|adherent|fixed) to|(?:with|and|causing),? (?:[a-z]+ )?(?:infiltration|invasion|"
    r"compression|displacement|encasement|effacement|"
    r"obstruction) of|through|via|traverses|traversing|crosses|invading|retracting|with an?|by an?|"
    r"(?:pushed|displaced|"
    r"compressed|invaded|surrounded|encased|effaced|narrowed|obstructed|shifted|indented) by)|[(,] ?with"
    r"|\bfissure (?:to|with|of)|\bbetween (?:[a-z]+ ){1,6}?and)"
    r"\s+(?:the |a |an |its |both )?(?:[a-z]+ )?)\Z"
)
# as reports in translation name a lobe before its segment
_LOBE_OF_LUNG = re.compile(r"\b(left|right) lung,? (upper|middle|lower) lobe\b", re.IGNORECASE)
_SIDED_APEX = re.compile(r"\b(left|right) apex\b(?! of the (?:heart|left v))", re.I)
_JOINED = re.compile(r"(?:,| and|, and)? (?:the |its )?")
_EXTENT = re.compile(
    r"\b(?:extend(?:s|ing|ed)?|extension|spread(?:s|ing)?|protru\w+|track(?:s|ing)?) (?:in)?to(?:wards?)?"
    r"\s+(?:the |a |an |its |both )?(?:[a-z]+ )?\Z"
)
_ASKS_EXTENT = re.compile(r"\bexten[dst]|\breach|\bspread", re.I)
_CHAMBER = re.compile(r"\b(left|right) (ventricular|atrial)\b", re.I)
_SIDED_MAIN = re.compile(r"\b(left|right|both|bilateral)( main)(?= pulmonary)", re.I)
_PART_OF_MEDIASTINUM = re.compile(
    r"\b(anterior|middle|posterior|superior) (?:part|portion|aspect|compartment) of the mediastinum\b", re.I
)
BODY_REGIONS = frozenset({"thorax", "abdomen", "pelvis", "neck"})
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
    r"quadrate) lobes?|(?:[a-z]+[ -]){1,2}segment)\W*",
    re.I,
)
_DIGIT = re.compile("[0-9]")
_LEVEL = re.compile(r"\b(Th|[CTL])[ -](\d{1,2})\b")  # "L 2", "T-12"
_JOINED_LEVEL = re.compile(r"\b[ctls]\d{1,2}\s?[-–/]\s?\Z")
_SHORT_DISC = re.compile(r"\b([CTL])(\d{1,2}) ?[-–/] ?(\d{1,2})\b")  # "L4/5"
_LEVELS = re.compile(r"\b[ctls]\d{1,2}\b")
_LEVEL_PAIR = re.compile(r"\b[ctls]\d{1,2}\s?[-–/]\s?[ctls]\d{1,2}\b")
_SERIES = re.compile(  # "on T2-weighted images": no vertebra
    r"\bT[12](?:[ -]?(?:weighted|weighting|wi\b|w\b|flair)"
    r"|(?= (?:axial|sagittal|coronal|fat|sequences?|images?|imaging|series)\b))",
    re.I,
)
_SHORT_SIDES = {"R": "right", "L": "left"}
_SHORT_LOBES = {"U": "upper", "M": "middle", "L": "lower"}
_SHORT_LOBE = re.compile(r"\b(R|L)([UML])L\b")
_SIDED_LOBE = r"(left|right) (upper|middle|lower) lobe"
_LOBED = re.compile(
    r"(?:\b[RL][UML]L\b|\blobe\b).*(?:[Ss]egment|\bS\d)|(?:[Ss]egment|\bS\d).*(?:\b[RL][UML]L\b|\blobe\b)"
)
_SEGMENT_NAME = (
    r"(?:apical|apicoposterior|apico-posterior|posterior|anterior|superior|inferior|lateral|medial|lingular|"
    r"basal)(?:[ -]basal)?"
)
_LOBE_SEGMENT = re.compile(
    r"\b(lobe)(?:\s*[,(–—:-]\s*|\s+)(?:(?:most )?(?:likely|probably|possibly|specifically|more precisely) )?"
    rf"(?:(?:in|within) )?(?:its |the )?({_SEGMENT_NAME} segment)\b(?! of\b)\)?",
    re.I,
)
_SEGMENT_AROUND = re.compile(rf"\b({_SEGMENT_NAME}) ({_SIDED_LOBE}) segment\b", re.I)
_LOBE_OF = re.compile(
    rf"\b(upper|middle|lower) lobe,? ({_SEGMENT_NAME} segment),? (?:of|in) the (left|right) lung\b", re.I
)
_PREDOMINANT = re.compile(r"\blobes? (?:predominan|preponderan|predilection|gradient|distribution)")
_NUMBER_OF_LOBE = re.compile(
    rf"\b(?:segment |S)(\d{{1,2}})\b(,? (?:of|in) the |,? )?\(?{_SIDED_LOBE}\b\)?", re.I
)
_LOBE_NUMBER = re.compile(rf"\b({_SIDED_LOBE})[ ,(–:-]*(?:segment |S)(\d{{1,2}})\b\)?", re.I)
_LUNG_SEGMENTS = {
    ("upper", 1): "apical", ("upper", 2): "posterior", ("upper", 3): "anterior",
    ("middle", 4): "lateral", ("middle", 5): "medial",
    ("lower", 6): "superior", ("lower", 7): "medial basal", ("lower", 8): "anterior basal",
    ("lower", 9): "lateral basal", ("lower", 10): "posterior basal",
}  # fmt: skip
_DISC = re.compile(
    r"\b[ctls]\d{1,2} ?[-–/] ?[ctls]?\d{1,2} (?:intervertebral )?(?:disc|disk|interspace|interval|junction)"
)
_HEADING = re.compile(r"\s*:\s*\w")  # "Lungs: consolidation in ...": the section of a report
_PART_OF = re.compile(
    r"\b(?:segment|lobe|part|level|zone|portion)s? (of the [a-z ]+?)(?= (?:is|are|does|do|contains?|shows?|"
    r"has|have|holds)\b|\?|,|\Z)"
)
_IN_LOBED = re.compile(r"\b(?:in|of|within) the (liver|thyroid)\b")
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_PLACES = {word: place for place, word in enumerate(_ORDINALS.split(), start=1)}
_PLACES |= {f"{place}{ending}": place for place in range(1, 13) for ending in ("st", "nd", "rd", "th")}
_SPELLED_LEVEL = re.compile(  # "fourth lumbar vertebra"
    rf"\b({'|'.join(_PLACES)}) (cervical|thoracic|lumbar|sacral) (?:vertebral? body|vertebra|vertebral level|"
    r"level)\b",
    re.I,
)
_OF_LIVER = re.compile(r"\b(?:liver|hepatic|couinaud) segment")
_NUMBER_BEHIND = re.compile(r"(?<=\bsegment )\(S\d{1,2}\)", re.I)  # "apical segment (S1)": no vertebra
_DORSAL = re.compile(r"\bD(1[0-2]|[1-9])\b")
_OF = re.compile(r"\s+(?:of|in|within)\s+(?:the\s+)?")
_SEGMENT = re.compile(r"\b(?:[Ss]eg(?:\.\s*|\s+)(?=\w)|S\s?(?=(?:[1-8]|I{1,3}|IV|VI{0,3}|VIII)[abAB]?\b))")


@cache
def sided() -> dict[tuple[str, str], str]:
    """Return (base, side) -> name of the structures that come in pairs."""
    return {(one.base, one.side): one.name for one in structures() if one.base and one.side}


@cache
def lesions() -> frozenset[str]:
    """Return the names of lesions, which are found in structures and are none."""
    return frozenset(one.name for one in structures("lesion"))


@lru_cache(maxsize=CACHED_TEXTS)
def find_structures(text: str, context: str) -> tuple[Mention, ...]:
    """Return structures as mentions; both sides of a pair become two."""
    found: list[Mention] = []
    if " main pulmonary" in text.lower():  # without a side it is the trunk
        text = _SIDED_MAIN.sub(lambda m: m[1] + " " * len(m[2]), text)
    for mention in find_mentions(_incontext_of(text, context)):
        if mention.start >= len(text):
            continue
        pair = (
            [sided().get((mention.name, side)) for side in ("left", "right")]
            if mention.side == "both"
            else []
        )
        names = [name for name in pair if name] or [mention.name]
        found += [Mention(name, mention.start, min(mention.end, len(text))) for name in names]
    return tuple(sorted(found + _adjectives(text, found), key=lambda m: m.start))


def _adjectives(text: str, found: list[Mention]) -> list[Mention]:
    """Read "renal mass" as the kidney; "renal artery" is a structure of its own."""
    if any(mention.value not in lesions() for mention in found):
        return []
    names = [(_ADJECTIVES[m.group(1)], m.start(), m.end()) for m in _ADJECTIVE.finditer(lowered(text))]
    return [Mention(*one) for one in names]


def _incontext_of(text: str, context: str) -> str:
    """ "Segment 4a" alone is the liver's where the question says so."""
    if not context:
        return text
    bare = _BARE_SEGMENT.fullmatch(text)
    if bare:
        return f"segment {bare.group(1)} {context}"
    return f"{text} {context}" if _PART_ALONE.fullmatch(text) else text


def has_side(name: str) -> bool:
    """Say whether the name of a structure carries a side."""
    return name.endswith(("_left", "_right")) or "_left_" in name or "_right_" in name


@lru_cache(maxsize=16_384)
def specific(names: frozenset[str]) -> frozenset[str]:
    """Drop containers of other names, and give parts without a side that of their container.

    >>> sorted(specific(frozenset({"lung_right", "lung_upper_lobe", "lung_upper_lobe_right"})))
    ['lung_upper_lobe_right']
    """
    sides = {side for side in ("left", "right") for name in names if f"_{side}" in name}
    if len(sides) == 1:
        side = next(iter(sides))
        names = frozenset(sided().get((name, side), name) for name in names)
    elif sides:
        paired = [{sided().get((name, side), name) for side in sides} for name in names if not has_side(name)]
        names = frozenset({name for name in names if has_side(name)}.union(*paired))
    return frozenset(name for name in names if not any(is_part(other, name) for other in names))


def structures_named(answer: str, question: str) -> frozenset[str]:
    """Return the structures of a reference that are not in the question already, lesions left out."""
    context = context_of(question)
    named = names_in(answer, context, with_lesions=False)
    return named - names_in(question, context, with_lesions=False) if named else named


@lru_cache(maxsize=CACHED_TEXTS)
def names_in(text: str, context: str, *, with_lesions: bool) -> frozenset[str]:
    """Return the names of the structures in a text."""
    text = _LOBE_OF_LUNG.sub(r"\1 \2 lobe", text)
    return frozenset(
        m.value for m in find_structures(text, context) if with_lesions or m.value not in lesions()
    )


@lru_cache(maxsize=CACHED_TEXTS)
def context_of(question: str) -> str:
    """Return "of the liver" or the like where the question asks for a part of one organ."""
    low = _LOBE_OF_LUNG.sub(r"\1 \2 lobe", question.lower())
    match = _PART_OF.search(low) if " of the " in low else None
    if match:
        return match.group(1)
    if " segment" in low and _OF_LIVER.search(low):
        return "of the liver"
    organ = _IN_LOBED.search(low)
    return f"of the {organ.group(1)}" if organ else ""


@lru_cache(maxsize=16_384)
def with_plain_levels(text: str, context: str) -> str:
    """Write "L 2" as "L2", and "S6" or "seg. 6" as "segment 6" where the liver's are asked for.

    >>> with_plain_levels("at L 2", ""), with_plain_levels("seg. 6", "of the liver")
    ('at L2', 'segment 6')
    >>> with_plain_levels("at the fourth lumbar vertebra", "")
    'at the L4'
    """
    if "T1" in text or "T2" in text:
        text = _SERIES.sub(" ", text)
    if "liver" in context:
        text = _SEGMENT.sub("segment ", text)
    elif ("egment" in text or "S" in text) and _LOBED.search(text):
        text = _by_lobe(text)
    if "mediastinum" in text:
        text = _PART_OF_MEDIASTINUM.sub(r"\1 mediastinum", text)
    if "ventricular" in text or "atrial" in text:
        text = _CHAMBER.sub(
            lambda m: f"{m[1]} {'ventricle' if m[2].lower() == 'ventricular' else 'atrium'}", text
        )
    if "apex" in text:
        text = _SIDED_APEX.sub(r"\1 lung apex", text)
    if " lung" in text:
        text = _LOBE_OF_LUNG.sub(r"\1 \2 lobe", text)
    if "egment (" in text:
        text = _NUMBER_BEHIND.sub(lambda match: " " * len(match.group()), text)
    if "vertebra" in text or "level" in text:
        text = _SPELLED_LEVEL.sub(lambda m: f"{m[2][0].upper()}{_PLACES[m[1].lower()]}", text)
    text = _SHORT_DISC.sub(r"\1\2-\1\3", text)
    return _LEVEL.sub(r"\1\2", _DORSAL.sub(r"T\1", text)) if _DIGIT.search(text) else text


def _by_lobe(text: str) -> str:
    """Write "RLL, segment 6" as "right lower lobe superior segment": lobe, then the name of the segment."""
    text = _SHORT_LOBE.sub(lambda m: f"{_SHORT_SIDES[m[1]]} {_SHORT_LOBES[m[2]]} lobe", text)
    text = _LOBE_OF.sub(r"\3 \1 lobe \2", text)
    text = _SEGMENT_AROUND.sub(r"\2 \1 segment", text)
    text = _LOBE_SEGMENT.sub(r"\1 \2", text)
    text = _NUMBER_OF_LOBE.sub(lambda m: _numbered(m, m[1], m[3], m[4]), text)
    return _LOBE_NUMBER.sub(lambda m: _numbered(m, m[4], m[2], m[3]), text)


def _numbered(match: re.Match[str], number: str, side: str, lobe: str) -> str:
    name = _LUNG_SEGMENTS.get((lobe.lower(), int(number)))
    if side.lower() == "left" and name in {"apical", "posterior"}:
        name = "apicoposterior"
    return f"{side} {lobe} lobe {name} segment" if name else match.group()


def predominates(low: str) -> bool:
    """Say whether a lobe is said to predominate; "bilateral, with lower-lobe predominance" means both."""
    return bool(_PREDOMINANT.search(low.replace("-", " ")))


def joined_levels(low: str) -> bool:
    """Say whether a lower-case text names two levels as one place ("L4-L5"), and no other."""
    return len(_LEVELS.findall(low)) == 2 and bool(_LEVEL_PAIR.search(low))


def landmarks(mentions: Sequence[Mention], low: str, question: str) -> set[Mention]:
    """Return the structures that only locate others ("next to the liver and the spleen").

    Where something extends to is beside the point unless a question asks for it.
    """
    found: set[Mention] = set()
    last: Mention | None = None
    for mention in mentions:
        joined = last in found and last is not None and _JOINED.fullmatch(low, last.end, mention.start)
        if joined or _is_landmark(low, mention.start, question):
            found.add(mention)
        last = mention
    return found


def _is_landmark(low: str, start: int, question: str) -> bool:
    before = _JOINED_LEVEL.sub("", low[:start])  # "above the L4-L5 disc": one landmark
    return bool(_LANDMARK.search(before) or (_EXTENT.search(before) and not _ASKS_EXTENT.search(question)))


def beside_discs(mentions: list[Mention], low: str) -> list[Mention]:
    """Leave out the two levels of a disc ("L2, at the L2-L3 disc") where a vertebra is named besides."""
    discs = [match.span() for match in _DISC.finditer(low)]
    kept = [m for m in mentions if not any(a <= m.start < b for a, b in discs)]
    return (
        kept if kept and {m.value for m in kept} <= {m.value for m in mentions if m not in kept} else mentions
    )


def levels_first(names: Sequence[str], wanted: frozenset[str]) -> frozenset[str]:
    """Return the vertebrae among structures, where the reference is one and any of them is; else all."""
    levels = frozenset(name for name in names if name.startswith("vertebrae_"))
    return levels if levels and all(name.startswith("vertebrae_") for name in wanted) else frozenset(names)


def is_heading(low: str, end: int) -> bool:
    """Say whether a structure is the heading of a section of a report ("Lungs: ...")."""
    return bool(_HEADING.match(low, end))


def holds(low: str, end: int, start: int) -> bool:
    """Say whether nothing but "of the" or "in the" joins one structure with the next one."""
    return bool(_OF.fullmatch(low, end, start))
