"""Scores joined by question identity: for each arm one table of questions x models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats
from medspatial.errors import InputError
from medspatial.records import Item, Question, Score, volume_name

SCORED, UNANSWERED, UNSCORED, MISSING = 0, 1, 2, 3
_STATES = {"scored": SCORED, "unanswered": UNANSWERED, "unscored": UNSCORED}


@dataclass(frozen=True)
class ArmTable:
    """One arm's verdicts.

    Attributes
    ----------
    items
        The questions, in stable order (of the question file, else of first appearance).
    values
        (questions, models) verdict: 1, 0, or the graded figure; 0 where there is none.
    states
        (questions, models) ``SCORED``, ``UNANSWERED``, ``UNSCORED`` or ``MISSING``.
    """

    arm: str
    models: tuple[str, ...]
    items: tuple[Item, ...]
    values: Floats
    states: NDArray[np.int8]
    scores: Mapping[tuple[int, int], Score] = field(default_factory=dict, repr=False)

    @cached_property
    def failed(self) -> NDArray[np.bool_]:
        """(questions, models) True where there is no verdict because the prediction failed."""
        found = np.zeros(self.states.shape, dtype=np.bool_)
        for row, column in np.argwhere(self.states == UNSCORED):
            score = self.scores.get((int(row), int(column)))
            found[row, column] = score is not None and prediction_failed(score)
        return found

    @cached_property
    def patient_ids(self) -> tuple[str, ...]:
        """Patients in order of first appearance."""
        return tuple(dict.fromkeys(item.patient_id for item in self.items))

    @cached_property
    def patients(self) -> NDArray[np.intp]:
        """(questions,) index into ``patient_ids``."""
        code = {patient: index for index, patient in enumerate(self.patient_ids)}
        return np.array([code[item.patient_id] for item in self.items], dtype=np.intp)

    @cached_property
    def chance(self) -> Floats:
        """(questions,) chance level, NaN for open questions."""
        return np.array([chance_level(item) for item in self.items], dtype=np.float64)

    def score(self, question: int, model: str) -> Score | None:
        """Return the score of a question (by index) and model, if there is one."""
        return self.scores.get((question, self.models.index(model)))


def prediction_failed(score: Score) -> bool:
    """Say whether an unscored row had no prediction at all; else an answer is there without a verdict."""
    return score.status == "unscored" and (score.rule == "failed" or score.prediction is None)


def chance_level(item: Item) -> float:
    """Chance of guessing right: 1/options for a closed question, 1/2 for yes/no and left/right, else NaN."""
    if item.options:
        return 1 / len(item.options)
    two = item.answer_type == "yes_no" or (item.answer_type == "side" and item.answer in ("left", "right"))
    return 0.5 if two else float("nan")


class QuestionIndex:
    """Questions found by id, or by volume name and question text for rows with foreign ids."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self.items: list[Item] = []
        self._by_id: dict[str, int] = {}
        self._by_text: dict[tuple[str, str], list[int]] = {}
        for item in items:
            if item.id in self._by_id:
                first = _shown(self.items[self._by_id[item.id]])
                raise InputError(f"two questions have id {item.id!r}: {first} and {_shown(item)}")
            self.add(item)

    def add(self, item: Item) -> int:
        """Append a question and return its index."""
        index = len(self.items)
        self.items.append(item)
        self._by_id[item.id] = index
        self._by_text.setdefault(_text_key(item), []).append(index)
        return index

    def find(self, item: Item, *, by_text: bool = True) -> int | None:
        """Index of the question that a row is about; None when there is none.

        Parameters
        ----------
        by_text
            Whether an unknown id may be looked up by volume name and question text.

        Raises
        ------
        InputError
            The id is unknown, and volume, text and reference answer fit more than one question.
        """
        index = self._by_id.get(item.id)
        if index is not None or not by_text:
            return index
        found = self._by_text.get(_text_key(item), [])
        if len(found) > 1:
            found = [index for index in found if self.items[index].answer == item.answer]
        if len(found) > 1:
            ids = ", ".join(repr(self.items[index].id) for index in found)
            raise InputError(
                f"{_shown(item)} has the unknown id {item.id!r} and fits several questions: {ids}"
            )
        return found[0] if found else None


