"""Questions that compare sides and lobes: where a finding is stronger, which findings share a side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medspatial.report_questions.facts import (
    LOBES,
    MORE,
    Fact,
    Unasked,
    about,
    lobes_of,
    plural_words,
    topic_sides,
)
from medspatial.report_questions.pieces import BOTH
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import PAIRED, Single, Topic

_HEIGHTS = {"upper": "in the upper lobes", "lower": "in the lower lobes", "middle": "in the middle lobe"}
_BALANCES = (
    "on the left only", "on the right only", "on both sides, more on the left",
    "on both sides, more on the right",
)  # fmt: skip
_RELATIONS = ("on the same side", "on opposite sides", "one of them is on both sides")
_TOPS = frozenset({"apex", "apices", "apexes", "apical", "apicals"})
_BASES = frozenset({"base", "bases", "basal", "basals"})
_GROUND_GLASS = {"ground_glass", "ground_glass_nodule"}


def stronger_side(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask on which side, at which height or in which lobe a finding is more pronounced."""
    if not topic.finding.asked or topic.contradicted:
        return
    found = [one for one in topic.read if one.prominent]
    if not found:
        return
    if len({tuple((unit.sides, unit.lobe) for unit in one.prominent) for one in found}) > 1:
        yield Unasked("contradicted", topic.key, "prominent in different places")
        return
    if any(other.units and MORE.search(other.text) for other in topic.others if other.status != "hedged"):
        yield Unasked("unclear_mention", topic.key, "prominent in another place")
        return
    one = found[0]
    units = one.prominent
    sides = frozenset[str]().union(*(unit.sides for unit in units))
    only_side = all(unit.coarse and unit.organ in ("", "lung", "pleura") for unit in units)
    if only_side and len(sides) == 1 and topic.region in PAIRED:
        whole = topic_sides(topic)
        if not isinstance(whole, Unasked) and whole.sides == BOTH:
            yield _balance(topic, f"on both sides, more on the {next(iter(sides))}", (one,))
        else:
            yield Unasked("no_side", topic.key, "more on one side, of what is not said")
        return
    if topic.region == "lung":
        yield from _stronger_place(topic, one)


def _stronger_place(topic: Topic, one: Statement) -> Iterator[Fact]:
    """Ask in which lobe, or at which height of the lungs, a finding is more pronounced than elsewhere."""
    units = one.prominent
    sides = frozenset[str]().union(*(unit.sides for unit in units))
    key, slots, names = f"stronger {topic.key}", about(topic), (topic.finding.name,)
    lobes = frozenset[str]().union(*(lobes_of(unit) for unit in units))
    if len(units) == 1 and len(lobes) == 1:
        answer = next(iter(lobes))
        if one.units and all(lobes_of(unit) == lobes for unit in one.units):
            return  # it lies in that lobe only
        yield Fact(key, "report-stronger-lobe", "comparison", slots, answer,
                   tuple(lobe for lobe in LOBES if lobe != answer), (one,), structures=names)  # fmt: skip
        return
    heights = {unit.lobe or _height(unit.parts) for unit in units}
    if len(heights) == 1 and (height := heights.pop()) and len(sides) != 1 and height != "middle":
        if one.units and all(unit.lobe == height for unit in one.units):
            return  # it lies at that height only
        false = tuple(words for name, words in _HEIGHTS.items() if name != height)
        yield Fact(key, "report-stronger-height", "comparison", slots, _HEIGHTS[height], false, (one,),
                   structures=names,
                   inferred="" if units[0].lobe else "the apex is upper, the base lower")  # fmt: skip


