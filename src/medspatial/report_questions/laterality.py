"""Questions of the side: of a kind of finding (left, right, both), and of a single one (left or right)."""

from __future__ import annotations

from collections.abc import Iterator

from medspatial.report_questions.facts import BOTH_SIDES, Fact, Unasked, about, side_word, topic_sides
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import PAIRED, Single, Topic


def side_of_kind(topic: Topic) -> Iterator[Fact | Unasked]:
    """Ask on which side a kind of finding lies."""
    if topic.region not in PAIRED or not topic.finding.asked:
        return
    found = topic_sides(topic)
    if isinstance(found, Unasked):
        yield found
        return
    answer = side_word(found.sides)
    false = tuple(one for one in ("left", "right", BOTH_SIDES) if one != answer)
    yield Fact(
        f"side {topic.key}", "report-side", "laterality", about(topic), answer, false, found.statements,
        inferred=found.inferred, structures=(topic.finding.name,),
    )  # fmt: skip


def side_of_single(single: Single) -> Iterator[Fact | Unasked]:
    """Ask on which side one finding lies that its size picks out."""
    sides = single.unit.sides
    if single.topic.region not in PAIRED or not single.topic.finding.asked or single.size is None:
        return
    if len(sides) != 1:
        yield Unasked("no_side", single.key)
        return
    answer = side_word(sides)
    other = "left" if answer == "right" else "right"
    yield Fact(
        f"side {single.key}", "report-side-single", "laterality", about(single), answer, (other,),
        _with_side(single), most=2, inferred=single.unit.inferred, structures=(single.topic.finding.name,),
    )  # fmt: skip


def _with_side(single: Single) -> tuple[Statement, ...]:
    """Return the statement whose quote gives the side."""
    best = [one for one in single.statements if one.units[0].sides == single.unit.sides]
    return tuple((best or list(single.statements))[:1])
