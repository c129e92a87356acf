"""Measure the acuity of inputs, which needs no weights, and of models, which are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medspatial.acuity.observer import Prepare, observe
from medspatial.acuity.quantities import QUANTITIES, Quantity
from medspatial.acuity.result import Acuity, acuity_of, neighbours
from medspatial.acuity.scene import Patient
from medspatial.acuity.trials import Trials
from medspatial.predict import PredictOptions, predict, read_predictions
from medspatial.progress import Progress, Silent
from medspatial.score import metric

if TYPE_CHECKING:
    from medspatial.models import Model

FINER_LEVELS = 6


def input_acuity(
    name: str, prepare: Prepare, quantities: Sequence[Quantity], *, patients: int = 8, trials: int = 1
) -> Iterator[Acuity]:
    """Yield the acuity of the ideal observer of an input, one quantity after the other.

    Parameters
    ----------
    patients, trials
        Bodies, and places of the spheres in each; the places have any phase between voxels and slices.
    """
    people = [Patient(number) for number in range(patients)]
    for quantity in quantities:
        seen = {one.level: one for one in observe(prepare, quantity, people, trials=trials)}
        rows = [seen[level] for level in quantity.levels]
        right = trials * np.array([one.share for one in rows]).T
        total = np.full_like(right, trials)
        yield acuity_of(name, quantity, right, total, blind=[one.blind for one in rows])


def model_acuity(
    model: Model,
    trials: Trials,
    folder: Path,
    *,
    adaptive: bool = False,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> list[Acuity]:
    """Ask a model all trials and fit its answers; what the folder holds already is not asked again.

    Answers are scored as everywhere; one that names none of the two options is wrong.

    Parameters
    ----------
    adaptive
        Ask six more levels within the interval of each threshold that the grid found, or between the levels
        beside it.
    """
    counts = _asked(model, trials, folder / f"{model.name}.jsonl", batch_size, progress)
    found = [acuity_of(model.name, one, *counts[one.name]) for one in trials.quantities]
    finer = tuple(between for one in found if (between := refined(one)) is not None) if adaptive else ()
    if not finer:
        return found
    more = replace(trials, quantities=finer)
    again = _asked(model, more, folder / f"{model.name}.finer.jsonl", batch_size, progress)
    both = []
    for one, quantity in zip(found, trials.quantities, strict=True):
        if quantity.name not in again:
            both.append(one)
            continue
        between = next(part for part in finer if part.name == quantity.name)
        levels = np.array([*quantity.levels, *between.levels])
        order = np.argsort(levels, kind="stable")
        right, total = (
            np.hstack(pair)[:, order]
            for pair in zip(counts[quantity.name], again[quantity.name], strict=True)
        )
        all_levels = replace(quantity, levels=tuple(float(level) for level in levels[order]))
        both.append(acuity_of(model.name, all_levels, right, total))
    return both


def refined(found: Acuity) -> Quantity | None:
    """Return the quantity with levels about its threshold; None where it has none."""
    quantity = QUANTITIES[found.quantity]
    if found.threshold is None:
        return None
    below, above = neighbours(quantity.levels, found.threshold)
    low, high = min(found.low or below, below), max(found.high or above, above)
    low, high = max(low, min(quantity.levels)), min(high, max(quantity.levels))
    inner = np.geomspace(low, high, FINER_LEVELS + 2)[1:-1]
    return replace(quantity, levels=tuple(round(float(level), 4) for level in inner))


Counts = tuple[NDArray[np.float64], NDArray[np.float64]]


def _asked(
    model: Model, trials: Trials, path: Path, batch_size: int | None, progress: Progress | None
) -> dict[str, Counts]:
    """Ask what is not answered yet, and count right answers by quantity."""
    run = predict(
        model,
        trials.questions,
        path,
        cases=trials.volume,
        options=PredictOptions(
            batch_size=batch_size,
            configuration={"acuity": trials.settings},
            progress=progress or Silent(),
        ),
    )
    scores = {one.id: one for one in metric("structured").score(read_predictions(run.path))}
    return {quantity.name: trials.counts(quantity, scores) for quantity in trials.quantities}
