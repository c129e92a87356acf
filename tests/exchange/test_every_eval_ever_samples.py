"""Single answers for Every Eval Ever: what their schema asks for, and that nothing is lost on the way."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from medspatial.compare import compare
from medspatial.errors import InputError
from medspatial.exchange.every_eval_ever import write_every_eval_ever
from medspatial.exchange.every_eval_ever_samples import file_id, sample
from medspatial.records import Score

# As eval.schema.json 0.3.0 holds the place of the samples.
PLACE = re.compile(
    r"data/[^/]+/[^/]+/[^/]+/"
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}_samples\.jsonl"
)
REQUIRED = {
    "schema_version", "evaluation_id", "model_id", "evaluation_name", "sample_id", "interaction_type",
    "input", "answer_attribution", "evaluation", "output",
}  # fmt: skip


def _score(number, model="org/m", status="scored", **more):
    done = status == "scored"
    fields = {
        "id": f"q{number}", "case_id": f"c{number}", "question": "Which side?", "answer": "left",
        "options": ("left", "right"), "answer_type": "side", "model": model, "prediction": "A",
        "metric": "structured", "extracted": "left", "score": 1.0 if done else None,
        "correct": True if done else None, "status": status, "category": "laterality",
    }  # fmt: skip
    return Score(**(fields | more))


def _write(tmp_path, rows):
    found = compare(rows, metric="structured", resamples=50)
    return write_every_eval_ever(
        tmp_path, found, dataset="phantoms", organization="us", retrieved=1_700_000_000, scores=rows
    )


def test_every_answer_is_a_row_that_the_aggregate_names(tmp_path):
    rows = [_score(n) for n in range(3)] + [_score(3, status="unscored", reason="two sides", extracted=None)]
    (path,) = _write(tmp_path, rows)
    record = json.loads(path.read_text())
    told = record["detailed_evaluation_results"]
    assert PLACE.fullmatch(told["file_path"])
    samples = tmp_path / told["file_path"]
    assert path.parent == samples.parent == tmp_path / "data" / "phantoms" / "org" / "m"
    assert told["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
    found = [json.loads(line) for line in samples.read_text().splitlines()]
    assert told["total_rows"] == len(found) == 4
    results = {one["evaluation_result_id"] for one in record["evaluation_results"]}
    for one in found:
        assert one.keys() >= REQUIRED
        assert one["evaluation_id"] == record["evaluation_id"]
        assert one["evaluation_result_id"] in results
        assert all(isinstance(value, str) for value in one["metadata"].values())
    assert found[0]["input"]["raw"] == "Which side?\nA. left\nB. right"
    assert found[0]["answer_attribution"][0]["extracted_value"] == "left"
    assert found[3]["error"] == "unscored: two sides"
    assert (found[3]["evaluation"], found[3]["metadata"]["status"]) == (
        {"score": 0.0, "is_correct": False}, "unscored",
    )  # fmt: skip


def test_other_metrics_and_names_stay_apart(tmp_path):
    rows = [_score(n) for n in range(2)] + [_score(n, metric="exact") for n in range(2)]
    (path,) = _write(tmp_path, rows)
    told = json.loads(path.read_text())["detailed_evaluation_results"]
    assert told["total_rows"] == 2
    (again,) = _write(tmp_path / "b", [_score(n, model="../x") for n in range(2)])
    assert tmp_path / "b" in again.resolve().parents


def test_without_an_answer_there_is_no_output():
    one = sample(_score(1, prediction=None, status="unscored"), dataset="d", evaluation_id="e")
    assert one["output"] == {"raw": []}


def test_no_score_of_the_metric_is_said(tmp_path):
    rows = [_score(n) for n in range(2)]
    found = compare(rows, resamples=50)
    with pytest.raises(InputError, match="no scores of metric 'structured'"):
        write_every_eval_ever(tmp_path, found, dataset="d", organization="us", scores=[])


def test_ids_are_uuid_4_and_stable():
    assert file_id("a", "b") == file_id("a", "b") != file_id("ab", "")
    assert PLACE.fullmatch(f"data/x/y/z/{file_id('a')}_samples.jsonl")