def _text_key(item: Item) -> tuple[str, str]:
    return volume_name(item.case_id), " ".join(item.question.split())


def _shown(item: Item) -> str:
    return f"question {item.question!r} of case {item.case_id!r}"


def one_metric(scores: Sequence[Score], metric: str | None) -> tuple[str, list[Score]]:
    """Pick the scores of one metric.

    Raises
    ------
    InputError
        No scores, no such metric, or several metrics and none named.
    """
    names = list(dict.fromkeys(score.metric for score in scores))
    if not names:
        raise InputError("no scores to compare")
    if metric is None and len(names) > 1:
        raise InputError(f"scores hold {len(names)} metrics, name one of them: {', '.join(sorted(names))}")
    chosen = metric or names[0]
    if chosen not in names:
        raise InputError(f"no scores of metric {chosen!r}; there are: {', '.join(sorted(names))}")
    return chosen, [score for score in scores if score.metric == chosen]


def arm_tables(
    scores: Sequence[Score], questions: Sequence[Question] | None, reference_arm: str
) -> dict[str, ArmTable]:
    """Join scores to questions, one table per arm, the reference arm first.

    The questions of the reference arm are ``questions`` where given (so that one that no model
    answered still counts), else the union over models. Those of another arm are the union over its
    models, since an arm may cover only a part of the questions or ask changed ones.

    Raises
    ------
    InputError
        A question scored twice for one model and arm; a row of the reference arm that fits no question;
        no scores in the reference arm.
    """
    by_arm: dict[str, list[Score]] = {}
    for score in scores:
        by_arm.setdefault(score.arm, []).append(score)
    if reference_arm not in by_arm:
        raise InputError(
            f"no scores in the reference arm {reference_arm!r}; arms: {', '.join(sorted(by_arm))}"
        )
    tables = {reference_arm: _table(reference_arm, by_arm[reference_arm], questions)}
    for arm in sorted(set(by_arm) - {reference_arm}):
        tables[arm] = _table(arm, by_arm[arm], None)
    return tables


def _table(
    arm: str,
    scores: Sequence[Score],
    questions: Sequence[Question] | None,
) -> ArmTable:
    index = QuestionIndex(questions or ())
    models = tuple(dict.fromkeys(score.model for score in scores))
    column = {model: number for number, model in enumerate(models)}
    cells: dict[tuple[int, int], Score] = {}
    for score in scores:
        row = index.find(score, by_text=questions is not None)
        if row is None:
            if questions is not None:
                what = f"score of model {score.model!r}: {_shown(score)} (id {score.id!r})"
                raise InputError(f"{what} is not among the questions")
            row = index.add(score)
        cell = row, column[score.model]
        if cell in cells:
            raise InputError(_twice(cells[cell], score))
        cells[cell] = score
    return _filled(arm, models, tuple(index.items), cells)


def _twice(first: Score, second: Score) -> str:
    who = f"model {first.model!r}, arm {first.arm!r}, metric {first.metric!r}"
    return (
        f"{_shown(first)} is scored twice for {who}: "
        f"id {first.id!r} with prediction {first.prediction!r}, "
        f"id {second.id!r} with prediction {second.prediction!r}"
    )


def _filled(
    arm: str, models: tuple[str, ...], items: tuple[Item, ...], cells: dict[tuple[int, int], Score]
) -> ArmTable:
    values = np.zeros((len(items), len(models)))
    states = np.full((len(items), len(models)), MISSING, dtype=np.int8)
    for cell, score in cells.items():
        state = _STATES[score.status]
        states[cell] = state
        if state != UNSCORED:
            values[cell] = _verdict(score)
    return ArmTable(arm, models, items, values, states, cells)


def _verdict(score: Score) -> float:
    if score.correct is not None:
        return float(score.correct)
    if score.status == "unanswered":
        return 0.0 if score.score is None else score.score
    if score.score is None:
        raise InputError(f"score of model {score.model!r} for {_shown(score)}: status 'scored' without score")
    return score.score
