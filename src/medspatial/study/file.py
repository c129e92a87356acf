"""Study files read and checked; the built-in studies, and the study of a folder alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from medspatial.errors import InputError, meant
from medspatial.files import shortened
from medspatial.named_options import named_options
from medspatial.records import Record
from medspatial.study.config import CasesConfig, StudyConfig
from medspatial.study.paths import metric_paths, model_paths, source_paths
from medspatial.study.yaml_text import read_yaml

C = TypeVar("C", bound=Record)
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


def study_data(path: Path) -> dict[str, Any]:
    """Read a study file as plain data.

    Raises
    ------
    InputError
        Missing file, or bad YAML (with line).
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise InputError(f"{path}: a study file is a mapping with 'title', 'cases', 'models', ...")
    return data


def validated(path: Path, kind: type[C], data: dict[str, Any]) -> C:
    """Check the data of a study file; the error names the field, the rule and the value."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = shortened(".".join(str(part) for part in first["loc"]))
        unknown = first["type"] == "extra_forbidden"
        rule = _unknown_field(kind, first["loc"]) if unknown else first["msg"]
        got = "" if first["type"] == "missing" else f"; got {shortened(repr(first.get('input')))}"
        told = shortened(rule.removeprefix("Value error, "), 500)
        raise InputError(f"{path}: field '{field}': {told}{got}") from None


def _unknown_field(kind: type[Record], place: tuple[int | str, ...]) -> str:
    """Say which field may be meant, and which there are."""
    fields = list(_fields_at(kind, place[:-1]))
    if not fields:
        return "unknown field"
    return f"unknown field{meant(str(place[-1]), fields)}; there are: {', '.join(fields)}"


def _fields_at(kind: Any, place: tuple[int | str, ...]) -> Iterable[str]:
    """Return the names of fields of the record at a place in another one."""
    for step in place:
        kind = kind.model_fields[step].annotation if isinstance(step, str) else get_args(kind)[0]
        records = [one for one in get_args(kind) if isinstance(one, type) and issubclass(one, Record)]
        kind = records[0] if get_origin(kind) is not tuple and records else kind
    return getattr(kind, "model_fields", {})


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


def source_study(text: str) -> StudyConfig:
    """Return the study of a case source of an installed package: ``NAME`` or ``NAME:option=value,...``."""
    name, options = named_options(text)
    return _resolved(StudyConfig(cases=CasesConfig(source=name, options=options)), Path.cwd())


def _resolved(study: StudyConfig, folder: Path) -> StudyConfig:
    def absolute(text: str | None) -> str | None:
        return str((folder / text).resolve()) if text else None

    cases = study.cases.model_copy(update={"path": absolute(study.cases.path)})
    if cases.source is not None:
        options = source_paths(cases.source, cases.options, folder)
        cases = cases.model_copy(update={"options": options})
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
    name = "phantoms" if cases.path is None else Path(cases.path).name
    return f"Spatial questions from {cases.source or name}"
