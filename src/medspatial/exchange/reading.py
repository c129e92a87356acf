"""Results of other harnesses: which format a file has, and its rows as ours."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.exchange.deep_tumor import read_deep_tumor
from medspatial.exchange.inspect_logs import read_inspect
from medspatial.exchange.lm_eval import is_samples, read_samples
from medspatial.exchange.results import ForeignResults
from medspatial.exchange.tables import OURS, TABLE_SUFFIXES, read_table, table_rows
from medspatial.records import Question

FORMATS = ("auto", "inspect", "lm-eval", "lmms-eval", "vlmevalkit", "deep-tumor", "table")
_SUFFIXES = (*TABLE_SUFFIXES, ".eval")


def read_results(
    path: str | Path,
    format: str = "auto",
    *,
    fields: Mapping[str, str] | None = None,
    patient: str | None = None,
    model: str | None = None,
    questions: Sequence[Question] = (),
) -> ForeignResults:
    """Read results of another harness, a file or a folder of files.

    Parameters
    ----------
    format
        ``inspect``, ``lm-eval`` (``lmms-eval`` has the same form), ``table`` (``vlmevalkit``'s too); ``auto``
        looks into the file.
    fields
        For tables: their names by ours.
    patient
        The field that holds the patient, so that intervals count patients.
    model
        Name of the model, where the file does not say it.
    questions
        For ``deep-tumor``, whose files name their questions by id alone.

    Raises
    ------
    InputError
        Unknown format or field; no file; a row that cannot be read, with file and line.
    """
    path = Path(path)
    if format not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    unknown = sorted(set(fields or {}) - set(OURS))
    if unknown:
        raise InputError(f"field must be one of {', '.join(OURS)}, got {unknown[0]!r}")
    files = (
        sorted(one for one in path.rglob("*") if one.suffix.lower() in _SUFFIXES) if path.is_dir() else [path]
    )
    if not files:
        raise InputError(f"{path}: holds no file of {', '.join(_SUFFIXES)}")
    found = ForeignResults()
    for file in files:
        kind = _kind(file) if format == "auto" else format
        if kind == "figures" and path.is_dir():
            found.notes[f"{file.name} holds figures over all samples, no samples: not read"] += 1
            continue
        if kind == "inspect":
            found.extend(read_inspect(file, patient=patient, model=model))
        elif kind == "deep-tumor":
            found.extend(read_deep_tumor(file, questions, model=model))
        elif kind in ("lm-eval", "lmms-eval"):
            found.extend(read_samples(file, patient=patient, model=model))
        else:
            found.extend(read_table(file, fields=fields or {}, patient=patient, model=model))
    return found


def _kind(path: Path) -> str:
    """What a file is by its own first row."""
    if path.suffix.lower() == ".eval":
        return "inspect"
    if path.suffix.lower() == ".json":
        keys = _keys(path)
        if {"eval", "status"} <= keys:
            return "inspect"
        if {"results", "n_processed"} <= keys:
            return "deep-tumor"
        if "results" in keys and keys & {"configs", "config", "n-shot", "versions"}:
            return "figures"
    if path.suffix.lower() == ".jsonl":
        first = next(table_rows(path), None)
        if first is not None and is_samples(first[1]):
            return "lm-eval"
    return "table"


def _keys(path: Path) -> set[str]:
    """The names at the top of a JSON object; none where it is no object."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return set()
    return set(data) if isinstance(data, dict) else set()
