"""R13: whether a sentence affirms or denies the proposition that a yes/no question puts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from medspatial.anatomy import OTHER_SIDE, find_mentions, is_part
from medspatial.anatomy import Mention as NameMention
from medspatial.language.commitments import Commitments
from medspatial.language.comparison import by_figures, comparatives, question_comparison, spelled_out
from medspatial.language.contact import asks_contact, speaks_of_contact
from medspatial.language.properties import AXES, PRESENCE
from medspatial.language.relation_words import OPPOSITES
from medspatial.language.relations import find_relations
from medspatial.language.segments import Segment, lowered
from medspatial.language.sides import find_sides, side_words
from medspatial.language.statements import Statements, statements_in
from medspatial.language.stems import content_words, stem
from medspatial.language.structures import lesions
from medspatial.language.vocabulary import words
from medspatial.language.words import COMPARATIVES, CONDITION, EQUAL, NEGATION

_EXISTENCE = words(
    """present visible visualized visualised identified evident seen noted detected found observed
    demonstrated evidence sign signs included covered depicted imaged shown"""
)
_ORGANS = {
    "spleno": "spleen",
    "hepato": "liver",
    "cardio": "heart",
    "nephro": "kidney",
    "adreno": "adrenal gland",
}
_REMOVED = {
    "splen": "spleen", "nephr": "kidney", "cholecyst": "gallbladder", "hyster": "uterus",
    "prostat": "prostate", "adrenal": "adrenal gland", "gastr": "stomach", "pneumon": "lung",
    "thyroid": "thyroid gland", "pancreat": "pancreas", "oophor": "ovary",
}  # fmt: skip
_ECTOMY = re.compile(rf"(?<!partial )\b((?:left|right) )?({'|'.join(_REMOVED)})ectomy\b", re.I)
_MEGALY = re.compile(rf"\b({'|'.join(_ORGANS)})megaly\b", re.I)
_NEAR = re.compile(r"close|near|in (?:close |immediate )?proximity|in the (?:immediate )?vicinity")
_PRESENT_STATES = words("normal unremarkable healthy intact clear")
PRESENCE_WORDS = content_words("present visible have has there any can be identified shown show this body")
_SIDES = frozenset({"left", "right"})
_WORD = re.compile("[a-z]+")
_ROOT = 4  # letters that forms of one word share
_NODES = re.compile(r"\b(?:lymph)?adenopath(?:y|ies)\b", re.I)
_VERBAL = re.compile(r"\A(?:not|never|cannot|\w+n't|fails? to|hardly)\Z")
_CONTAINS = re.compile(r"\A\W*(?:do|does|did)\b.*\bcontains?\b", re.I)
_GONE = re.compile(
    r"\b(?:absent|missing|removed|resected|gone|not (?:seen|visible|identified|present))\b", re.I
)
_CONFINED = re.compile(r"\b(?:confined|limited|restricted|isolated|only|solely|exclusively)\b", re.I)
_ASKS_THERE = re.compile(r"\W*(?:is|are|was|were) there\b", re.I)
_UNSEEN = re.compile(
    r"\b(?:(?:is|are|was|were) not|cannot be|can't be|isn't|aren't) (?:clearly |well |reliably |fully )?"
    r"(?:visuali[sz]ed|seen|identified|visible|included|depicted|imaged|shown)\W*\Z",
    re.I,
)
_ASKS_SEEN = re.compile(
    r"\b(?:there|visible|seen|present|absent|missing|removed|resected|shown|visuali[sz]ed|identif\w+|included?|depicted|imaged)\b",
    re.I,
)
_WITH = re.compile(r"\bwith\s*\Z")


def restated(text: str, question: str) -> tuple[bool | None, str]:
    """Return (True, False or None, reason): does the text say that the asked proposition holds?

    >>> restated("The left kidney is smaller.", "Is the right kidney smaller than the left kidney?")[0]
    False
    """
    text, question = _expanded(text), _expanded(question)
    reading = statements_in(text)
    ordered = _ordered(reading, question)
    if ordered is not None:
        return ordered
    return _stated(reading, text, question)


def with_findings_spelled(text: str) -> str:
    """Write "splenomegaly" as "enlarged spleen"."""
    if "megaly" not in text:
        return text
    return _MEGALY.sub(lambda match: f"enlarged {_ORGANS[match.group(1).lower()]}", text)


@lru_cache(maxsize=16_384)
def _expanded(text: str) -> str:
    """Write "splenomegaly" as "enlarged spleen", "splenectomy" as an absent one, and equatives plainly."""
    text = _ECTOMY.sub(lambda match: f"absent {match[1] or ''}{_REMOVED[match[2].lower()]}", text)
    text = _NODES.sub("enlarged lymph nodes", text)
    return spelled_out(_MEGALY.sub(lambda match: f"enlarged {_ORGANS[match.group(1).lower()]}", text))


# --- two participants: "is A larger than B", "is A anterior to B" ------------------------------------


class Claim(NamedTuple):
    """A comparative or relation: its axis, its sign on it, and its place."""

    axis: str
    sign: int
    start: int
    end: int


def _claim(reading: Statements, start: int, end: int) -> Claim | None:
    """Return the first comparative or relation between two positions."""
    compared = comparatives(reading, start, end)
    if compared:
        axis, sign, place = compared[0]
        word = next(token.word for token in reading.tokens if token.start == place)
        return Claim(axis, sign, place, place + len(word))
    for mention in find_relations(reading.text):
        if (
            start <= mention.start < end
            and mention.value in OPPOSITES
            and _has_object(reading.text, mention.end)
        ):
            axis = min(mention.value, OPPOSITES[mention.value])
            return Claim(axis, 1 if mention.value == axis else -1, mention.start, mention.end)
    return None


def _has_object(text: str, end: int) -> bool:
    return bool(re.match(r"(?:\s+(?:to|of|than|with|from)\b|\s+(?:the|it)\b)", text[end:])) or text[
        :end
    ].endswith((" of", " to"))


@lru_cache(maxsize=16_384)
def _asked(question: str) -> tuple[str, int, frozenset[str], frozenset[str]] | None:
    """Return axis, sign, and the words that only A and only B have."""
    reading = statements_in(question)
    claim = _claim(reading, 0, len(question))
    if claim is None:
        return None
    axis, sign, start, end = claim
    first = content_words(question[:start])
    after = re.split(r"\bthan\b", question[end:].lower(), maxsplit=1)
    second = content_words(after[1] if len(after) > 1 else question[end:])
    only_first, only_second = first - second, second - first
    sides = only_first & _SIDES, only_second & _SIDES
    if all(sides):
        only_first, only_second = sides  # "is the left nodule larger than the right one?"
    return (axis, sign, only_first, only_second) if only_first and only_second else None


def _ordered(reading: Statements, question: str) -> tuple[bool | None, str] | None:
    asked = _asked(question)
    if asked is None:
        return None
    axis, sign, first, second = asked
    for segment in reading.segments:
        if EQUAL.search(reading.text, segment.start, segment.end) and not reading.denials(
            segment.start, segment.end
        ):
            return False, "calls both equal"
        claim = _claim(reading, segment.start, segment.end)
        if claim is None or claim.axis != axis:
            continue
        if _NEAR.match(reading.text, claim.start) and asks_contact(question):
            continue  # near, which may be apart
        if _left_open(reading, segment, claim.start, question):
            continue  # "whether A is larger than B"
        leads = _first_leads(reading, segment, claim, (first, second))
        holds = (claim.sign == sign) == leads
        denied = bool(reading.denials(segment.start, claim.start))
        if denied and not holds:
            continue  # "B is not larger": A may be larger, or both equal
        why = "restates the comparison" if holds else "states the opposite comparison"
        return holds and not denied, f"denies it: {why}" if denied else why
    if first | second <= _SIDES:
        by_size = by_figures(reading, _sides_said(reading), (axis, 1))
        if by_size:
            return (set(by_size.values) == first) == (sign > 0), by_size.reason
    return None


def _sides_said(reading: Statements) -> Commitments:
    return Commitments(affirmed=[m for m in find_sides(reading.text) if m.value in _SIDES])


def _first_leads(
    reading: Statements, segment: Segment, claim: Claim, only: tuple[frozenset[str], frozenset[str]]
) -> bool:
    """Say whether the question's first participant stands in front of a segment's comparative."""
    first, second = only
    before = content_words(reading.text[segment.start : claim.start])
    head, *tail = re.split(r"\bthan\b", reading.text[claim.end : segment.end], maxsplit=1)
    if tail:
        before |= content_words(head)
    if before & first and not before & second:
        return True
    if before & second and not before & first:
        return False
    after = content_words(tail[0] if tail else head)
    return not (after & first and not after & second)


# --- any other proposition -----------------------------------------------------------------------------


def _stated(reading: Statements, text: str, question: str) -> tuple[bool | None, str]:  # noqa: PLR0911
    asked = content_words(question)
    segment = _telling_segment(reading, asked, question)
    beyond = _beyond(reading, text, question)
    if beyond:
        return False, beyond
    on_other = _only_on_other_side(reading, text, question)
    if on_other:
        return False, on_other
    if segment is not None and _left_open(reading, segment, segment.end, question):
        return None, "leaves open what was asked"
    if segment is None:
        shared = _shared_structures(text, question)
        opposed = _axis_sign(text, question)
        if opposed is not None and not shared:
            same, place = opposed
            return same != _denied_at(reading, place), "names the asked property or its opposite"
        elsewhere = _elsewhere(text, question)
        if elsewhere and not reading.refuses():
            return False, elsewhere
        if not shared:
            return None, "says nothing of what was asked"
        segment = reading.segments[0]
    silent = _silent(text, question)
    if silent:
        return None, silent
    holds, why = _judged(reading, segment, text, question)
    if holds and not _speaks_of_predicate(reading, text, question):
        return None, "says nothing of what was asked"
    return holds, why


def _beyond(reading: Statements, text: str, question: str) -> str:
    """Say what a text names beyond the side to which a question confines it; "" where it names nothing."""
    own, other = _sides_asked(question)
    if not own or not _CONFINED.search(question):
        return ""
    sides = find_sides(text)
    spans = [(m.start, m.end) for m in sides]
    more = [
        m.value
        for m in sides
        if m.value in {other, "bilateral"} and reading.standing(m.start, m.end, spans)[0] == "affirmed"
    ]
    return f"goes beyond the {own} ({more[0]})" if more else ""


def _only_on_other_side(reading: Statements, text: str, question: str) -> str:
    """Say where a text puts what it denies of the asked side ("left, not right"); "" if nowhere."""
    own, other = _sides_asked(question)
    if not own or own not in reading.text or other not in reading.text:
        return ""
    sides = find_sides(text)
    spans = [(m.start, m.end) for m in sides]
    said = {(m.value, reading.standing(m.start, m.end, spans)[0]) for m in sides}
    only = (own, "denied") in said and (other, "affirmed") in said and (own, "affirmed") not in said
    return f"puts it on the {other} and not on the {own}" if only else ""


def _left_open(reading: Statements, segment: Segment, position: int, question: str) -> bool:
    """Say whether a segment refuses or only puts the question; "is it said whether ...?" is answered so."""
    return reading.open(segment, position) and not CONDITION.search(question.lower())


def _silent(text: str, question: str) -> str:
    """Say why a text says nothing of what was asked, though it has its words; "" where it may."""
    if asks_contact(question) and not speaks_of_contact(text):
        return "says nothing of contact"
    if _UNSEEN.search(text) and not _asks_presence(question) and _unseen_structure(text, question):
        return "says only that a structure is not seen"
    if _CONTAINS.search(question) and not _names_content(text, question):
        return "names nothing of the asked content"
    if _names_one_alone(text, question):
        return "names one of the structures and says nothing of it"
    return ""


def _names_content(text: str, question: str) -> bool:
    """Say whether a text names what a question asks to be contained, or a part of it."""
    content = question[_CONTAINS.search(question).end() :]  # type: ignore[union-attr]
    if content_words(content) & content_words(text):
        return True
    asked = {mention.name for mention in find_mentions(content)}
    return any(m.name in asked or any(is_part(m.name, one) for one in asked) for m in find_mentions(text))


def _speaks_of_predicate(reading: Statements, text: str, question: str) -> bool:
    """Say whether a text has any word of what a question asks of its structures, or one on the same axis."""
    asked, said = _predicate(question), content_words(text)
    if not asked or asked & said or _same_axis(reading.text, question):
        return True
    for kind in (_CONFINED, _ASKS_SEEN, _GONE):
        if kind.search(question) and kind.search(text):
            return True
    compared = question_comparison(question)
    if compared and compared[0] == "height" and find_relations(text):
        return True
    places = _places(question)  # "is it in the stomach?", "in the gastric body"
    if places and any(
        m.name in places or any(is_part(m.name, one) for one in places) for m in find_mentions(text)
    ):
        return True
    return any(_akin(one, other) for one in asked for other in said)


def _akin(first: str, second: str) -> bool:
    """Say whether two stems are forms of one word ("involv", "involvement"; "gallston", "ston")."""
    return (
        first[:_ROOT] == second[:_ROOT] if min(len(first), len(second)) >= _ROOT else first.endswith(second)
    )


@lru_cache(maxsize=16_384)
def _predicate(question: str) -> frozenset[str]:
    """Return the words of a question that name neither a structure nor a side."""
    names = find_mentions(question)
    rest = " ".join(question[a:b] for a, b in _gaps(names, question))
    return content_words(rest) - side_words(rest) - PRESENCE_WORDS - {"midlin"}


def _unseen_structure(text: str, question: str) -> bool:
    """Say whether "is not seen" is said of nothing but a structure whose property is asked for."""
    if _ASKS_SEEN.search(question):
        return False
    subject = text[: _UNSEEN.search(text).start()]  # type: ignore[union-attr]
    names = find_mentions(subject)
    rest = content_words(" ".join(subject[a:b] for a, b in _gaps(names, subject)))
    return bool(names) and not rest and all(name.name not in lesions() for name in names)


def _gaps(names: Sequence[NameMention], text: str) -> list[tuple[int, int]]:
    """Return the stretches of a text between names of structures."""
    edges = [0, *(place for name in names for place in (name.start, name.end)), len(text)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _judged(reading: Statements, segment: Segment, text: str, question: str) -> tuple[bool, str]:
    """Count the negations and opposites in the segment that speaks of what was asked."""
    asked = content_words(question)
    negations = _negations(reading, segment, asked, question)
    conflict = _antonym(_without_asides(reading, segment, asked), question)
    if negations % 2 == 0 and not conflict:
        elsewhere = _elsewhere(text, question)
        if elsewhere:
            return False, elsewhere
    holds = (negations + conflict) % 2 == 0
    return holds, "restates the proposition" if holds else "denies the proposition"


def _telling_segment(reading: Statements, asked: frozenset[str], question: str) -> Segment | None:
    """Return the segment with most of the question's words; of contact, one that speaks of it goes first."""
    own, other = _sides_asked(question)
    contact = asks_contact(question)
    spoken = [s for s in reading.segments if contact and asks_contact(reading.text[s.start : s.end])]
    finding = _finding_asked(question)
    best, most = None, 0
    for segment in spoken or reading.segments:
        stretch = reading.text[segment.start : segment.end]
        said = content_words(stretch)
        overlap = len(said & asked) + (2 if said & finding else 0)
        if finding and _same_axis(stretch, question):
            overlap += 5  # "several nodes, none of which is enlarged"
        if own and own in stretch and other not in stretch:
            overlap += 1  # "I see a right kidney; the left one is absent"
        if overlap > most:
            best, most = segment, overlap
    return best


