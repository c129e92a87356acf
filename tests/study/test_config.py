"""Study files: short forms, paths, and an error that names file, field, rule and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.study import builtin_study, folder_study, read_study

GOOD = "title: T\ncases: {path: data}\nmodels: [random, {kind: random, seed: 3, name: random-3}]\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def test_short_forms_and_relative_paths(tmp_path: Path) -> None:
    study = read_study(written(tmp_path, GOOD))
    assert [(m.kind, m.name, m.options) for m in study.models] == [
        ("random", "random", {}),
        ("random", "random-3", {"seed": 3}),
    ]
    assert study.cases.path == str(tmp_path / "data")
    assert study.all_arms() == ("standard",)
    assert [metric.name for metric in study.all_metrics()] == ["structured", "exact"]


def test_a_metric_with_options_and_the_compared_one_first(tmp_path: Path) -> None:
    text = (
        GOOD + "metrics: [exact, {name: 'judge:openai:m', budget: 5}]\ncompare: {metric: 'judge:openai:m'}\n"
    )
    found = read_study(written(tmp_path, text)).all_metrics()
    assert [(metric.name, metric.options) for metric in found] == [
        ("judge:openai:m", {"budget": 5}),
        ("exact", {}),
    ]


def test_the_built_in_study_is_valid_and_a_folder_takes_its_place(tmp_path: Path) -> None:
    demo = builtin_study()
    assert demo.cases.phantom is not None
    mine = folder_study(tmp_path)
    assert (mine.cases.path, mine.models) == (str(tmp_path), demo.models)


def test_unknown_built_in_study() -> None:
    with pytest.raises(InputError, match=r"unknown built-in study 'dmo'; known: .*demo"):
        builtin_study("dmo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: [", ["study.yaml:1", "not valid YAML"]),
        ("- a\n- b\n", ["a study file is a mapping"]),
        (GOOD + "colour: red\n", ["field 'colour'", "unknown field", "'red'"]),
        (GOOD.replace("path: data", "path: data, phantom: {}"), ["'cases'", "either 'path' or 'phantom'"]),
        (GOOD.replace("{path: data}", "{}"), ["'cases'", "either 'path' or 'phantom'"]),
        (
            GOOD + "questions: {per_subtype: 0}\n",
            ["'questions.per_subtype'", "greater than or equal to 1", "0"],
        ),
        (GOOD + "questions: {forms: [open, essay]}\n", ["'questions.forms.1'", "'essay'"]),
        ("title: T\ncases: {path: d}\nmodels: []\n", ["'models'", "at least 1"]),
        ("title: T\ncases: {path: d}\nmodels: [random, random]\n", ["two models are named 'random'"]),
        ("title: T\ncases: {path: d}\nmodels: [{kind: random, name: a/b}]\n", ["'models.0.name'", "'a/b'"]),
        (GOOD + "compare: {confidence: 95}\n", ["'compare.confidence'", "less than 1", "95"]),
    ],
)
def test_a_bad_study_file_names_the_field_and_value(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_study(written(tmp_path, text))
    for word in words:
        assert word in str(caught.value)


def test_a_missing_study_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such study file"):
        read_study(tmp_path / "none.yaml")
