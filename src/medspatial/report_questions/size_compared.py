"""Questions that compare sizes: the largest of several, the larger of two, the lobe that lost volume."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medspatial.report_questions.facts import (
    LOBES,
    Fact,
    Unasked,
    about,
    lobes_of,
    plural_words,
    possible_lobes,
)
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import PAIRED, Single, Topic

SURE_RATIO = 1.2
"""A size must be this many times the other to be called larger, and differ by `SURE_MM`."""
SURE_MM = 1.0
_APART = re.compile(r"\b(?:apart from|other than|except|besides)\b", re.IGNORECASE)


def largest_of_kind(topic: Topic, own: Sequence[Single]) -> Iterator[Fact | Unasked]:
    """Ask in which lobe, or on which side, the largest of several findings lies."""
    if topic.region != "lung" or not topic.finding.asked or topic.contradicted:
        return
    largest = [one for one in topic.read if one.largest and one.units]
    if any(_APART.search(one.sentence.text) for one in largest):
        yield Unasked("ambiguous", topic.key, "the largest apart from others")
        return
    if not largest:
        yield from _largest_by_size(topic, own)
        return
    if _larger_elsewhere(topic, largest):
        yield Unasked("ambiguous", topic.key, "another one is as large")
        return
    lobes = frozenset[str]().union(*(lobes_of(one.units[0]) for one in largest))
    slots = {**about(topic), "noun": topic.noun(plural=True), **plural_words(True)}
    first = largest[0]
    if len(lobes) == 1 and lobes_of(first.units[0]) == lobes:
        answer = next(iter(lobes))
        yield Fact(
            f"largest {topic.key}", "report-largest-lobe", "volume", slots, answer,
            tuple(one for one in LOBES if one != answer), (first,), inferred=first.units[0].inferred,
            structures=(topic.finding.name,),
        )  # fmt: skip
    elif not lobes and len({one.sides for one in largest}) == 1 and len(first.sides) == 1:
        side = next(iter(first.sides))
        if all(one.sides <= first.sides for one in topic.family):
            return  # they all lie on one side
        yield Fact(
            f"largest {topic.key}", "report-largest-side", "volume", slots, f"the {side} lung",
            (f"the {'left' if side == 'right' else 'right'} lung",), (first,), most=2,
            structures=(topic.finding.name,),
        )  # fmt: skip


def _larger_elsewhere(topic: Topic, largest: Sequence[Statement]) -> bool:
    """Whether a sentence of its own gives another finding of the family a size that is not smaller."""
    sentences_of = {one.sentence for one in largest}
    own = [one for one in topic.family if one.sentence in sentences_of]
    limit = max((max(size.millimetres) for one in own for size in one.sizes), default=0.0)
    rest = [
        one for one in topic.family if one.sentence not in sentences_of and one.sentence.section == "findings"
    ]
    return any(max(size.millimetres) >= limit for one in rest for size in one.sizes)


def _largest_by_size(topic: Topic, own: Sequence[Single]) -> Iterator[Fact | Unasked]:
    """Find the largest of findings that are all measured, one by one."""
    measured = sorted((one for one in own if one.size), key=lambda one: -_longest(one))
    if len(measured) < 2:
        return
    first, second = measured[:2]
    lobes = lobes_of(first.unit)
    if len(lobes) != 1 or any(lobes_of(one.unit) == lobes for one in measured[1:]):
        return
    if _longest(first) - _longest(second) < SURE_MM or _longest(first) < SURE_RATIO * _longest(second):
        yield Unasked("sizes_too_close", topic.key)
        return
    in_measured = {id(one) for single in measured for one in single.statements}
    for one in topic.family:
        too_large = any(max(size.millimetres) > _longest(first) for size in one.sizes)
        unsized = (
            id(one) not in in_measured and not one.sizes and one.units and "millimet" not in one.text.lower()
        )
        if too_large or (unsized and one.sentence.section == "findings"):
            yield Unasked("unclear_mention", topic.key, "another one may be larger")
            return
    answer = next(iter(lobes))
    yield Fact(
        f"largest {topic.key}", "report-largest-lobe", "volume",
        {"noun": topic.noun(plural=True), **plural_words(True)}, answer,
        tuple(one for one in LOBES if one != answer), (first.statements[0], second.statements[0]),
        inferred="the stated sizes are compared", structures=(topic.finding.name,),
    )  # fmt: skip


def _longest(single: Single) -> float:
    return max(single.size.millimetres) if single.size else 0.0


_STATIONS = (
    "upper paratracheal", "lower paratracheal", "subcarinal", "prevascular", "aortopulmonary",
    "paraesophageal", "right hilar", "left hilar", "axillary", "paratracheal", "pretracheal",
    "precarinal",
)  # fmt: skip
_BEFORE_TRACHEA = frozenset({"paratracheal", "lower paratracheal", "pretracheal", "precarinal"})
"""Stations that overlap: nodes before the trachea and the carina are counted as lower paratracheal ones."""


def largest_node(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask at which station the largest lymph node lies."""
    if topic.finding.name != "lymph_node" or topic.contradicted:
        return
    largest = [one for one in topic.family if one.largest and one.units]
    names = {_station(one) for one in largest}
    if len(names) != 1 or "" in names:
        return
    if _nodes_elsewhere(topic, largest) or any(_APART.search(one.sentence.text) for one in largest):
        yield Unasked("ambiguous", topic.key, "the largest of some of them")
        return
    answer = names.pop()
    near = {
        answer,
        *(one for one in _STATIONS if one.endswith("paratracheal") and answer.endswith("paratracheal")),
    }
    near |= _BEFORE_TRACHEA if answer in _BEFORE_TRACHEA else set()
    yield Fact(
        "largest lymph_node", "report-largest-node", "volume", {"noun": "lymph nodes", **plural_words(True)},
        answer, tuple(one for one in _STATIONS if one not in near), (largest[0],), structures=("lymph_node",),
    )  # fmt: skip