def _same_axis(text: str, question: str) -> bool:
    """Say whether a text names a property on an axis that the question names, presence left out."""
    asked = {axis for word in _WORD.findall(question.lower()) for axis in AXES.get(word, {})} - {PRESENCE}
    return any(axis in asked for word in _WORD.findall(text) for axis in AXES.get(word, {}))


@lru_cache(maxsize=16_384)
def _finding_asked(question: str) -> frozenset[str]:
    """Return the words of a question that name neither an organ nor a side, where it asks what is there."""
    if not _ASKS_THERE.match(question):
        return frozenset()
    organs = [m for m in find_mentions(question) if m.name not in lesions()]
    rest = " ".join(question[a:b] for a, b in _gaps(organs, question))
    return content_words(rest) - side_words(rest) - PRESENCE_WORDS


def _sides_asked(question: str) -> tuple[str, str]:
    """Return the one side that a question names and the other one; two empty texts where it is not one."""
    named = side_words(question)
    own = next(iter(named)) if len(named) == 1 else ""
    return (own, OTHER_SIDE[own]) if own else ("", "")


def _axis_sign(text: str, question: str) -> tuple[bool, int] | None:
    """Return whether a property of the text has the question's sign on a shared axis, and its place."""
    asked = set(re.findall(r"[a-z]+", question.lower()))
    for match in re.finditer(r"[a-z]+", lowered(text)):
        for axis, sign in AXES.get(match.group(), {}).items():
            signs = {AXES[other][axis] for other in asked if axis in AXES.get(other, {})}
            if signs:
                return sign in signs, match.start()
    return None


