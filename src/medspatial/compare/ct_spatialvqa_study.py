"""The figures of the study of CT-SpatialVQA: what the published table can and cannot say.

python -m medspatial.compare.ct_spatialvqa_study FOLDER > figures.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from medspatial.compare.agreement import Agreement, agreement
from medspatial.compare.comparison import compare
from medspatial.compare.ct_spatialvqa import (
    JUDGES,
    CtSpatialVqa,
    absent_or_normal,
    normal_text,
    read_ct_spatialvqa,
    read_judgments,
    text_prior,
)
from medspatial.compare.result import Comparison
from medspatial.records import Question, Score

JUDGED_MODELS = ("m3d", "radfm", "merlin")


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
    }


if __name__ == "__main__":
    json.dump(figures(read_ct_spatialvqa(sys.argv[1])), sys.stdout, indent=1)
