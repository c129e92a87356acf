"""The design of a reader study: who reads what, in which order, with and without a model's answer.

Everything follows from the file by hashes, so that a restart, another machine or another day gives the same
order, and no reader can tell from it what comes next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, zip_longest
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from medspatial.errors import InputError
from medspatial.records import Prediction, Question, Record, content_hash, read_records
from medspatial.records.yaml_record import study_data, validated

Condition = Literal["alone", "assisted"]


class ReadingConfig(Record):
    """People who answer the questions too: who reads what, how often, with or without a model's answer.

    Attributes
    ----------
    readers
        Their names, as they appear in tables.
    count
        Ask only this many of the questions, drawn by hash, as evenly over the subtypes as they come; by
        default all.
    overlap
        How many readers answer each question; by default all of them.
    conditions
        ``alone``, ``assisted`` (a model's answer is shown), or both: then each reader answers every
        question twice, half of the readers first alone.
    washout_days
        Days between the last answer of a reader's first condition and the first of the second.
    assistant
        Whose answers are shown in ``assisted``: in a study the name of one of its models, in a file of its
        own a file of predictions (JSONL).
    masks
        Whether readers may switch masks on; they may give the answer away.
    confidence
        How many steps the question "how sure?" has; 0 asks nothing.
    seed
        Another one gives another order.
    """

    readers: tuple[str, ...] = Field(min_length=1)
    count: int | None = Field(default=None, ge=1)
    overlap: int | None = Field(default=None, ge=1)
    conditions: tuple[Condition, ...] = Field(default=("alone",), min_length=1, max_length=2)
    washout_days: float = Field(default=0.0, ge=0)
    assistant: str | None = None
    masks: bool = False
    confidence: int = Field(default=5, ge=0, le=100)
    seed: str = ""

    @field_validator("readers")
    @classmethod
    def _names(cls, readers: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(readers)) != len(readers) or not all(name.strip() for name in readers):
            raise ValueError("readers must be different names")
        if assisted := [name for name in readers if name.endswith(" assisted")]:
            raise ValueError(
                f"a name cannot end in ' assisted', as {assisted[0]!r} does: it names a condition"
            )
        return readers

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.conditions)) != len(self.conditions):
            raise ValueError(f"conditions must differ, got {list(self.conditions)}")
        if self.overlap is not None and self.overlap > len(self.readers):
            raise ValueError(f"overlap must be at most the {len(self.readers)} readers, got {self.overlap}")
        if ("assisted" in self.conditions) != (self.assistant is not None):
            raise ValueError("'assistant' is needed for the condition 'assisted', and for it alone")
        if self.washout_days and len(self.conditions) == 1:
            raise ValueError("'washout_days' is the pause between two conditions; there is one")
        return self


class ReaderDesign(ReadingConfig):
    """A study of readers in a file of its own.

    Attributes
    ----------
    title
        Shown to the readers.
    cases, questions
        Folder or file of the cases; JSONL of the questions. Relative to the study's file.
    """

    title: str = "Reader study"
    cases: str
    questions: str


@dataclass(frozen=True)
class Task:
    """One question to one reader in one condition."""

    question: str
    condition: Condition


@dataclass(frozen=True)
class ReaderStudy:
    """A design with its questions, and the answers of the assistant by question id.

    Attributes
    ----------
    cases
        Folder or file of the cases.
    """

    design: ReaderDesign
    cases: Path
    questions: dict[str, Question]
    assistant: dict[str, str]

    def facts(self) -> dict[str, str]:
        """Return what decides who is asked what and sees what: with answers given, none of it may change."""
        shared = self.design.model_dump(mode="json", include=set(_DECIDING))
        found = {name: str(shared[name]) for name in _DECIDING}
        given = sorted(self.assistant.items())
        return {
            **found,
            "questions": content_hash(*sorted(self.questions)),
            "assistant": content_hash(*map(str, given)) if given else "",
        }

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

    @cached_property
    def _starts(self) -> dict[str, int]:
        """Each question's place in the ring, so that readers get equally many to within one turn."""
        ordered = sorted(self.questions, key=lambda one: self._hash("ring", one))
        return {question: place % len(self.design.readers) for place, question in enumerate(ordered)}

    def _hash(self, *parts: str) -> str:
        return content_hash(self.design.seed, *parts)


_DECIDING = ("readers", "overlap", "conditions", "masks", "confidence", "seed")


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
    questions = drawn(questions, design.count, design.seed)
    assistant: dict[str, str] = {}
    if design.assistant is not None:
        given = read_records(path.parent / design.assistant, Prediction).rows
        assistant = {
            one.id: one.prediction for one in given if one.prediction is not None and one.id in questions
        }
        missing = [one for one in questions if one not in assistant]
        if missing:
            raise InputError(
                f"{path.parent / design.assistant}: has no answer to {len(missing)} questions, "
                f"such as {missing[0]!r}"
            )
    return ReaderStudy(design, path.parent / design.cases, questions, assistant)


def drawn(questions: Mapping[str, Question], count: int | None, seed: str) -> dict[str, Question]:
    """Return this many questions in their own order: of each subtype one in turn, by hash.

    Raises
    ------
    InputError
        There are fewer.
    """
    if count is None:
        return dict(questions)
    if count > len(questions):
        raise InputError(f"field 'count': must be at most the {len(questions)} questions, got {count}")
    by_subtype: dict[str, list[str]] = {}
    for one in sorted(questions, key=lambda one: content_hash(seed, "draw", one)):
        by_subtype.setdefault(questions[one].subtype or "", []).append(one)
    turns = chain.from_iterable(zip_longest(*by_subtype.values()))
    chosen = {one for one, _ in zip((one for one in turns if one is not None), range(count), strict=False)}
    return {id: one for id, one in questions.items() if id in chosen}
