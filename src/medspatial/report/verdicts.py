"""Every answer with its verdict, by question, model and arm; a missing row is a state of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from medspatial.compare import score_rows
from medspatial.compare.failures import FAILURES, VISIBLE_SHARE, classify
from medspatial.compare.score_rows import ScoreRows
from medspatial.compare.table import QuestionIndex
from medspatial.records import Prediction, Question, Score
from medspatial.report.provenance import provenance_rows

if TYPE_CHECKING:
    from medspatial.compare.result import Comparison

RIGHT, WRONG, UNANSWERED, UNSCORED, FAILED, MISSING_ROW, GRADED = "rwunfmg"
VERDICT_TITLES = {
    RIGHT: "right",
    WRONG: "wrong",
    UNANSWERED: "no usable answer",
    UNSCORED: "answered, no verdict",
    FAILED: "prediction failed",
    MISSING_ROW: "missing",
    GRADED: "graded",
}

FAILURE_LETTERS = dict(zip(FAILURES, "abcdefghijklmnopqrstuvwxyz", strict=False))
_Key = tuple[str, str, str]  # question id, model, arm
_KEPT_ROWS = 4096  # scores read last: the page's files take those of forty questions at a time


class Verdicts:
    """Joins predictions and scores to questions, as the comparison does: by id, else by volume and text.

    Parameters
    ----------
    comparison
        Names the models, the arms and the metric whose verdicts count.

    Attributes
    ----------
    foreign
        Number of predictions and scores that belong to none of the questions.
    """

    def __init__(
        self,
        comparison: Comparison,
        questions: Sequence[Question],
        predictions: Sequence[Prediction],
        scores: Sequence[Score],
    ) -> None:
        self.models = comparison.models
        self.arms = comparison.arms
        self.reference_arm = comparison.reference_arm
        self._metric = comparison.metric
        self._questions = QuestionIndex(questions)
        self.foreign = 0
        self._predictions: dict[_Key, Prediction] = dict(self._keyed(predictions))
        self._rows = ScoreRows.of(scores)
        self._row = lru_cache(_KEPT_ROWS)(self._rows.__getitem__)
        self._scores: dict[_Key, list[int]] = {}  # numbers of rows
        for key, number in self._keyed_rows():
            self._scores.setdefault(key, []).append(number)

    def marks(self, question: Question) -> str:
        """Return one letter per model for the reference arm, in the order of `models`."""
        return "".join(self._mark(question.id, model, self.reference_arm) for model in self.models)

    def failures(self, question: Question) -> str:
        """Return one letter per model for its failure class in the reference arm, ``-`` for none.

        The letters are those of `FAILURE_LETTERS`.
        """
        keys = ((question.id, model, self.reference_arm) for model in self.models)
        found = (classify(self._deciding(key), question) for key in keys)
        return "".join("-" if one is None else FAILURE_LETTERS[one] for one in found)

    def answers(self, question: Question) -> list[dict[str, Any]]:
        """Return every model's answer in every arm, plain data for the page's script.

        In the reference arm a missing answer is listed as such; in other arms, which need not hold
        every question, it is left out.
        """
        rows = []
        for arm in (self.reference_arm, *(arm for arm in self.arms if arm != self.reference_arm)):
            for model in self.models:
                key = question.id, model, arm
                if arm == self.reference_arm or key in self._predictions or key in self._scores:
                    rows.append(self._answer(*key))
        return rows

    def _keyed(self, rows: Sequence[Prediction]) -> Iterator[tuple[_Key, Prediction]]:
        for row in rows:
            place = self._questions.find(row)
            if place is None:
                self.foreign += 1
            else:
                yield (self._questions.ids[place], row.model, row.arm), row

    def _keyed_rows(self) -> Iterator[tuple[_Key, int]]:
        """Yield the numbers of the scores' rows."""
        rows = self._rows
        for number, name in enumerate(rows.ids):
            place = self._questions.find_id(name)
            if place is None:
                place = self._questions.find(rows[number])
            if place is None:
                self.foreign += 1
            else:
                yield (self._questions.ids[place], rows.models[number], rows.arms[number]), number

    def _mark(self, question: str, model: str, arm: str) -> str:
        key = question, model, arm
        number, rows = self._deciding_row(key), self._rows
        if number is None:
            return self._unscored(key)
        if rows.states[number] == score_rows.UNANSWERED:
            return UNANSWERED
        if rows.states[number] == score_rows.UNSCORED:
            return FAILED if rows.failed[number] else UNSCORED
        if rows.graded[number]:
            return UNSCORED if np.isnan(rows.verdicts[number]) else GRADED
        return RIGHT if rows.verdicts[number] else WRONG

    def _unscored(self, key: _Key) -> str:
        prediction = self._predictions.get(key)
        if prediction is None:
            return MISSING_ROW
        return FAILED if prediction.status == "failed" else UNSCORED

    def _answer(self, question: str, model: str, arm: str) -> dict[str, Any]:
        key = question, model, arm
        prediction, score = self._predictions.get(key), self._deciding(key)
        text = prediction.prediction if prediction else score.prediction if score else None
        row: dict[str, Any] = {"model": model, "arm": arm, "mark": self._mark(*key), "text": text}
        if prediction is not None and prediction.status == "failed":
            row["error"] = prediction.error or "no reason recorded"
        if prediction is not None and prediction.metadata:
            row["facts"] = [list(pair) for pair in provenance_rows(prediction.metadata)]
        if _is_out_of_view(prediction, score):
            row["unseen"] = True
        if score is not None:
            row |= {"read": score.extracted, "rule": score.rule, "reason": score.reason}
            if score.correct is None and score.score is not None:
                row["score"] = f"{score.score:.2f}"
        others = [
            [one.metric, "–" if one.score is None else f"{one.score:.2f}"]
            for one in map(self._row, self._scores.get(key, ()))
            if one.metric != self._metric
        ]
        if others:
            row["others"] = others
        return {name: value for name, value in row.items() if value is not None}

    def _deciding(self, key: _Key) -> Score | None:
        number = self._deciding_row(key)
        return None if number is None else self._row(number)

    def _deciding_row(self, key: _Key) -> int | None:
        metrics = self._rows.metrics
        return next((one for one in self._scores.get(key, ()) if metrics[one] == self._metric), None)


def _is_out_of_view(*records: Prediction | Score | None) -> bool:
    """Say whether the model's input holds less of the evidence than counts as visible; False if not known."""
    shares = (record.visible_share for record in records if record is not None)
    return any(share is not None and share < VISIBLE_SHARE for share in shares)
