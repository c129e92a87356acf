"""Free text: the rules decide what they can (polarity, side, figure, places, relation, property)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from medspatial.language.asked import Asked, asked, crosses, leads_polar, new_sides, place_words
from medspatial.language.polarity import polarity_of
from medspatial.language.properties import (
    along_the_body,
    axes_offered,
    contrary_zone,
    names_lobe,
    property_signs,
    zones,
    zones_beside,
)
from medspatial.language.proposition import restated
from medspatial.language.quantities import find_quantities
from medspatial.language.relations import find_relations
from medspatial.language.sides import sides_of
from medspatial.language.statements import statements_in
from medspatial.language.stems import content_words
from medspatial.language.structures import BODY_REGIONS, structures_named
from medspatial.language.units import parse_unit
from medspatial.language.vocabulary import CACHED_TEXTS
from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.anatomy import match_anatomy
from medspatial.score.structured.number import match_number
from medspatial.score.structured.property import match_property
from medspatial.score.structured.relation import match_relation
from medspatial.score.structured.side import denies_sides, match_side, read_sides, sides_said
from medspatial.score.structured.verdict import Verdict, decided, refused
from medspatial.score.structured.yes_no import match_yes_no

FREE_TOLERANCE = 0.10  # relative, for figures in free text, where the row states none
_SAME_LENGTH = 10  # characters of punctuation by which equal texts may differ
_FIGURE_UNITS = {"length": "mm", "volume": "ml", "density": "HU", "percent": "%", "angle": "degrees"}
_UNDECIDED = "the reference is no polarity, side, figure, place, relation or property that the rules can read"


def match_free(text: str, item: Item) -> Verdict:
    """Judge a reply to an open question by the kind of answer that the reference is.

    What no rule can read, on either side, is ``undecided``: never a guess.
    """
    if abs(len(text) - len(item.answer)) <= _SAME_LENGTH and normalise(text) == normalise(item.answer):
        return decided(True, "R14", "equal to the reference", text)
    answer = along_the_body(item.answer, item.question)
    text = along_the_body(text, item.question)
    if answer != item.answer:
        item = item.model_copy(update={"answer": answer})
    denies = False
    for matcher in _matchers(item):
        verdict = matcher(text, item)
        if verdict.outcome not in {"undecided", "unanswered"} or verdict.rule == "R5":
            return verdict
        denies = denies or verdict.rule == "R3"
    if statements_in(text).refuses():
        return refused()
    if denies:
        return Verdict("unanswered", "R3", "only says what it is not")
    return Verdict("undecided", "free", f"free text: {_UNDECIDED}")


Matcher = Callable[[str, Item], Verdict]


def _matchers(item: Item) -> tuple[Matcher, ...]:
    return _fitting(item.question, item.answer)


@lru_cache(maxsize=CACHED_TEXTS)
def _fitting(question: str, answer: str) -> tuple[Matcher, ...]:
    """Return the matchers that fit question and reference, the most telling first."""
    asks = asked(question)
    closed = _closed(asks, question, answer)
    if closed is not None:
        return (closed,)
    figure: tuple[Matcher, ...] = ()
    if asks.how_large and _figure(answer, question) is not None:
        figure = (_match_figure_and_place if asks.and_where else _match_figure,)
    if asks.side and sides_of(answer):
        return (*figure, _side)
    return figure + _places(question, answer)


def _closed(asks: Asked, question: str, answer: str) -> Matcher | None:
    """Return the matcher of a question that offers its answers: yes or no, one or both, normal or not."""
    if asks.polar and asks.if_so is not None:
        return _polarity_then_place
    leads = leads_polar(answer) if asks.either else polarity_of(answer) is not None
    if asks.either and not leads and asks.midline:
        return _confined
    if (asks.one_or_both or asks.side) and not (asks.polar and leads) and denies_sides(answer, question):
        return _nowhere
    if asks.one_or_both and sides_of(answer) and not (asks.polar and leads):
        return _one_or_both
    if asks.polar and (not asks.either or leads):
        return match_yes_no
    offered = axes_offered(question) & property_signs(answer).keys() if asks.either else frozenset()
    elsewhere = offered and (structures_named(answer, question) or new_sides(answer, question))
    return _property if offered and not elsewhere else None


def _places(question: str, answer: str) -> tuple[Matcher, ...]:
    if structures_named(answer, question):
        return (_place, _property)
    if new_sides(answer, question):
        return (_side_of_place, _property)
    if zones(answer).keys() - zones(question).keys():
        return (_zone, _property)
    return (match_relation, _property) if find_relations(answer) else (_property,)


def _place(text: str, item: Item) -> Verdict:
    """Compare structures; where they agree, a contrary zone ("upper" for "lower") still decides."""
    verdict = match_anatomy(text, item)
    if verdict.outcome != "correct":
        return verdict
    return _with_zone(verdict, text, item)


def _side_of_place(text: str, item: Item) -> Verdict:
    """Compare the sides of places, and the zones that stand beside them."""
    verdict = _side(text, item)
    if verdict.outcome != "correct":
        return verdict
    place = place_words(item.answer, item.question)
    if place and not place & content_words(text):
        return verdict._replace(outcome="incorrect", rule="R8", reason="names the side and not the place")
    return _with_zone(verdict, text, item)


def _with_zone(verdict: Verdict, text: str, item: Item) -> Verdict:
    """R8, R14: a contrary zone is wrong, and so is none where the reference has one the question has not."""
    contrary = contrary_zone(text, item.answer)
    if contrary:
        return verdict._replace(outcome="incorrect", rule="R14", reason=f"{verdict.reason}, but {contrary}")
    if not zones(item.answer):
        return verdict
    named = structures_named(item.answer, item.question)
    said = zones_beside(item.answer, sections=named <= BODY_REGIONS).keys() - zones(item.question).keys()
    if said and not said & zones(text, lobes=not names_lobe(item.answer)).keys():
        return verdict._replace(outcome="incorrect", rule="R8", reason="is coarser: names no zone")
    return verdict


def _confined(text: str, item: Item) -> Verdict:
    """Judge "is it confined to one side, or does it cross the midline?"."""
    want, got = crosses(item.answer), crosses(text)
    if want is None or got is None:
        return _one_or_both(text, item)
    if want or got:
        return decided(want == got, "R13", f"says that it {'crosses' if got else 'is on one side'}", text)
    verdict = _one_or_both(text, item)
    return decided(True, "R13", "says one side", text) if verdict.outcome == "undecided" else verdict


def _zone(text: str, item: Item) -> Verdict:
    """Compare zones ("upper pole") where the question has given the organ away."""
    lobes, given = not names_lobe(item.answer), zones(item.question)
    got = zones(text, lobes=lobes)
    want = {axis: named for axis, named in zones(item.answer, lobes=lobes).items() if axis not in given}
    shared = [axis for axis in want if axis in got]
    if not shared:
        return Verdict("undecided", "free", "the reply names no zone on the reference's axis")
    if len(shared) < len(want) and all(want[axis] == got[axis] for axis in shared):
        return decided(False, "R8", "names only a part of the reference's zones", text)
    same = all(want[axis] == got[axis] for axis in shared)
    return decided(
        same,
        "R8",
        "names the same zone" if same else f"names {contrary_zone(text, item.answer) or 'other zones'}",
        text,
    )


def _side(text: str, item: Item) -> Verdict:
    return match_side(text, item.answer, item.question)


def _one_or_both(text: str, item: Item) -> Verdict:
    """Compare one side against both; which side it is counts where both say so."""
    verdict = _side(text, item)
    contrary = contrary_zone(text, item.answer)
    if contrary and verdict.outcome == "correct":
        return verdict._replace(outcome="incorrect", rule="R14", reason=f"{verdict.reason}, but {contrary}")
    want = sides_of(item.answer)
    one_sided = want <= {"left", "right", "unilateral"}
    if one_sided and verdict.extracted == "unilateral":
        return verdict._replace(outcome="correct", rule="R8", reason="one side, as the reference")
    if want == {"unilateral"} and verdict.extracted in {"left", "right"}:
        return verdict._replace(outcome="correct", rule="R8", reason="one side, as the reference")
    return verdict


def _nowhere(text: str, item: Item) -> Verdict:
    """Judge "which side?" where the reference says that there is none."""
    found, reading = read_sides(text, item.question, frozenset())
    if found.affirmed:
        sides = " and ".join(sorted(sides_said(found)))
        return decided(False, "R3", f"says {sides}, the reference denies it", sides)
    if reading.refuses() or not any(reading.cues(s) or reading.states(s) for s in reading.segments):
        return Verdict("undecided", "free", "neither denies it nor names a side")
    return decided(True, "R3", "denies it, as the reference", text)


def _property(text: str, item: Item) -> Verdict:
    return match_property(text, item) or Verdict("undecided", "free", _UNDECIDED)


def _polarity_then_place(text: str, item: Item) -> Verdict:
    """Judge "is there ..., and if so, where": the polarity first, then the place."""
    head = asked(item.question).if_so or ""
    verdict = match_yes_no(text, item.model_copy(update={"question": head}))
    want = polarity_of(item.answer)
    if want is None:
        want = restated(item.answer, head)[0]
    if verdict.outcome != "correct" or not want:
        return verdict
    places = _places(item.question, item.answer)
    for matcher in places:
        placed = matcher(text, item)
        if placed.outcome in {"correct", "incorrect"}:
            return placed
    if len(places) > 1:
        return decided(False, "R8", "says yes and not where", verdict.extracted)
    return verdict


class _Figure(NamedTuple):
    value: float
    unit: str
    tolerance: float


@lru_cache(maxsize=CACHED_TEXTS)
def _figure(answer: str, question: str) -> _Figure | None:
    """Return the one figure of a reference, or None where there is not exactly one."""
    found = find_quantities(answer)
    if len(found) != 1 or found[0].bound:
        return None
    figure = found[0]
    if figure.unit is None and not asked(question).how_many:
        return None
    unit = _FIGURE_UNITS.get(figure.unit.dimension) if figure.unit else "count"
    if unit is None:
        return None
    value = max(figure.values)
    tolerance = FREE_TOLERANCE * abs(value) if figure.unit else 0.0
    scale = parse_unit(unit).factor
    return _Figure(value / scale, unit, tolerance / scale)


def _match_figure_and_place(text: str, item: Item) -> Verdict:
    """Judge "how large, and where": a right size in a wrong place is wrong."""
    verdict = _match_figure(text, item)
    if verdict.outcome != "correct":
        return verdict
    for matcher in _places(item.question, item.answer):
        placed = matcher(text, item)
        if placed.outcome == "incorrect":
            return placed
    return verdict


def _match_figure(text: str, item: Item) -> Verdict:
    figure = _figure(item.answer, item.question)
    if figure is None:
        return Verdict("undecided", "free", _UNDECIDED)
    return match_number(text, item.model_copy(update=figure._asdict()))