def _denied_at(reading: Statements, place: int) -> bool:
    """Say whether a word is denied in its segment; "with no ..." behind it denies something else."""
    segment = reading.segment_of(place)
    return any(
        start < place or not _WITH.search(reading.text[segment.start : start])
        for start, _, _ in reading.cues(segment)
    )


def _shared_structures(text: str, question: str) -> bool:
    names = {m.name for m in find_mentions(question)}
    return any(m.name in names for m in find_mentions(text))


def _names_one_alone(text: str, question: str) -> bool:
    """Say whether a text is the bare name of one of several structures asked about."""
    found = find_mentions(text)
    rest = text[: found[0].start] + text[found[0].end :] if len(found) == 1 else "several"
    asked = {mention.name for mention in find_mentions(question)}
    return not content_words(rest) and not re.search(r"\w{4}", rest) and {found[0].name} < asked


def _negations(reading: Statements, segment: Segment, asked: frozenset[str], question: str) -> int:
    """Count the negations that bear on what was asked."""
    count = 0
    existence = bool(
        re.match(
            r"\W*(?:is|are|was|were) there\b|.*\b(?:present|visible|seen|evidence|identified)\b",
            question.lower(),
        )
    )
    states = any(_denies(word, question) for word in reading.states(segment))
    for start, end, cue in reading.cues(segment):
        after = reading.text[end : segment.end]
        if cue in {"no", "without"} and content_words(after) & asked:
            states = False  # "unremarkable without effusion": one denial in other words
        if _WITH.search(reading.text[segment.start : start]) and not content_words(after) & asked:
            continue
        if content_words(after) & asked or set(re.findall(r"[a-z]+", after)) & _EXISTENCE:
            count += 1
        elif _VERBAL.match(cue):
            presupposed = (
                existence
                and content_words(reading.text[segment.start : start]) & asked
                and after.strip(" .,")
            )
            count += not presupposed
        elif not after.strip(" .,;!"):
            count += 1
    return count + states


