"""Answerers that need no weights: the floor, the prior, the ceiling, and an echo for tests."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from medspatial.inputs import Query
from medspatial.models.base import Answer, Model
from medspatial.records import Question, content_hash

_SIDES = ("left", "right")
_YES_NO = ("yes", "no")
_NUMBER_DECADES = (0.0, 3.0)  # random numbers are log-uniform from 1 to 1000 in the asked unit


class RandomModel(Model):
    """Guess: a uniform choice among the options, drawn from the seed and the question's identity."""

    needs_volume: ClassVar[bool] = False

    def __init__(self, seed: int = 0) -> None:
        self.name = "random"
        self.seed = seed

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Return one guess per query; a free-text question gets no guess (an empty answer)."""
        return [Answer(self._guess(query)) for query in queries]

    def _guess(self, query: Query) -> str:
        rng = np.random.default_rng(int(content_hash(self.seed, query.draw), 16))
        closed = query.options or {"side": _SIDES, "yes_no": _YES_NO}.get(query.answer_type, ())
        if closed:
            return closed[int(rng.integers(len(closed)))]
        if query.answer_type == "number":
            return f"{10 ** rng.uniform(*_NUMBER_DECADES):.3g} {query.unit or ''}".strip()
        return ""

    def describe(self) -> dict[str, Any]:
        """Return the seed."""
        return {"seed": self.seed}


class PriorModel(Model):
    """The most frequent answer to the same subtype in the cases of *other* patients.

    What can be had without looking at the image. Among the options offered, the one that was right
    most often elsewhere (ties: the first offered); for an open number the median of the others'.
    """

    needs_volume: ClassVar[bool] = False
    sees_reference: ClassVar[bool] = True

    def __init__(self) -> None:
        self.name = "prior"
        self._questions: dict[str, Question] = {}
        self._by_subtype: dict[str, list[Question]] = {}

    def study(self, questions: Sequence[Question]) -> None:
        """Group the references by subtype."""
        groups: dict[str, list[Question]] = defaultdict(list)
        for question in questions:
            groups[_subtype(question)].append(question)
        self._questions = {question.id: question for question in questions}
        self._by_subtype = dict(groups)

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Return the prior's answer per query; empty where no other patient has the subtype."""
        return [Answer(self._prior(query)) for query in queries]

    def _prior(self, query: Query) -> str:
        mine = self._questions[query.id]
        others = [q for q in self._by_subtype[_subtype(mine)] if q.patient_id != mine.patient_id]
        if query.options:
            counts = Counter(q.answer for q in others)
            return max(query.options, key=lambda option: counts[option])
        values = [q.value for q in others if q.value is not None and q.unit == query.unit]
        if query.answer_type == "number" and values:
            return f"{statistics.median(values):.6g} {query.unit or ''}".strip()
        counts = Counter(q.answer for q in others)
        return max(sorted(counts), key=lambda text: counts[text]) if counts else ""


class OracleModel(Model):
    """Read the reference and its evidence: the ceiling of every scorer, 100 % or something is broken."""

    needs_volume: ClassVar[bool] = False
    sees_reference: ClassVar[bool] = True

    def __init__(self) -> None:
        self.name = "oracle"
        self._questions: dict[str, Question] = {}

    def study(self, questions: Sequence[Question]) -> None:
        """Keep the questions by identity."""
        self._questions = {question.id: question for question in questions}

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Return the measured value of open numeric questions, else the reference answer."""
        return [Answer(_reference(self._questions[query.id])) for query in queries]


class EchoModel(Model):
    """Repeat the prompt: an answerer that never answers, for tests of scorers and runs."""

    needs_volume: ClassVar[bool] = False

    def __init__(self) -> None:
        self.name = "echo"

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        """Return the question's own text."""
        return [Answer(query.text) for query in queries]


def _subtype(question: Question) -> str:
    return question.subtype or question.category or question.answer_type


def _reference(question: Question) -> str:
    measured = question.evidence.value if question.evidence else None
    if question.answer_type == "number" and not question.options and isinstance(measured, float):
        return f"{measured:.6g} {question.unit or ''}".strip()
    return question.answer
