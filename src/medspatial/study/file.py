"""Study files read and checked; the built-in studies, and the study of a folder alone."""

from __future__ import annotations

from pathlib import Path

from medspatial.errors import InputError
from medspatial.records.yaml_record import study_data, validated
from medspatial.study.config import CasesConfig, StudyConfig
from medspatial.study.paths import metric_paths, model_paths

BUILT_IN = Path(__file__).parent / "builtin"


def read_study(path: str | Path) -> StudyConfig:
    """Read a study file; relative paths in it are taken from its folder.

    Raises
    ------
    InputError
        Missing file, bad YAML (with line), unknown or wrong field (with its place and value).
    """
    path = Path(path)
    study = validated(path, StudyConfig, study_data(path))
    return _resolved(study, path.parent)


def builtin_study(name: str = "demo") -> StudyConfig:
    """Return a study that ships with the package.

    Raises
    ------
    InputError
        Unknown name; the message lists those there are.
    """
    if name not in builtin_names():
        raise InputError(f"unknown built-in study {name!r}; known: {', '.join(builtin_names())}")
    return read_study(BUILT_IN / f"{name}.yaml")


def builtin_names() -> tuple[str, ...]:
    """Return the names of the studies that ship with the package, sorted."""
    return tuple(sorted(file.stem for file in BUILT_IN.glob("*.yaml")))


def folder_study(folder: str | Path) -> StudyConfig:
    """Return the study of a folder or case file: that of a study file with ``cases`` alone."""
    path = Path(folder).resolve()
    return _resolved(StudyConfig(cases=CasesConfig(path=str(path))), path.parent)


def _resolved(study: StudyConfig, folder: Path) -> StudyConfig:
    def absolute(text: str | None) -> str | None:
        return str((folder / text).resolve()) if text else None

    cases = study.cases.model_copy(update={"path": absolute(study.cases.path)})
    questions = study.questions.model_copy(update={"path": absolute(study.questions.path)})
    models = tuple(
        model.model_copy(update={"options": model_paths(model.kind, model.options, folder)})
        for model in study.models
    )
    metrics = tuple(
        metric.model_copy(update={"options": metric_paths(metric.options, folder)})
        for metric in study.metrics
    )
    update = {
        "title": study.title or _title(cases),
        "cases": cases,
        "questions": questions,
        "models": models,
        "metrics": metrics,
    }
    return study.model_copy(update=update)


def _title(cases: CasesConfig) -> str:
    return f"Spatial questions from {'phantoms' if cases.path is None else Path(cases.path).name}"
