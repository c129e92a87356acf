"""An image-text model in a study: crossed representations, and the control arms, one line each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from medspatial.study import StudyConfig, run_study


def test_crossed_models_and_control_arms(image_text_folders: Callable[[str], Path], tmp_path: Path) -> None:
    config = StudyConfig.model_validate(
        {
            "title": "What a model sees",
            "cases": {"phantom": {"count": 2, "seed": 5, "spacing": 10.0}},
            "questions": {"subtypes": ["L1", "V1"], "balance": False},
            "models": [
                {
                    "kind": "image_text",
                    "name": "tiny",
                    "path": str(image_text_folders("llava")),
                    "size": 28,
                    "count": 2,
                    "max_new_tokens": 3,
                    "device": "cpu",
                    "cross": {
                        "representation": ["slices", "grid"],
                        "prompt": {"plain": "{prompt}", "brief": "{question} One word."},
                    },
                }
            ],
            "arms": ["text_only", "blank", "wrong_patient"],
            "metrics": ["exact"],
            "compare": {"metric": "exact", "resamples": 50},
            "report": {"max_pictures": 0, "figures": []},
        }
    )
    run = run_study(config, tmp_path)
    names = {f"tiny-{seen}-{asked}" for seen in ("slices", "grid") for asked in ("plain", "brief")}
    assert run.failed == 0
    for name in names:
        for arm in ("", "@text_only", "@blank", "@wrong_patient"):
            path = tmp_path / "predictions" / f"{name}{arm}.jsonl"
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            assert len(rows) == run.questions
            assert all("prediction" in row for row in rows)
    tables = [path.read_text() for path in (tmp_path / "report").rglob("*.csv")]
    assert any(all(name in text for name in names) for text in tables)
    matrix = (tmp_path / "compare" / "correctness_matrix.csv").read_text().splitlines()
    assert names <= set(next(csv.reader(matrix)))
