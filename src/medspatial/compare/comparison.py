"""The comparison itself: scores in, one record with every figure out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from medspatial.compare.accuracy import group_accuracies
from medspatial.compare.accuracy_result import Accuracy, CochranQ, ModelResult
from medspatial.compare.causes import causes
from medspatial.compare.confusion import confusions
from medspatial.compare.controls import arm_contrasts, consistencies
from medspatial.compare.curves import curves
from medspatial.compare.discordance import cochran_q
from medspatial.compare.epochs import epoch_variances, without_repeats
from medspatial.compare.failures import failure_counts
from medspatial.compare.grounding import groundings
from medspatial.compare.groups import OVERALL, Grouped, Settings, grouped
from medspatial.compare.ideal import Ideals
from medspatial.compare.pairs import paired_differences
from medspatial.compare.ranks import bootstrap_ranks
from medspatial.compare.result import Comparison
from medspatial.compare.score_rows import one_metric
from medspatial.compare.table import ArmTable, arm_tables
from medspatial.records import Question, Score, Sight


def compare(
    scores: Iterable[Score],
    *,
    questions: Sequence[Question] | None = None,
    metric: str | None = None,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
    reference_arm: str = "standard",
    sights: Sequence[Sight] = (),
) -> Comparison:
    """Compare models by the verdicts of one metric.

    Parameters
    ----------
    scores
        One per question, model and arm; joined to the questions by id (foreign ids: by volume name and
        question text), never by row.
    questions
        All questions asked. Without them the union over the models is taken, and a question that
        no model answered cannot be missed. Evidence (for margins and sizes) comes from here.
    metric
        Which metric to compare, needed when ``scores`` hold several.
    confidence
        Level of all intervals; ``1 - confidence`` is the level of the tests.
    resamples, seed
        Bootstrap draws and sign flips, and their random seed.
    reference_arm
        The arm whose models are ranked and tested; the other arms are its controls, but for its repeats
        (``ARM-epoch-2``, ...), which say how much of the variance comes from the draw.
    sights
        What inputs hold of the questions (`medspatial.acuity.sights`): the ideal observer of each stands
        beside the models' curves.

    Raises
    ------
    InputError
        No scores, several metrics, a question scored twice, a score of an unknown question, or a
        setting out of its range; sights of other questions, or twice of one.
    """
    settings = Settings(confidence=confidence, resamples=resamples, seed=seed)
    name, chosen = one_metric(scores, metric)
    tables, repeats = without_repeats(arm_tables(chosen, questions, reference_arm))
    data = {arm: grouped(table, settings) for arm, table in tables.items()}
    order = _by_accuracy(tables, reference_arm)
    results = [result for arm in tables for result in _results(data[arm], order, settings)]
    reference = tables[reference_arm]
    ideals = Ideals(reference, sights)
    graded = np.abs(chosen.verdicts[chosen.graded])
    return Comparison(
        metric=name,
        graded=len(graded) > 0,
        largest=float(graded.max()) if len(graded) else None,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        reference_arm=reference_arm,
        models=tuple(order),
        arms=tuple(tables),
        categories=data[reference_arm].names("category"),
        n_questions=len(reference.items),
        n_patients=len(reference.patient_ids),
        results=tuple(results),
        **_tests(data[reference_arm], order, settings),
        **_controls(tables, reference_arm, settings),
        failures=tuple(row for table in tables.values() for row in failure_counts(table)),
        confusions=tuple(row for table in tables.values() for row in confusions(table)),
        curves=tuple(curves(reference, settings, contrasts=ideals.contrasts)),
        inputs=tuple(ideals.results()),
        ideals=tuple(ideals.curves()),
        epochs=epoch_variances(tables, repeats, order),
    )


def _by_accuracy(tables: dict[str, ArmTable], reference_arm: str) -> list[str]:
    """Models by falling accuracy in the reference arm; models of other arms alone come last."""
    reference = tables[reference_arm]
    means = dict(zip(reference.models, reference.values.mean(axis=0), strict=True))
    others = {model for table in tables.values() for model in table.models} - set(means)
    return [*sorted(means, key=lambda model: (-means[model], model)), *sorted(others)]


def _results(data: Grouped, order: list[str], settings: Settings) -> list[ModelResult]:
    found = {group: group_accuracies(data, group, settings) for group in data.masks}
    models = data.table.models

    def of_kind(kind: str, column: int) -> dict[str, Accuracy]:
        return {name: found[kind, name][column] for name in data.names(kind)}

    return [
        ModelResult(
            model=model,
            arm=data.table.arm,
            overall=found[OVERALL][models.index(model)],
            by_category=of_kind("category", models.index(model)),
            by_subtype=of_kind("subtype", models.index(model)),
            by_answer_type=of_kind("answer_type", models.index(model)),
        )
        for model in order
        if model in models
    ]


def _tests(data: Grouped, order: list[str], settings: Settings) -> dict[str, Any]:
    """Tests between models, and ranks."""
    pairs, by_category = paired_differences(data, order, settings)
    detectable = [pair.mde for pair in pairs if pair.mde is not None]
    values = data.table.values
    q = cochran_q(values) if np.isin(values, (0.0, 1.0)).all() else None
    return {
        "pairs": tuple(pairs),
        "category_pairs": tuple(by_category),
        "cochran_q": (CochranQ(arm=data.table.arm, statistic=q[0], df=q[1], p=q[2]),) if q else (),
        "ranks": tuple(bootstrap_ranks(data, order, settings)),
        "mde": max(detectable, default=None),
    }


def _controls(tables: dict[str, ArmTable], reference_arm: str, settings: Settings) -> dict[str, Any]:
    """What the control arms say."""
    return {
        "contrasts": tuple(arm_contrasts(tables, reference_arm, settings)),
        "consistency": tuple(consistencies(tables, reference_arm, settings)),
        "grounding": tuple(groundings(tables, reference_arm, settings)),
        "causes": causes(tables, reference_arm, settings),
    }
