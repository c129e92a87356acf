"""The stage of a study in which models answer in every arm, and people are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from medspatial.arms import Arm, arm, decided, extra_volumes
from medspatial.models import Model
from medspatial.models.registry import model_options
from medspatial.models.tools.recipe import ModelRecipe
from medspatial.predict import (
    Job,
    PredictionRun,
    PredictOptions,
    failure_lines,
    iter_predictions,
    predict,
    predict_with,
)
from medspatial.progress import Silent, progress
from medspatial.records import Case, Prediction, Question
from medspatial.study.config import ModelConfig
from medspatial.study.context import StudyContext
from medspatial.study.loading import CaseLoader
from medspatial.study.model_notes import model_note
from medspatial.study.people import StudyPeople


def study_predictions(
    study: StudyContext, cases: list[Case], questions: list[Question]
) -> Iterator[PredictionRun]:
    """Ask each model in each arm; one that cannot go on leaves the others alone.

    Raises
    ------
    Exception
        That of the first model, where none could go on.
    """
    loader = study.loader(cases, study.kept)
    arms = _decided(study, questions, loader)
    errors = []
    for entry in study.config.models:
        pending = list(study.config.all_arms())
        try:
            recipe = ModelRecipe(entry.kind, {"name": entry.name, **entry.options})
            model = None if _is_placed(study, entry) else recipe()
            while pending:
                yield _predict(study, _Asked(entry, recipe, model, arms[pending[0]]), questions, loader)
                pending.pop(0)
            model = model or recipe()  # once the workers have freed their devices
            study.acuity.of_model(model)
            study.notes.append(model_note(model, entry.kind, list(arms.values()), questions, loader))
            model.close()
        except Exception as error:
            errors.append(error)
            study.unfinished |= {(entry.name, name) for name in pending}
            study.stop(entry, error)
    if len(errors) == len(study.config.models):
        raise errors[0]


def all_predictions(study: StudyContext) -> Iterator[Prediction]:
    """Yield what is complete, of models and of people."""
    for model, arm_name in study.finished():
        yield from iter_predictions(study.files.predictions(model, arm_name))
    if study.people is not None:
        yield from study.people.predictions


def ask_people(study: StudyContext, questions: list[Question]) -> None:
    """Offer the questions to the study's readers, and take up what they have answered."""
    if study.config.reading is not None:
        study.people = StudyPeople(study.config.reading, study.files.folder, study.config.title, questions)
        study.people.offer()
        study.people.collect()
        study.say(study.people.line())


def _decided(study: StudyContext, questions: list[Question], cases: CaseLoader) -> Mapping[str, Arm]:
    """Return the arms with the questions that each asks, and say what they will cost."""
    arms = [arm(name) for name in study.config.all_arms()]
    own = len({question.case_id for question in questions})
    with progress("arms", own) if len(arms) > 1 else nullcontext(Silent()) as bar:
        found = decided(arms, questions, cases.data, lambda case_id: bar.advance(1, case_id))
    counts = {name: len(one.questions(questions)) for name, one in found.items()}
    extra = {name: extra_volumes(one, one.questions(questions)) for name, one in found.items()}
    for name, count in extra.items():
        if count:
            study.say(
                f"arm {name}: {counts[name]} of {len(questions)} questions, {count} changed volumes to "
                "show to each model that looks"
            )
    if total := sum(extra.values()):
        study.say(f"arms: {total + own} volumes to encode per model that looks, {own} without these arms")
    return found


def _is_placed(study: StudyContext, entry: ModelConfig) -> bool:
    """Whether workers ask a model; one whose own options say where it runs stays there."""
    takes = "device" in model_options(entry.kind).kinds and "device" not in entry.options
    return study.workers is not None and takes


@dataclass(frozen=True)
class _Asked:
    """A model in an arm; ``model`` is None where workers make it."""

    entry: ModelConfig
    recipe: ModelRecipe
    model: Model | None
    arm: Arm

    @property
    def label(self) -> str:
        """What a line calls it."""
        standard = self.arm.name == "standard"
        return self.entry.name if standard else f"{self.entry.name} in arm {self.arm.name}"


def _predict(study: StudyContext, one: _Asked, questions: list[Question], cases: CaseLoader) -> PredictionRun:
    asked, batch = one.arm.questions(questions), one.entry.batch_size
    path = study.files.predictions(one.entry.name, one.arm.name)
    with progress(one.label, len(asked)) as bar:
        options = PredictOptions(batch_size=batch, progress=bar)
        if one.model is None and study.workers is not None:
            job = Job(one.recipe, cases, asked, one.arm.name, batch)
            run = predict_with(study.workers(job), job, path, options)
        else:
            model = one.model or one.recipe()
            run = predict(model, questions, path, cases=cases, arm=one.arm, options=options)
    failed = f", {run.failed} failed" if run.failed else ""
    aside = f", {run.outdated} set aside (question or case changed)" if run.outdated else ""
    study.say(f"{one.label}: {run.answered} answered now, {run.resumed} before{failed}{aside}")
    study.warn_all(f"{one.label}: {line}" for line in failure_lines(run))
    return run
