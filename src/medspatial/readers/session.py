"""One reader's way through a study: the next task, an answer, a step back, the pause between conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from medspatial.errors import InputError
from medspatial.readers.answers import Answers, Given
from medspatial.readers.design import ReaderStudy, Task
from medspatial.records import Item, Prediction, content_hash

MAX_ANSWER = 2000
PREFIX = "reader:"


@dataclass(frozen=True)
class Progress:
    """Where a reader stands.

    Attributes
    ----------
    task
        What to answer now; None when all is done, or in the pause.
    wait_until
        The end of the pause, ISO 8601; None where there is none.
    """

    task: Task | None
    done: int
    total: int
    wait_until: str | None = None


class ReaderSession:
    """What one reader may do now."""

    def __init__(self, study: ReaderStudy, answers: Answers, reader: str) -> None:
        self._study = study
        self._answers = answers
        self._blocks = study.blocks(reader)
        self.reader = reader

    def progress(self) -> Progress:
        """Return the next task, and how much is done."""
        given = self._answers.current(self.reader)
        total = sum(len(block) for block in self._blocks)
        done = sum(task in given for block in self._blocks for task in block)
        for place, block in enumerate(self._blocks):
            open_task = next((task for task in block if task not in given), None)
            if open_task is not None:
                until = self._pause(place, given)
                return Progress(None if until else open_task, done, total, until)
        return Progress(None, done, total)

    def show(self) -> Progress:
        """Return as `progress`, and note that the task is on the screen."""
        found = self.progress()
        if found.task is not None:
            self._answers.note_shown(self.reader, found.task)
        return found

    def answer(
        self,
        request: str,
        task: Task,
        *,
        answer: str,
        confidence: int | None,
        seconds: float,
        seen: bool = True,
    ) -> bool:
        """Take an answer to the task that is on the screen; False where it was taken before.

        Raises
        ------
        InputError
            Another task is next, or the answer is not one that the question allows.
        """
        given = self._answers.current(self.reader).get(task)
        if given is None and task != self.progress().task:
            raise InputError("another question is next; load the page again")
        question = self._study.questions[task.question]
        if not answer.strip() or len(answer) > MAX_ANSWER:
            raise InputError(f"an answer has 1 to {MAX_ANSWER} characters, got {len(answer)}")
        if question.options and answer not in question.options:
            raise InputError("the answer must be one of the options")
        steps = self._study.design.confidence
        if steps and (confidence is None or not 1 <= confidence <= steps):
            raise InputError(f"confidence must be from 1 to {steps}, got {confidence!r}")
        sure = confidence if steps else None
        return self._answers.add(
            request, self.reader, task, answer=answer, confidence=sure, seconds=seconds, seen=seen
        )

    def undo(self, request: str) -> bool:
        """Take back the last answer of the condition that is being read.

        Raises
        ------
        InputError
            There is none.
        """
        if self._answers.knows(request):
            return False
        given = self._answers.current(self.reader)
        for block in reversed(self._blocks):
            answered = [given[task] for task in block if task in given]
            if answered:
                last = max(answered, key=lambda one: one.number)
                return self._answers.undo(request, self.reader, last.task)
        raise InputError("there is no answer to take back")

    def case_name(self, task: Task) -> str:
        """Return a name for the task's case that says nothing."""
        return content_hash("case", self.reader, self._study.questions[task.question].case_id)

    def _pause(self, place: int, given: Mapping[Task, Given]) -> str | None:
        """The end of the pause before a condition; None where it may begin or has begun."""
        days = self._study.design.washout_days
        before = [given[task].given_at for block in self._blocks[:place] for task in block if task in given]
        if not days or not before or any(task in given for task in self._blocks[place]):
            return None
        until = datetime.fromisoformat(max(before)) + timedelta(days=days)
        return until.isoformat(timespec="minutes") if until > datetime.now(UTC) else None


def reader_predictions(study: ReaderStudy, answers: Answers) -> list[Prediction]:
    """Return all answers as predictions, as of any model: ``reader:NAME``, and ``... assisted``."""
    rows = []
    for given in answers.all(study.design.readers):
        question = study.questions.get(given.task.question)
        if question is None:
            continue
        shared = {name: getattr(question, name) for name in Item.model_fields}
        facts: dict[str, Any] = {
            "seconds": round(given.seconds, 3),
            "order": given.number,
            "given_at": given.given_at,
        }
        if not given.seen:
            facts["images"] = "not shown"
        if given.confidence is not None:
            facts["confidence"] = given.confidence
        assisted = " assisted" if given.task.condition == "assisted" else ""
        rows.append(
            Prediction(
                **shared, model=f"{PREFIX}{given.reader}{assisted}", prediction=given.answer, metadata=facts
            )
        )
    return rows
