"""What follows from readers' answers: accuracy for readers and patients like these, help, models, time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from medspatial.compare.multireader import (
    Array,
    Estimate,
    MultiReader,
    jackknife,
    jackknife_covariance,
    obuchowski_rockette,
    readers_against,
)
from medspatial.datasets.review import Agreement, agreement
from medspatial.readers.learning import Trend, trend
from medspatial.readers.session import PREFIX
from medspatial.records import Prediction, Score

ALONE, ASSISTED = "alone", "assisted"
_SUFFIX = f" {ASSISTED}"
Right = Mapping[str, Mapping[str, bool]]  # by answerer and question


@dataclass
class ReaderResults:
    """Figures of a reader study.

    Attributes
    ----------
    accuracy
        Share right and number of answers of each reader and condition, by name.
    common
        Questions that all readers answered in all conditions; the figures below rest on these.
    mean
        Per condition, for readers and patients like these (Obuchowski-Rockette, Hillis).
    assistance
        Assisted minus alone; None without both.
    against
        Per model: readers' mean accuracy alone minus the model's.
    agreement
        On the answers given alone, on questions that two readers or more answered.
    learning, speed
        Change of accuracy, and of the natural logarithm of seconds, over ten questions.
    why_not
        What could not be computed, and why.
    """

    accuracy: dict[str, tuple[float, int]] = field(default_factory=dict)
    common: int = 0
    mean: dict[str, Estimate] = field(default_factory=dict)
    assistance: Estimate | None = None
    against: dict[str, Estimate] = field(default_factory=dict)
    agreement: Agreement | None = None
    learning: Trend | None = None
    speed: Trend | None = None
    why_not: list[str] = field(default_factory=list)


def reader_results(
    predictions: Sequence[Prediction], scores: Iterable[Score], level: float = 0.95
) -> ReaderResults:
    """Analyse readers' answers, and models' beside them.

    Parameters
    ----------
    predictions
        Of the readers, as `medspatial.readers.session.reader_predictions` gives them.
    scores
        Of readers and models on the same questions, by one metric that says right or wrong; what is
        unscored counts as not answered.
    """
    right: dict[str, dict[str, bool]] = defaultdict(dict)
    patients: dict[str, str] = {}
    for score in scores:
        if score.correct is not None:
            right[score.model][score.id] = score.correct
            patients[score.id] = score.patient_id
    found = ReaderResults()
    people = sorted(name for name in right if name.startswith(PREFIX))
    found.accuracy = {
        name: (sum(right[name].values()) / len(right[name]), len(right[name])) for name in people
    }
    alone = [name for name in people if not name.endswith(_SUFFIX)]
    assisted = [name for name in people if name.endswith(_SUFFIX)]
    _means(found, right, patients, [alone, assisted], level)
    for model in sorted(set(right) - set(people)):
        _against(found, right, patients, alone, model=model, level=level)
    _course(found, predictions, right, set(alone))
    blind = sum(one.metadata.get("images") == "not shown" for one in predictions)
    if blind:
        found.why_not.append(
            f"what images add to {blind} answers: they were given without images on the screen"
        )
    return found


def _means(
    found: ReaderResults, right: Right, patients: Mapping[str, str], groups: list[list[str]], level: float
) -> None:
    """The mean of each condition, and their difference where the same readers read both."""
    both = [group for group in groups if group]
    names = [[name.removesuffix(_SUFFIX) for name in group] for group in both]
    paired = len(both) == 2 and names[0] == names[1]
    if len(both) == 2 and not paired:
        found.why_not.append("not the same readers answered alone and assisted: no difference")
    for group in [both] if paired else [[one] for one in both]:
        questions = _common(right, [name for one in group for name in one])
        if (why := _too_few(len(group[0]), questions, patients)) is not None:
            found.why_not.append(why)
            continue
        found.common = len(questions)
        analysed = _analysed(right, group, questions, patients, level)
        for one, estimate in zip(group, analysed.means, strict=True):
            found.mean[ASSISTED if one[0].endswith(_SUFFIX) else ALONE] = estimate
        if paired:
            found.assistance = _turned(analysed.differences[0, 1])


def _analysed(
    right: Right, group: list[list[str]], questions: list[str], patients: Mapping[str, str], level: float
) -> MultiReader:
    scores = np.array([[[right[name][one] for one in questions] for name in names] for names in group])
    figures, without = jackknife(scores.astype(np.float64), [patients[one] for one in questions])
    return obuchowski_rockette(figures, jackknife_covariance(without), level)


def _against(
    found: ReaderResults,
    right: Right,
    patients: Mapping[str, str],
    alone: list[str],
    *,
    model: str,
    level: float,
) -> None:
    questions = _common(right, [*alone, model])
    if (why := _too_few(len(alone), questions, patients)) is not None:
        found.why_not.append(f"against {model}: {why}")
        return
    people: Array = np.array([[right[name][one] for one in questions] for name in alone], dtype=np.float64)
    other: Array = np.array([right[model][one] for one in questions], dtype=np.float64)
    found.against[model] = readers_against(people, other, [patients[one] for one in questions], level)


def _course(found: ReaderResults, predictions: Sequence[Prediction], right: Right, alone: set[str]) -> None:
    """Agreement on the answers, and change over time."""
    own = [one for one in predictions if one.model in alone]
    ratings: dict[str, dict[str, str]] = defaultdict(dict)
    for one in own:
        ratings[one.id][one.model] = " ".join((one.prediction or "").lower().split())
    found.agreement = agreement(ratings)
    ordered = sorted(own, key=lambda one: int(one.metadata.get("order", 0)))

    def series(figure: Callable[[Prediction], float]) -> dict[str, Sequence[float]]:
        values: dict[str, list[float]] = defaultdict(list)
        for one in ordered:
            if one.id in right.get(one.model, {}):
                values[one.model].append(figure(one))
        return dict(values)

    found.learning = trend(series(lambda one: float(right[one.model][one.id])))
    # Under a tenth of a second nobody reads: the logarithm is kept from such slips.
    found.speed = trend(series(lambda one: math.log(max(0.1, float(one.metadata.get("seconds", 0.1))))))


def _common(right: Right, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [one for one in right[names[0]] if all(one in right[name] for name in names)]


def _too_few(readers: int, questions: list[str], patients: Mapping[str, str]) -> str | None:
    people = len({patients[one] for one in questions})
    if readers >= 2 and people >= 2:
        return None
    return (
        f"needs two readers and two patients with questions that all answered, "
        f"got {readers} readers and {people} patients"
    )


def _turned(one: Estimate) -> Estimate:
    return Estimate(-one.value, one.se, one.df, -one.high, -one.low, one.p)
