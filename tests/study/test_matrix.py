"""Crossed options of a study's models: how many, how named, and what cannot be crossed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.study import read_study
from medspatial.study.matrix import expanded

HEAD = "title: T\ncases: {path: data}\nmodels:\n"


def test_product_in_order_with_names() -> None:
    made = expanded(
        {"kind": "image_text", "path": "x", "cross": {"representation": ["slices", "grid"], "count": [8, 16]}}
    )
    assert [entry["name"] for entry in made] == [
        "image_text-slices-8",
        "image_text-slices-16",
        "image_text-grid-8",
        "image_text-grid-16",
    ]
    assert made[1] == {
        "kind": "image_text",
        "path": "x",
        "name": "image_text-slices-16",
        "representation": "slices",
        "count": 16,
    }


def test_named_values_and_switches() -> None:
    made = expanded(
        {
            "kind": "m",
            "name": "q",
            "cross": {"prompt": {"plain": "{prompt}", "brief": "x"}, "letters": [True, False]},
        }
    )
    names = [entry["name"] for entry in made]
    assert names == ["q-plain-letters", "q-plain-no_letters", "q-brief-letters", "q-brief-no_letters"]
    assert made[0]["prompt"] == "{prompt}"


@pytest.mark.parametrize("entry", ["random", {"kind": "random", "seed": 1}])
def test_without_cross_an_entry_stays(entry: Any) -> None:
    assert expanded(entry) == [entry]


def test_in_a_study_file(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    (tmp_path / "weights").mkdir()
    path.write_text(f"{HEAD}  - oracle\n  - {{kind: random, path: weights, cross: {{seed: [1, 2]}}}}\n")
    study = read_study(path)
    assert [model.name for model in study.models] == ["oracle", "random-1", "random-2"]
    assert study.models[1].options == {"path": str(tmp_path / "weights"), "seed": 1}
    path.write_text(f"{HEAD}  - {{kind: image_text, path: owner/model}}\n")
    assert read_study(path).models[0].options == {"path": "owner/model"}  # a hub name stays


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{kind: random, cross: [1]}", "needs options with lists"),
        ("{kind: random, cross: {}}", "needs options with lists"),
        ("{kind: random, cross: {seed: 3}}", "'seed' needs a list of values"),
        ("{kind: random, seed: 1, cross: {seed: [1, 2]}}", "cannot hold 'seed'"),
        ("{kind: random, cross: {kind: [random, echo]}}", "cannot hold 'kind'"),
        ("{kind: random, cross: {prompt: ['Where is it?']}}", "'prompt' needs names for its values"),
        ("{kind: random, cross: {seed: [1, 1]}}", "two models are named 'random-1'"),
    ],
)
def test_what_cannot_be_crossed(tmp_path: Path, entry: str, words: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"{HEAD}  - {entry}\n")
    with pytest.raises(InputError, match=words):
        read_study(path)
