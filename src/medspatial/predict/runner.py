"""Ask a model all questions: grouped by volume, encoded once, answered in batches, resumable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from medspatial.arms import Arm
from medspatial.arms import arm as arm_of
from medspatial.arms.arm import ReadCase
from medspatial.errors import InputError
from medspatial.manifest import new_manifest
from medspatial.models import Model
from medspatial.predict.cases import Cases, CaseSource, LoadVolume, case_source, in_arm
from medspatial.predict.methods import facts_of
from medspatial.predict.output import PredictionFile
from medspatial.predict.shard import Shard
from medspatial.predict.unit import Loaders, Prepared, UnitRun
from medspatial.progress import Progress, Silent
from medspatial.records import IdSet, Prediction, Question, StoredRecords, asked_hash, read_records

Groups = Iterator[tuple[str, list[Question]]]
"""Cases (views of the arm) with their open questions."""


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
class PredictOptions:
    """How a run goes on and what it notes; nothing here changes an answer.

    Attributes
    ----------
    batch_size
        Questions answered at once; by default what the model says.
    overwrite
        Start again instead of resuming; the old files are removed.
    configuration
        Further settings of the caller that change the answers, for the manifest.
    progress
        Advanced by each question.
    shard
        Only this share of the cases; see `medspatial.predict.merge`.
    """

    batch_size: int | None = None
    overwrite: bool = False
    configuration: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
    shard: Shard | None = None


def predict(
    model: Model,
    questions: Sequence[Question],
    output: str | Path,
    *,
    cases: CaseSource | LoadVolume | None = None,
    arm: str | Arm = "standard",
    options: PredictOptions = PredictOptions(),
) -> PredictionRun:
    """Answer all questions that the output file does not hold yet, as an arm of the study asks them.

    Questions are grouped by case in order of first appearance. Each answer is on disk before the
    next batch starts; a killed run resumes where it was and ends in the same bytes. A failure
    (unreadable volume, error of the model) is recorded as such, with the method that raised it, and tried
    again on the next call; one in the model's hook ``visible`` costs no answer, only the shares. With other
    questions than before, or other files of a case, answers that still hold stay, and the rest is set
    aside.

    Parameters
    ----------
    model
        From `medspatial.models.create_model`, or any other `Model`.
    questions
        As the data set asks them; those that the arm does not apply to are left out.
    output
        The predictions' ``.jsonl`` file; see `medspatial.predict.output` for its siblings.
    cases
        Where volumes and masks come from (`medspatial.study.case_loader` reads a folder), or a function
        from case id to volume; needed by models that look.
    arm
        Name of the arm, or the arm: what it changes about question, volume and masks; see `medspatial.arms`.
    options
        Batch size, overwriting, progress.

    Raises
    ------
    InputError
        No questions, duplicate question ids, an unknown arm, no volumes (masks) for a model that needs
        them, a model whose ``describe`` gives no plain data, a share in an arm that takes none, or
        an output file of another configuration.
    RunStopped
        The model says that no further question can be answered now (a budget is spent); what is
        answered stays in the file.
    """
    chosen = arm if isinstance(arm, Arm) else arm_of(arm)
    source = case_source(cases)
    asked = arm_questions(chosen, questions, getattr(source, "data", None))
    shown = in_arm(source, chosen, asked)

    profile = Profile.of(model)

    def ask(file: PredictionFile, pending: Groups) -> None:
        if file.done and profile.keeps_count:
            model.resume(read_records(file.path, Prediction).rows)
        if model.sees_reference:
            model.study(asked)
        size = options.batch_size or model.batch_size
        run = UnitRun(model, file, chosen.name, size, options.progress, chosen.sample)
        loaders = Loaders(model, shown.volume, shown.masks, chosen.locate)
        for case_id, group, prepared in _prefetched(loaders, pending):
            run.answer_volume(case_id, group, prepared)

    return resumed_run(profile, asked, Path(output), ask, shown=shown, arm=chosen, options=options)


@dataclass(frozen=True)
class Profile:
    """What a run must know of its model, wherever that is.

    Attributes
    ----------
    facts
        What the model says of itself, as plain data.
    keeps_count
        Whether it takes note of earlier answers (the hook `Model.resume`), as one with a budget does.
    """

    name: str
    facts: dict[str, Any]
    needs_volume: bool
    needs_masks: bool
    sees_reference: bool
    keeps_count: bool

    @classmethod
    def of(cls, model: Model) -> Self:
        """Return that of a model.

        Raises
        ------
        InputError
            Its ``describe`` gives no plain data.
        """
        return cls(
            name=model.name,
            facts=facts_of(model),
            needs_volume=model.needs_volume,
            needs_masks=model.needs_masks,
            sees_reference=model.sees_reference,
            keeps_count=type(model).resume is not Model.resume,
        )


def arm_questions(
    arm: Arm, questions: Sequence[Question], cases: ReadCase | None = None
) -> Sequence[Question]:
    """Return the questions as an arm asks them.

    Parameters
    ----------
    cases
        Reads volume and masks of a case, for arms that touch the evidence.

    Raises
    ------
    InputError
        There are none.
    """
    if not questions:
        raise InputError("no questions to answer")
    asked = arm.questions(questions, cases)
    if not asked:
        raise InputError(f"arm {arm.name!r} applies to none of the {len(questions)} questions")
    return asked


def resumed_run(
    model: Profile,
    asked: Sequence[Question],
    output: Path,
    ask: Callable[[PredictionFile, Groups], None],
    *,
    shown: Cases,
    arm: Arm,
    options: PredictOptions,
) -> PredictionRun:
    """Open a file of predictions, have what is open asked, and say how it ended.

    Parameters
    ----------
    asked
        The questions as the arm asks them.
    ask
        Gets the file and each case with its open questions, in the order they must be answered in.
    shown
        The cases as the arm shows them.

    Raises
    ------
    InputError
        See `predict`.
    """
    if options.shard is not None:
        options.shard.refuse(arm)
    _check(asked, model, shown)
    settings = {"model": model.name, "arm": arm.name, **model.facts, **options.configuration}
    inputs = {"questions": questions_hash(asked)}
    mine = asked
    if options.shard is not None:
        inputs["shard"] = str(options.shard)
        mine = options.shard.questions(asked)
    with PredictionFile(
        output,
        new_manifest("predict", settings, inputs),
        asked,
        states=shown.states if model.needs_volume else None,
        each_alone=arm.each_alone and not model.sees_reference,
        overwrite=options.overwrite,
    ) as file:
        options.progress.advance(len(file.done))
        ask(file, _pending(mine, file.done, arm))
        return PredictionRun(
            path=output,
            questions=len(mine),
            resumed=len(file.done),
            answered=file.answered,
            failed=file.failed,
            outdated=file.outdated,
            errors=file.errors,
            unseen=file.unseen,
        )


def questions_hash(asked: Sequence[Question]) -> str:
    """Hash of what is asked, for the manifest."""
    return asked_hash(asked)


def _check(questions: Sequence[Question], model: Profile, cases: Cases) -> None:
    seen: set[str] = set()
    for question in () if isinstance(questions, StoredRecords) else questions:  # whose ids are told apart
        if question.id in seen:
            raise InputError(f"question id {question.id!r} occurs twice (case {question.case_id})")
        seen.add(question.id)
    if model.needs_volume and cases.volume is None:
        raise InputError(f"model '{model.name}' looks at volumes: give the cases' folder or file")
    if model.needs_masks and cases.masks is None:
        raise InputError(
            f"model '{model.name}' is shown segmented structures, which needs masks: "
            "give the folder or file of cases that have them"
        )


def _pending(questions: Sequence[Question], done: IdSet, arm: Arm) -> Groups:
    """Yield each view with its open questions, in the order in which an undisturbed run comes to it."""
    if isinstance(questions, StoredRecords) and arm.shows_cases:
        return questions.groups(without=done)
    groups: dict[str, list[Question]] = {}
    for question in questions:
        group = groups.setdefault(arm.view(question), [])
        if question.id not in done:
            group.append(question)
    return ((view, group) for view, group in groups.items() if group)


def _prefetched(loaders: Loaders, pending: Groups) -> Iterator[tuple[str, list[Question], Future[Prepared]]]:
    """Yield each case with its prepared volume, while the next one is read in a thread."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare") as pool:
        waiting: deque[tuple[str, list[Question], Future[Prepared]]] = deque()
        for case_id, group in pending:
            waiting.append((case_id, group, pool.submit(loaders.prepare, case_id, group)))
            if len(waiting) > 1:
                yield waiting.popleft()
        yield from waiting
