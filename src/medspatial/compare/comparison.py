"""The comparison itself: scores in, one record with every figure out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from medspatial.compare.accuracy import Settings, group_accuracies
from medspatial.compare.result import Accuracy, Comparison, ModelResult
from medspatial.compare.table import ArmTable, arm_tables, one_metric
from medspatial.errors import InputError
from medspatial.records import CATEGORIES, Item, Question, Score


def compare(
    scores: Iterable[Score],
    *,
    questions: Sequence[Question] | None = None,
    metric: str | None = None,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
    reference_arm: str = "standard",
) -> Comparison:
    """Compare models by the verdicts of one metric.

    Parameters
    ----------
    scores
        One per question, model and arm; joined to the questions by id (foreign ids: by volume name and
        question text), never by row.
    questions
        All questions asked. Without them the union over the models is taken, and a question that
        no model answered cannot be missed.
    metric
        Which metric to compare, needed when ``scores`` hold several.
    confidence
        Level of all intervals; ``1 - confidence`` is the level of the tests.
    resamples, seed
        Bootstrap draws and sign flips, and their random seed.

    Raises
    ------
    InputError
        No scores, several metrics, a question scored twice, a score of an unknown question, or a
        setting out of its range.
    """
    settings = _checked(Settings(confidence=confidence, resamples=resamples, seed=seed))
    name, chosen = one_metric(list(scores), metric)
    tables = arm_tables(chosen, questions, reference_arm)
    reference = tables[reference_arm]
    graded = any(score.correct is None and score.status == "scored" for score in chosen)
    results = [result for table in tables.values() for result in _results(table, settings)]
    order = _by_accuracy(results, reference_arm)
    return Comparison(
        metric=name,
        graded=graded,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        reference_arm=reference_arm,
        models=tuple(order),
        arms=tuple(tables),
        categories=tuple(_groups(reference, _category)),
        n_questions=len(reference.items),
        n_patients=len(reference.patient_ids),
        results=tuple(sorted(results, key=lambda r: (list(tables).index(r.arm), order.index(r.model)))),
    )


def _checked(settings: Settings) -> Settings:
    if not 0 < settings.confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {settings.confidence}")
    if settings.resamples < 1:
        raise InputError(f"resamples must be at least 1, got {settings.resamples}")
    return settings


def _by_accuracy(results: Sequence[ModelResult], reference_arm: str) -> list[str]:
    """Models by falling accuracy in the reference arm; models of other arms alone come last."""
    order = {
        result.model: -(result.overall.accuracy or 0.0)
        for result in sorted(results, key=lambda r: r.arm != reference_arm, reverse=True)
    }
    only = {result.model for result in results} - {r.model for r in results if r.arm == reference_arm}
    return sorted(order, key=lambda model: (model in only, order[model], model))


def _category(item: Item) -> str | None:
    return item.category


def _groups(table: ArmTable, of: Callable[[Item], str | None]) -> list[str]:
    """Names of the groups that occur: the known categories in their order, others sorted behind them."""
    names = {name for item in table.items if (name := of(item))}
    known = [name for name in CATEGORIES if name in names]
    return known + sorted(names - set(known), key=_natural)


def _natural(name: str) -> tuple[str, int, str]:
    """Sort ``L2`` before ``L10``."""
    head = name.rstrip("0123456789")
    tail = name[len(head) :]
    return head, int(tail or 0), name


def _results(table: ArmTable, settings: Settings) -> list[ModelResult]:
    masks: dict[tuple[str, str], np.ndarray[tuple[int], np.dtype[np.bool_]]] = {}
    masks["overall", ""] = np.ones(len(table.items), dtype=np.bool_)
    kinds: dict[str, Callable[[Item], str | None]] = {
        "category": _category,
        "subtype": lambda item: item.subtype,
        "answer_type": lambda item: item.answer_type,
    }
    for kind, of in kinds.items():
        labels = np.array([of(item) or "" for item in table.items], dtype=object)
        for name in _groups(table, of):
            masks[kind, name] = labels == name
    found = group_accuracies(table, masks, settings)
    return [
        ModelResult(
            model=model,
            arm=table.arm,
            overall=found["overall", ""][column],
            by_category=_of_kind(found, "category", column),
            by_subtype=_of_kind(found, "subtype", column),
            by_answer_type=_of_kind(found, "answer_type", column),
        )
        for column, model in enumerate(table.models)
    ]


def _of_kind(found: dict[tuple[str, str], list[Accuracy]], kind: str, column: int) -> dict[str, Accuracy]:
    return {name: accuracies[column] for (of, name), accuracies in found.items() if of == kind}