def _nodes_elsewhere(topic: Topic, largest: Sequence[Statement]) -> bool:
    """Whether another sentence speaks of nodes at some station; not the one that ``of these`` refers to."""
    alone = all(
        other.largest for one in largest for other in topic.anywhere if other.sentence == one.sentence
    )
    steps = (-1, 0) if alone else (0,)
    own = {(one.sentence.section, one.sentence.number + step) for one in largest for step in steps}
    rest = (one for one in topic.anywhere if (one.sentence.section, one.sentence.number) not in own)
    named = (one for one in rest if one.sentence.section == "findings" and not one.qualified)
    return any(
        one.sizes or any(unit.station or unit.sides or unit.parts for unit in one.units) for one in named
    )


def _station(one: Statement) -> str:
    unit = one.units[0]
    if unit.station:
        return unit.station if unit.station in _STATIONS else ""
    if unit.organ == "hilum" and len(unit.sides) == 1:
        return f"{next(iter(unit.sides))} hilar"
    return "axillary" if unit.organ == "axilla" else ""


def lost_volume(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask which lobe has become smaller than the others, or which vertebra has lost height."""
    if topic.finding.name != "volume_loss" or topic.region != "lung" or topic.contradicted:
        return
    spoken = frozenset[str]().union(*(possible_lobes(one) for one in topic.family))
    false = tuple(lobe for lobe in LOBES if lobe not in spoken)
    for one in topic.read:
        for unit in one.units:
            for answer in sorted(lobes_of(unit)):
                if len(false) >= 2:
                    yield Fact(
                        f"lost {topic.key}", "report-lost-volume", "volume",
                        {"noun": "volume loss", **plural_words(False)}, answer, false, (one,),
                        inferred=unit.inferred, structures=("volume_loss",),
                    )  # fmt: skip


def larger_of_two(singles: Sequence[Single]) -> Iterator[Fact | Unasked]:
    """Ask which of two measured findings is larger; their places or kinds tell them apart."""
    measured = [one for one in singles if one.size and one.topic.finding.asked]
    for at, first in enumerate(measured):
        for second in measured[at + 1 :]:
            names = _names(first, second)
            same_organ = (
                first.topic.region == second.topic.region and first.topic.finding != second.topic.finding
            )
            if names is None or (same_organ and first.topic.region != "lung"):
                continue
            a, b = (max(one.size.millimetres) for one in (first, second) if one.size)
            if abs(a - b) < SURE_MM or max(a, b) < SURE_RATIO * min(a, b):
                yield Unasked("sizes_too_close", f"{first.key}/{second.key}")
                continue
            order = (0, 1) if a > b else (1, 0)
            statements = tuple(one.statements[0] for one in (first, second))
            for subtype, pick in (("report-larger", 0), ("report-smaller", 1)):
                answer, other = order[pick], order[1 - pick]
                yield Fact(
                    f"larger {first.key}/{second.key}", subtype, "volume",
                    {"first": names[0], "second": names[1], **plural_words(False)},
                    names[answer], (names[other],), (statements[answer], statements[other]), most=2,
                    inferred="the two stated sizes are compared",
                    structures=(first.topic.finding.name, second.topic.finding.name),
                )  # fmt: skip


def _names(first: Single, second: Single) -> tuple[str, str] | None:
    """Return names of two findings that give no size: by organ and kind alone, or by lobe or side as well."""
    names = [_name(one) for one in (first, second)]
    if names[0] is None or names[1] is None or names[0] == names[1]:
        return None
    return names[0], names[1]


def _name(single: Single) -> str | None:
    topic, own = single.topic, set(map(id, single.statements))
    others = [
        one
        for one in topic.family
        if id(one) not in own and (one.units or one.plural or one.sizes) and not one.sums_up
    ]
    noun = f"the {topic.noun(plural=False)}"
    if not others:
        return noun
    lobes = lobes_of(single.unit)
    if topic.region == "lung" and len(lobes) == 1 and not any(lobes & _maybe_in(one) for one in others):
        return f"{noun} in the {next(iter(lobes))}"
    side = single.unit.sides
    free = all(one.units and one.sides and not one.sides & side for one in others)
    if topic.region in PAIRED and len(side) == 1 and free:
        return f"{noun} on the {next(iter(side))}"
    return None


def _maybe_in(one: Statement) -> frozenset[str]:
    """The lobes that a mention may be about; all where it has no place of its own."""
    return possible_lobes(one) if one.units else frozenset(LOBES)
