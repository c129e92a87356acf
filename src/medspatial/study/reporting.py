"""The last stages of a study: the page, a second page for readers, and what a tracker is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medspatial.compare import Comparison
from medspatial.compare.score_rows import ScoreRows
from medspatial.progress import progress
from medspatial.questions import subtypes
from medspatial.records import Case, Question
from medspatial.report import write_report
from medspatial.report.page import PEOPLE_PAGE
from medspatial.study.answering import all_predictions
from medspatial.study.context import StudyContext
from medspatial.study.judging import compared, without_partial_readers
from medspatial.study.table_source import table_source
from medspatial.tracking import start_tracker, track_report


def study_report(
    study: StudyContext,
    cases: list[Case],
    questions: list[Question],
    scores: ScoreRows,
    comparison: Comparison,
) -> Path:
    """Write the page with tables, figures and every question's pictures."""
    config = study.config
    judged = scores.only(scores.metrics.among({config.compare.metric}))
    read = _read_by_all(study, questions)
    shared: dict[str, Any] = {
        "load": study.loader(cases).data,
        "manifest": study.manifest.model_dump(mode="json"),
        "subtypes": {one.id: one.title for one in subtypes()},
        "source": table_source(study.files.folder, questions, (one.kind for one in config.models)),
        "notes": study.notes,
        "max_pictures": config.report.max_pictures,
        "figure_formats": config.report.figures,
    }
    with progress("report", len({question.case_id for question in questions})) as bar:
        page = write_report(
            study.files.report,
            title=config.title,
            questions=questions,
            predictions=list(all_predictions(study)),
            scores=without_partial_readers(study, judged, questions),
            comparison=comparison,
            drops=study.files.drops(),
            unusable=study.files.unusable(),
            seconds=study.files.seconds((one.name for one in config.models), config.all_arms()),
            stopped=study.stopped,
            extra_tables=study.acuity.tables(),
            extra_charts=study.acuity.charts(),
            people=study.people.results(judged) if study.people else None,
            people_page=bool(read),
            progress=lambda case_id: bar.advance(1, case_id),
            **shared,
        )
    if read:
        asked = {one.id for one in read}
        rows = judged.only(judged.ids.among(asked) & judged.arms.among({"standard"}))
        write_report(
            study.files.report / PEOPLE_PAGE,
            title=f"{config.title}: what every reader read",
            questions=read,
            predictions=[one for one in all_predictions(study) if one.id in asked],
            scores=rows,
            comparison=compared(study, read, rows),
            **shared,
        )
    study.say(f"report: {page}")
    return page


def track_study(study: StudyContext, comparison: Comparison) -> None:
    """Log comparison, tables, figures and manifest to the tracker, if the study names one."""
    settings = study.config.track
    if settings is None or settings.mode == "disabled":
        return
    tracker = start_tracker(
        settings.to,
        project=settings.project,
        folder=study.files.folder / "track",
        name=settings.name or study.files.folder.name,
        mode=settings.mode,
        options=settings.options,
    )
    with tracker:
        track_report(tracker, comparison, study.files.report, study.manifest.model_dump(mode="json"))
    study.say(f"tracked: {settings.to}, {settings.mode}, project {settings.project}")


def _read_by_all(study: StudyContext, questions: list[Question]) -> list[Question]:
    """Return the questions that all readers answered, where that is not all of them."""
    if study.people is None or not study.people.partial(questions):
        return []
    common = study.people.common()
    return [one for one in questions if one.id in common]
