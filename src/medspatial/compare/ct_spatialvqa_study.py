"""The figures of the study of CT-SpatialVQA: what the published table can and cannot say.

python -m medspatial.compare.ct_spatialvqa_study FOLDER > figures.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from medspatial.compare.agreement import Agreement, agreement
from medspatial.compare.clustered import Floats
from medspatial.compare.comparison import compare
from medspatial.compare.ct_spatialvqa import (
    JUDGES,
    CtSpatialVqa,
    absent_or_normal,
    joined_by_row,
    joined_column,
    normal_text,
    read_ct_spatialvqa,
    read_judgments,
    text_prior,
)
from medspatial.compare.result import Comparison
from medspatial.errors import InputError
from medspatial.records import Question, Record, Score

JUDGED_MODELS = ("m3d", "radfm", "merlin")
JURY = 0.5  # two of three judges
_SAME = 1e-6


def jury_comparison(
    data: CtSpatialVqa, keep: Sequence[Question] | None = None, *, resamples: int = 10_000, seed: int = 0
) -> Comparison:
    """Compare the eight models by jury verdict, clustered by patient, over all questions or some."""
    questions = data.questions if keep is None else tuple(keep)
    return compare(data.scores(questions), questions=questions, metric="jury", resamples=resamples, seed=seed)


def by_tag(data: CtSpatialVqa, *, resamples: int = 10_000) -> dict[str, Comparison]:
    """One comparison per spatial category; a question with several categories counts in each."""
    return {
        tag: jury_comparison(data, [q for q in data.questions if tag in q.tags], resamples=resamples)
        for tag in data.tags()
    }


def by_absence(data: CtSpatialVqa, *, resamples: int = 10_000) -> dict[str, Comparison]:
    """Compare on answers that say absent or normal, and on the others."""
    absent = [question for question in data.questions if absent_or_normal(question)]
    rest = [question for question in data.questions if not absent_or_normal(question)]
    return {
        "absent_or_normal": jury_comparison(data, absent, resamples=resamples),
        "other": jury_comparison(data, rest, resamples=resamples),
    }


def prior_comparison(data: CtSpatialVqa, *, resamples: int = 10_000) -> tuple[Comparison, Comparison]:
    """The text-only prior by exact match: on all questions, and beside the jury where it can answer.

    Exact match undercounts an answer in other words, so the prior's figure is a lower bound.
    """
    prior = text_prior(data.questions)
    known = [question for question in data.questions if prior[question.id] is not None]
    scores = [_prior_score(question, prior[question.id]) for question in data.questions]
    alone = compare(scores, questions=data.questions, resamples=resamples)
    ids = {question.id for question in known}
    beside = data.scores(known) + [score for score in scores if score.id in ids]
    return alone, compare(beside, questions=known, metric="jury", resamples=resamples)


def _prior_score(question: Question, answer: str | None) -> Score:
    right = answer is not None and answer == normal_text(question.answer)
    return Score(
        id=question.id,
        case_id=question.case_id,
        patient_id=question.patient_id,
        question=question.question,
        answer=question.answer,
        model="text_prior",
        metric="jury",
        prediction=answer,
        score=float(right),
        correct=right,
        status="unanswered" if answer is None else "scored",
    )


def judge_agreement(data: CtSpatialVqa) -> dict[str, Agreement]:
    """Agreement of each two judges on each model whose judgments are published."""
    found: dict[str, Agreement] = {}
    for model in JUDGED_MODELS:
        verdicts = {judge: read_judgments(data, model, judge) for judge in JUDGES}
        for first, second in combinations(JUDGES, 2):
            a, b = verdicts[first], verdicts[second]
            if a is None or b is None:
                continue
            ids = [id for id in a if a[id] is not None and b.get(id) is not None]
            found[f"{model}: {first} / {second}"] = agreement(
                [str(a[id]) for id in ids], [str(b[id]) for id in ids]
            )
    return found


def judge_shares(data: CtSpatialVqa) -> dict[str, tuple[int, int]]:
    """(right, judged) of each judge on each model whose judgments are published."""
    found: dict[str, tuple[int, int]] = {}
    for model in JUDGED_MODELS:
        for judge in JUDGES:
            verdicts = read_judgments(data, model, judge)
            if verdicts is not None:
                given = [verdict for verdict in verdicts.values() if verdict is not None]
                found[f"{model}: {judge}"] = (sum(given), len(given))
    return found


class ColumnCheck(Record):
    """One model's column of the published matrix against its judges' files.

    Attributes
    ----------
    cells, differing
        Cells compared, and those that differ from the verdicts joined by question.
    published, joined
        Questions that two of three judges call right, in the matrix and joined by question.
    row_order_explains
        The published column equals the files joined row by row, in question order.
    """

    model: str
    cells: int
    differing: int
    published: int
    joined: int
    row_order_explains: bool


def check_columns(data: CtSpatialVqa) -> list[ColumnCheck]:
    """Check each column of the matrix whose three judgment files are published."""
    value = {row.id: values for row, values in zip(data.matrix.rows, data.matrix.values, strict=True)}
    found = []
    for model in JUDGED_MODELS:
        joined = joined_column(data, model)
        if joined is None:
            continue
        column = data.matrix.columns.index(model)
        ids = [question.id for question in data.questions if not np.isnan(value[question.id][column])]
        published = np.array([value[id][column] for id in ids])
        by_identity = _cut([mean for id in ids if (mean := joined[id]) is not None])
        by_row = _cut(joined_by_row(data, model))
        found.append(
            ColumnCheck(
                model=model,
                cells=len(ids),
                differing=int((np.abs(published - by_identity) > _SAME).sum()),
                published=int((published >= JURY).sum()),
                joined=int((by_identity >= JURY).sum()),
                row_order_explains=len(by_row) == len(ids)
                and bool((np.abs(published - by_row) < _SAME).all()),
            )
        )
    return found


class GapCheck(Record):
    """Accuracy on absent-or-normal answers before and after the first empty cell of a column.

    A column that was joined by row is out of step behind its first gap: the accuracy on a kind of
    question that the model handles in its own way then falls toward its overall accuracy.

    Attributes
    ----------
    gap
        Place of the first empty cell in question order; half of the questions for a column without one.
    before, after
        Jury accuracy on absent-or-normal answers.
    rest_before, rest_after
        The same on the other answers.
    """

    model: str
    gaps: int
    gap: int
    before: float
    after: float
    rest_before: float
    rest_after: float


def check_gaps(data: CtSpatialVqa) -> list[GapCheck]:
    """Look at every column on both sides of its first gap."""
    value = {row.id: values for row, values in zip(data.matrix.rows, data.matrix.values, strict=True)}
    values = np.array([value[question.id] for question in data.questions])
    absent = np.array([absent_or_normal(question) for question in data.questions])
    found = []
    for model, column in zip(data.matrix.columns, values.T, strict=True):
        gaps = np.flatnonzero(np.isnan(column))
        gap = int(gaps[0]) if len(gaps) else len(column) // 2
        right, early = column >= JURY, np.arange(len(column)) < gap
        shares = [
            float(right[absent == kind][early[absent == kind] == side].mean())
            for kind in (True, False)
            for side in (True, False)
        ]
        found.append(
            GapCheck(
                model=model,
                gaps=len(gaps),
                gap=gap,
                before=shares[0],
                after=shares[1],
                rest_before=shares[2],
                rest_after=shares[3],
            )
        )
    return found


def contradictions(data: CtSpatialVqa, model: str) -> tuple[int, int]:
    """(cells where GPT and Qwen agree, those among them where the published jury says the opposite).

    The third judge cannot overrule two that agree: any contradiction is an error of the join.
    """
    first, second = read_judgments(data, model, "gpt"), read_judgments(data, model, "qwen")
    if first is None or second is None:
        raise InputError(f"{data.folder}: needs the GPT and Qwen judgments of {model!r}")
    column = data.matrix.columns.index(model)
    agreed = contradicted = 0
    for row, values in zip(data.matrix.rows, data.matrix.values, strict=True):
        verdict = first.get(row.id)
        if verdict is None or verdict != second.get(row.id) or np.isnan(values[column]):
            continue
        agreed += 1
        contradicted += bool(values[column] >= JURY) != verdict
    return agreed, contradicted


def corrected(data: CtSpatialVqa) -> CtSpatialVqa:
    """Return the data with the columns of all fully published models joined by question."""
    values = data.matrix.values.copy()
    for model in JUDGED_MODELS:
        joined = joined_column(data, model)
        if joined is not None:
            column = data.matrix.columns.index(model)
            values[:, column] = [
                np.nan if (mean := joined[row.id]) is None else mean for row in data.matrix.rows
            ]
    return replace(data, matrix=replace(data.matrix, values=values))


def _cut(means: Sequence[float]) -> Floats:
    """Two decimals, cut off, as the published matrix has them."""
    return np.floor(np.asarray(means, dtype=np.float64) * 100 + _SAME) / 100


def figures(data: CtSpatialVqa, *, resamples: int = 10_000) -> dict[str, Any]:
    """All figures of the study, ready for JSON."""
    alone, beside = prior_comparison(data, resamples=resamples)

    def dump(comparison: Comparison) -> dict[str, Any]:
        return comparison.model_dump(mode="json", exclude={"failures", "confusions", "curves"})

    return {
        "jury": dump(jury_comparison(data, resamples=resamples)),
        "by_category": {tag: dump(one) for tag, one in by_tag(data, resamples=resamples).items()},
        "by_absence": {name: dump(one) for name, one in by_absence(data, resamples=resamples).items()},
        "prior": dump(alone),
        "prior_beside_jury": dump(beside),
        "judge_agreement": {name: one.model_dump() for name, one in judge_agreement(data).items()},
        "judge_shares": judge_shares(data),
        "column_checks": [one.model_dump() for one in check_columns(data)],
        "gap_checks": [one.model_dump() for one in check_gaps(data)],
        "contradictions": {model: contradictions(data, model) for model in JUDGED_MODELS},
        "jury_corrected": dump(jury_comparison(corrected(data), resamples=resamples)),
        "by_absence_corrected": {
            name: dump(one) for name, one in by_absence(corrected(data), resamples=resamples).items()
        },
    }


if __name__ == "__main__":
    json.dump(figures(read_ct_spatialvqa(sys.argv[1])), sys.stdout, indent=1)