def one_side_only(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask how the two sides compare where a finding is on one side only."""
    if topic.region not in PAIRED or not topic.finding.asked or not topic.plural:
        return
    if topic.finding.name == "stone" and any(one.sizes for one in topic.read):
        return  # ``calculi of 3 mm`` is written of one stone too
    found = topic_sides(topic)
    if not isinstance(found, Unasked) and len(found.sides) == 1:
        yield _balance(topic, f"on the {next(iter(found.sides))} only", found.statements, found.inferred)


def _balance(topic: Topic, answer: str, statements: tuple[Statement, ...], inferred: str = "") -> Fact:
    false = tuple(one for one in _BALANCES if one != answer)
    return Fact(
        f"side {topic.key}", "report-side-balance", "comparison", about(topic), answer, false, statements,
        inferred=inferred, structures=(topic.finding.name,),
    )  # fmt: skip


def _height(parts: Sequence[str]) -> str:
    found = {"upper" for part in parts if part in _TOPS} | {"lower" for part in parts if part in _BASES}
    return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class Sided:
    """A finding with its sides."""

    key: str
    noun: str
    sides: frozenset[str]
    statement: Statement

    @property
    def kind(self) -> str:
        """The kind of finding."""
        return self.key.split("@")[0]

    @property
    def region(self) -> str:
        """Its organ."""
        return self.key.split("@")[1].split(":")[0]

    @property
    def family(self) -> str:
        """The kinds that it could be taken for."""
        return self.statement.finding.family


def sided(topics: Sequence[Topic], singles: Sequence[Single]) -> Iterator[Sided]:
    """Yield the findings of a report whose sides are known."""
    done = set()
    for topic in topics:
        if topic.region in PAIRED and topic.finding.asked:
            found = topic_sides(topic)
            if not isinstance(found, Unasked) and len(found.statements) == 1:
                done.add(topic.key)
                yield Sided(topic.key, topic.noun(), found.sides, found.statements[0])
    for single in singles:
        known = single.unit.sides and single.topic.key not in done and single.size
        if known and single.topic.region in PAIRED and single.topic.finding.asked:
            yield Sided(single.key, single.noun, single.unit.sides, single.statements[0])


def same_side(found: Sequence[Sided]) -> Iterator[Fact]:
    """Ask how the sides of two findings relate; of which one at least is on one side."""
    for at, first in enumerate(found):
        for second in found[at + 1 :]:
            both = BOTH in (first.sides, second.sides)
            if (
                first.noun == second.noun
                or first.statement.sentence == second.statement.sentence
                or (first.kind != second.kind and first.family == second.family)
                or _one_thing(first, second)
                or (first.sides == second.sides == BOTH)
            ):
                continue
            answer = _RELATIONS[2 if both else 0 if first.sides == second.sides else 1]
            yield Fact(
                "same side", "report-same-side", "comparison",
                {"first": first.noun, "second": second.noun, **plural_words(False)}, answer,
                tuple(one for one in _RELATIONS if one != answer), (first.statement, second.statement),
                inferred="the sides that two clauses give are compared",
                structures=tuple(sorted((first.key.split("@")[0], second.key.split("@")[0]))),
            )  # fmt: skip


def _one_thing(first: Sided, second: Sided) -> bool:
    """Whether two names may mean one thing: like kinds in the lungs, any two kinds in another organ."""
    if first.region != second.region or first.kind == second.kind:
        return False
    alike = first.family == second.family or {first.kind, second.kind} == _GROUND_GLASS
    return first.region != "lung" or alike


def which_finding(found: Sequence[Sided]) -> Iterator[Fact]:
    """Ask which of a report's findings lies on both sides, on the left or on the right alone."""
    for sides, words in ((BOTH, "both sides"), (frozenset({"left"}), "the left side only"),
                         (frozenset({"right"}), "the right side only")):  # fmt: skip
        true = [one for one in found if one.sides == sides]
        false = [
            one for one in found if one.sides != sides and one.noun not in {other.noun for other in true}
        ]
        false = [one for one in false if not any(_one_thing(one, other) for other in true)]
        false = [
            one for at, one in enumerate(false) if not any(_one_thing(one, other) for other in false[:at])
        ]
        shown = list({one.noun: one for one in reversed(false)}.values())[-3:]
        if len(true) == 1 and len(shown) >= 2:
            yield Fact(
                "which finding", "report-which-finding", "comparison", {"where": words},
                f"the {true[0].noun}", tuple(f"the {one.noun}" for one in shown),
                (true[0].statement, *(one.statement for one in shown)),
                inferred="the sides of several findings are compared",
                structures=(true[0].key.split("@")[0],),
            )  # fmt: skip