def _without_asides(reading: Statements, segment: Segment, asked: frozenset[str]) -> str:
    """Cut a segment before "no gap" or "without a gap": an opposite that is denied opposes nothing."""
    for start, end, cue in reading.cues(segment):
        after = reading.text[end : segment.end]
        if cue in {"no", "without"} and after.strip(" .,;!") and not content_words(after) & asked:
            return reading.text[segment.start : start]
    return reading.text[segment.start : segment.end]


def _denies(state: str, question: str) -> bool:
    """Say whether "negative" or "unremarkable" denies what was asked; properties of the question do not."""
    asked = set(re.findall(r"[a-z]+", question.lower()))
    own = {axis for word in state.split() for axis in AXES.get(word, {})}
    related = any(own & AXES.get(word, {}).keys() for word in asked)
    if state in _PRESENT_STATES and _asks_presence(question):
        return False  # "the gallbladder is normal": it is there
    return state not in asked and PRESENCE not in own and not related


@lru_cache(maxsize=16_384)
def _asks_presence(question: str) -> bool:
    """Say whether a question asks of an organ whether it is there, and of no finding."""
    found = find_mentions(question)
    if len({mention.name for mention in found}) != 1 or found[0].name in lesions():
        return False
    rest = question[: found[0].start] + " " + question[found[0].end :]
    return content_words(rest) <= PRESENCE_WORDS


