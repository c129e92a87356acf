"""Tables of why answers are right: what rests on the evidence, and who declines what nobody could know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from medspatial.compare.arm_result import Abstention, CausalGrounding
from medspatial.compare.cause_cases import EVIDENCE_ARM, IRRELEVANT_ARM
from medspatial.records import Question, Sight
from medspatial.report.formatting import count, figure, interval, percent, signed_percent
from medspatial.report.tables.accuracy import category_title
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.arm_result import WithInterval
    from medspatial.compare.result import Comparison

_NAMED = 3  # ids of single questions in a table's cell


def causes_table(comparison: Comparison) -> Table:
    """Tabulate what answers rest on, for all questions and each category."""
    found = comparison.causes.grounding if comparison.causes else ()
    removed, other = (partial(_asked, arm=arm) for arm in (EVIDENCE_ARM, IRRELEVANT_ARM))
    left_out = len(comparison.causes.ungrounded) if comparison.causes else 0
    rows = tuple(
        (
            Cell(one.model),
            Cell(category_title(one.category) if one.category else "All"),
            Cell(percent(one.accuracy)).about(**removed(one), pair="before"),
            Cell(percent(one.accuracy_without)).about(**removed(one), pair="after"),
            _points(one.evidence).about(**removed(one), pair="one"),
            _points(one.irrelevant).about(**other(one), pair="one"),
            Cell(figure(one.grounding.value), _ends(one.grounding)).about(**removed(one), pair="judged"),
            Cell(percent(one.changed_evidence)).about(**removed(one), pair="judged"),
            Cell(percent(one.changed_irrelevant)).about(**other(one), pair="judged"),
            Cell(count(one.n)).about(**removed(one), pair="judged"),
        )
        for one in found
    )
    heads = (
        "Accuracy",
        "Without evidence",
        "Effect of evidence",
        "Effect of irrelevant",
        "Causal grounding",
        "Changed with evidence",
        "Changed with irrelevant",
        "Questions",
    )
    return Table(
        name="causes",
        title="Why answers are right: percent, and percentage points lost with what was taken away",
        columns=(Column("Model", "left"), Column("Category", "left"), *map(Column, heads)),
        rows=rows,
        records=tuple(one.model_dump(mode="json") for one in found),
        note="Effect: accuracy lost when the structures of the question are filled with their "
        "surroundings, or as many voxels elsewhere. Causal grounding: the difference of the two, 0 where the "
        "evidence counts no more than anything else. Changed: answers that became other ones, right or "
        f"wrong. Right for every model without the evidence: {left_out} questions.",
    )


def abstention_table(comparison: Comparison) -> Table:
    """Tabulate who declines questions that nobody could answer."""
    found = comparison.causes.abstention if comparison.causes else ()
    rows = tuple(
        (
            Cell(one.model),
            Cell(one.arm),
            Cell(category_title(one.category) if one.category else "All"),
            Cell(percent(one.declined.value), _share_ends(one.declined)).about(**_asked(one), pair="after"),
            Cell(percent(1 - one.declined.value)).about(**_asked(one), pair="missed"),
            Cell(percent(one.needless.value if one.needless else None)),
            _points(one.told_apart) if one.told_apart else Cell(figure(None)),
            Cell(count(one.n)).about(**_asked(one), pair="judged"),
        )
        for one in found
    )
    heads = ("Declined", "False answers", "Declined needlessly", "Told apart", "Questions")
    lefts = (Column("Model", "left"), Column("Arm", "left"), Column("Category", "left"))
    return Table(
        name="abstention",
        title="Questions that nobody could answer, percent",
        columns=(*lefts, *map(Column, heads)),
        rows=rows,
        records=tuple(one.model_dump(mode="json") for one in found),
        note="Declined needlessly: the same questions where they can be answered. Told apart: declined minus "
        "declined needlessly, in percentage points.",
    )


def _asked(one: CausalGrounding | Abstention, arm: str | None = None) -> dict[str, str | None]:
    """Return the filters of the questions that a row is about, in its own arm or another."""
    own = one.arm if isinstance(one, Abstention) else arm
    return {"model": one.model, "category": one.category, "arm": own}


CASE_TITLES = {
    "right_without_evidence": "right, also without the evidence",
    "lost_with_irrelevant": "right, not any more when something else is taken out",
    "kept_after_move": "answer kept, though the lesion was moved",
    "false_answer": "answered what nobody could know",
    "declined_needlessly": "declined what the scan tells",
}
"""Kinds of single cases, as the report and the viewer write them."""


def cause_cases_table(comparison: Comparison) -> Table:
    """Tabulate in how many questions each model shows a fault, and name the first of them."""
    found = comparison.causes.cases if comparison.causes else ()
    rows = tuple(
        (
            Cell(one.model),
            Cell(CASE_TITLES[one.kind]),
            Cell(count(len(one.ids))),
            Cell(", ".join(one.ids[:_NAMED])),
        )
        for one in found
    )
    return Table(
        name="cause_cases",
        title="Single questions behind these figures",
        columns=(
            Column("Model", "left"),
            Column("What", "left"),
            Column("Questions"),
            Column("First", "left"),
        ),
        rows=rows,
        records=tuple(one.model_dump(mode="json") for one in found),
        note="Ids of questions; all of them stand in comparison.json (causes.cases), and in the viewer with "
        "each question.",
    )


def ungrounded_table(comparison: Comparison, questions: Sequence[Question] = ()) -> Table:
    """Tabulate the questions that every model answers rightly with and without the evidence."""
    ids = comparison.causes.ungrounded if comparison.causes else ()
    known = {question.id: question for question in questions}
    asked = [known[name] for name in ids if name in known]
    heads = ("Question", "Case", "Subtype", "Words", "Answer")
    return Table(
        name="ungrounded",
        title="Right for the wrong reason: every model is right, also without the evidence",
        columns=tuple(Column(head, "left") for head in heads),
        rows=tuple(
            (Cell(one.id), Cell(one.case_id), Cell(one.subtype or ""), Cell(one.question), Cell(one.answer))
            for one in asked
        ),
        records=tuple({"id": one.id, "case_id": one.case_id, "subtype": one.subtype} for one in asked),
        note="`medspatial compare --only-grounded` leaves these out.",
    )


def inputs_table(comparison: Comparison) -> Table:
    """Tabulate which questions inputs cannot answer at all, and what their ideal observers would reach."""
    found = comparison.inputs
    rows = tuple(
        (
            Cell(one.input),
            Cell(category_title(one.category) if one.category else "All"),
            Cell(count(one.n)),
            Cell(count(one.lost)),
            Cell(percent(one.lost / one.n)),
            Cell(percent(one.right)),
        )
        for one in found
    )
    heads = ("Questions", "Nothing left", "Nothing left (%)", "Ideal observer")
    return Table(
        name="inputs",
        title="What inputs hold of the questions, percent",
        columns=(Column("Input", "left"), Column("Category", "left"), *map(Column, heads)),
        rows=rows,
        records=tuple(one.model_dump(mode="json") for one in found),
        note="Nothing left: the input is all but the same with and without a structure that the question "
        "needs, so that nobody can answer by looking. Ideal observer: right answers of who sees all "
        "that the input holds, and guesses in the rest.",
    )


def lost_table(sights: Sequence[Sight], questions: Sequence[Question]) -> Table:
    """Tabulate, without a comparison, which questions inputs hold next to nothing of, per subtype."""
    subtype = {one.id: one.subtype or "none" for one in questions}
    rows, records = [], []
    for name in dict.fromkeys(one.input for one in sights):
        own = [one for one in sights if one.input == name]
        for group in (None, *sorted({subtype[one.id] for one in own})):
            part = [one for one in own if group in {None, subtype[one.id]}]
            lost = [one for one in part if one.lost]
            if group is not None and not lost:
                continue
            names = ", ".join(dict.fromkeys(one.structure for one in lost)) if group else ""
            shares = count(len(part)), count(len(lost)), percent(len(lost) / len(part))
            rows.append((Cell(name), Cell(group or "All"), *map(Cell, shares), Cell(names)))
            records.append({"input": name, "subtype": group, "n": len(part), "lost": len(lost)})
    heads = ("Questions", "Nothing left", "Nothing left (%)")
    lefts = Column("Input", "left"), Column("Subtype", "left")
    return Table(
        name="lost",
        title="Questions whose evidence an input does not hold",
        columns=(*lefts, *map(Column, heads), Column("Structures", "left")),
        rows=tuple(rows),
        records=tuple(records),
        note="Subtypes of which every question can be seen are left out.",
    )


def _points(found: WithInterval) -> Cell:
    return Cell(signed_percent(found.value), _ends(found, 100))


def _share_ends(found: WithInterval) -> str:
    return interval(found.interval.low, found.interval.high)


def _ends(found: WithInterval, scale: int = 1) -> str:
    low, high = found.interval.low, found.interval.high
    if scale == 1:
        return f"{figure(low)} to {figure(high)}"
    return f"{signed_percent(low)} to {signed_percent(high)}"
