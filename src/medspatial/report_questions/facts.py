"""What can be asked of a report: a fact with its true answer, false ones of its region, and its quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from medspatial.records import Category
from medspatial.report_questions.pieces import BOTH
from medspatial.report_questions.places import Unit
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Single, Topic

LOBES = ("right upper lobe", "right middle lobe", "right lower lobe", "left upper lobe", "left lower lobe")
BOTH_SIDES = "both sides"
_INTERCHANGED = frozenset({"sequela"})
"""Families whose names reports use one for the other: sequela changes, fibroatelectasis."""
_LOWER_SEGMENTS = frozenset(
    {"anterobasal", "posterobasal", "laterobasal", "mediobasal", "anteromediobasal", "basal"}
)


MORE = re.compile(
    r"\b(?:especially|particularly|predomina\w*|promine\w*|pronounced|mostly|mainly|more|most)\b",
    re.IGNORECASE,
)
"""Where a clause says of which place there is more, some of it lies elsewhere."""


@dataclass(frozen=True)
class Fact:
    """One thing that a report states.

    Attributes
    ----------
    key
        What it is about, within the report: a fact is asked once.
    subtype
        The kind of question, a key of ``data/wordings.json``.
    slots
        Words for the wording.
    answer, false
        The answer, and answers of the same region that the report does not support in any way.
    most
        How many options are shown at most.
    statements
        The statements that it rests on; the first one's quote holds the answer.
    inferred
        By which reasoning it follows, where no single clause says it.
    """

    key: str
    subtype: str
    category: Category
    slots: Mapping[str, str]
    answer: str
    false: tuple[str, ...]
    statements: tuple[Statement, ...]
    most: int = 4
    inferred: str = ""
    structures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unasked:
    """A finding of which something was not asked, and by which rule."""

    rule: str
    about: str
    note: str = ""


@dataclass(frozen=True)
class Sides:
    """The sides of a topic: which, by which statements, and whether two clauses together say so."""

    sides: frozenset[str]
    statements: tuple[Statement, ...]
    inferred: str = ""


def topic_sides(topic: Topic) -> Sides | Unasked:
    """Return on which sides a kind of finding lies, as far as the whole report agrees on it."""
    placed = [one for one in topic.read if one.units]
    refused = _side_refused(topic, placed)
    if refused is not None:
        return refused
    union = _union(placed)
    direct = [one for one in placed if one.sides == union and not one.largest]
    if direct:
        best = min(direct, key=lambda one: (_inferred(one.units) != "", one.sentence.number))
        return Sides(union, (best,), _inferred(best.units))
    together = [next(one for one in placed if side in one.sides) for side in sorted(union)]
    return Sides(union, tuple(dict.fromkeys(together)), "each side is stated in a clause of its own")


def _side_refused(topic: Topic, placed: list[Statement]) -> Unasked | None:
    """Return why the side of a kind of finding is not certain; None where it is."""
    if topic.contradicted:
        return Unasked("contradicted", topic.key, "denied elsewhere")
    if not placed:
        return Unasked("no_place", topic.key)
    if any(not unit.sides for one in placed for unit in one.units):
        return Unasked("no_side", topic.key, "a place without a side")
    union = _union(placed)
    for section in {one.sentence.section for one in placed}:
        if _union([one for one in placed if one.sentence.section == section]) != union:
            return Unasked("contradicted", topic.key, "the sections give different sides")
    if topic.finding.family in _INTERCHANGED and _sections_differ(topic, union):
        return Unasked("contradicted", topic.key, "the sections give different sides")
    loose = [
        one
        for one in topic.others
        if one.units and (one.elsewhere or not one.sides or not one.sides <= union)
    ]
    return Unasked("unclear_mention", topic.key, loose[0].why) if loose else None


def _sections_differ(topic: Topic, union: frozenset[str]) -> bool:
    """Whether a section that knows the finding by a like name only gives it other sides."""
    for section in {one.sentence.section for one in topic.family} - {
        one.sentence.section for one in topic.read
    }:
        like = [one for one in topic.family if one.sentence.section == section and one.status == "read"]
        if _union(like) and _union(like) != union:
            return True
    return False


def _union(statements: list[Statement]) -> frozenset[str]:
    return frozenset[str]().union(*(one.sides for one in statements))


def _inferred(units: tuple[Unit, ...]) -> str:
    return next((one.inferred for one in units if one.inferred), "")


def side_word(sides: frozenset[str]) -> str:
    """``left``, ``right`` or ``both sides``."""
    return BOTH_SIDES if sides == BOTH else next(iter(sides))


def lobes_of(unit: Unit) -> frozenset[str]:
    """The lobes that a place names, with their sides; empty where one is not known."""
    if not unit.lobe or not unit.sides:
        return frozenset()
    return frozenset(f"{side} {unit.lobe} lobe" for side in unit.sides if f"{side} {unit.lobe} lobe" in LOBES)


def possible_lobes(statement: Statement) -> frozenset[str]:
    """All lobes that a mention may be about, whatever its status."""
    found: set[str] = set()
    sides = statement.sides or BOTH
    named = {unit.lobe for unit in statement.units if unit.lobe} | (
        {"upper"}
        if any("lingula" in " ".join(unit.parts + unit.segments) for unit in statement.units)
        else set()
    )
    if statement.status == "read":
        for unit in statement.units:
            found |= _lobes(unit.sides or BOTH, _lobe_names(unit))
    elif statement.elsewhere:
        found = set(LOBES)
    elif statement.units:
        found = _lobes(sides, set() if MORE.search(statement.text) else named)
    return frozenset(found)


def _lobe_names(unit: Unit) -> set[str]:
    """The lobe that a place names, or that its segments belong to; empty where it may be any."""
    if unit.lobe:
        return {unit.lobe}
    if unit.segments and set(unit.segments) <= _LOWER_SEGMENTS:
        return {"lower"}
    return {"upper"} if unit.segments == ("apicoposterior",) else set()


def _lobes(sides: frozenset[str], named: set[str]) -> set[str]:
    return {lobe for lobe in LOBES if lobe.split()[0] in sides and (not named or lobe.split()[1] in named)}


def plural_words(plural: bool) -> dict[str, str]:
    """The verbs of a wording in singular or plural."""
    if plural:
        return {"is": "are", "Is": "Are", "does": "do", "lies": "lie", "has": "have", "Does": "Do"}
    return {"is": "is", "Is": "Is", "does": "does", "lies": "lies", "has": "has", "Does": "Does"}


def about(single: Single | Topic) -> dict[str, str]:
    """The slots that name a finding."""
    noun = single.noun if isinstance(single, Single) else single.noun()
    return {"noun": noun, **plural_words(is_plural(noun))}


def is_plural(noun: str) -> bool:
    """Whether a name needs a verb in the plural: ``lesions of the liver``, ``losses of height``."""
    head = noun.split(" of ", maxsplit=1)[0]
    return head.endswith(("s", "ae")) and not head.endswith(("sis", "ax", "ss"))
