"""Free text: the rules decide what they can (a polarity, a side, a figure, places, a relation, a property)."""

from __future__ import annotations

import re
from dataclasses import replace

from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.anatomy import match_anatomy, structures_named
from medspatial.score.structured.number import match_number
from medspatial.score.structured.properties import match_property
from medspatial.score.structured.proposition import restated
from medspatial.score.structured.quantities import find_quantities
from medspatial.score.structured.relation import find_relations, match_relation
from medspatial.score.structured.side import match_side, sides_of
from medspatial.score.structured.units import parse_unit
from medspatial.score.structured.verdict import Verdict, decided
from medspatial.score.structured.yes_no import match_yes_no, polarity_of

FREE_TOLERANCE = 0.10  # relative, for figures in free text, where the row states none
_POLAR = re.compile(
    r"\A(?:(?:in|on|at|within|according to|based on|regarding|during) [^,]+, )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.I,
)
_ALTERNATIVE = re.compile(r"\b(?:or|versus)\b(?! (?:not|pre|para|any|sub|peri)\b)")
_WHICH_SIDE = re.compile(
    r"\b(?:which|what) (?:side|sides|lung|kidney|hemithorax|breast|adrenal|lobe of the thyroid|hand)\b|\bleft or (?:the )?right\b|\bright or (?:the )?left\b|"
    r"\bunilateral(?:ly)?\b.*\bbilateral(?:ly)?\b|\bbilateral(?:ly)?\b.*\bunilateral(?:ly)?\b|\bone (?:lung|side|kidney)?\s*or (?:in )?both\b|\bboth\b.*\bor (?:just |only )?one\b|\bone side or\b"
)
_HOW_MUCH = re.compile(
    r"\b(?:how (?:large|big|far|thick|long|wide|tall|deep|much|many)|diameters?|size|thickness|dimensions?|distance|volume|length|width|height|measure\w*|extent|calib\w*|number of|percentage|degree)\b"
)
_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b")


def match_free(text: str, item: Item) -> Verdict:
    """Judge a reply to an open question by the kind of answer that the reference is."""
    if normalise(text) == normalise(item.answer):
        return decided(True, "R14", "equal to the reference", text)
    question = item.question.lower()
    verdict = _kind(text, item, question)
    if verdict is None:
        return Verdict(
            "undecided",
            "free",
            "free text: the reference is no polarity, side, figure, place, relation or property",
        )
    return verdict


def _kind(text: str, item: Item, question: str) -> Verdict | None:
    if _POLAR.match(question) and not _ALTERNATIVE.search(question):
        if polarity_of(item.answer) is not None or restated(item.answer, item.question)[0] is not None:
            return match_yes_no(text, item)
        return None
    if _HOW_MUCH.search(question):
        verdict = _figure(text, item, question)
        if verdict is not None:
            return verdict
    if _WHICH_SIDE.search(question) and sides_of(item.answer):
        return match_side(text, item.answer, item.question)
    if structures_named(item.answer, item.question):
        return match_anatomy(text, item)
    if sides_of(item.answer):
        return match_side(text, item.answer, item.question)
    if find_relations(item.answer):
        return match_relation(text, item)
    return match_property(text, item)


def _figure(text: str, item: Item, question: str) -> Verdict | None:
    """Compare figures where the reference has exactly one."""
    found = find_quantities(item.answer)
    if len(found) != 1 or found[0].bound:
        return None
    figure = found[0]
    if figure.unit is None and not _HOW_MANY.search(question):
        return None
    value = max(figure.values)
    unit = {"length": "mm", "volume": "ml", "density": "HU", "percent": "%", "angle": "degrees"}.get(
        figure.unit.dimension if figure.unit else ""
    )
    if figure.unit is not None and unit is None:
        return None
    tolerance = FREE_TOLERANCE * abs(value) if unit else 0.0
    row = item.model_copy(
        update={"value": value / parse_unit(unit).factor, "unit": unit or "count", "tolerance": tolerance}
    )
    return replace(match_number(text, row), rule="R10")
