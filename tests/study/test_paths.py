"""Paths among the options of a study's models and metrics."""

from __future__ import annotations

from pathlib import Path

from medspatial.study import read_study
from medspatial.study.paths import beside


def test_what_is_there_is_taken_from_the_folder_and_the_rest_left(tmp_path: Path) -> None:
    for name in ("weights", "bundle", "red"):
        (tmp_path / name).mkdir()
    (tmp_path / "tok.model").write_text("")
    given = {
        "path": "weights",
        "expert": "bundle",
        "text_path": "weights",
        "tokenizer": "tok.model",
        "base": "hub/model",
        "experts": "auto",
        "colour": "red",
        "count": 3,
        "expert_window": None,
        "reader_options": {"path": "weights", "representation": "red"},
    }
    weights = str(tmp_path / "weights")
    assert beside(given, tmp_path) == {
        **given,
        "path": weights,
        "expert": str(tmp_path / "bundle"),
        "text_path": weights,
        "tokenizer": str(tmp_path / "tok.model"),
        "reader_options": {"path": weights, "representation": "red"},
    }


def test_caches_lie_beside_the_study_before_they_are_there(tmp_path: Path) -> None:
    caches = {"expert_cache": "maps", "feature_cache": "features", "cache": "replies.sqlite"}
    found = beside(caches, tmp_path)
    assert found == {name: str(tmp_path / value) for name, value in caches.items()}
    absolute = {"cache": "/somewhere/replies.sqlite"}
    assert beside(absolute, tmp_path) == absolute


def test_models_and_metrics_of_a_study_file(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "study.yaml").write_text(
        "title: T\ncases: {path: data}\nmodels: [{kind: x, path: weights, expert_cache: maps}]\n"
        "metrics: [{name: alignscore, checkpoint: weights, backbone: hub/roberta}]\n"
    )
    study = read_study(tmp_path / "study.yaml")
    assert study.models[0].options == {
        "path": str(tmp_path / "weights"),
        "expert_cache": str(tmp_path / "maps"),
    }
    assert study.metrics[0].options == {
        "checkpoint": str(tmp_path / "weights"),
        "backbone": "hub/roberta",
    }
