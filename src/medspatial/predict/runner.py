"""Ask a model all questions: grouped by volume, encoded once, answered in batches, resumable."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.errors import InputError, RunStopped
from medspatial.inputs import Query
from medspatial.manifest import new_manifest
from medspatial.models import Answer, Model
from medspatial.predict.methods import MethodFailed, answers_of, facts_of, inside
from medspatial.predict.output import PredictionFile, item_fields
from medspatial.predict.visible import VISIBLE_SHARE, Locate, Sight
from medspatial.progress import Progress, Silent
from medspatial.records import Prediction, Question, content_hash, read_records

if TYPE_CHECKING:
    from medspatial.inputs import Masks
    from medspatial.volume import Volume

LoadVolume = Callable[[str], "Volume | None"]
LoadMasks = Callable[[str], "Masks | None"]


@dataclass(frozen=True)
class PredictionRun:
    """How a run ended: questions in all, answered before, answered now, failed now, set aside now.

    Attributes
    ----------
    errors
        Error to how many questions failed with it now.
    unseen
        Error of the model's ``visible`` to how many volumes it left without visible shares now.
    """

    path: Path
    questions: int
    resumed: int
    answered: int
    failed: int
    outdated: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    unseen: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Prepared:
    """One volume, ready to encode, and what it cost."""

    value: Any
    fingerprint: str | None
    seconds: float
    sight: Sight


def predict(
    model: Model,
    questions: Sequence[Question],
    output: str | Path,
    *,
    load: LoadVolume | None = None,
    load_masks: LoadMasks | None = None,
    locate: Locate | None = None,
    arm: str = "standard",
    states: Mapping[str, str] | None = None,
    each_alone: bool = True,
    batch_size: int | None = None,
    overwrite: bool = False,
    configuration: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> PredictionRun:
    """Answer all questions that the output file does not hold yet.

    Questions are grouped by case in order of first appearance. Each answer is on disk before the
    next batch starts; a killed run resumes where it was and ends in the same bytes. A failure
    (unreadable volume, error of the model) is recorded as such, with the method that raised it, and tried
    again on the next call; one in the model's hook ``visible`` costs no answer, only the shares. With other
    questions than before, or other files of a case, answers that still hold stay, and the rest is set
    aside.

    Parameters
    ----------
    output
        The predictions' ``.jsonl`` file; see `medspatial.predict.output` for its siblings.
    load
        Returns the volume of a case id; needed if ``model.needs_volume``.
    load_masks
        Returns a case's masks on the volume's grid, None where the arm shows none; needed if
        ``model.needs_masks``, else never called.
    locate
        Where points of the patient lie in the volume that ``load`` gives, None where nowhere; by default
        where they are. For the share of a question's evidence points that the model can see.
    arm
        Name of the study's arm, written into each row.
    states, each_alone
        When answers of an earlier call no longer hold; see `PredictionFile`. A model that sees references
        answers from all questions together; one that looks at no volume does not mind its files.
    configuration
        Further settings that change the answers, for the manifest.

    Raises
    ------
    InputError
        No questions, duplicate question ids, no ``load`` (``load_masks``) for a model that needs
        volumes (masks), a model whose ``describe`` gives no plain data, or an output file of another
        configuration.
    RunStopped
        The model says that no further question can be answered now (a budget is spent); what is
        answered stays in the file.
    """
    _check(questions, model, load, load_masks)
    settings = {
        "model": model.name,
        "arm": arm,
        **facts_of(model),
        **(configuration or {}),
    }
    inputs = {"questions": content_hash([[q.id, q.question, q.answer] for q in questions])}
    if model.sees_reference:
        model.study(questions)
    report = progress or Silent()
    with PredictionFile(
        Path(output),
        new_manifest("predict", settings, inputs),
        questions,
        states=states if model.needs_volume else None,
        each_alone=each_alone and not model.sees_reference,
        overwrite=overwrite,
    ) as file:
        resumed = len(file.done)
        if resumed:
            model.resume(read_records(Path(output), Prediction).rows)
        report.advance(resumed)
        pending = _pending_by_case(questions, file.done)
        run = _Run(model, file, arm, batch_size or model.batch_size, report)
        loaders = _Loaders(model, load, load_masks, locate)
        for case_id, group, prepared in _prefetched(loaders, pending):
            run.answer_volume(case_id, group, prepared)
        return PredictionRun(
            path=Path(output),
            questions=len(questions),
            resumed=resumed,
            answered=file.answered,
            failed=file.failed,
            outdated=file.outdated,
            errors=file.errors,
            unseen=file.unseen,
        )


def _check(
    questions: Sequence[Question], model: Model, load: LoadVolume | None, load_masks: LoadMasks | None
) -> None:
    if not questions:
        raise InputError("no questions to answer")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise InputError(f"question id {question.id!r} occurs twice (case {question.case_id})")
        seen.add(question.id)
    if model.needs_volume and load is None:
        raise InputError(f"model '{model.name}' looks at volumes: give the cases' folder or file")
    if model.needs_masks and load_masks is None:
        raise InputError(
            f"model '{model.name}' is shown segmented structures, which needs masks: "
            "give the folder or file of cases that have them"
        )


def _pending_by_case(questions: Sequence[Question], done: set[str]) -> dict[str, list[Question]]:
    groups: dict[str, list[Question]] = {}
    for question in questions:
        if question.id not in done:
            groups.setdefault(question.case_id, []).append(question)
    return groups


def _prefetched(
    loaders: _Loaders, pending: dict[str, list[Question]]
) -> Iterator[tuple[str, list[Question], Future[_Prepared]]]:
    """Yield each case with its prepared volume, while the next one is read in a thread."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare") as pool:
        waiting: deque[tuple[str, list[Question], Future[_Prepared]]] = deque()
        for case_id, group in pending.items():
            waiting.append((case_id, group, pool.submit(loaders.prepare, case_id, group)))
            if len(waiting) > 1:
                yield waiting.popleft()
        yield from waiting


