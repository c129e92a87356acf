"""R8: structures, lobes, segments and levels: synonyms, parts, coarser answers, two-part references."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medspatial.anatomy import find_mentions, is_part, structure
from medspatial.language.commitments import Commitments, Mention, commitments
from medspatial.language.comparison import question_comparison, without_lesser
from medspatial.language.discs import disc_named, find_discs
from medspatial.language.properties import contrary_zone
from medspatial.language.refusals import REFUSES
from medspatial.language.relation_words import OPPOSITES
from medspatial.language.relations import find_relations
from medspatial.language.sides import find_sides
from medspatial.language.statements import Statements, denies_asked
from medspatial.language.structures import (
    BODY_REGIONS,
    beside_discs,
    context_of,
    find_structures,
    has_side,
    holds,
    is_heading,
    joined_levels,
    landmarks,
    lesions,
    levels_first,
    names_in,
    predominates,
    sided,
    specific,
    with_plain_levels,
)
from medspatial.language.vocabulary import CACHED_TEXTS
from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.side import match_side
from medspatial.score.structured.verdict import Verdict, decided, refused, unanswered

_WHOLE_PAIRS = frozenset({"lung", "kidney", "hemithorax", "breast", "pleura", "adrenal_gland", "axilla"})


class _Wanted(NamedTuple):
    """What a question and its reference make of a reply's structures.

    Attributes
    ----------
    context
        "of the liver" or the like, where the question asks for a part of one organ.
    names
        The reference's structures; empty where it names none that is known.
    asked
        Further structures that the question names.
    lesions
        The reference is a lesion: lesions of the reply count too.
    of_lung
        "Segment 6" alone is the lung's.
    """

    context: str
    names: frozenset[str]
    asked: frozenset[str]
    lesions: bool
    of_lung: bool


@lru_cache(maxsize=CACHED_TEXTS)
def _wanted(question: str, answer: str) -> _Wanted:
    context = context_of(question)
    names = names_in(answer, context, with_lesions=False) or names_in(answer, context, with_lesions=True)
    names = specific(names)
    given = names_in(question, context, with_lesions=True)
    names = names if names - BODY_REGIONS <= given else names - BODY_REGIONS
    asked = given - names
    return _Wanted(context, names, asked, bool(names & lesions()), "lung" in question.lower())


def match_anatomy(text: str, item: Item) -> Verdict:  # noqa: PLR0911
    """Judge a reply to a question whose answer is a structure."""
    want = _wanted(item.question, item.answer)
    text = with_plain_levels(text, want.context)
    if not want.names:
        return _by_words(text, item)
    disc = disc_named(with_plain_levels(item.answer, ""))
    if disc and find_discs(text):
        return _by_disc(text, item, disc)
    of_lung = want.of_lung and "liver" not in text.lower()

    def find(part: str) -> list[Mention]:
        return [
            m
            for m in find_structures(part, want.context)
            if (want.lesions or m.value not in lesions()) and not (of_lung and m.value.startswith("liver_"))
        ]

    found, reading = commitments(text, find, item.question.lower(), _clash)
    if not (found.affirmed or found.denied or found.alternatives):
        alone = _side_alone(text, item, want.names)
        if alone is not None:
            return alone
    if found.affirmed and all(mention.value in want.asked for mention in found.affirmed):
        alone = _side_alone(text, item, want.names)
        if alone is not None:
            return alone
    found.affirmed = _of_asked_relation(found.affirmed, reading, item.question)
    asked = question_comparison(item.question) if len(found.affirmed) > 1 else None
    if asked:
        found.affirmed = without_lesser(found.affirmed, reading, asked)
    kept = levels_first([m.value for m in found.affirmed], want.names)
    found.affirmed = [m for m in found.affirmed if m.value in kept]
    _drop_landmarks(found, reading, want, item.question)
    _take_asked_side(found, text, item.question)
    if found.empty() and denies_asked(reading, item.question, item.answer):
        return decided(False, "R3", "denies what is asked for", "none")
    verdict = _decide(found, want.names, reading)
    contrary = contrary_zone(text, item.answer) if verdict.outcome == "correct" else ""
    if contrary:
        return verdict._replace(outcome="incorrect", rule="R14", reason=f"{verdict.reason}, but {contrary}")
    return verdict._replace(trace=tuple(found.trace)) if found.trace else verdict


def _of_asked_relation(mentions: list[Mention], reading: Statements, question: str) -> list[Mention]:
    """Leave out what lies the other way ("behind it the kidney"), while any else remains."""
    asked = {mention.value for mention in find_relations(question)}
    if len(mentions) < 2 or not asked:
        return mentions
    said = [
        {m.value for m in find_relations(reading.text[part.start : part.end])}
        for part in (reading.segment_of(mention.start) for mention in mentions)
    ]
    kept = [
        mention
        for mention, relations in zip(mentions, said, strict=True)
        if relations & asked or not any(OPPOSITES.get(one) in asked for one in relations)
    ]
    return kept or mentions


def _by_disc(text: str, item: Item, want: str) -> Verdict:
    """Judge a reply that names discs where the reference is one."""
    found, reading = commitments(text, find_discs, item.question.lower())
    got = list(dict.fromkeys(mention.value for mention in found.affirmed))
    if found.alternatives and not got:
        return unanswered("R5", "offers alternatives and chooses none")
    if not got:
        denied = {mention.value for mention in found.denied}
        if want in denied:
            return decided(False, "R3", "denies the reference and offers nothing else", f"not {want}")
        return (
            unanswered("R7", REFUSES) if reading.refuses() else unanswered("R3", "only says what it is not")
        )
    shown = " and ".join(got)
    rule = "R8" if len(got) == 1 else "R5"
    return decided(got == [want], rule, f"names {shown}, the reference is {want}", shown)


def _take_asked_side(found: Commitments, text: str, question: str) -> None:
    """Complete "the upper lobe" by the one side that the question asks about, where the reply names none.

    Of "bilateral, with upper-lobe predominance" both sides are meant.
    """
    if not any((mention.value, "left") in sided() for mention in found.affirmed):
        return
    said = {mention.value for mention in find_sides(text)}
    if said == {"bilateral"} and predominates(text.lower()):
        found.affirmed = [
            m._replace(value=sided().get((m.value, side), m.value))
            for m in found.affirmed
            for side in ("left", "right")
        ]
    side = (next(iter(said)) if len(said) == 1 else None) if said else _one_side(question)
    if side:
        found.affirmed = [m._replace(value=sided().get((m.value, side), m.value)) for m in found.affirmed]


@lru_cache(maxsize=CACHED_TEXTS)
def _one_side(question: str) -> str | None:
    """Return the side that a question names, where it names exactly one."""
    sides = {mention.value for mention in find_sides(question)}
    return sides.pop() if len(sides) == 1 else None


def _side_alone(text: str, item: Item, want: frozenset[str]) -> Verdict | None:
    """Judge a reply that names a side only: enough where the question names the organ, else too coarse."""
    if not any(has_side(name) for name in want) or not find_sides(text, implied=False):
        return None
    asked = {m.name for m in find_mentions(item.question)}
    bases = {structure(name).base or name for name in want}
    if bases <= asked or (item.answer_type == "free" and bases <= _WHOLE_PAIRS):
        return match_side(text, item.answer, item.question)
    sides = " and ".join(sorted({m.value for m in find_sides(text, implied=False)}))
    return decided(False, "R8", f"names only a side ({sides})", sides)


def _clash(first: str, second: str) -> bool:
    return first != second and not _may_hold(first, second) and not _may_hold(second, first)


def _may_hold(outer: str, inner: str) -> bool:
    """Say whether a structure holds another one, once this has its side ("in the left lung. Upper lobe.")."""
    return any(is_part(sided().get((inner, side), inner), outer) for side in ("left", "right"))


def _drop_landmarks(found: Commitments, reading: Statements, want: _Wanted, question: str) -> None:
    """Leave out structures that only locate others, while any other remains; of several wanted none does."""
    if len(found.affirmed) < 2:
        return
    several, asked = want.names if len(want.names) > 1 else frozenset(), want.asked
    places = {
        m
        for m in landmarks(found.affirmed, reading.text, question)
        if not any(_covers(m.value, name) for name in several)
    }
    kept = [m for m in found.affirmed if m not in places]
    kept = beside_discs(kept, reading.text)
    kept = [m for m in kept if not is_heading(reading.text, m.end)] or kept
    kept = [m for m in kept if not _placed(m, kept, reading)] or kept
    kept = [m for m in kept if m.value not in asked] or kept
    kept = [m for m in kept if m.value not in BODY_REGIONS] or kept
    if kept and len(kept) < len(found.affirmed):
        dropped = [m.value for m in found.affirmed if m not in kept]
        found.affirmed = kept
        found.trace.append(f"R14: landmarks: {', '.join(dict.fromkeys(dropped))}")


def _placed(mention: Mention, others: list[Mention], reading: Statements) -> bool:
    """Say whether "in the" joins a structure to the one asked for; "the lobes of both lungs" names lobes."""
    behind = [other.value for other in others if holds(reading.text, mention.end, other.start)]
    return bool(behind) and not any(is_part(mention.value, outer) for outer in behind)


def _decide(found: Commitments, want: frozenset[str], reading: Statements) -> Verdict:
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
        return _more(got, strange, shown, reading)
    if met:
        return decided(False, "R8", f"names only a part of {' and '.join(sorted(want))}", shown)
    if not strange:
        return decided(False, "R8", f"{shown} is coarser than {' and '.join(sorted(want))}", shown)
    return decided(False, rule, f"names {shown}, the reference is {' and '.join(sorted(want))}", shown)


def _more(got: frozenset[str], strange: set[str], shown: str, reading: Statements) -> Verdict:
    """Judge a reply that names the reference and something else: two levels as one place choose neither."""
    if len(got) == 2 and min(got).startswith("vertebrae_") and joined_levels(reading.text):
        return unanswered("R5", f"{shown} is the place between two vertebrae")
    return decided(False, "R5", f"also commits to {', '.join(sorted(strange))}", shown)


def _covers(got: str, want: str) -> bool:
    return got == want or is_part(got, want)


def _nothing(found: Commitments, want: frozenset[str], reading: Statements) -> Verdict:
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
    if find_structures(text, ""):
        names = " and ".join(m.value for m in find_structures(text, ""))
        return decided(False, "R8", f"names {names}, the reference is {item.answer}", names)
    return unanswered("R7", "names no structure")
