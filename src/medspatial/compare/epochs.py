"""Repeated sampling: how much of an accuracy's variance comes from patients, questions, and the draw."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.accuracy_result import EpochVariance
from medspatial.compare.clustered import Floats
from medspatial.compare.score_rows import MISSING, UNSCORED
from medspatial.compare.table import ArmTable

_REPEAT = re.compile(r"(.+)-epoch-(\d+)")
FEWEST_PATIENTS = 2


def without_repeats(tables: Mapping[str, ArmTable]) -> tuple[dict[str, ArmTable], dict[str, list[ArmTable]]]:
    """Split the arms from their repeats, ``ARM-epoch-2`` and so on, which are no control arms.

    A repeat whose first run is not there stays an arm.
    """
    found: dict[str, list[tuple[int, ArmTable]]] = {}
    for name, table in tables.items():
        match = _REPEAT.fullmatch(name)
        if match and match.group(1) in tables:
            found.setdefault(match.group(1), []).append((int(match.group(2)), table))
    repeats = {
        arm: [table for _, table in sorted(rows, key=lambda row: row[0])] for arm, rows in found.items()
    }
    gone = {table.arm for rows in repeats.values() for table in rows}
    return {name: table for name, table in tables.items() if name not in gone}, repeats


def epoch_variances(
    tables: Mapping[str, ArmTable], repeats: Mapping[str, Sequence[ArmTable]], order: Sequence[str]
) -> tuple[EpochVariance, ...]:
    """Decompose the variance of each model's accuracy in each arm that was run more than once."""
    return tuple(
        row
        for arm, others in repeats.items()
        for model in order
        if (row := _of_model(model, tables[arm], others)) is not None
    )


def components(values: Floats, patients: NDArray[np.intp]) -> tuple[float, float, float]:
    """Variances that patients, questions and draws add to the accuracy of one run.

    Parameters
    ----------
    values
        (questions, epochs) verdicts, at least two of each.
    patients
        (questions,) codes, at least two different ones.

    Returns
    -------
    patient, question, epoch
        ``var_P sum(m^2) / n^2``, ``var_Q / n`` and ``var_E / n``; each variance is at least 0.

    Notes
    -----
    The model is ``verdict = mean + patient + question + draw``. Draws: mean variance within a question.
    Patients and questions: analysis of variance of the question means, one way, unbalanced (Searle, Casella
    and McCulloch 1992, ch. 3), where the mean square within patients holds ``var_Q + var_E / epochs``.
    """
    n, epochs = values.shape
    means = values.mean(axis=1)
    draw = float(values.var(axis=1, ddof=1).mean())
    codes, index = np.unique(patients, return_inverse=True)
    sizes = np.bincount(index).astype(np.float64)
    by_patient = np.bincount(index, weights=means) / sizes
    within = float(np.square(means - by_patient[index]).sum()) / max(n - len(codes), 1)
    between = float((sizes * np.square(by_patient - means.mean())).sum()) / (len(codes) - 1)
    if n == len(codes):  # one question each: patient and question cannot be told apart
        within, patient = between, 0.0
    else:
        size = (n - np.square(sizes).sum() / n) / (len(codes) - 1)
        patient = max(0.0, (between - within) / size)
    question = max(0.0, within - draw / epochs)
    return patient * float(np.square(sizes).sum()) / n**2, question / n, draw / n


def _of_model(model: str, first: ArmTable, others: Sequence[ArmTable]) -> EpochVariance | None:
    runs = [table for table in (first, *others) if model in table.models]
    if len(runs) < 2 or runs[0] is not first:
        return None
    places = [{name: row for row, name in enumerate(table.items.ids)} for table in runs]
    pairs = list(zip(runs, places, strict=True))
    shared = [
        name
        for name in first.items.ids
        if all(_has_verdict(table, place, name, model) for table, place in pairs)
    ]
    kept = np.array([places[0][name] for name in shared], dtype=np.intp)
    patients = first.patients[kept]
    if len(shared) < 2 or len(np.unique(patients)) < FEWEST_PATIENTS:
        return None
    columns = [
        table.values[[place[name] for name in shared], table.models.index(model)] for table, place in pairs
    ]
    values = np.column_stack(columns)
    patient, question, epoch = components(values, patients)
    whole, mean = patient + question + epoch, patient + question + epoch / len(runs)
    return EpochVariance(
        model=model,
        arm=first.arm,
        epochs=len(runs),
        n=len(shared),
        patients=len(np.unique(patients)),
        accuracies=tuple(float(column.mean()) for column in columns),
        accuracy=float(values.mean()),
        changed=float((values != values[:, :1]).any(axis=1).mean()),
        patient=patient,
        question=question,
        epoch=epoch,
        share=epoch / whole if whole > 0 else 0.0,
        share_of_mean=epoch / len(runs) / mean if mean > 0 else 0.0,
        se=float(np.sqrt(whole)),
        se_of_mean=float(np.sqrt(mean)),
    )


def _has_verdict(table: ArmTable, place: Mapping[str, int], name: str, model: str) -> bool:
    if name not in place:
        return False
    return int(table.states[place[name], table.models.index(model)]) not in (MISSING, UNSCORED)