def _antonym(text: str, question: str) -> int:
    """Return 1 where the statement has the opposite of a word of the question."""
    said = re.findall(r"[a-z]+", text)
    asked = set(re.findall(r"[a-z]+", question.lower()))
    for word in said:
        if NEGATION.fullmatch(word):
            continue
        for axis, sign in AXES.get(word, {}).items():
            signs = {AXES[other][axis] for other in asked if axis in AXES.get(other, {})}
            if sign not in signs and (-sign in signs or (axis == PRESENCE and sign < 0 and not signs)):
                return 1
        if word in COMPARATIVES:
            axis_name, direction = COMPARATIVES[word]
            directions = {
                COMPARATIVES[o][1] for o in asked if o in COMPARATIVES and COMPARATIVES[o][0] == axis_name
            }
            if directions and direction not in directions:
                return 1
    return 0


def _elsewhere(text: str, question: str) -> str:
    """Say where a statement puts the finding: another side, relation or structure; "" if nowhere else."""
    asked_sides = {m.value for m in find_sides(question)} & {"left", "right", "bilateral"}
    said_sides = {m.value for m in find_sides(text)} & {"left", "right", "bilateral"}
    if (
        len(asked_sides) == 1
        and said_sides
        and "bilateral" not in said_sides
        and not asked_sides & said_sides
    ):
        return f"puts it on the other side ({', '.join(said_sides)})"
    asked_names, said_names = _places(question), _places(text)
    if (
        asked_names
        and said_names
        and not any(a == b or is_part(a, b) or is_part(b, a) for a in asked_names for b in said_names)
    ):
        return f"puts it elsewhere ({', '.join(sorted(said_names))})"
    asked_relations = {m.value for m in find_relations(question)}
    for mention in find_relations(text):
        if OPPOSITES.get(mention.value) in asked_relations and mention.value not in asked_relations:
            return f"says {mention.value}"
    return ""


def _places(text: str) -> frozenset[str]:
    """Return the structures that a text names after "in", "of", "on" or "within"."""
    return frozenset(
        mention.name
        for mention in find_mentions(text)
        if re.search(
            r"\b(?:in|into|within|inside|on|at)\s+(?:the |a |an )?"
            r"(?:(?:distal|proximal|upper|lower|mid|middle|anterior|posterior) )?\Z",
            text[: mention.start].lower(),
        )
    )


__all__ = ["restated", "stem"]
