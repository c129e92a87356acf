"""Tables of why answers are right: what rests on the evidence, and who declines what nobody could know."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from medspatial.compare.causes import EVIDENCE_ARM, IRRELEVANT_ARM
from medspatial.compare.result import Abstention, CausalGrounding
from medspatial.report.formatting import count, figure, percent, signed_percent
from medspatial.report.tables.accuracy import category_title
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison, WithInterval


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
            Cell(percent(one.declined.value), _ends(one.declined, 100)).about(**_asked(one), pair="after"),
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


def _points(found: WithInterval) -> Cell:
    return Cell(signed_percent(found.value), _ends(found, 100))


def _ends(found: WithInterval, scale: int = 1) -> str:
    low, high = found.interval.low, found.interval.high
    if scale == 1:
        return f"{figure(low)} to {figure(high)}"
    return f"{signed_percent(low)} to {signed_percent(high)}"
