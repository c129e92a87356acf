"""The single answers behind a comparison in the instance-level schema of Every Eval Ever (0.3.0)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from medspatial.compare import Comparison
from medspatial.errors import InputError
from medspatial.exchange.names import safe_name
from medspatial.files import whole_text
from medspatial.records import Score

_UNKNOWN = "unknown"


def sample_folder(root: str | Path, dataset: str, model: str) -> Path:
    """Return ``data/SET/DEVELOPER/MODEL``, as in their store; a name without ``/`` has no developer."""
    developer, slash, name = model.rpartition("/")
    return (
        Path(root)
        / "data"
        / safe_name(dataset)
        / safe_name(developer if slash else _UNKNOWN)
        / safe_name(name if slash else model)
    )


def file_id(*parts: str) -> str:
    """Return an id of the form that their file names need (UUID 4), made from what the file is about."""
    return str(UUID(bytes=hashlib.sha256("\0".join(parts).encode()).digest()[:16], version=4))


def write_samples(
    path: Path, scores: Iterable[Score], comparison: Comparison, *, dataset: str, evaluation_id: str
) -> dict[str, Any]:
    """Write the answers of one model, all arms, and return what the aggregate file says of them.

    What has no verdict gets the 0 that the schema asks for, ``status`` in its metadata and the reason as
    its error. A reply that was read differently than it came is in ``answer_attribution``.

    Raises
    ------
    InputError
        No score of the compared metric.
    """
    rows = [one for one in scores if one.metric == comparison.metric and one.arm in comparison.arms]
    if not rows:
        raise InputError(f"{path.name}: no scores of metric {comparison.metric!r} to write")
    with whole_text(path) as stream:
        for one in rows:
            record = sample(one, dataset=dataset, evaluation_id=evaluation_id)
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    return {
        "format": "jsonl",
        "file_path": "/".join(path.parts[path.parts.index("data") :]) if "data" in path.parts else path.name,
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(path.read_bytes()).hexdigest(),
        "total_rows": len(rows),
    }


def sample(one: Score, *, dataset: str, evaluation_id: str) -> dict[str, Any]:
    """Return one answer as a row; see `write_samples`."""
    name = f"{dataset}/overall" + ("" if one.arm == "standard" else f"/{one.arm}")
    text = one.question if not one.options else "\n".join(_lettered(one))
    record: dict[str, Any] = {
        "schema_version": "0.3.0",
        "evaluation_id": evaluation_id,
        "model_id": one.model,
        "evaluation_name": name,
        "evaluation_result_id": f"{name}/{one.metric}",
        "sample_id": one.id,
        "sample_hash": hashlib.sha256((text + one.answer).encode()).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": text, "reference": [one.answer]},
        "output": {"raw": [one.prediction] if one.prediction is not None else []},
        "answer_attribution": [],
        "evaluation": {"score": float(one.score or 0.0), "is_correct": bool(one.correct)},
        "metadata": _metadata(one),
    }
    if one.options:
        record["input"]["choices"] = list(one.options)
    if one.extracted:
        record["answer_attribution"] = [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": one.extracted,
                "extraction_method": one.metric,
                "is_terminal": True,
            }
        ]
    if one.status != "scored":
        record["error"] = f"{one.status}: {one.reason}" if one.reason else one.status
    return record


def _lettered(one: Score) -> Iterator[str]:
    yield one.question
    yield from (f"{letter}. {text}" for letter, text in zip("ABCDEFGHIJ", one.options, strict=False))


def _metadata(one: Score) -> dict[str, str]:
    facts = {
        "case_id": one.case_id,
        "patient_id": one.patient_id,
        "category": one.category,
        "subtype": one.subtype,
        "arm": one.arm,
        "status": one.status,
    }
    return {name: str(value) for name, value in facts.items() if value}
