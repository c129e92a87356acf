"""Scores joined by question identity: for each arm one table of questions x models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats
from medspatial.errors import InputError
from medspatial.records import Item, Question, Score, volume_name, without_suffix

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
        """(questions,) chance level, NaN for open questions and for all of a graded metric."""
        if any(score.correct is None and score.status == "scored" for score in self.scores.values()):
            return np.full(len(self.items), np.nan)
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

    def find(self, item: Item, *, not_ids: Set[str] | None = None) -> int | None:
        """Index of the question that a row is about, by id, else by volume name and text; None without one.

        Parameters
        ----------
        not_ids
            Where the questions are those of other rows, not a list of all: ids that a row with an unknown
            id is not about, whatever it asks. Cases in different folders are then never the same.

        Raises
        ------
        InputError
            The id is unknown, and volume, text and reference answer fit more than one question.
        """
        index = self._by_id.get(item.id)
        if index is not None:
            return index
        found = self._by_text.get(_text_key(item), [])
        if not_ids is not None:
            found = [n for n in found if self.items[n].id not in not_ids and _one_case(self.items[n], item)]
        if len(found) > 1:
            found = [
                n for n in found if _one_case(self.items[n], item) and self.items[n].answer == item.answer
            ]
        if len(found) > 1:
            ids = ", ".join(repr(self.items[index].id) for index in found)
            raise InputError(
                f"{_shown(item)} has the unknown id {item.id!r} and fits several questions: {ids}"
            )
        return found[0] if found else None


def _text_key(item: Item) -> tuple[str, str]:
    return volume_name(item.case_id), " ".join(item.question.split())


def _one_case(first: Item, second: Item) -> bool:
    """False for two cases in different folders of the same name: ``site_a/case_1`` and ``site_b/case_1``."""
    a, b = without_suffix(first.case_id), without_suffix(second.case_id)
    return a == b or not ("/" in a and "/" in b)


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

    Rows are joined by id; a row whose id no other model has, by volume name and question text. An id that
    was joined so in the reference arm stands for the same question in the other arms.

    Raises
    ------
    InputError
        A question scored twice for one model and arm; a row of the reference arm that fits no question;
        no scores in the reference arm; without ``questions``, models that have no question in common.
    """
    by_arm: dict[str, list[Score]] = {}
    for score in scores:
        by_arm.setdefault(score.arm, []).append(score)
    if reference_arm not in by_arm:
        raise InputError(
            f"no scores in the reference arm {reference_arm!r}; arms: {', '.join(sorted(by_arm))}"
        )
    names = _Names()
    tables = {reference_arm: _table(reference_arm, by_arm[reference_arm], questions, names)}
    if questions is None:
        _check_common(tables[reference_arm])
    names.known.update(item.id for item in tables[reference_arm].items)
    for arm in sorted(set(by_arm) - {reference_arm}):
        tables[arm] = _table(arm, by_arm[arm], None, names)
    return tables


@dataclass
class _Names:
    """Ids of the reference arm: those of its questions, and which of them a foreign id stands for."""

    known: set[str] = field(default_factory=set)
    foreign: dict[str, str] = field(default_factory=dict)

    def of(self, score: Score) -> Score:
        """Return the score under the id of its question."""
        own = self.foreign.get(score.id)
        return score if own is None else score.model_copy(update={"id": own})


def _table(
    arm: str, scores: Sequence[Score], questions: Sequence[Question] | None, names: _Names
) -> ArmTable:
    """Join one arm; foreign ids met on the way are entered among the names."""
    index = QuestionIndex(questions or ())
    ids: dict[str, set[str]] = {}  # of each model; its order is that of the columns
    for score in scores:
        ids.setdefault(score.model, set()).add(names.foreign.get(score.id, score.id))
    column = {model: number for number, model in enumerate(ids)}
    cells: dict[tuple[int, int], Score] = {}
    for score in scores:
        item = names.of(score)
        not_ids = None
        if questions is None:  # a question of the reference arm is none of its others, whatever an arm asks
            not_ids = names.known if item.id in names.known else ids[score.model]
        row = index.find(item, not_ids=not_ids)
        if row is None:
            if questions is not None:
                what = f"score of model {score.model!r}: {_shown(score)} (id {score.id!r})"
                raise InputError(f"{what} is not among the questions")
            row = index.add(item)
        elif index.items[row].id != item.id:
            names.foreign[item.id] = index.items[row].id
        cell = row, column[score.model]
        if cell in cells:
            raise InputError(scored_twice(cells[cell], score))
        cells[cell] = score
    return _filled(arm, tuple(ids), tuple(index.items), cells)


def _check_common(table: ArmTable) -> None:
    """Refuse models that share no question, directly or over others: each would miss all of the other's."""
    asked = table.states != MISSING
    inside, covered = {0}, asked[:, 0]
    while near := [n for n in range(len(table.models)) if n not in inside and (asked[:, n] & covered).any()]:
        inside.update(near)
        covered = asked[:, sorted(inside)].any(axis=1)
    apart = [number for number in range(len(table.models)) if number not in inside]
    if apart:
        told = [
            f"model {table.models[number]!r} has {asked[:, number].sum()}, such as "
            f"{_shown(item := table.items[int(asked[:, number].argmax())])} (id {item.id!r})"
            for number in (0, apart[0])
        ]
        raise InputError(
            f"models {table.models[0]!r} and {table.models[apart[0]]!r} have no question in common, "
            f"neither by id nor by volume name and text: {'; '.join(told)}. "
            "If they were asked the same, give all questions with --questions: what fits none is then named"
        )


def scored_twice(first: Score, second: Score) -> str:
    """Say which question one model has two scores for, and what to do about it."""
    who = f"model {first.model!r}, arm {first.arm!r}, metric {first.metric!r}"
    return (
        f"{_shown(first)} is scored twice for {who}: "
        f"id {first.id!r} with prediction {first.prediction!r}, "
        f"id {second.id!r} with prediction {second.prediction!r}; "
        "if these are two models, name each (field 'model' of its rows, or medspatial score --model-name); "
        "if one model's scores are there twice, leave one of them out"
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
