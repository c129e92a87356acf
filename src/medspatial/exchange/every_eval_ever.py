"""A comparison in the schema of Every Eval Ever (version 0.3.0): one file per model, intervals included."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.compare import Accuracy, Comparison, ModelResult
from medspatial.errors import InputError
from medspatial.exchange.every_eval_ever_samples import file_id, sample_folder, write_samples
from medspatial.exchange.names import files_of
from medspatial.files import write_json
from medspatial.records import Score
from medspatial.version import __version__

SCHEMA_VERSION = "0.3.0"
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")


def write_every_eval_ever(
    folder: str | Path,
    comparison: Comparison,
    *,
    dataset: str,
    organization: str,
    urls: tuple[str, ...] = (),
    relationship: str = "third_party",
    retrieved: float | None = None,
    scores: Iterable[Score] | None = None,
) -> list[Path]:
    """Write ``MODEL.json`` for every model of a comparison: overall, by category, and by control arm.

    With ``scores`` the single answers stand beside it, and both have the places that their store gives them:
    ``data/SET/DEVELOPER/MODEL/ID.json`` and ``ID_samples.jsonl``.

    Parameters
    ----------
    dataset, urls
        Name of the questions and where they are; without an address they are said to be private.
    organization
        Who ran the evaluation.
    relationship
        Of the evaluator to the model, one of `RELATIONSHIPS`.
    retrieved
        Seconds since 1970; now by default.
    scores
        The scores that were compared.

    Raises
    ------
    InputError
        ``scores`` hold none of the compared metric for a model; another relationship.
    """
    if relationship not in RELATIONSHIPS:
        raise InputError(f"relationship must be one of {', '.join(RELATIONSHIPS)}, got {relationship!r}")
    stamp = f"{time.time() if retrieved is None else retrieved:.0f}"
    source: dict[str, Any] = {"dataset_name": dataset, "source_type": "url" if urls else "other"}
    if urls:
        source["url"] = list(urls)
    places = files_of(folder, comparison.models, ".json")
    rows = None if scores is None else list(scores)
    written = []
    for model in comparison.models:
        name = f"{dataset}/{model}/{stamp}"
        record: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "evaluation_id": name,
            "retrieved_timestamp": stamp,
            "source_metadata": {
                "source_name": dataset,
                "source_type": "evaluation_run",
                "source_organization_name": organization,
                "evaluator_relationship": relationship,
            },
            "eval_library": {"name": "medspatial", "version": __version__},
            "model_info": {
                "name": model,
                "id": model,
                "additional_details": {"deployment_type": "unknown", "model_availability": "unknown"},
            },
            "evaluation_results": list(_results(comparison, model, source)),
        }
        place = places[model]
        if rows is not None:
            home, file = sample_folder(folder, dataset, model), file_id(name)
            place = home / f"{file}.json"
            record["detailed_evaluation_results"] = write_samples(
                home / f"{file}_samples.jsonl",
                [one for one in rows if one.model == model],
                comparison,
                dataset=dataset,
                evaluation_id=name,
            )
        written.append(write_json(place, record))
    return written


def _results(comparison: Comparison, model: str, source: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for result in comparison.results:
        if result.model == model:
            for group, accuracy in _groups(result):
                if accuracy.accuracy is not None:
                    yield _one(comparison, result, group, accuracy, source)


def _groups(result: ModelResult) -> Iterator[tuple[str, Accuracy]]:
    yield "overall", result.overall
    yield from result.by_category.items()


def _one(
    comparison: Comparison, result: ModelResult, group: str, found: Accuracy, source: dict[str, Any]
) -> dict[str, Any]:
    uncertainty: dict[str, Any] = {"num_samples": found.n}
    if found.se is not None:
        uncertainty["standard_error"] = {"value": found.se, "method": "cluster-robust by patient (CR1)"}
    if found.interval is not None:
        uncertainty["confidence_interval"] = {
            "lower": found.interval.low,
            "upper": found.interval.high,
            "confidence_level": comparison.confidence,
            "method": "clustered by patient",
        }
    name = f"{source['dataset_name']}/{group}" + ("" if result.arm == "standard" else f"/{result.arm}")
    return {
        "evaluation_result_id": f"{name}/{comparison.metric}",
        "evaluation_name": name,
        "source_data": source,
        "metric_config": {
            "metric_id": comparison.metric,
            "metric_name": comparison.metric,
            "metric_kind": "accuracy" if not comparison.graded else "mean",
            "metric_unit": "proportion",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0 if not comparison.graded else "Infinity",
        },
        "score_details": {
            "score": found.accuracy,
            "details": {
                "patients": str(found.clusters),
                "unanswered": str(found.unanswered),
                "unscored": str(found.unscored),
                "missing": str(found.missing),
                "arm": result.arm,
            },
            "uncertainty": uncertainty,
        },
    }
