"""Free text: the rules decide what they can (polarity, side, figure, places, relation, property)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from medspatial.records import Item
from medspatial.score.normalise import normalise
from medspatial.score.structured.anatomy import match_anatomy, structures_named
from medspatial.score.structured.number import match_number
from medspatial.score.structured.properties import contrary_zone, match_property, zones
from medspatial.score.structured.proposition import restated
from medspatial.score.structured.quantities import find_quantities
from medspatial.score.structured.reading import read
from medspatial.score.structured.relation import find_relations, match_relation
from medspatial.score.structured.side import find_sides, match_side, sides_of
from medspatial.score.structured.stems import content_words
from medspatial.score.structured.units import parse_unit
from medspatial.score.structured.verdict import Verdict, decided, refused
from medspatial.score.structured.yes_no import match_yes_no, polarity_of

FREE_TOLERANCE = 0.10  # relative, for figures in free text, where the row states none
_SAME_LENGTH = 10  # characters of punctuation by which equal texts may differ
_POLAR = re.compile(
    r"\A(?:(?:in|on|at|within|according to|based on|regarding|during) [^,]+, )?"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.I,
)
_ALTERNATIVE = re.compile(
    r"\b(?:or|versus)\b(?! (?:not|pre|para|any|sub|peri|hilar|axill\w*|mass\w*|nod\w*|lymph|path\w*|"
    r"infiltr\w*)\b)"
)
_IF_SO = re.compile(r"\b(?:and )?if (?:so|yes|present)\b")
_ONE_OR_BOTH = re.compile(
    r"\bunilateral(?:ly)?\b|\bbilateral(?:ly)? or\b|\bor bilateral(?:ly)?\s*(?:\?|,|in\b|within\b|\Z)"
    r"|\bone\b[^?]*\bor\b[^?]*\b(?:both|two)\b|\bboth\b[^?]*\bor\b[^?]*\bone\b"
)
_WHICH_SIDE = re.compile(
    r"\b(?:which|what) (?:side|sides|lung|lungs|kidney|kidneys|hemithorax|breast|adrenal|hand)\b(?! "
    r"(?:lobe|segment))"
    r"|\bleft or (?:the |on the )?right\b|\bright or (?:the |on the )?left\b|\blaterality\b"
)
_FINER = re.compile(
    r"\b(?:where|lobes?|segments?|zones?|region|portion|part|level|location|adjacent|structure|rib)\b"
)
_HOW_MUCH = re.compile(
    r"\b(?:how (?:large|big|far|thick|long|wide|tall|deep|much|many)|diameters?|size|thickness|dimensions?|"
    r"distance|"
    r"volume|length|width|height|measure\w*|extent|calib\w*|number of|percentage|degree)\b"
)
_YES_OR_NO = re.compile(r"\W*(?:yes|no|true|false)\b", re.I)
_MIDLINE = re.compile(r"\b(?:one|single) side\b.*\bmidline\b|\bmidline\b.*\b(?:one|single) side\b")
_CROSS = re.compile(r"\b(?:cross\w*|across) (?:the |over the )?mid-?line\b|\bbilateral|\bboth sides\b")
_ON_ONE = re.compile(r"\b(?:confined|limited|restricted|one side|unilateral\w*|single side)\b")
# words of a reference that say no place of their own beside a side
_NO_PLACE = content_words(
    """left right both bilateral bilaterally side sides sided lung lungs kidney kidneys hemithorax pulmonary
    parenchyma parenchymal parenchymas area areas region regions level levels part parts zone zones section
    observed located seen present detected noted found reported visible identified described defined measured
    especially mainly mostly predominantly prominent more most less largest larger smaller thickest thicker
    one two several multiple few many each other same all every diffuse scattered minimal mild slight
    approximately up to reaching measuring mm cm diameter thickness compared than effusion patient body"""
)
_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b")
_FIGURE_UNITS = {"length": "mm", "volume": "ml", "density": "HU", "percent": "%", "angle": "degrees"}
_UNDECIDED = "the reference is no polarity, side, figure, place, relation or property that the rules can read"


def match_free(text: str, item: Item) -> Verdict:
    """Judge a reply to an open question by the kind of answer that the reference is.

    What no rule can read, on either side, is ``undecided``: never a guess.
    """
    if abs(len(text) - len(item.answer)) <= _SAME_LENGTH and normalise(text) == normalise(item.answer):
        return decided(True, "R14", "equal to the reference", text)
    denies = False
    for matcher in _matchers(item):
        verdict = matcher(text, item)
        if verdict.outcome not in {"undecided", "unanswered"} or verdict.rule == "R5":
            return verdict
        denies = denies or verdict.rule == "R3"
    if read(text).refuses():
        return refused()
    if denies:
        return Verdict("unanswered", "R3", "only says what it is not")
    return Verdict("undecided", "free", f"free text: {_UNDECIDED}")


Matcher = Callable[[str, Item], Verdict]


def _matchers(item: Item) -> list[Matcher]:
    """Return the matchers that fit question and reference, the most telling first."""
    question = item.question.lower()
    polar = bool(_POLAR.match(question))
    if polar and _IF_SO.search(question):
        return [_polarity_then_place]
    either = bool(_ALTERNATIVE.search(question))
    leads = bool(_YES_OR_NO.match(item.answer)) if either else polarity_of(item.answer) is not None
    if either and not leads and _MIDLINE.search(question):
        return [_confined]
    if _ONE_OR_BOTH.search(question) and sides_of(item.answer) and not (polar and leads):
        return [_one_or_both]
    if polar and (not either or leads):
        return [match_yes_no]
    found: list[Matcher] = []
    if _HOW_MUCH.search(question) and _figure(item, question) is not None:
        found.append(_match_figure)
    if _WHICH_SIDE.search(question) and not _FINER.search(question) and sides_of(item.answer):
        return [*found, _side]
    return found + _places(item)


def _places(item: Item) -> list[Matcher]:
    found: list[Matcher] = []
    if structures_named(item.answer, item.question):
        found.append(_place)
    elif _new_side(item):
        found.append(_side_of_place)
    if not found and zones(item.answer).keys() - zones(item.question).keys():
        found.append(_zone)
    if not found and find_relations(item.answer):
        found.append(match_relation)
    return [*found, _property]


def _new_side(item: Item) -> bool:
    """Say whether the reference spells out a side that the question does not give away."""
    said = {mention.value for mention in find_sides(item.answer, implied=False)}
    return bool(said - {mention.value for mention in find_sides(item.question, implied=False)})


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
    place = content_words(item.answer) - content_words(item.question) - _NO_PLACE
    if place and not place & content_words(text):
        return replace(verdict, outcome="incorrect", rule="R8", reason="names the side and not the place")
    return _with_zone(verdict, text, item)


def _with_zone(verdict: Verdict, text: str, item: Item) -> Verdict:
    """R8, R14: a contrary zone is wrong, and so is none where the reference has one the question has not."""
    contrary = contrary_zone(text, item.answer)
    if contrary:
        return replace(verdict, outcome="incorrect", rule="R14", reason=f"{verdict.reason}, but {contrary}")
    said = zones(item.answer).keys() - zones(item.question).keys()
    if said and not said & zones(text).keys():
        return replace(verdict, outcome="incorrect", rule="R8", reason="is coarser: names no zone")
    return verdict


def _confined(text: str, item: Item) -> Verdict:
    """Judge "is it confined to one side, or does it cross the midline?"."""
    want, got = _crosses(item.answer), _crosses(text)
    if want is None or got is None:
        return _one_or_both(text, item)
    if want or got:
        return decided(want == got, "R13", f"says that it {'crosses' if got else 'is on one side'}", text)
    verdict = _one_or_both(text, item)
    return decided(True, "R13", "says one side", text) if verdict.outcome == "undecided" else verdict


def _crosses(text: str) -> bool | None:
    """Return whether a text says that something crosses the midline or is on both sides."""
    reading = read(text)
    cross = _CROSS.search(reading.text)
    if cross:
        return not reading.denials(0, cross.start())
    if _ON_ONE.search(reading.text):
        return False
    sides = sides_of(text)
    return None if not sides else sides == {"bilateral"}


def _zone(text: str, item: Item) -> Verdict:
    """Compare zones ("upper pole") where the question has given the organ away."""
    want, got = zones(item.answer), zones(text)
    shared = [axis for axis in want if axis in got]
    if not shared:
        return Verdict("undecided", "free", "the reply names no zone on the reference's axis")
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
    want = sides_of(item.answer)
    one_sided = want <= {"left", "right", "unilateral"}
    if one_sided and verdict.extracted == "unilateral":
        return replace(verdict, outcome="correct", rule="R8", reason="one side, as the reference")
    if want == {"unilateral"} and verdict.extracted in {"left", "right"}:
        return replace(verdict, outcome="correct", rule="R8", reason="one side, as the reference")
    return verdict


def _property(text: str, item: Item) -> Verdict:
    return match_property(text, item) or Verdict("undecided", "free", _UNDECIDED)


def _polarity_then_place(text: str, item: Item) -> Verdict:
    """Judge "is there ..., and if so, where": the polarity first, then the place."""
    head = _IF_SO.split(item.question, maxsplit=1)[0]
    verdict = match_yes_no(text, item.model_copy(update={"question": head}))
    want = polarity_of(item.answer)
    if want is None:
        want = restated(item.answer, head)[0]
    if verdict.outcome != "correct" or not want:
        return verdict
    places = _places(item)
    for matcher in places:
        placed = matcher(text, item)
        if placed.outcome in {"correct", "incorrect"}:
            return placed
    if len(places) > 1:
        return decided(False, "R8", "says yes and not where", verdict.extracted)
    return verdict


def _figure(item: Item, question: str) -> Item | None:
    """Return the row with the one figure of its reference, or None where there is not exactly one."""
    found = find_quantities(item.answer)
    if len(found) != 1 or found[0].bound:
        return None
    figure = found[0]
    if figure.unit is None and not _HOW_MANY.search(question):
        return None
    unit = _FIGURE_UNITS.get(figure.unit.dimension) if figure.unit else "count"
    if unit is None:
        return None
    value = max(figure.values)
    tolerance = FREE_TOLERANCE * abs(value) if figure.unit else 0.0
    scale = parse_unit(unit).factor
    return item.model_copy(update={"value": value / scale, "unit": unit, "tolerance": tolerance / scale})


def _match_figure(text: str, item: Item) -> Verdict:
    row = _figure(item, item.question.lower())
    return Verdict("undecided", "free", _UNDECIDED) if row is None else match_number(text, row)
