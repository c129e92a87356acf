"""The stages of a study that judge: scores by every metric, what inputs hold, and the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.compare import Comparison, CorrectnessMatrix, compare, scores_of_files
from medspatial.compare.score_rows import ScoreRows
from medspatial.errors import MedspatialError
from medspatial.files import write_json
from medspatial.predict import iter_predictions
from medspatial.records import Case, Question, Sight
from medspatial.score import ScoringRun, metric, score_file
from medspatial.study.config import MetricConfig
from medspatial.study.context import StudyContext
from medspatial.study.inputs import sights_of_input
from medspatial.study.people import ANSWERED


def study_scores(study: StudyContext) -> ScoreRows:
    """Score what no metric has scored yet, or has scored under other settings.

    Raises
    ------
    MedspatialError
        The metric that is compared cannot go on.
    """
    runs: list[ScoringRun] = []
    for entry in study.config.all_metrics():
        try:
            found = _scored(study, entry)
        except MedspatialError as error:
            if entry.name == study.config.compare.metric:
                raise
            study.stop(entry, error)
            continue
        runs += found
    names = ", ".join(entry.name for entry in study.config.all_metrics())
    now, before = sum(run.scored for run in runs), sum(run.kept for run in runs)
    study.say(f"scores: {names} in {study.files.scores}; {now} scored now, {before} before")
    return scores_of_files(run.path for run in runs)


def study_sights(study: StudyContext, cases: list[Case], questions: list[Question]) -> list[Sight]:
    """Return what the inputs that the study names hold of the questions' evidence."""
    names = study.config.compare.inputs
    if not names:
        return []
    loader = study.loader(cases)
    count = len({question.case_id for question in questions})
    study.say(f"inputs: {len(names)} to look into, {count} cases each")
    found: list[Sight] = []
    for name in names:
        of_input = sights_of_input(name, questions, loader, study.files.compare / "sights")
        lost, rest = sum(one.lost for one in of_input), len(questions) - len(of_input)
        aside = f"; {rest} more rest on no mask" if rest else ""
        study.say(f"input {name}: holds next to nothing of {lost} of {len(of_input)} questions{aside}")
        found += of_input
    return found


def study_comparison(
    study: StudyContext, questions: list[Question], scores: ScoreRows, sights: Sequence[Sight] = ()
) -> Comparison:
    """Compare the models by the chosen metric, and write what follows."""
    scores = without_partial_readers(study, scores, questions)
    comparison = compared(study, questions, scores, sights)
    write_json(study.files.compare / "comparison.json", comparison.model_dump(mode="json"))
    metric_name = study.config.compare.metric
    matrix = CorrectnessMatrix.from_scores(scores, questions=questions, metric=metric_name)
    matrix.write(study.files.compare / "correctness_matrix.csv")
    return comparison


def compared(
    study: StudyContext, questions: list[Question], scores: ScoreRows, sights: Sequence[Sight] = ()
) -> Comparison:
    """Compare scores under the study's settings."""
    settings = study.config.compare
    return compare(
        scores,
        questions=questions,
        metric=settings.metric,
        confidence=settings.confidence,
        resamples=settings.resamples,
        seed=settings.seed,
        sights=sights,
    )


def without_partial_readers(study: StudyContext, scores: ScoreRows, questions: list[Question]) -> ScoreRows:
    """Leave out readers who answered a part: what they were not asked is not wrong."""
    partial = study.people.partial(questions) if study.people else frozenset()
    return scores.only(~scores.models.among(partial))


def _scored(study: StudyContext, entry: MetricConfig) -> list[ScoringRun]:
    judge = metric(entry.name, **_options(study, entry))
    runs = []
    for model, arm_name in study.finished():
        rows = iter_predictions(study.files.predictions(model, arm_name))
        runs.append(score_file(judge, rows, study.files.scores_of(entry.name, model, arm_name)))
    if study.people is not None:
        path = study.files.scores_of(entry.name, ANSWERED)
        runs.append(score_file(judge, study.people.predictions, path))
    judge.close()
    return runs


def _options(study: StudyContext, entry: MetricConfig) -> dict[str, Any]:
    """A judge keeps its replies in the study's folder, so that asking again costs nothing."""
    if entry.name.partition(":")[0] != "judge":
        return entry.options
    return {"cache": study.files.scores / "judge-cache.sqlite", **entry.options}
