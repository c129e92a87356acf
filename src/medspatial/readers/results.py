"""What follows from readers' answers: accuracy for readers and patients like these, help, models, time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from medspatial.compare.multireader import Array
from medspatial.compare.reader_means import ReaderMean, reader_mean
from medspatial.datasets.review import Agreement, agreement
from medspatial.readers.learning import Trend, trend
from medspatial.readers.session import PREFIX
from medspatial.records import Prediction, Score, normal_text

ALONE, ASSISTED = "alone", "assisted"
_SUFFIX = f" {ASSISTED}"
Right = Mapping[str, Mapping[str, bool]]  # by answerer and question


@dataclass
class ReaderResults:
    """Figures of a reader study.

    Attributes
    ----------
    accuracy
        Share right and number of answers of each reader and condition, and of each model on the questions
        that readers read, by name.
    mean
        Per condition the mean of the readers' own figures, for readers and patients like these.
    assistance
        Assisted minus alone, on the questions that a reader read both ways; None without both.
    against
        Per model: readers alone minus the model on the same questions.
    agreement
        On the answers given alone, on questions that two readers or more answered.
    learning, speed
        Change of accuracy, and of the natural logarithm of seconds, over ten questions.
    why_not
        What could not be computed or did not enter, and why.
    """

    accuracy: dict[str, tuple[float, int]] = field(default_factory=dict)
    mean: dict[str, ReaderMean] = field(default_factory=dict)
    assistance: ReaderMean | None = None
    against: dict[str, ReaderMean] = field(default_factory=dict)
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
            name = score.model if score.arm == "standard" else f"{score.model} ({score.arm})"
            right[name][score.id] = score.correct
            patients[score.id] = score.patient_id
    found = ReaderResults()
    people = sorted(name for name in right if name.startswith(PREFIX))
    models = sorted(set(right) - set(people))
    read = {question for name in people for question in right[name]}
    for name in (*people, *models):
        own = [one for question, one in right[name].items() if question in read]
        if own:
            found.accuracy[name] = sum(own) / len(own), len(own)
    alone = [name for name in people if not name.endswith(_SUFFIX)]
    assisted = [name for name in people if name.endswith(_SUFFIX)]
    sheet = _Sheet(right, patients, level)
    for condition, names in ((ALONE, alone), (ASSISTED, assisted)):
        if names and (mean := sheet.mean(found, f"mean {condition}", _figures(right, names))) is not None:
            found.mean[condition] = mean
    if alone and assisted:
        found.assistance = sheet.mean(found, "assisted minus alone", _help(found, right, alone))
    for model in models:
        apart = {name: _minus(right[name], right[model]) for name in alone}
        if (mean := sheet.mean(found, f"against {model}", apart)) is not None:
            found.against[model] = mean
    _course(found, predictions, right, set(alone))
    blind = sum(one.metadata.get("images") == "not shown" for one in predictions)
    if blind:
        found.why_not.append(
            f"what images add to {blind} answers: they were given without images on the screen"
        )
    return found


Figures = Mapping[str, Mapping[str, float]]  # by reader and question


@dataclass(frozen=True)
class _Sheet:
    """Readers' figures laid out side by side."""

    right: Right
    patients: Mapping[str, str]
    level: float

    def mean(self, found: ReaderResults, what: str, figures: Figures) -> ReaderMean | None:
        """Return the mean of readers with two patients or more; what is left out is noted."""
        enough = {name: one for name, one in figures.items() if len({self.patients[q] for q in one}) > 1}
        few = [name for name in figures if name not in enough]
        if len(enough) < 2:
            found.why_not.append(
                f"{what}: needs two readers with two patients each, got {len(enough)} such readers"
            )
            return None
        if few:
            found.why_not.append(f"{what}: without {', '.join(few)}, with fewer than two patients")
        columns = {
            q: place for place, q in enumerate(dict.fromkeys(q for one in enough.values() for q in one))
        }
        scores: Array = np.full((len(enough), len(columns)), np.nan)
        for row, one in enumerate(enough.values()):
            scores[row, [columns[question] for question in one]] = list(one.values())
        return reader_mean(scores, [self.patients[question] for question in columns], self.level)


def _figures(right: Right, names: Sequence[str]) -> Figures:
    return {name: {question: float(one) for question, one in right[name].items()} for name in names}


def _minus(one: Mapping[str, bool], other: Mapping[str, bool]) -> dict[str, float]:
    return {
        question: float(yes) - float(other[question]) for question, yes in one.items() if question in other
    }


def _help(found: ReaderResults, right: Right, alone: Sequence[str]) -> Figures:
    """Assisted minus alone, of readers and on questions with both; answers without a partner are noted."""
    both = {name: name + _SUFFIX for name in alone if name + _SUFFIX in right}
    apart = {name: _minus(right[other], right[name]) for name, other in both.items()}
    people = [name for name in right if name.startswith(PREFIX)]
    single = sum(len(right[name]) for name in people) - 2 * sum(map(len, apart.values()))
    if single:
        found.why_not.append(f"assisted minus alone: {single} answers were given in one condition only")
    return apart


def _course(found: ReaderResults, predictions: Sequence[Prediction], right: Right, alone: set[str]) -> None:
    """Agreement on the answers, and change over time."""
    own = [one for one in predictions if one.model in alone]
    ratings: dict[str, dict[str, str]] = defaultdict(dict)
    for one in own:
        ratings[one.id][one.model] = normal_text(one.prediction or "")
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
