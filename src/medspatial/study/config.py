"""The study file: which cases, questions, models, arms, metrics, and how to compare and report."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from medspatial.errors import InputError
from medspatial.models.naming import NAME_RULE, is_name
from medspatial.records import Record
from medspatial.study.crossing import crossed
from medspatial.study.paths import beside

C = TypeVar("C", bound=Record)
E = TypeVar("E", "ModelConfig", "MetricConfig")
BUILT_IN = Path(__file__).parent / "builtin"


class CasesConfig(Record):
    """Where the cases come from: a folder or a file of cases, or the built-in phantom.

    Attributes
    ----------
    path
        Folder of CT with masks, or ``cases.jsonl`` / ``.csv``; relative to the study file.
    phantom
        Settings of `medspatial.cases.write_phantoms`: ``count``, ``seed``, ...
    label_map
        Forces the label map of all masks.
    assume_axes
        Axis codes for volumes without a usable affine.
    mirrored
        Add the mirrored control of each case (subtype L6).
    """

    path: str | None = None
    phantom: dict[str, Any] | None = None
    label_map: str | None = None
    assume_axes: str | None = None
    mirrored: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.phantom is None):
            raise ValueError("needs either 'path' or 'phantom'")
        return self


class QuestionsConfig(Record):
    """Which questions: built from the cases' masks, or read from a file.

    Attributes
    ----------
    path
        A ``.jsonl`` or ``.csv`` file; without it questions are built from masks.
    subtypes, per_subtype, forms, workers
        See `medspatial.questions.build_questions`.
    balance
        Leave out questions that can be guessed from the cohort's texts.
    """

    path: str | None = None
    subtypes: tuple[str, ...] | None = None
    per_subtype: int = Field(default=2, ge=1)
    forms: tuple[Literal["open", "choice"], ...] = ("open",)
    workers: int = Field(default=1, ge=1)
    balance: bool = True


class ModelConfig(Record):
    """One answerer: which kind, under which name, with which options."""

    kind: str
    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    batch_size: int | None = Field(default=None, ge=1)

    @field_validator("name")
    @classmethod
    def _file_name(cls, name: str) -> str:
        if not is_name(name):
            raise ValueError(NAME_RULE)
        return name


class MetricConfig(Record):
    """One metric by name, such as ``structured`` or ``judge:openai:MODEL``, with its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class CompareConfig(Record):
    """How scores are compared; see `medspatial.compare.compare`."""

    metric: str = "structured"
    confidence: float = Field(default=0.95, gt=0, lt=1)
    resamples: int = Field(default=10_000, ge=1)
    seed: int = 0


class ReportConfig(Record):
    """How the report is made; see `medspatial.report.write_report`."""

    max_pictures: int = Field(default=300, ge=0)


class TrackConfig(Record):
    """Where results are logged besides the folder; see `medspatial.tracking.start_tracker`."""

    to: Literal["wandb", "trackio"]
    project: str = "medspatial"
    name: str | None = None
    mode: Literal["online", "offline", "disabled"] = "offline"
    options: dict[str, Any] = Field(default_factory=dict)


