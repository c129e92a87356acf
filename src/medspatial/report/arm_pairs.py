"""What became of each question in each control arm, per model: what the page's browser finds them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from medspatial.compare.controls import linked_pairs
from medspatial.compare.grounding import grounding_questions
from medspatial.compare.links import has_verdict
from medspatial.compare.result import Comparison
from medspatial.compare.score_rows import ScoreRows
from medspatial.compare.table import ArmTable, arm_tables
from medspatial.records import Question, Score

BOTH, LOST, WON, NEITHER, GRADED, NOT_JUDGED = "blwng-"
TURNING_PART, GAIN_PART = "tg"
_KINDS = {"turning": "t", "standing": "s"}


@dataclass(frozen=True)
class ArmPairs:
    """Letters of questions, one per model in the order of the comparison's models.

    Attributes
    ----------
    pairs
        Arm (or ``mirrored_case``, ``paired_question``) to question id to its letters: ``t`` or ``s`` where
        the reference answer turns or stands, then for each model `BOTH` (right in the reference arm and in
        this one), `LOST` (right in the reference arm alone), `WON`, `NEITHER`, `GRADED` (no right or wrong)
        or `NOT_JUDGED`.
    grounding
        Question id to its letters: for each model the part of visual grounding that it is counted in,
        `TURNING_PART`, `GAIN_PART` or `NOT_JUDGED`.
    """

    pairs: dict[str, dict[str, str]] = field(default_factory=dict)
    grounding: dict[str, str] = field(default_factory=dict)


def arm_pairs(comparison: Comparison, questions: Sequence[Question], scores: Sequence[Score]) -> ArmPairs:
    """Join the arms as the comparison does; empty where the scores are those of the reference arm alone.

    Parameters
    ----------
    scores
        Those that were compared; of other metrics none is taken.
    """
    rows = ScoreRows.of(scores)
    chosen = rows.only(rows.metrics.among({comparison.metric}))
    if comparison.reference_arm not in chosen.arms.there():
        return ArmPairs()
    tables = arm_tables(chosen, questions or None, comparison.reference_arm)
    return ArmPairs(_pairs(comparison, tables), _grounding(comparison, tables))


def _pairs(comparison: Comparison, tables: dict[str, ArmTable]) -> dict[str, dict[str, str]]:
    reference = tables[comparison.reference_arm]
    found: dict[str, dict[str, str]] = {}
    for pairs in linked_pairs(tables, comparison.reference_arm):
        own, twins = [one.index for one in pairs.links], [one.twin for one in pairs.links]
        columns = [_letters(reference, pairs.table, own, twins, model) for model in comparison.models]
        letters = found.setdefault(pairs.name, {})
        for place, index in enumerate(own):
            words = "".join(column[place] for column in columns)
            letters[reference.items[index].id] = _KINDS[pairs.kind] + words
    return found


def _letters(reference: ArmTable, table: ArmTable, own: list[int], twins: list[int], model: str) -> list[str]:
    if model not in reference.models or model not in table.models:
        return [NOT_JUDGED] * len(own)
    judged = has_verdict(reference, own, model) & has_verdict(table, twins, model)
    first = reference.values[own, reference.models.index(model)]
    second = table.values[twins, table.models.index(model)]
    graded = not np.isin(np.stack([first, second])[:, judged], (0.0, 1.0)).all()
    names = {(1, 1): BOTH, (1, 0): LOST, (0, 1): WON, (0, 0): NEITHER}
    return [
        NOT_JUDGED if not known else GRADED if graded else names[int(one), int(other)]
        for known, one, other in zip(judged, first, second, strict=True)
    ]


def _grounding(comparison: Comparison, tables: dict[str, ArmTable]) -> dict[str, str]:
    reference = tables[comparison.reference_arm]
    parts = [
        grounding_questions(tables, comparison.reference_arm, model)
        if model in reference.models
        else (set[int](), set[int]())
        for model in comparison.models
    ]
    found = {}
    for place, item in enumerate(reference.items):
        letters = "".join(
            TURNING_PART if place in turning else GAIN_PART if place in gain else NOT_JUDGED
            for turning, gain in parts
        )
        if letters.strip(NOT_JUDGED):
            found[item.id] = letters
    return found
