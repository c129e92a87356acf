"""The runner of a study: its stages in their order, each of which skips what the folder already holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.kept_volumes import KeptVolumes
from medspatial.compare import Comparison
from medspatial.files import locked
from medspatial.predict import Job, Workers
from medspatial.study.acuity import StudyAcuity
from medspatial.study.answering import ask_people, study_predictions
from medspatial.study.asking import study_cases, study_questions
from medspatial.study.claim import claim, release
from medspatial.study.config import StudyConfig
from medspatial.study.context import Say, StudyContext
from medspatial.study.entries import check_entries
from medspatial.study.files import StudyFiles
from medspatial.study.judging import study_comparison, study_scores, study_sights
from medspatial.study.reporting import study_report, track_study


@dataclass(frozen=True)
class StudyRun:
    """What a run left behind.

    Attributes
    ----------
    failed
        Questions without an answer because of an error, over all models and arms.
    unusable
        Cases that gave no question, with the reason.
    stopped
        Models and metrics that could not go on (``model 'x'``), with the cause; what they had not finished is
        in no table.
    kinds
        Model to what it is where that must be known to read its figures, such as ``"baseline"``.
    """

    folder: Path
    comparison: Comparison
    report: Path
    questions: int
    failed: int
    unusable: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def run_study(  # noqa: PLR0917
    config: StudyConfig,
    folder: str | Path,
    say: Say = lambda line: None,
    warn: Say | None = None,
    workers: Callable[[Job], Workers] | None = None,
    kept: KeptVolumes | None = None,
) -> StudyRun:
    """Run all stages of a study in its folder.

    Parameters
    ----------
    config
        From `medspatial.study.read_study`.
    folder
        Where all files go; may hold an earlier, unfinished run of the same study.
    say
        Gets one line per stage.
    warn
        Gets one line for each folder and case that gives no question, and each label map that does not fit,
        up to a screen of them; by default these go to ``say``.
    workers
        Makes the workers that ask a model (`medspatial.predict.Processes`, Ray's actors), for models that
        take the option ``device`` and are not given it. Others, such as baselines, run in this process.
    kept
        Volumes read before, for the models and arms that ask for them again.

    Raises
    ------
    InputError
        The folder belongs to another study, another run is writing it, a stage's input is bad, or a model
        or metric does not take an option.
    MedspatialError
        No model can go on, or the metric that is compared cannot.
    """
    check_entries(config)
    files = StudyFiles(Path(folder))
    files.folder.mkdir(parents=True, exist_ok=True)
    with locked(files.folder):
        manifest = claim(files.manifest, config)
        study = StudyContext(
            config,
            files,
            say,
            warn or say,
            workers,
            kept,
            StudyAcuity(config.acuity, files.folder, say),
            root=files.cases,
            manifest=manifest,
        )
        found = _stages(study)
        release(files.manifest, manifest)
    return found


def _stages(study: StudyContext) -> StudyRun:
    cases = study_cases(study)
    questions = study_questions(study, cases)
    runs = list(study_predictions(study, cases, questions))
    ask_people(study, questions)
    scores = study_scores(study)
    study.acuity.of_inputs()
    comparison = study_comparison(study, questions, scores, study_sights(study, cases, questions))
    page = study_report(study, cases, questions, scores, comparison)
    track_study(study, comparison)
    return StudyRun(
        study.files.folder,
        comparison,
        page,
        questions=len(questions),
        failed=sum(run.failed for run in runs),
        unusable=study.files.unusable(),
        stopped=study.stopped,
        kinds={note.model: note.kind for note in study.notes if note.kind},
    )
