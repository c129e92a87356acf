"""The study file: which cases, questions, models, arms, metrics, and how to compare and report."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from medspatial.arms import epoch_names
from medspatial.files import shortened
from medspatial.models.naming import NAME_RULE, is_name
from medspatial.readers.design import ReadingConfig
from medspatial.records import Record
from medspatial.study.matrix import expanded
from medspatial.tracking import tracker_names

BASELINES = ("random", "prior", "oracle", "echo")


class CasesConfig(Record):
    """Where the cases come from: a folder or a file of cases, the built-in phantom, or a package's source.

    A plain text stands for ``path``: ``cases: my_ct``.

    Attributes
    ----------
    path
        Folder of CT with masks, or ``cases.jsonl`` / ``.csv``; relative to the study file.
    phantom
        In place of ``path``: settings of `medspatial.cases.write_phantoms`, such as ``count``, ``seed``,
        ``spacing``.
    source
        In place of ``path``: a kind of case source that an installed package brings; `medspatial plugins`
        lists them.
    options
        Those of the ``source``. Relative paths start from the study file.
    label_map
        Forces the label map of all masks; without it each mask says its own, or a table beside it.
    assume_axes
        Axis codes, such as ``LPS``, for volumes without a usable affine.
    mirrored
        Add the mirrored control of each case (subtype L6).
    """

    path: str | None = None
    phantom: dict[str, Any] | None = None
    source: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    label_map: str | None = None
    assume_axes: str | None = None
    mirrored: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if [self.path, self.phantom, self.source].count(None) != 2:
            raise ValueError("needs one of 'path', 'phantom', 'source'")
        if self.options and self.source is None:
            raise ValueError("'options' are those of a 'source', and there is none")
        return self


class QuestionsConfig(Record):
    """Which questions: built from the cases' masks, or read from a file.

    Attributes
    ----------
    path
        A ``.jsonl`` or ``.csv`` file of questions; without it questions are built from the masks.
    subtypes
        Ids (``L1``), slugs or categories of the subtypes to build; all without it.
    per_subtype
        At most this many questions of each subtype per case.
    forms
        ``open`` asks in words alone, ``choice`` with options.
    workers
        Cases whose questions are built at once, each in a process.
    balance
        Leave out questions that can be guessed from the cohort's texts.
    limit
        Ask only this many, the first ones; they stand case by case, so a small number asks of few patients.
    """

    path: str | None = None
    subtypes: tuple[str, ...] | None = None
    per_subtype: int = Field(default=2, ge=1)
    forms: tuple[Literal["open", "choice"], ...] = ("open",)
    workers: int = Field(default=1, ge=1)
    balance: bool = True
    limit: int | None = Field(default=None, ge=1)


class ModelConfig(Record):
    """One answerer: which kind, under which name, with which options.

    A plain text is a kind with its defaults, and an option may stand beside ``kind`` in place of under
    ``options``: ``{kind: random, seed: 1, name: random-1}``.

    Attributes
    ----------
    kind
        One of `medspatial models list`, or the name of a model that an installed package brings.
    name
        Name in files and tables; by default the kind. Two models cannot have the same.
    options
        Those of the model; `medspatial models show NAME` lists them. Relative paths start from the file.
    batch_size
        Questions answered at once; by default what the model says.
    """

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
    """One metric with its options.

    A plain text is a metric with its defaults, and an option may stand beside ``name``:
    ``{name: judge:openai:MODEL, budget: 5}``.

    Attributes
    ----------
    name
        One of `medspatial score --list`, perhaps with a variant behind a colon, such as ``rouge:stem``.
    options
        Those of the metric, such as ``prices`` of a judge. Relative paths start from the study file.
    """

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class CompareConfig(Record):
    """How scores are compared; see `medspatial.compare.compare`.

    Attributes
    ----------
    metric
        The metric that the comparison rests on.
    confidence
        Of the intervals.
    resamples
        Draws of the bootstrap over patients, and of tests that are not exact.
    seed
        Of these draws.
    inputs
        Inputs whose ideal observer is set beside the models, such as ``m3d_lamed``, ``8_slices`` or
        ``whole_volume``: what they hold of each question's evidence, without weights. See docs/acuity.md.
    """

    metric: str = "structured"
    confidence: float = Field(default=0.95, gt=0, lt=1)
    resamples: int = Field(default=10_000, ge=1)
    seed: int = 0
    inputs: tuple[str, ...] = ()


class AcuityConfig(Record):
    """A sight test on graded phantoms, in the report beside the questions; see docs/acuity.md.

    Attributes
    ----------
    inputs
        Inputs whose ideal observer is measured, without weights: ``m3d_lamed``, ``8_slices``, ....
    models
        Also ask the study's models that look: each volume has one question.
    quantities
        ``side``, ``distance``, ``ratio``, ``size``, ``contrast``, ``height``, ``thickness``.
    bodies
        Phantoms of each level; intervals are over these.
    repeats
        Trials of a model with each level on each body.
    """

    inputs: tuple[str, ...] = ()
    models: bool = False
    quantities: tuple[str, ...] = ("side", "size")
    bodies: int = Field(default=12, ge=2)
    repeats: int = Field(default=2, ge=1)


class ReportConfig(Record):
    """How the report is made; see `medspatial.report.write_report`.

    Attributes
    ----------
    max_pictures
        At most this many questions are shown with pictures.
    figures
        Formats of the figures for papers; with none, no figure is drawn and the page has its tables alone.
    """

    max_pictures: int = Field(default=300, ge=0)
    figures: tuple[Literal["svg", "png", "pdf"], ...] = ("svg", "png")


class TrackConfig(Record):
    """Where results are logged besides the folder; see `medspatial.tracking.start_tracker`.

    Attributes
    ----------
    to
        ``wandb``, ``trackio``, or a tracker that an installed package brings.
    project
        Its project at the tracker.
    name
        Of the run; by default that of the study's folder.
    mode
        ``offline`` writes into the study's folder, ``online`` sends, ``disabled`` does nothing.
    options
        Passed to the tracker.
    """

    to: str
    project: str = "medspatial"
    name: str | None = None
    mode: Literal["online", "offline", "disabled"] = "offline"
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("to")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in tracker_names():
            raise ValueError(f"must be one of {', '.join(tracker_names())}")
        return name


class StudyConfig(Record):
    """All stages of a study; only ``cases`` is needed.

    Attributes
    ----------
    title
        Of the report; by default made from the name of the cases.
    cases
        A folder or file of cases, the phantom, or a source of an installed package.
    questions
        Which questions are asked.
    models
        Who answers; by default the baselines, which need no weights. ``cross`` in an entry makes one model of
        each combination of options.
    arms
        Control arms to run besides ``standard``; see `medspatial.arms`.
    epochs
        How often the arm ``standard`` is asked, each time with another draw where a model samples. The share
        of the interval's variance that comes from the draw stands in the comparison and the report.
    metrics
        How answers are scored; the metric that is compared is always among them.
    compare
        How the scores are compared.
    report
        How the page is made.
    acuity
        A sight test beside the questions.
    reading
        People who answer too, by ``medspatial read``; they stand beside the models, and can come later.
    track
        Experiment tracker; changes no result, so a study resumes with another one.
    """

    title: str = ""
    cases: CasesConfig
    questions: QuestionsConfig = QuestionsConfig()
    models: tuple[ModelConfig, ...] = Field(
        default=tuple(ModelConfig(kind=name, name=name) for name in BASELINES), min_length=1
    )
    arms: tuple[str, ...] = ("standard",)
    epochs: int = Field(default=1, ge=1, le=100)
    metrics: tuple[MetricConfig, ...] = (MetricConfig(name="structured"), MetricConfig(name="exact"))
    compare: CompareConfig = CompareConfig()
    report: ReportConfig = ReportConfig()
    acuity: AcuityConfig | None = None
    reading: ReadingConfig | None = None
    track: TrackConfig | None = None

    @field_validator("cases", mode="before")
    @classmethod
    def _short_cases(cls, cases: Any) -> Any:
        """Accept ``my_ct`` in place of ``{path: my_ct}``."""
        return {"path": cases} if isinstance(cases, str) else cases

    @field_validator("models", mode="before")
    @classmethod
    def _short_models(cls, models: Any) -> Any:
        """Accept ``random``, ``{kind: random, seed: 1, name: random-1}``, and crossed options."""
        if not isinstance(models, list):
            return models
        return [_model(single) for entry in models for single in expanded(entry)]

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
        if self.reading is not None:
            if "readers" in names:
                raise ValueError("with 'reading' no model can be named 'readers': that file is the readers'")
            if self.reading.assistant not in {None, *names}:
                raise ValueError(
                    f"reading.assistant must be a model of this study ({', '.join(names)}), "
                    f"got {self.reading.assistant!r}"
                )
        return self

    def all_arms(self) -> tuple[str, ...]:
        """Return the arms, ``standard`` always first, its repeats last."""
        return tuple(dict.fromkeys(("standard", *self.arms, *epoch_names(self.epochs))))

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
    return {"name": entry["name"], "options": {**_table(entry.get("options", {}), "options"), **extra}}


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name!r} must be a table of names and values, got {shortened(repr(value))}")
    return value


def _model(entry: Any) -> Any:
    if isinstance(entry, str):
        return {"kind": entry, "name": entry}
    if not isinstance(entry, dict):
        return entry
    own = {key: entry[key] for key in ("kind", "name", "options", "batch_size") if key in entry}
    extra = {key: value for key, value in entry.items() if key not in own}
    options = {**_table(own.get("options", {}), "options"), **extra}
    return {"name": entry.get("kind", ""), **own, "options": options}
