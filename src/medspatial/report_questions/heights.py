"""Questions of height in the lungs: nearest to an apex or to the diaphragm, which of two lies higher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medspatial.report_questions.facts import Fact, about, plural_words
from medspatial.report_questions.places import Unit
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Single, Topic

_BASAL = frozenset({"anterobasal", "posterobasal", "laterobasal", "mediobasal", "anteromediobasal", "basal"})
_APICAL = frozenset({"apical", "apicoposterior"})
_TOPS = frozenset({"apex", "apices", "apexes", "apical", "apicals"})
_BASES = frozenset({"base", "bases", "basal", "basals"})


@dataclass(frozen=True)
class Placed:
    """A finding with the range of heights in the lungs at which it lies: 0 base to 3 apex."""

    key: str
    noun: str
    low: int
    high: int
    statements: tuple[Statement, ...]

    @property
    def kind(self) -> str:
        """The kind of finding."""
        return self.key.split("@")[0]

    @property
    def family(self) -> str:
        """The kinds that it could be taken for."""
        return self.statements[0].finding.family


def heights(topics: Sequence[Topic], singles: Sequence[Single]) -> Iterator[Placed]:
    """Yield findings of the lungs whose height is known."""
    taken = {single.topic.key for single in singles if single.size}
    for single in singles:
        found = _height(single.unit)
        if single.topic.region == "lung" and single.topic.finding.asked and found:
            yield Placed(single.key, single.noun, *found, single.statements)
    for topic in topics:
        placed = tuple(one for one in topic.read if one.units and not one.sums_up)
        if topic.key in taken or not _whole(topic) or not placed or _summed_elsewhere(topic, placed):
            continue
        found_all = [_height(unit) for one in placed for unit in one.units]
        ranges = [one for one in found_all if one]
        if len(ranges) == len(found_all):
            low, high = min(one[0] for one in ranges), max(one[1] for one in ranges)
            yield Placed(topic.key, topic.noun(), low, high, placed)


LANDMARKS = (
    "the apex of the right lung", "the apex of the left lung", "the right half of the diaphragm",
    "the left half of the diaphragm",
)  # fmt: skip


def nearest_landmark(single: Single) -> Iterator[Fact]:
    """Ask which apex, or which half of the diaphragm, one finding is nearest to."""
    if not single.topic.finding.asked:
        return
    yield from _landmark(
        single.key if single.size else single.topic.key, about(single), [single.unit], single.statements
    )


def nearest_landmark_of_kind(topic: Topic) -> Iterator[Fact]:
    """Ask the same of a kind of finding that lies at one end of one lung only."""
    placed = [one for one in topic.read if one.units and not one.sums_up]
    if _whole(topic) and placed and not _summed_elsewhere(topic, placed):
        units = [unit for one in placed for unit in one.units]
        yield from _landmark(topic.key, about(topic), units, tuple(placed))


def _whole(topic: Topic) -> bool:
    """Whether all that the report says of a kind of finding in the lungs is understood."""
    if topic.region != "lung" or not topic.finding.asked or topic.contradicted:
        return False
    if topic.finding.name == "pleural_effusion" or any(one.units for one in topic.others):
        return False
    return not any(one.prominent for one in topic.read)


def _summed_elsewhere(topic: Topic, placed: Sequence[Statement]) -> bool:
    """Whether the impression sums up more sides than the findings give a place for."""
    given = frozenset[str]().union(*(one.sides for one in placed))
    return any(not one.sides <= given for one in topic.read if one.sums_up)


def _landmark(
    key: str, slots: dict[str, str], units: Sequence[Unit], statements: tuple[Statement, ...]
) -> Iterator[Fact]:
    found = {(_height(unit), unit.sides) for unit in units}
    if len(found) != 1 or statements[0].finding.name == "mosaic":
        return
    height, sides = found.pop()
    if height not in ((0, 0), (3, 3)) or len(sides) != 1:
        return
    side = next(iter(sides))
    answer = f"the apex of the {side} lung" if height == (3, 3) else f"the {side} half of the diaphragm"
    best = [
        one for one in statements if one.sides == sides and any(_height(unit) == height for unit in one.units)
    ]
    yield Fact(
        f"landmark {key}", "report-landmark", "distance", slots, answer,
        tuple(one for one in LANDMARKS if one != answer), tuple((best or list(statements))[:1]),
        inferred="the apical segments end at the apex, the basal ones rest on the diaphragm",
        structures=(statements[0].finding.name, "lung"),
    )  # fmt: skip


def nearer_apex(placed: Sequence[Placed]) -> Iterator[Fact]:
    """Ask which of two findings lies nearer the apices, or nearer the diaphragm."""
    for at, first in enumerate(placed):
        for second in placed[at + 1 :]:
            same = first.noun == second.noun or (first.family == second.family and ":" not in first.key)
            upper, lower = (first, second) if first.low > second.high else (second, first)
            sure = upper.low > lower.high and (upper.low == 3 or lower.high == 0)
            if sure and not same:
                yield _nearer("apex", upper, lower)
                yield _nearer("base", lower, upper)


def _nearer(end: str, answer: Placed, other: Placed) -> Fact:
    first, second = sorted((answer, other), key=lambda one: one.key)
    return Fact(
        f"height {first.key}/{second.key}", f"report-nearer-{end}", "distance",
        {"first": f"the {first.noun}", "second": f"the {second.noun}", **plural_words(False)},
        f"the {answer.noun}", (f"the {other.noun}",), (*answer.statements, *other.statements), most=2,
        inferred="from the lobes and segments that the two clauses name",
        structures=tuple(sorted((first.kind, second.kind))),
    )  # fmt: skip


def _height(unit: Unit) -> tuple[int, int] | None:
    """Return lowest and highest level at which a place may lie; None where it is not known."""
    segments, parts = set(unit.segments), set(unit.parts)
    at_top = (segments and segments <= _APICAL) or (parts & _TOPS and not segments)
    at_base = (segments and segments <= _BASAL) or (parts & _BASES and not segments)
    if unit.lobe == "upper":
        lingular = any(one.endswith("lingular") for one in segments)
        return (
            (0, 1) if lingular else (3, 3) if at_top else (2 if segments or unit.sides == {"right"} else 1, 3)
        )
    if unit.lobe == "lower":
        return (0, 0) if at_base else (1, 1) if segments == {"superior"} else (0, 1)
    if unit.lobe == "middle":
        return 0, 1  # it reaches the diaphragm, as the lingula may
    return (3, 3) if unit.organ == "lung" and parts & _TOPS else None
