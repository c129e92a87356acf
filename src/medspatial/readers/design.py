"""The design of a reader study: who reads what, in which order, with and without a model's answer.

Everything follows from the file by hashes, so that a restart, another machine or another day gives the same
order, and no reader can tell from it what comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from medspatial.errors import InputError
from medspatial.records import Prediction, Question, Record, content_hash, read_records
from medspatial.study.file import study_data, validated

Condition = Literal["alone", "assisted"]


class ReaderDesign(Record):
    """A study of readers.

    Attributes
    ----------
    cases, questions
        Folder or file of the cases; JSONL of the questions. Relative to the study's file.
    readers
        Their names, as they appear in tables.
    overlap
        How many readers answer each question; None: all of them.
    conditions
        ``alone``, ``assisted`` (a model's answer is shown), or both: then each reader answers every
        question twice, half of the readers first alone.
    washout_days
        Days between the last answer of a reader's first condition and the first of the second.
    assistant
        Predictions (JSONL) of the model whose answers are shown in ``assisted``.
    masks
        Whether readers may switch masks on; they may give the answer away.
    confidence
        How many steps the question "how sure?" has; 0 asks nothing.
    seed
        Another one gives another order.
    """

    title: str = "Reader study"
    cases: str
    questions: str
    readers: tuple[str, ...] = Field(min_length=1)
    overlap: int | None = Field(default=None, ge=1)
    conditions: tuple[Condition, ...] = Field(default=("alone",), min_length=1, max_length=2)
    washout_days: float = Field(default=0.0, ge=0)
    assistant: str | None = None
    masks: bool = False
    confidence: int = Field(default=5, ge=0, le=100)
    seed: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.readers)) != len(self.readers) or not all(name.strip() for name in self.readers):
            raise ValueError(f"readers must be different names, got {list(self.readers)}")
        if len(set(self.conditions)) != len(self.conditions):
            raise ValueError(f"conditions must differ, got {list(self.conditions)}")
        if self.overlap is not None and self.overlap > len(self.readers):
            raise ValueError(f"overlap must be at most the {len(self.readers)} readers, got {self.overlap}")
        if ("assisted" in self.conditions) != (self.assistant is not None):
            raise ValueError("'assistant' is needed for the condition 'assisted', and for it alone")
        return self


@dataclass(frozen=True)
class Task:
    """One question to one reader in one condition."""

    question: str
    condition: Condition


@dataclass(frozen=True)
class ReaderStudy:
    """A design with its questions, and the answers of the assistant by question id."""

    design: ReaderDesign
    folder: Path
    questions: dict[str, Question]
    assistant: dict[str, str]

    @property
    def cases(self) -> Path:
        """Folder or file of the cases."""
        return self.folder / self.design.cases

    def blocks(self, reader: str) -> list[list[Task]]:
        """Return a reader's tasks, one list per condition, in the order they are asked."""
        chosen = [one for one in self.questions if reader in self.readers_of(one)]
        conditions: Sequence[Condition] = self.design.conditions
        place = sorted(self.design.readers, key=lambda one: self._hash("first", one)).index(reader)
        if place % 2:
            conditions = conditions[::-1]
        return [
            [
                Task(question, condition)
                for question in sorted(chosen, key=lambda one: self._hash(reader, condition, one))
            ]
            for condition in conditions
        ]

    def readers_of(self, question: str) -> tuple[str, ...]:
        """Return who answers a question: neighbours in a ring that starts elsewhere for each question."""
        readers, overlap = self.design.readers, self.design.overlap
        if overlap is None or overlap == len(readers):
            return readers
        start = self._starts[question]
        return tuple(readers[(start + step) % len(readers)] for step in range(overlap))

    @property
    def _starts(self) -> dict[str, int]:
        """Each question's place in the ring, so that readers get equally many to within one turn."""
        ordered = sorted(self.questions, key=lambda one: self._hash("ring", one))
        return {question: place % len(self.design.readers) for place, question in enumerate(ordered)}

    def _hash(self, *parts: str) -> str:
        return content_hash(self.design.seed, *parts)


def read_design(path: str | Path) -> ReaderStudy:
    """Read a study's file and what it names.

    Raises
    ------
    InputError
        Bad YAML or field, no questions, an id twice, or a question without the assistant's answer.
    """
    path = Path(path)
    design = validated(path, ReaderDesign, study_data(path))
    asked = read_records(path.parent / design.questions, Question).rows
    if not asked:
        raise InputError(f"{path.parent / design.questions}: holds no question")
    questions = {one.id: one for one in asked}
    if len(questions) != len(asked):
        raise InputError(f"{path.parent / design.questions}: two questions share an id")
    assistant: dict[str, str] = {}
    if design.assistant is not None:
        given = read_records(path.parent / design.assistant, Prediction).rows
        assistant = {one.id: one.prediction for one in given if one.prediction is not None}
        missing = [one for one in questions if one not in assistant]
        if missing:
            raise InputError(
                f"{path.parent / design.assistant}: has no answer to {len(missing)} questions, "
                f"such as {missing[0]!r}"
            )
    return ReaderStudy(design, path.parent, questions, assistant)
