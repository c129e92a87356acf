"""The first two stages of a study: its cases, and the questions about them."""

from __future__ import annotations

from medspatial.cases import write_phantoms
from medspatial.errors import InputError
from medspatial.files import write_json
from medspatial.progress import progress
from medspatial.questions import build_questions, mirrored_cases, write_questions
from medspatial.records import Case, Question, read_records, write_records
from medspatial.study.context import StudyContext
from medspatial.study.loading import ROOT_FILE, found_cases


def study_cases(study: StudyContext) -> list[Case]:
    """Make the phantoms, or find the cases; mirrored controls of them come last."""
    settings = study.config.cases
    if settings.phantom is not None:
        with progress("phantoms", int(settings.phantom.get("count", 0))) as bar:
            cases = write_phantoms(study.root, **settings.phantom, progress=bar)
        study.say(f"cases: {len(cases)} phantoms in {study.root}")
    else:
        found = found_cases(settings)
        study.root, cases = found.root, found.cases
        place = settings.path or f"{settings.source}, below {found.root}"
        study.say(f"cases: {len(cases)} of {found.patients} patients in {place}")
        for line in found.lines():
            study.warn(line)
    if settings.mirrored:
        cases += mirrored_cases(cases)
    write_records(study.files.cases / "all_cases.jsonl", cases)
    if settings.source is not None:  # no path in the manifest says where relative paths start
        write_json(study.files.cases / ROOT_FILE, {"root": str(study.root)})
    return cases


def study_questions(study: StudyContext, cases: list[Case]) -> list[Question]:
    """Read the questions, or build them from the cases' masks.

    Raises
    ------
    InputError
        There is none.
    """
    settings = study.config.questions
    path = study.files.questions_file
    if settings.path is not None:
        write_records(path, read_records(settings.path, Question))
        study.say(f"questions: from {settings.path}")
    else:
        _build(study, cases)
    questions = read_records(path, Question).rows
    if not questions:
        raise InputError(f"{path}: no question could be asked; dropped.jsonl beside it says why")
    return questions[: settings.limit]


def _build(study: StudyContext, cases: list[Case]) -> None:
    settings, folder = study.config.questions, study.files.questions
    results = build_questions(
        cases,
        study.root,
        subtypes=settings.subtypes,
        per_subtype=settings.per_subtype,
        forms=settings.forms,
        workers=settings.workers,
        folder=folder / "by_case",
        assume_axes=study.config.cases.assume_axes,
    )
    with progress("questions", len(cases)) as bar:
        found = write_questions(results, folder, balance=settings.balance, progress=bar)
    study.say(f"questions: {found.questions} asked, {sum(found.dropped.values())} dropped by rule")
    study.warn_all(found.assumed())
    study.warn_all(found.troubles())
