"""Paths among the options of a study's models and metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.study import read_study
from medspatial.study.paths import model_paths


def test_what_is_there_is_taken_from_the_folder_and_the_rest_left(tmp_path: Path) -> None:
    for name in ("weights", "bundle", "red"):
        (tmp_path / name).mkdir()
    given = {
        "path": "weights",
        "text_path": "weights",
        "language_path": "hub/model",
        "statement": "red",
        "shape": [1, 2, 3],
        "reader": "vila_m3",
        "reader_options": {"path": "weights", "expert": "bundle", "experts": "auto", "place": "red"},
    }
    weights = str(tmp_path / "weights")
    assert model_paths("merlin", given, tmp_path) == {
        **given,
        "path": weights,
        "text_path": weights,
        "reader_options": {
            "path": weights,
            "expert": str(tmp_path / "bundle"),
            "experts": "auto",
            "place": "red",
        },
    }


@pytest.mark.parametrize(
    ("model", "name"), [("vila_m3", "expert_cache"), ("radfm", "feature_cache"), ("openai", "cache")]
)
def test_caches_lie_beside_the_study_before_they_are_there(model: str, name: str, tmp_path: Path) -> None:
    assert model_paths(model, {name: "kept"}, tmp_path) == {name: str(tmp_path / "kept")}
    assert model_paths(model, {name: "/somewhere/kept"}, tmp_path) == {name: "/somewhere/kept"}


PLUGIN = """
from __future__ import annotations
from pathlib import Path
from medspatial.models import Answer, Model, ReadPath, WrittenPath
class Toy(Model):
    def __init__(self, weights: ReadPath, table: Path, maps: WrittenPath, word: str = "red", my_path="x"):
        self.name = "toy"
    def answer(self, encoded, queries):
        return []
"""


def test_paths_of_a_plugin_are_told_by_their_types(plugin_model: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "red").mkdir()
    given = {"weights": "red", "table": "t.csv", "maps": "m", "word": "red", "my_path": "red"}
    red = str(tmp_path / "red")
    expected = {
        "weights": red,
        "table": str(tmp_path / "t.csv"),
        "maps": str(tmp_path / "m"),
        "word": "red",
        "my_path": red,
    }
    name = plugin_model(PLUGIN, "Toy")
    assert model_paths(name, given, tmp_path) == expected
    assert model_paths(name, {"weights": "hub/name"}, tmp_path) == {"weights": "hub/name"}


def test_of_a_plugin_that_cannot_be_imported_the_names_tell(
    plugin_model: Callable[..., str], tmp_path: Path
) -> None:
    name = plugin_model("import no_such_thing", "Toy")
    found = model_paths(name, {"cache": "c", "weights": "w"}, tmp_path)
    assert found == {"cache": str(tmp_path / "c"), "weights": "w"}


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