@dataclass(frozen=True)
class _Loaders:
    """How a case is read and made ready for a model."""

    model: Model
    load: LoadVolume | None
    load_masks: LoadMasks | None
    locate: Locate | None

    def prepare(self, case_id: str, group: list[Question]) -> _Prepared:
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
        sight = Sight(model, volume, group, self.locate)
        return _Prepared(value, fingerprint, time.perf_counter() - started, sight)


@dataclass
class _Run:
    """What stays the same from volume to volume."""

    model: Model
    file: PredictionFile
    arm: str
    batch_size: int
    report: Progress

    def answer_volume(self, case_id: str, group: list[Question], prepared: Future[_Prepared]) -> None:
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
            self._answer_batch(encoded, batch, ready.sight)
            self.report.advance(len(batch), case_id)
        facts = {
            "case_id": case_id,
            "fingerprint": ready.fingerprint,
            "questions": len(group),
            "prepare_s": round(ready.seconds, 4),
            "encode_s": round(encode_s, 4),
            "answer_s": round(time.perf_counter() - started, 4),
        }
        if ready.sight.fault is not None:
            facts["visible_error"] = ready.sight.fault
        self.file.volume(facts)

    def _answer_batch(self, encoded: Any, batch: list[Question], sight: Sight) -> None:
        """Answer a batch; where it fails as a whole, one by one, so that a bad question costs only itself."""
        try:
            answers = answers_of(self.model, encoded, [Query.of(question) for question in batch])
        except MethodFailed as failure:
            if len(batch) == 1:
                self.file.fail([self._failed(batch[0], failure)])
                return
            self._answer_singly(encoded, batch, sight)
            return
        shares = sight.shares
        self.file.answer(
            [self._answered(q, a, shares.get(q.id)) for q, a in zip(batch, answers, strict=True)]
        )

    def _answer_singly(self, encoded: Any, batch: list[Question], sight: Sight) -> None:
        """Answer one by one; a stop waits for the end, for later questions may be answered already."""
        stop: RunStopped | None = None
        for question in batch:
            try:
                self._answer_batch(encoded, [question], sight)
            except RunStopped as error:
                stop = error
        if stop is not None:
            raise stop

    def _answered(self, question: Question, answer: Answer, visible: float | None) -> Prediction:
        seen = {} if visible is None else {VISIBLE_SHARE: visible}
        return Prediction(
            **item_fields(question),
            model=self.model.name,
            arm=self.arm,
            prediction=answer.text,
            metadata={**answer.metadata, **seen},
        )

    def _failed(self, question: Question, failure: MethodFailed) -> Prediction:
        return Prediction(
            **item_fields(question),
            model=self.model.name,
            arm=self.arm,
            status="failed",
            error=str(failure),
        )
