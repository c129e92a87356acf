"""All that can be known of a study without computing it: what is wrong, what is missing, what it costs."""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from medspatial.acuity import chosen_quantities, input_of
from medspatial.anatomy import load_label_map
from medspatial.arms import arm
from medspatial.cases import outside_sources, source_callable, write_phantoms
from medspatial.errors import EXIT_FAILURES, EXIT_INPUT, EXIT_OK, InputError, MedspatialError
from medspatial.llm.access import Access, llm_access
from medspatial.models import model_cards
from medspatial.models.tools.check import check_folder, covered
from medspatial.questions import chosen_subtypes
from medspatial.records import Question, read_records
from medspatial.study.config import MetricConfig, ModelConfig, StudyConfig
from medspatial.study.entries import REMOTE_KINDS, check_metric, check_model, refuse_unknown
from medspatial.study.estimate import Estimate, estimates
from medspatial.study.loading import found_cases
from medspatial.volume.axes import validate_axcodes

Level = Literal["ok", "missing", "wrong"]
_GB = 1e9
_PHANTOM_GB, _PICTURE_GB, _BASE_GB = 0.05, 0.0005, 0.2
# Packages that an extra brings, by the module they are imported as.
_MODULES = {"models": ("torch", "transformers", "safetensors", "accelerate")}
_SDKS = {"openai": "openai", "gemini": "google.genai"}
_METRIC_MODULES = {
    "bleu": "sacrebleu",
    "rouge": "rouge_score",
    "meteor": "nltk",
    "sbert": "sentence_transformers",
    "alignscore": "transformers",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    part
        Of the study: ``cases``, ``model 'x'``, ...
    level
        ``wrong``: the file must be changed. ``missing``: something outside it is not there (a checkpoint, a
        key, a server, a package, disk space); what does not need it runs. Else ``ok``.
    """

    part: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.part}: {self.message}"


@dataclass(frozen=True)
class StudyCheck:
    """What was found, and what the study will ask for.

    Attributes
    ----------
    questions
        How many are asked in an arm at most; None where the cases are not known.
    """

    findings: tuple[Finding, ...]
    questions: int | None = None
    estimates: tuple[Estimate, ...] = field(default=())

    def of(self, level: Level) -> list[Finding]:
        """Return the findings of a level."""
        return [one for one in self.findings if one.level == level]

    @property
    def exit_code(self) -> int:
        """0 where all is well, 1 where something is missing, 3 where the file is wrong."""
        return EXIT_INPUT if self.of("wrong") else EXIT_FAILURES if self.of("missing") else EXIT_OK


def check_study(
    study: StudyConfig, folder: str | Path | None = None, *, network: bool = True, scan: bool = True
) -> StudyCheck:
    """Look at everything a study needs; nothing is computed, and nothing that costs is asked.

    Parameters
    ----------
    folder
        Where results will go, for the disk space; the current folder without it.
    network
        Whether servers are asked if they are there, each for 3 s at most and all at once.
    scan
        Whether a folder of cases is searched, which a run does anyway and which takes time where it is large.
    """
    findings = [*_arms(study), *_inputs(study), *_questions(study)]
    cases, found = _cases(study, scan)
    findings += found
    for model in study.models:
        findings += _model(model)
    for metric in study.all_metrics():
        findings += _metric(metric)
    findings += _servers(study, network)
    findings += _disk(study, Path(folder or "."))
    questions = _count(study, cases)
    findings += _reading(study, questions)
    wrong = any(one.level == "wrong" for one in findings)
    costs = () if wrong or questions is None else tuple(estimates(study, questions))
    return StudyCheck(tuple(findings), questions, costs)


def _cases(study: StudyConfig, scan: bool) -> tuple[int | None, list[Finding]]:
    """Return how many cases there are, None where nobody knows, and what was found."""
    settings, found = study.cases, list[Finding]()
    label_map, codes = settings.label_map, settings.assume_axes
    if label_map is not None:
        found += _tried("cases", lambda: load_label_map(label_map))
    if codes is not None:
        found += _tried("cases", lambda: validate_axcodes(codes))
    times = 2 if settings.mirrored else 1
    if settings.phantom is not None:
        known = [name for name in inspect.signature(write_phantoms).parameters if name not in _OF_THE_STUDY]
        given = settings.phantom
        found += _tried("cases", lambda: refuse_unknown("phantom: unknown setting", given, known))
        count = settings.phantom.get("count")
        if not isinstance(count, int) or count < 1:
            return None, [
                *found,
                Finding("cases", "wrong", f"phantom: count must be 1 or more, got {count!r}"),
            ]
        return count * times, [*found, Finding("cases", "ok", f"{count} phantoms")]
    if settings.source is not None:
        return None, [*found, *_source(settings.source, settings.options)]
    if not scan and Path(settings.path or "").exists():
        return None, found
    try:
        scanned = found_cases(settings)
    except MedspatialError as error:
        return None, [*found, Finding("cases", "wrong", str(error))]
    refused = f", {len(scanned.refused)} of them cannot be used" if scanned.refused else ""
    words = f"{len(scanned.cases)} cases of {scanned.patients} patients in {settings.path}{refused}"
    usable = len(scanned.cases) - len(scanned.refused)
    return usable * times, [*found, Finding("cases", "ok" if usable else "wrong", words)]


def _source(name: str, options: Mapping[str, Any]) -> list[Finding]:
    """Hold the options of a package's source to what it takes; asking it may cost, so it is not asked."""
    wrong = _tried("cases", lambda: source_callable(name, options))
    words = f"{name} of package {{}}: its options are right, its cases are known when the study runs"
    return wrong or [Finding("cases", "ok", words.format(outside_sources()[name].package))]


_ITS_KIND = re.compile(r"(model|metric) '[^']*': ")  # how errors of an entry begin, by kind and not by name
_OF_THE_STUDY = {"folder", "progress"}


def _questions(study: StudyConfig) -> Iterator[Finding]:
    if study.questions.path is None:
        yield from _tried("questions", lambda: chosen_subtypes(study.questions.subtypes))
    elif not Path(study.questions.path).is_file():
        yield Finding("questions", "wrong", f"path: there is no file {study.questions.path}")


def _count(study: StudyConfig, cases: int | None) -> int | None:
    """Return how many questions are asked in an arm at most."""
    settings, most = study.questions, None
    try:
        if settings.path is not None:
            most = len(read_records(settings.path, Question).rows)
        elif cases is not None:
            most = cases * len(chosen_subtypes(settings.subtypes)) * settings.per_subtype
    except MedspatialError:
        return None
    return min((one for one in (most, settings.limit) if one is not None), default=None)


def _reading(study: StudyConfig, questions: int | None) -> Iterator[Finding]:
    """Say what readers are asked; fewer questions than they should be asked are no study of theirs."""
    settings = study.reading
    if settings is None:
        return
    asked = settings.count or questions
    if asked is None:
        return
    if questions is not None and asked > questions:
        rule = f"count: must be at most the {questions} questions, got {asked}"
        yield Finding("reading", "wrong", rule)
        return
    people = len(settings.readers)
    total = asked * (settings.overlap or people) * len(settings.conditions)
    yield Finding("reading", "ok", f"{people} readers, at most {total:,} answers to {asked:,} questions")


def _arms(study: StudyConfig) -> Iterator[Finding]:
    for name in study.all_arms():
        yield from _tried("arms", partial(arm, name))


def _inputs(study: StudyConfig) -> Iterator[Finding]:
    for name in study.compare.inputs:
        yield from _tried("compare.inputs", partial(input_of, name))
    if study.acuity is not None:
        for name in study.acuity.inputs:
            yield from _tried("acuity.inputs", partial(input_of, name))
        yield from _tried("acuity.quantities", partial(chosen_quantities, study.acuity.quantities))


def _model(model: ModelConfig) -> list[Finding]:
    part = f"model '{model.name}'"
    found = _tried(part, lambda: check_model(model))
    card = model_cards().get(model.kind)
    if found or card is None:
        return found or [Finding(part, "ok", "nothing is missing")]
    modules = _MODULES.get(card.extra, ()) if model.kind not in _SDKS else (_SDKS[model.kind],)
    found = _packages(part, modules, card.extra)
    path = model.options.get("path")
    if isinstance(path, str) and "revision" in card.options and _is_hub_name(path):
        return found or [Finding(part, "ok", f"{path} is not a folder here: it is asked for on the hub")]
    if not found and isinstance(path, str) and card.name in covered():
        try:
            parts = check_folder(path, model.kind)
        except MedspatialError as error:
            return [Finding(part, "missing", str(error))]
        found = [
            Finding(part, "missing", f"{path}: {one.part}: {one.detail}") for one in parts if not one.fine
        ]
        return found or [Finding(part, "ok", f"the checkpoint {path} is complete")]
    return found or [Finding(part, "ok", "its options are right")]


def _is_hub_name(path: str) -> bool:
    return not Path(path).exists() and path.count("/") == 1 and path[0] not in "./~"


def _metric(metric: MetricConfig) -> list[Finding]:
    part = f"metric '{metric.name}'"
    base = metric.name.partition(":")[0]
    found = _tried(part, lambda: check_metric(metric))
    if not found and base in _METRIC_MODULES:
        found = _packages(part, (_METRIC_MODULES[base],), "metrics")
    return found or [Finding(part, "ok", "its options are right")]


def _servers(study: StudyConfig, network: bool) -> list[Finding]:
    """Look for keys and servers of remote models and judges, every server once."""
    asked: list[tuple[str, Access]] = []
    for model in study.models:
        if model.kind in REMOTE_KINDS:
            access = llm_access(f"{model.kind}:{model.options.get('model')}", model.options)
            asked += [(f"model '{model.name}'", access)] if access else []
    for metric in study.all_metrics():
        base, _, variant = metric.name.partition(":")
        names = [variant or metric.options.get("model")] if base == "judge" else []
        names += list(metric.options.get("judges", ())) if base == "jury" else []
        found = [llm_access(str(name), metric.options) for name in names]
        asked += [(f"metric '{metric.name}'", access) for access in found if access]
    findings = []
    for part, access in asked:
        if not access.has_key:
            words = f"environment variable {' or '.join(access.keys)} is not set: it must hold the key"
            findings.append(Finding(part, "missing", words))
    servers = {access.server: access for _, access in asked}
    if not network or not servers:
        return findings
    with ThreadPoolExecutor(len(servers)) as pool:
        causes = dict(zip(servers, pool.map(Access.unreachable, servers.values()), strict=True))
    for part, access in asked:
        cause = causes[access.server]
        level: Level = "ok" if cause is None else "missing"
        words = "answers" if cause is None else f"cannot be reached ({cause})"
        findings.append(Finding(part, level, f"{access.server} {words}"))
    return findings


def _disk(study: StudyConfig, folder: Path) -> list[Finding]:
    phantoms = (study.cases.phantom or {}).get("count", 0)
    needed = _BASE_GB + _PICTURE_GB * study.report.max_pictures
    needed += _PHANTOM_GB * phantoms if isinstance(phantoms, int) else 0
    there = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
    free = shutil.disk_usage(there).free / _GB
    words = f"{free:.1f} GB are free at {there}, about {needed:.1f} GB are needed"
    return [Finding("disk", "ok" if free >= needed else "missing", words)]


def _packages(part: str, modules: tuple[str, ...], extra: str) -> list[Finding]:
    absent = [name for name in modules if not _installed(name)]
    words = f"package '{', '.join(absent)}' is not installed; run: pip install 'medspatial[{extra}]'"
    return [Finding(part, "missing", words)] if absent else []


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False


def _tried(part: str, look: Callable[[], object]) -> list[Finding]:
    """Return what a look finds wrong, as a finding of the part."""
    try:
        look()
    except MedspatialError as error:
        words = _ITS_KIND.sub("", str(error), count=1) if _ITS_KIND.match(part + ": ") else str(error)
        return [Finding(part, "wrong" if isinstance(error, InputError) else "missing", words)]
    return []
