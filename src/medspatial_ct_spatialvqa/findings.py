"""The figures of the study of CT-SpatialVQA: what the published table can and cannot say.

python -m medspatial_ct_spatialvqa.findings FOLDER > figures.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import Any

import numpy as np

from medspatial.compare.accuracy_result import Interval
from medspatial.compare.agreement import Agreement, agreement
from medspatial.compare.clustered import Floats, sum_by_patient
from medspatial.compare.comparison import compare
from medspatial.compare.groups import Mask
from medspatial.compare.intervals import main_interval
from medspatial.compare.result import Comparison
from medspatial.errors import InputError
from medspatial.records import Question, Record, Score, bare_words
from medspatial_ct_spatialvqa.files import (
    JUDGES,
    CtSpatialVqa,
    absent_or_normal,
    joined_by_row,
    joined_column,
    judged_models,
    read_ct_spatialvqa,
    read_judgments,
    text_prior,
)

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
    beside = [*data.scores(known), *(score for score in scores if score.id in ids)]
    return alone, compare(beside, questions=known, metric="jury", resamples=resamples)


def _prior_score(question: Question, answer: str | None) -> Score:
    right = answer is not None and answer == bare_words(question.answer)
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
    """Agreement of each two judges on each model whose judgments are at hand."""
    found: dict[str, Agreement] = {}
    for model in judged_models(data):
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
    """(right, judged) of each judge on each model whose judgments are at hand."""
    found: dict[str, tuple[int, int]] = {}
    for model in judged_models(data):
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
        Cells compared, and those that differ from the mean verdict joined by question.
    turned
        Those among them where the jury says the opposite.
    published, joined
        Questions that two of three judges call right, in the matrix and joined by question.
    row_order_explains
        The published column equals the files joined row by row, in question order.
    """

    model: str
    cells: int
    differing: int
    turned: int
    published: int
    joined: int
    row_order_explains: bool


def check_columns(data: CtSpatialVqa) -> list[ColumnCheck]:
    """Check each column of the matrix whose three judgment files are at hand."""
    value = {row.id: values for row, values in zip(data.matrix.rows, data.matrix.values, strict=True)}
    found = []
    for model in judged_models(data):
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
                turned=int(((published >= JURY) != (by_identity >= JURY)).sum()),
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
        Jury accuracy on absent-or-normal answers, with intervals clustered by patient.
    rest_before, rest_after
        Jury accuracy on the other answers.
    """

    model: str
    gaps: int
    gap: int
    before: float
    after: float
    before_interval: Interval | None = None
    after_interval: Interval | None = None
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
                before_interval=_interval(data, absent & early, right),
                after_interval=_interval(data, absent & ~early, right),
                rest_before=shares[2],
                rest_after=shares[3],
            )
        )
    return found


def _interval(data: CtSpatialVqa, chosen: Mask, right: Mask) -> Interval | None:
    """Interval of the share of right answers among the chosen questions, clustered by patient."""
    code: dict[str, int] = {}
    patients = np.array([code.setdefault(q.patient_id, len(code)) for q in data.questions])[chosen]
    sums = sum_by_patient(right[chosen, None].astype(np.float64), patients, len(code))
    se = sums.se_cr1()
    clustered = None if se is None else float(se[0])
    return main_interval(float(sums.means[0]), sums.n, sums.clusters, clustered, 0.95)[0]


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


def correlations(data: CtSpatialVqa) -> dict[str, dict[str, float]]:
    """Correlation (phi) of the jury verdicts of each two models, over the questions with both.

    Some questions are easy for everybody, so columns in step correlate; a column whose verdicts stand at
    other questions does not.
    """
    values, names = data.matrix.values, data.matrix.columns
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for first, second in combinations(range(len(names)), 2):
        both = values[:, [first, second]]
        right = both[np.isfinite(both).all(axis=1)] >= JURY
        phi = float(np.asarray(np.corrcoef(right.T))[0, 1])
        found[names[first]][names[second]] = found[names[second]][names[first]] = phi
    return found


def corrected(data: CtSpatialVqa) -> CtSpatialVqa:
    """Return the data with columns joined by question where all three judgment files are at hand."""
    values = data.matrix.values.copy()
    for model in judged_models(data):
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


@dataclass(frozen=True)
class Findings:
    """All that the study finds.

    Attributes
    ----------
    jury, by_category, by_absence
        The published matrix: all questions, per spatial category, and split by absent-or-normal answers.
    corrected, by_category_corrected, by_absence_corrected
        The same with the columns joined by question where all three judgment files are at hand.
    prior, prior_beside_jury
        The text-only prior on all questions, and beside the models where it can answer.
    contradictions
        Per model: cells where two judges agree, and those where the published jury says the opposite.
    correlations, correlations_corrected
        Of the verdicts of each two models, as published and with columns joined by question.
    """

    jury: Comparison
    by_category: dict[str, Comparison]
    by_absence: dict[str, Comparison]
    corrected: Comparison
    by_category_corrected: dict[str, Comparison]
    by_absence_corrected: dict[str, Comparison]
    prior: Comparison
    prior_beside_jury: Comparison
    judge_agreement: dict[str, Agreement]
    judge_shares: dict[str, tuple[int, int]]
    columns: list[ColumnCheck]
    gaps: list[GapCheck]
    contradictions: dict[str, tuple[int, int]]
    correlations: dict[str, dict[str, float]]
    correlations_corrected: dict[str, dict[str, float]]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def findings(data: CtSpatialVqa, *, resamples: int = 10_000) -> Findings:
    """Compute the study.

    Raises
    ------
    InputError
        A file that is needed is missing or does not fit.
    """
    alone, beside = prior_comparison(data, resamples=resamples)
    joined = corrected(data)
    return Findings(
        jury=jury_comparison(data, resamples=resamples),
        by_category=by_tag(data, resamples=resamples),
        by_absence=by_absence(data, resamples=resamples),
        corrected=jury_comparison(joined, resamples=resamples),
        by_category_corrected=by_tag(joined, resamples=resamples),
        by_absence_corrected=by_absence(joined, resamples=resamples),
        prior=alone,
        prior_beside_jury=beside,
        judge_agreement=judge_agreement(data),
        judge_shares=judge_shares(data),
        columns=check_columns(data),
        gaps=check_gaps(data),
        contradictions={
            model: contradictions(data, model)
            for model in judged_models(data)
            if read_judgments(data, model, "gpt") and read_judgments(data, model, "qwen")
        },
        correlations=correlations(data),
        correlations_corrected=correlations(joined),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Comparison):
        return value.model_dump(mode="json", exclude={"failures", "confusions", "curves"})
    if isinstance(value, Record):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    json.dump(findings(read_ct_spatialvqa(sys.argv[1])).to_json(), sys.stdout, indent=1)
