"""Evaluation results for a model's repository on the Hub: ``.eval_results/NAME.yaml``, one entry per model.

The form is that of https://huggingface.co/docs/hub/eval-results: ``dataset`` with ``id``, ``task_id`` and
``revision``, ``value``, ``date``, ``source`` and ``notes``. The set must be a benchmark there: a frozen set
carries the ``eval.yaml`` that makes it one.
"""

from __future__ import annotations

import re
from datetime import date as Date
from pathlib import Path
from typing import Any

import yaml

from medspatial.compare import Accuracy, Comparison
from medspatial.errors import InputError
from medspatial.exchange.names import files_of
from medspatial.files import write_text

FOLDER = ".eval_results"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_REVISION = re.compile(r"[0-9a-f]{7,40}")


def write_hub_results(
    folder: str | Path,
    comparison: Comparison,
    *,
    dataset_id: str,
    task_id: str,
    url: str,
    revision: str | None = None,
    run_on: str | None = None,
) -> list[Path]:
    """Write ``MODEL/.eval_results/SET.yaml`` for every model that has an accuracy in the reference arm.

    Parameters
    ----------
    dataset_id, task_id
        Of the set on the Hub, ``ORG/NAME``, and of the task in its ``eval.yaml`` (a split of the frozen set).
    url
        Where the report is; the source of every result.
    revision
        Commit of the set.
    run_on
        Day of the evaluation, ``2026-11-29``; without it the Hub takes that of the commit.

    Raises
    ------
    InputError
        A name, revision or day of another form.
    """
    _held("dataset_id", dataset_id, _REPOSITORY, "ORG/NAME")
    if revision is not None:
        _held("revision", revision, _REVISION, "a commit of 7 to 40 hexadecimal digits")
    if run_on is not None:
        try:
            Date.fromisoformat(run_on)
        except ValueError:
            raise InputError(f"date: must look like 2026-11-29, got {run_on!r}") from None
    if not url.startswith(("https://", "http://")):
        raise InputError(f"url: must begin with https:// or http://, got {url!r}")
    places = files_of(folder, comparison.models, "")
    name = f"{dataset_id.rsplit('/', 1)[-1]}-{task_id}.yaml"
    written = []
    for result in comparison.results:
        found = result.overall
        if result.arm != comparison.reference_arm or found.accuracy is None:
            continue
        dataset = {"id": dataset_id, "task_id": task_id} | ({"revision": revision} if revision else {})
        entry: dict[str, Any] = {"dataset": dataset, "value": _value(comparison, found.accuracy)}
        entry |= {"date": run_on} if run_on else {}
        entry |= {"source": {"url": url, "name": "medspatial report"}, "notes": _notes(comparison, found)}
        text = yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=110)
        written.append(write_text(places[result.model] / FOLDER / name, text))
    return written


def _value(comparison: Comparison, accuracy: float) -> float:
    """Percent of a share; a graded metric as it is."""
    return round(accuracy, 4) if comparison.graded else round(100 * accuracy, 2)


def _notes(comparison: Comparison, found: Accuracy) -> str:
    unit = "" if comparison.graded else " %"
    parts = [
        f"metric {comparison.metric}, {'mean' if comparison.graded else 'accuracy in percent'}",
        f"{found.n} questions of {found.clusters} patients",
    ]
    if found.interval is not None:
        low, high = (_value(comparison, end) for end in (found.interval.low, found.interval.high))
        level = f"{100 * comparison.confidence:g} %"
        parts.append(f"{level} interval {low:g} to {high:g}{unit} clustered by patient")
    if found.guess and not comparison.graded:
        parts.append(f"guessing gives {100 * found.guess:.1f} %")
    if found.missing or found.failed:
        parts.append(f"{found.missing} without an answer, {found.failed} failed, counted as wrong")
    return "; ".join(parts)


def _held(name: str, value: str, form: re.Pattern[str], words: str) -> None:
    if not form.fullmatch(value):
        raise InputError(f"{name}: must be {words}, got {value!r}")
