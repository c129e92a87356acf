"""What a viewer shows: the cases, questions, answers and models of a run, or the cases of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.cases import Discovery, find_cases, is_outside
from medspatial.errors import InputError
from medspatial.records import Case, Prediction, Question, Score, read_records, volume_name
from medspatial.study import CaseLoader
from medspatial.study.loading import ROOT_FILE
from medspatial.view.faults import Faults, faults_of
from medspatial.view.roots import Roots

_NOT_ANSWERS = (".volumes.jsonl", ".failures.jsonl")


@dataclass(frozen=True)
class ShownModel:
    """A model whose answers and input can be shown."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Library:
    """All there is to show, by id.

    Attributes
    ----------
    root
        The folder that relative paths of cases start from.
    roots
        The folders that files may come from.
    predictions, scores
        By question id; every model, arm and metric.
    faults
        By question id: answers right for the wrong reason, inputs that hold nothing of the evidence.
    report
        Folder of the static page, where there is one.
    """

    title: str
    cases: dict[str, Case]
    root: Path
    roots: Roots
    assume_axes: str | None = None
    questions: dict[str, Question] = field(default_factory=dict)
    models: tuple[ShownModel, ...] = ()
    predictions: dict[str, list[Prediction]] = field(default_factory=dict)
    scores: dict[str, list[Score]] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)
    report: Path | None = None

    def loader(self) -> CaseLoader:
        """Return a reader of the cases."""
        return CaseLoader(list(self.cases.values()), self.root, self.assume_axes)

    def check(self, case_id: str) -> Case:
        """Return a case whose files all lie in the served folders.

        Raises
        ------
        InputError
            No such case, or a file outside.
        """
        case = self.cases.get(case_id)
        if case is None:
            raise InputError(f"no case {case_id!r}")
        paths = [case.image_path, *(source.path for source in case.masks)]
        for path in paths:
            if path:
                self.roots.inside(self.root / path)
                self._check_below(self.root / path)
        return case

    def _check_below(self, path: Path) -> None:
        """Hold a folder's own files (a DICOM series, one mask each) to the same rule."""
        if path.is_dir():
            for one in path.rglob("*"):
                if one.is_symlink():
                    self.roots.inside(one)


def open_library(
    source: str | Path, *, extra_roots: Sequence[Path] = (), questions: Path | None = None
) -> Library:
    """Open a study's folder, a folder or file of cases, one CT, or a case source of a package.

    Parameters
    ----------
    source
        A path, or as text also what `medspatial.cases.find_cases` takes.
    extra_roots
        Further folders that links and absolute paths of cases may lead into.
    questions
        Questions to show where the folder is no study's.

    Raises
    ------
    InputError
        Nothing to show, or unreadable records.
    """
    outside = isinstance(source, str) and is_outside(source)
    path = Path(source)
    if not outside and not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if (path / "manifest.json").is_file() and (path / "cases" / "all_cases.jsonl").is_file():
        if questions is not None:
            raise InputError(f"--questions {questions}: {path} is a study's folder, which has its own")
        return _of_run(path, extra_roots)
    if path.is_file() and path.suffix not in {".jsonl", ".csv"}:
        name = volume_name(path.name)
        found = Discovery([Case(case_id=name, patient_id=name, image_path=path.name)], path.parent)
    else:
        found = find_cases(source)
    asked = read_records(questions, Question).rows if questions else []
    return Library(
        title=str(source) if outside else path.resolve().name,
        cases={case.case_id: case for case in found.cases},
        root=found.root,
        roots=Roots([found.root, *extra_roots]),
        questions={one.id: one for one in asked},
    )


def _of_run(folder: Path, extra_roots: Sequence[Path]) -> Library:
    settings = _settings(folder / "manifest.json")
    root = _root(folder, settings.get("cases", {}))
    cases = read_records(folder / "cases" / "all_cases.jsonl", Case).rows
    asked = folder / "questions" / "questions.jsonl"
    questions = read_records(asked, Question).rows if asked.is_file() else []
    models = tuple(
        ShownModel(one["name"], one.get("kind", one["name"]), one.get("options") or {})
        for one in settings.get("models", ())
    )
    report = folder / "report"
    return Library(
        title=str(settings.get("title") or folder.resolve().name),
        cases={case.case_id: case for case in cases},
        root=root,
        roots=Roots([folder, root, *extra_roots]),
        assume_axes=settings.get("cases", {}).get("assume_axes"),
        questions={one.id: one for one in questions},
        models=models,
        predictions=_by_question(_rows(folder / "predictions", Prediction)),
        scores=_by_question(_rows(folder / "scores", Score)),
        faults=faults_of(folder),
        report=report if (report / "index.html").is_file() else None,
    )


def _root(folder: Path, cases: Mapping[str, Any]) -> Path:
    """Return the folder that relative paths of a study's cases start from."""
    if cases.get("source"):
        return Path(json.loads((folder / "cases" / ROOT_FILE).read_text(encoding="utf-8"))["root"])
    path = cases.get("path")
    if not path:
        return folder / "cases"
    return Path(path) if Path(path).is_dir() else Path(path).parent


def _settings(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a study's manifest ({error})") from None
    settings = found.get("configuration") if isinstance(found, dict) else None
    if not isinstance(settings, dict):
        raise InputError(f"{path}: field 'configuration' must be an object, got {settings!r}")
    return settings


def _rows(folder: Path, kind: type[Any]) -> Iterable[Any]:
    for path in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        if not path.name.endswith(_NOT_ANSWERS):
            yield from read_records(path, kind).rows


def _by_question(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return found
