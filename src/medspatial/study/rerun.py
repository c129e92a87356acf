"""Repeat a study from its manifest, and say where the results differ."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.manifest import Manifest, read_manifest, versions
from medspatial.predict import iter_predictions
from medspatial.records import Prediction, Question, Score, iter_records
from medspatial.study.config import StudyConfig
from medspatial.study.context import Say
from medspatial.study.people import ANSWERED
from medspatial.study.runner import StudyRun, run_study

_QUESTION_FIELDS = ("question", "options", "answer", "value", "unit")
_PREDICTION_FIELDS = ("prediction", "status")
_SCORE_FIELDS = ("score", "correct", "status")


@dataclass(frozen=True)
class Difference:
    """One file of results that is not the same in both runs.

    Attributes
    ----------
    file
        Its path in the folder of the run.
    rows
        Number of rows in the first run.
    changed, only_before, only_now
        Rows with other content, and rows that one of the runs has alone.
    example
        The first changed row: its id, the field, and both values.
    """

    file: str
    rows: int
    changed: int
    only_before: int
    only_now: int
    example: str = ""

    def __str__(self) -> str:
        parts = [f"{self.changed} of {self.rows} rows differ"] if self.changed else []
        parts += [f"{self.only_before} rows are gone"] if self.only_before else []
        parts += [f"{self.only_now} rows are new"] if self.only_now else []
        return f"{self.file}: {', '.join(parts)}" + (f"; {self.example}" if self.example else "")


@dataclass(frozen=True)
class Rerun:
    """What repeating a study found.

    Attributes
    ----------
    run
        The repeated study.
    compared
        Rows compared, by file.
    differences
        Files whose rows are not the same; empty where the results are.
    versions
        What is installed now in another version than then, as ``{name: (then, now)}``.
    """

    run: StudyRun
    compared: dict[str, int]
    differences: tuple[Difference, ...]
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether every question, answer and score is the same."""
        return not self.differences


def study_of(run: str | Path) -> tuple[StudyConfig, Manifest]:
    """Return the study that a folder of results was made by, from its manifest.

    Raises
    ------
    InputError
        No manifest, one of a single stage, or one whose configuration this version does not read.
    """
    path = Path(run) / "manifest.json"
    manifest = read_manifest(path)
    if manifest is None:
        raise InputError(f"{path}: not found; a folder that `medspatial run` wrote is needed")
    if manifest.stage != "study":
        raise InputError(f"{path}: the manifest of the stage '{manifest.stage}', not of a study")
    try:
        return StudyConfig.model_validate(manifest.configuration), manifest
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: configuration: field '{place}': {first['msg']}") from None


def rerun_study(
    run: str | Path, folder: str | Path, say: Say = lambda line: None, warn: Say | None = None
) -> Rerun:
    """Repeat the study that made a folder, in another folder, and compare row by row.

    Parameters
    ----------
    run
        The folder of the finished study; it is only read.
    folder
        Where the repeated study goes; one that was begun goes on.
    say, warn
        As for `run_study`.

    Raises
    ------
    InputError
        As `study_of`; both folders are one; what the study reads is gone.
    """
    before, now = Path(run), Path(folder)
    if before.resolve() == now.resolve():
        raise InputError(f"{now}: is the run itself; give the repeated run another folder")
    config, manifest = study_of(before)
    done = run_study(config, now, say, warn)
    compared, found = compare_runs(before, now)
    return Rerun(done, compared, tuple(found), _changed(manifest))


def compare_runs(before: Path, now: Path) -> tuple[dict[str, int], list[Difference]]:
    """Compare questions, predictions and scores of two folders by the rows' identity.

    Seconds, notes and the order of rows do not count.

    Raises
    ------
    InputError
        A file that is not readable, or a first folder without questions.
    """
    compared: dict[str, int] = {}
    found: list[Difference] = []
    for file in _files(before, now):
        old, new = _rows(before / file), _rows(now / file)
        compared[file] = len(old)
        difference = _difference(file, old, new)
        if difference is not None:
            found.append(difference)
    if not compared:
        raise InputError(f"{before}: holds no questions, predictions or scores")
    return compared, found


def _files(before: Path, now: Path) -> list[str]:
    """Return the files of rows that either folder has, questions first."""
    names: dict[str, None] = {}
    for pattern in ("questions/questions.jsonl", "predictions/*.jsonl", "scores/*/*.jsonl"):
        found = {
            path.relative_to(folder).as_posix() for folder in (before, now) for path in folder.glob(pattern)
        }
        names |= dict.fromkeys(sorted(name for name in found if _is_result(name)))
    return list(names)


def _is_result(name: str) -> bool:
    """People's answers are none: a repeated study asks nobody again."""
    return not name.endswith((".volumes.jsonl", ".failures.jsonl", f"/{ANSWERED}.jsonl"))


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """Return what counts of each row, by its identity; empty where the file is not there."""
    if not path.exists():
        return {}
    if path.parent.name == "questions":
        return _kept(iter_records(path, Question), _QUESTION_FIELDS)
    if path.parent.name == "predictions":
        return _kept(iter_predictions(path), _PREDICTION_FIELDS)
    return _kept(iter_records(path, Score), _SCORE_FIELDS)


def _kept(
    rows: Iterable[Question] | Iterable[Prediction] | Iterable[Score], names: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    return {_key(row): {name: getattr(row, name) for name in names} for row in rows}


def _key(row: Question | Prediction | Score) -> str:
    """Return a row's identity: a file may hold each question once per model."""
    return row.id if isinstance(row, Question) else f"{row.id} of {row.model} in arm {row.arm}"


def _difference(
    file: str, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> Difference | None:
    changed = [key for key, row in old.items() if key in new and new[key] != row]
    gone, fresh = len(old.keys() - new.keys()), len(new.keys() - old.keys())
    if not (changed or gone or fresh):
        return None
    example = ""
    if changed:
        key = changed[0]
        name = next(name for name, value in old[key].items() if new[key][name] != value)
        values = (json.dumps(one[key][name], ensure_ascii=False, default=str)[:60] for one in (old, new))
        example = f"id {key}, field '{name}': {' before, '.join(values)} now"
    return Difference(file, len(old), len(changed), gone, fresh, example)


def _changed(manifest: Manifest) -> dict[str, tuple[str, str]]:
    """Return what is installed in another version now than at the last session of a run."""
    last = manifest.sessions[-1] if manifest.sessions else {}
    then: dict[str, str] = last.get("versions", manifest.versions)
    here = versions(name for name in then if name not in {"python", "system"})
    return {name: (old, here[name]) for name, old in sorted(then.items()) if here[name] != old}
