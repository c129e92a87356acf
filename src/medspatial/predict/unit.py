"""One unit of work, (model, volume): read, prepared and encoded once, its questions answered in batches."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from medspatial.errors import RunStopped
from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.predict.cases import LoadMasks, LoadVolume
from medspatial.predict.methods import MethodFailed, answers_of, inside
from medspatial.predict.output import item_fields
from medspatial.predict.visible import Locate, Visibility
from medspatial.progress import Progress
from medspatial.records import Prediction, Question


class Sink(Protocol):
    """Where the results of a unit go, as soon as they are there; `PredictionFile` is one."""

    def answer(self, rows: list[Prediction]) -> None:
        """Take answers."""

    def fail(self, rows: list[Prediction]) -> None:
        """Take failures."""

    def volume(self, facts: dict[str, Any]) -> None:
        """Take the facts about the volume, after the last of its answers."""


@dataclass(frozen=True)
class Prepared:
    """One volume, ready to encode, and what it cost."""

    value: Any
    fingerprint: str | None
    seconds: float
    visibility: Visibility


@dataclass(frozen=True)
class Loaders:
    """How a case is read and made ready for a model."""

    model: Model
    load: LoadVolume | None
    load_masks: LoadMasks | None
    locate: Locate | None

    def prepare(self, case_id: str, group: list[Question]) -> Prepared:
        """Read a case and make it ready; on the CPU, in any thread.

        Raises
        ------
        MethodFailed
            The case cannot be read, or the model cannot use it.
        """
        model = self.model
        started = time.perf_counter()
        with inside("load"):
            volume = self.load(case_id) if model.needs_volume and self.load is not None else None
        if model.needs_masks and self.load_masks is not None:
            with inside("load"):
                masks = None if volume is None else self.load_masks(case_id)
            with inside("prepare_with_masks"):
                value = model.prepare_with_masks(volume, masks)
        else:
            with inside("prepare"):
                value = model.prepare(volume)
        with inside("load"):
            fingerprint = volume.fingerprint if volume is not None else None
        visibility = Visibility(model, volume, group, self.locate)
        return Prepared(value, fingerprint, time.perf_counter() - started, visibility)


@dataclass
class UnitRun:
    """What stays the same from volume to volume."""

    model: Model
    file: Sink
    arm: str
    batch_size: int
    report: Progress
    sample: int = 0

    def answer_volume(self, case_id: str, group: list[Question], prepared: Future[Prepared]) -> None:
        """Encode a volume and answer its questions; an unreadable volume fails them all."""
        try:
            ready = prepared.result()
            started = time.perf_counter()
            with inside("encode"):
                encoded = self.model.encode(ready.value)
            encode_s = time.perf_counter() - started
        except MethodFailed as failure:
            self.file.fail([self._failed(question, failure) for question in group])
            self.report.advance(len(group), f"{case_id} failed")
            return
        started = time.perf_counter()
        for start in range(0, len(group), self.batch_size):
            batch = group[start : start + self.batch_size]
            self._answer_batch(encoded, batch, ready.visibility)
            self.report.advance(len(batch), case_id)
        facts = {
            "case_id": case_id,
            "fingerprint": ready.fingerprint,
            "questions": len(group),
            "prepare_s": round(ready.seconds, 4),
            "encode_s": round(encode_s, 4),
            "answer_s": round(time.perf_counter() - started, 4),
        }
        if ready.visibility.fault is not None:
            facts["visible_error"] = ready.visibility.fault
        self.file.volume(facts)

    def _answer_batch(self, encoded: Any, batch: list[Question], visibility: Visibility) -> None:
        """Answer a batch; where it fails as a whole, one by one, so that a bad question costs only itself."""
        try:
            answers = answers_of(self.model, encoded, [Query.of(one, self.sample) for one in batch])
        except MethodFailed as failure:
            if len(batch) == 1:
                self.file.fail([self._failed(batch[0], failure)])
                return
            self._answer_singly(encoded, batch, visibility)
            return
        shares = visibility.shares
        self.file.answer(
            [self._answered(q, a, shares.get(q.id)) for q, a in zip(batch, answers, strict=True)]
        )

    def _answer_singly(self, encoded: Any, batch: list[Question], visibility: Visibility) -> None:
        """Answer one by one; a stop waits for the end, for later questions may be answered already."""
        stop: RunStopped | None = None
        for question in batch:
            try:
                self._answer_batch(encoded, [question], visibility)
            except RunStopped as error:
                stop = error
        if stop is not None:
            raise stop

    def _answered(self, question: Question, answer: Answer, visible: float | None) -> Prediction:
        return Prediction(
            **item_fields(question),
            model=self.model.name,
            arm=self.arm,
            prediction=answer.text,
            visible_share=visible,
            metadata=dict(answer.metadata),
        )

    def _failed(self, question: Question, failure: MethodFailed) -> Prediction:
        return failed_row(question, self.model.name, self.arm, str(failure))


def failed_row(question: Question, model: str, arm: str, error: str) -> Prediction:
    """Return the record of a question that has no answer because of an error."""
    return Prediction(**item_fields(question), model=model, arm=arm, status="failed", error=error)
