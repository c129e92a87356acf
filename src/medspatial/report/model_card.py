"""Results in the form of a Hugging Face model card: the ``model-index`` of its metadata block.

One file per model. Its text is YAML that stands between the two ``---`` lines of a model's ``README.md``;
the Hub shows it as evaluation results. Accuracies are percentages there. Field names: ``model-index`` with
``name`` and ``results``; each result has ``task``, ``dataset``, ``metrics`` and ``source``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from medspatial.errors import InputError
from medspatial.report.measured import measured
from medspatial.report.tables.accuracy import category_title

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import Accuracy
    from medspatial.compare.result import Comparison

TASK = {"type": "visual-question-answering", "name": "Spatial questions on 3D CT"}
_NO_NAME = re.compile(r"[^a-z0-9]+")


def model_index(
    comparison: Comparison,
    model: str,
    *,
    dataset: str,
    dataset_id: str | None = None,
    split: str = "test",
    url: str | None = None,
) -> dict[str, Any]:
    """Return one model's results as the ``model-index`` structure.

    Parameters
    ----------
    dataset, dataset_id
        Name of the question set, and its id on the Hub (made from the name without it).
    url
        Where the report can be read.

    Raises
    ------
    InputError
        The comparison has no results of this model.
    """
    try:
        result = comparison.result(model)
    except KeyError:
        known = ", ".join(comparison.models)
        raise InputError(f"no results of model {model!r}; there are: {known}") from None
    groups = {"": result.overall, **{f", {category_title(k)}": v for k, v in result.by_category.items()}}
    identity = dataset_id or _NO_NAME.sub("-", dataset.lower()).strip("-")
    results = []
    for words, found in groups.items():
        if found.accuracy is None:
            continue
        entry: dict[str, Any] = {
            "task": dict(TASK),
            "dataset": {"name": f"{dataset}{words}", "type": identity, "split": split},
            "metrics": _metrics(found, comparison),
        }
        if url:
            entry["source"] = {"name": "medspatial report", "url": url}
        results.append(entry)
    return {"model-index": [{"name": model, "results": results}]}


def _metrics(found: Accuracy, comparison: Comparison) -> list[dict[str, Any]]:
    level = f"{100 * comparison.confidence:g} %"
    what = measured(comparison)
    kind = comparison.metric if what.graded else "accuracy"
    words = f"{what.title} ({comparison.metric}; {found.n} questions, {found.clusters} patients)"
    metrics = [_metric(kind, words, what.scale * (found.accuracy or 0.0))]
    if found.interval is not None:
        for end, value in (("lower", found.interval.low), ("upper", found.interval.high)):
            name = f"{what.name}, {end} end of the {level} interval clustered by patient"
            metrics.append(_metric(kind, name, what.scale * value))
    if found.guess is not None and not what.graded:
        metrics.append(_metric("accuracy", "Accuracy of guessing", 100 * found.guess))
    return metrics


def _metric(kind: str, name: str, value: float) -> dict[str, Any]:
    return {"type": kind, "name": name, "value": round(value, 2)}


def write_model_cards(
    folder: str | Path,
    comparison: Comparison,
    *,
    dataset: str,
    dataset_id: str | None = None,
    split: str = "test",
    url: str | None = None,
) -> list[Path]:
    """Write ``<folder>/<model>.md`` for every model: a metadata block to be put into its model card."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for model in comparison.models:
        card = model_index(comparison, model, dataset=dataset, dataset_id=dataset_id, split=split, url=url)
        path = folder / f"{re.sub('[^A-Za-z0-9._+-]', '_', model)}.md"
        text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=100)
        path.write_text(f"---\n{text}---\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written