class StudyConfig(Record):
    """All stages of a study.

    Attributes
    ----------
    arms
        Control arms to run besides ``standard``; see `medspatial.arms`.
    metrics
        Names of metrics, or ``{name: judge:openai:MODEL, budget: 5}`` with options; the one compared is
        always among them.
    track
        Experiment tracker; changes no result, so a study resumes with another one.
    """

    title: str
    cases: CasesConfig
    questions: QuestionsConfig = QuestionsConfig()
    models: tuple[ModelConfig, ...] = Field(min_length=1)
    arms: tuple[str, ...] = ("standard",)
    metrics: tuple[MetricConfig, ...] = (MetricConfig(name="structured"), MetricConfig(name="exact"))
    compare: CompareConfig = CompareConfig()
    report: ReportConfig = ReportConfig()
    track: TrackConfig | None = None

    @field_validator("models", mode="before")
    @classmethod
    def _short_models(cls, models: Any) -> Any:
        """Accept ``random``, ``{kind: random, seed: 1, name: random-1}``, and crossed options."""
        if not isinstance(models, list):
            return models
        return [_model(single) for entry in models for single in crossed(entry)]

    @field_validator("metrics", mode="before")
    @classmethod
    def _short_metrics(cls, metrics: Any) -> Any:
        """Accept ``structured`` and ``{name: judge:openai:MODEL, budget: 5}``."""
        return [_named(entry) for entry in metrics] if isinstance(metrics, list | tuple) else metrics

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [model.name for model in self.models]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two models are named {doubled[0]!r}: give one another 'name'")
        return self

    def all_arms(self) -> tuple[str, ...]:
        """Return the arms, ``standard`` always first."""
        return tuple(dict.fromkeys(("standard", *self.arms)))

    def all_metrics(self) -> tuple[MetricConfig, ...]:
        """Return the metrics, the compared one always first."""
        named = {metric.name: metric for metric in self.metrics}
        first = named.pop(self.compare.metric, MetricConfig(name=self.compare.metric))
        return (first, *named.values())


def _named(entry: Any) -> Any:
    """Put what is not ``name`` under ``options``."""
    if isinstance(entry, str):
        return {"name": entry}
    if not isinstance(entry, dict) or "name" not in entry:
        return entry
    extra = {key: value for key, value in entry.items() if key not in {"name", "options"}}
    return {"name": entry["name"], "options": {**entry.get("options", {}), **extra}}


def _model(entry: Any) -> Any:
    if isinstance(entry, str):
        return {"kind": entry, "name": entry}
    if not isinstance(entry, dict):
        return entry
    own = {key: entry[key] for key in ("kind", "name", "options", "batch_size") if key in entry}
    extra = {key: value for key, value in entry.items() if key not in own}
    options = {**own.get("options", {}), **extra}
    return {"name": entry.get("kind", ""), **own, "options": options}


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
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such study file") from None
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: a study file is a mapping with 'title', 'cases', 'models', ...")
    return data


def validated(path: Path, kind: type[C], data: dict[str, Any]) -> C:
    """Check the data of a study file; the error names the field, the rule and the value."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        rule = "unknown field" if first["type"] == "extra_forbidden" else first["msg"]
        got = "" if first["type"] == "missing" else f"; got {first.get('input')!r}"
        raise InputError(f"{path}: field '{field}': {rule.removeprefix('Value error, ')}{got}") from None


def builtin_study(name: str = "demo") -> StudyConfig:
    """Return a study that ships with the package.

    Raises
    ------
    InputError
        Unknown name; the message lists those there are.
    """
    path = BUILT_IN / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in BUILT_IN.glob("*.yaml")))
        raise InputError(f"unknown built-in study {name!r}; known: {known}")
    return read_study(path)


def folder_study(folder: str | Path) -> StudyConfig:
    """Return the built-in study with the cases of a folder or case file instead of the phantom."""
    demo = builtin_study()
    path = Path(folder)
    return demo.model_copy(
        update={
            "title": f"Spatial questions from {path.resolve().name}",
            "cases": CasesConfig(path=str(path.resolve())),
        }
    )


def _resolved(study: StudyConfig, folder: Path) -> StudyConfig:
    def absolute(text: str | None) -> str | None:
        return str((folder / text).resolve()) if text else None

    cases = study.cases.model_copy(update={"path": absolute(study.cases.path)})
    questions = study.questions.model_copy(update={"path": absolute(study.questions.path)})
    models = tuple(_beside(model, folder) for model in study.models)
    metrics = tuple(_beside(metric, folder) for metric in study.metrics)
    update = {"cases": cases, "questions": questions, "models": models, "metrics": metrics}
    return study.model_copy(update=update)


def _beside(entry: E, folder: Path) -> E:
    return entry.model_copy(update={"options": beside(entry.options, folder)})
